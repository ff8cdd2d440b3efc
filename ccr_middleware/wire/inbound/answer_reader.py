"""Reads the events of an Anthropic answer for a writer: which block is open, and what it says piece by piece."""

from __future__ import annotations

from typing import Any

from ...anthropic.arguments import parse_arguments
from ...jsonio import dumps_str
from ...lenient import as_dict, as_list, text_of
from ...unified import Event, Json
from .sources import Sources


class AnswerReader:
    """Reads one answer. A subclass says each piece in its format: its hooks return what is to be written, and what it
    has no hook for is passed over, such as blocks that are between Anthropic and its own tools.

    `stop_reason` is set by the event that ends the answer; `usage` holds the latest counts, with Anthropic's names;
    `sources` are those of the text so far; `model` is what the answer names.
    """

    def __init__(self) -> None:
        self.stop_reason = ""
        self.model = ""
        self.usage: Json = {}
        self.sources = Sources()
        self._block: Json = {}  # the open block, as it began
        self._pieces: list[str] = []  # its thinking or arguments
        self._signature = ""
        self._length = 0  # of all text so far
        self._text_start = 0

    def feed(self, event: Event) -> list[Json]:
        """What one event says, possibly nothing."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(as_dict(event.get("delta")))
        if kind == "content_block_start":
            return self._start(as_dict(event.get("content_block")))
        if kind == "content_block_stop":
            return self._stop()
        if kind == "message_start":
            message = as_dict(event.get("message"))
            self.model = text_of(message.get("model"))
            self._count(message.get("usage"))
            return self.begin()
        if kind == "message_delta":
            self._count(event.get("usage"))
            self.stop_reason = text_of(as_dict(event.get("delta")).get("stop_reason")) or "end_turn"
            return self.end()
        return []

    # -- what a subclass says ----------------------------------------------------------------------------

    def begin(self) -> list[Json]:
        """The answer begins."""
        return []

    def end(self) -> list[Json]:
        """The answer ends: its reason and usage are known."""
        return []

    def say(self, text: str) -> list[Json]:
        """A piece of text."""
        return []

    def begin_thinking(self) -> None:
        """A thinking block begins."""

    def think(self, text: str) -> list[Json]:
        """A piece of thinking."""
        return []

    def end_thinking(self, thinking: str, signature: str) -> list[Json]:
        """A thinking block is complete."""
        return []

    def redacted(self, data: str) -> list[Json]:
        """Thinking only its issuer can read."""
        return []

    def begin_call(self, call: Json) -> list[Json]:
        """A tool call, by its block; its arguments follow."""
        return []

    def argue(self, call: Json, piece: str) -> list[Json]:
        """A piece of its arguments, as JSON text."""
        return []

    def end_call(self, call: Json, arguments: str) -> list[Json]:
        """A tool call is complete."""
        return []

    def searched(self, query: str) -> None:
        """The provider has searched the web."""

    def length(self, text: str) -> int:
        """The length of a text, in which the places of citations are told: in characters."""
        return len(text)

    # -- blocks ------------------------------------------------------------------------------------------

    def _count(self, usage: Any) -> None:
        self.usage |= {key: value for key, value in as_dict(usage).items() if value is not None}

    def _start(self, block: Json) -> list[Json]:
        self._block, self._pieces, self._signature = dict(block), [], ""
        kind = block.get("type")
        if kind == "text":
            self._text_start = self._length
            return self._text(text_of(block.get("text")))
        if kind == "thinking":
            self._signature = text_of(block.get("signature"))
            self.begin_thinking()
            return self._thinking(text_of(block.get("thinking")))
        if kind == "redacted_thinking":
            return self.redacted(text_of(block.get("data")))
        given = as_dict(block.get("input"))
        arguments = dumps_str(given) if given else ""
        if kind == "tool_use":
            return self.begin_call(self._block) + self._arguments(arguments)
        if kind == "server_tool_use":
            return self._arguments(arguments)
        if kind == "web_search_tool_result":
            self.sources.find(block, self._length)
        return []

    def _delta(self, delta: Json) -> list[Json]:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._text(text_of(delta.get("text")))
        if kind == "thinking_delta":
            return self._thinking(text_of(delta.get("thinking")))
        if kind == "input_json_delta":
            return self._arguments(text_of(delta.get("partial_json")))
        if kind == "signature_delta":
            self._signature += text_of(delta.get("signature"))
        elif kind == "citations_delta":
            self._block["citations"] = [*as_list(self._block.get("citations")), delta.get("citation")]
        return []

    def _stop(self) -> list[Json]:
        block, self._block = self._block, {}
        kind, pieces = block.get("type"), "".join(self._pieces)
        if kind == "tool_use":
            return self.end_call(block, pieces)
        if kind == "thinking":
            return self.end_thinking(pieces, self._signature)
        if kind == "text":
            for citation in as_list(block.get("citations")):
                self.sources.cite(as_dict(citation), self._text_start, self._length)
        elif kind == "server_tool_use" and (query := _query(block, pieces)):
            self.searched(query)
        return []

    def _text(self, text: str) -> list[Json]:
        self._length += self.length(text)
        return self.say(text) if text else []

    def _thinking(self, text: str) -> list[Json]:
        self._pieces.append(text)
        return self.think(text) if text else []

    def _arguments(self, piece: str) -> list[Json]:
        self._pieces.append(piece)
        return self.argue(self._block, piece) if piece and self._block.get("type") == "tool_use" else []


def _query(block: Json, arguments: str) -> str:
    """What the provider searched the web for; `""` when it used another tool."""
    return text_of((parse_arguments(arguments) or {}).get("query")) if block.get("name") == "web_search" else ""


def free_text(arguments: str) -> str:
    """The text for a tool that takes plain text, out of the arguments of the function it was offered as (`input`);
    arguments of any other form as they are."""
    text = (parse_arguments(arguments) or {}).get("input")
    return text if isinstance(text, str) else arguments
