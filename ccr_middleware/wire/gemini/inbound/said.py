"""Anthropic events to the parts of a Gemini candidate: what it says, piece by piece.

Thoughts are shown when the client asked for them. Shown or not, a thinking block travels whole in the
`thoughtSignature` of the next part, or of an empty one at the end. A function call is given when its arguments are
whole; one that was cut is left out, as Gemini does, and the finish reason tells. Blocks between Anthropic and its own
tools say nothing here, but for the sources of a search.
"""

from __future__ import annotations

from typing import Any

from ....jsonio import dumps_str, loads
from ....lenient import as_dict, as_list, text_of
from ....unified import Event, Json
from ...chat.inbound.sources import Sources
from .thoughts import seal

_FINISH = {"max_tokens": "MAX_TOKENS", "model_context_window_exceeded": "MAX_TOKENS", "refusal": "SAFETY"}


class Said:
    """The parts of one answer. `finish_reason` is set by the event that ends it; `usage` holds the latest counts, with
    Anthropic's names; `grounding` is the metadata of the sources, None when there are none."""

    def __init__(self, *, thoughts: bool) -> None:
        self.finish_reason = ""
        self.usage: Json = {}
        self.grounding: Json | None = None
        self._show_thoughts = thoughts
        self._sources = Sources()
        self._queries: list[str] = []
        self._carried: list[Json] = []  # thinking blocks no part has carried yet
        self._length = 0  # UTF-8 bytes of text so far, in which Google counts
        self._text_start = 0
        self._block: Json = {}
        self._pieces: list[str] = []  # thinking or arguments of the open block
        self._signature = ""

    def feed(self, event: Event) -> list[Json]:
        """The parts of one event, possibly none."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(as_dict(event.get("delta")))
        if kind == "content_block_start":
            return self._start(as_dict(event.get("content_block")))
        if kind == "content_block_stop":
            return self._stop()
        if kind == "message_start":
            self._count(as_dict(event.get("message")).get("usage"))
        return self._end(event) if kind == "message_delta" else []

    def _count(self, usage: Any) -> None:
        self.usage |= {key: value for key, value in as_dict(usage).items() if value is not None}

    def _end(self, event: Event) -> list[Json]:
        self._count(event.get("usage"))
        self.finish_reason = _FINISH.get(text_of(as_dict(event.get("delta")).get("stop_reason")), "STOP")
        self.grounding = self._grounding()
        return [self._carry({"text": ""})] if self._carried else []

    # -- blocks ------------------------------------------------------------------------------------------

    def _start(self, block: Json) -> list[Json]:
        self._block, self._pieces, self._signature = dict(block), [], ""
        kind = block.get("type")
        if kind == "text":
            self._text_start = self._length
            return self._text(text_of(block.get("text")))
        if kind == "thinking":
            self._signature = text_of(block.get("signature"))
            return self._thought(text_of(block.get("thinking")))
        if kind == "redacted_thinking":
            self._carried.append({"type": kind, "data": text_of(block.get("data"))})
        elif kind in ("tool_use", "server_tool_use") and (given := as_dict(block.get("input"))):
            self._pieces.append(dumps_str(given))
        elif kind == "web_search_tool_result":
            self._sources.find(block, self._length)
        return []

    def _delta(self, delta: Json) -> list[Json]:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._text(text_of(delta.get("text")))
        if kind == "thinking_delta":
            return self._thought(text_of(delta.get("thinking")))
        if kind == "signature_delta":
            self._signature += text_of(delta.get("signature"))
        elif kind == "input_json_delta":
            self._pieces.append(text_of(delta.get("partial_json")))
        elif kind == "citations_delta":
            self._block["citations"] = [*as_list(self._block.get("citations")), delta.get("citation")]
        return []

    def _stop(self) -> list[Json]:
        block, self._block = self._block, {}
        kind, pieces = block.get("type"), "".join(self._pieces)
        if kind == "text":
            for citation in as_list(block.get("citations")):
                self._sources.cite(as_dict(citation), self._text_start, self._length)
        elif kind == "thinking" and (pieces or self._signature):
            self._carried.append({"type": kind, "thinking": pieces, "signature": self._signature})
        elif kind == "tool_use" and (arguments := _arguments(pieces)) is not None:
            call = {"id": block.get("id"), "name": block.get("name"), "args": arguments}
            return [self._carry({"functionCall": call})]
        elif kind == "server_tool_use" and block.get("name") == "web_search":
            self._queries += [query] if (query := text_of((_arguments(pieces) or {}).get("query"))) else []
        return []

    def _text(self, text: str) -> list[Json]:
        self._length += len(text.encode("utf-8", "surrogatepass"))
        return [self._carry({"text": text})] if text else []

    def _thought(self, text: str) -> list[Json]:
        self._pieces.append(text)
        return [{"text": text, "thought": True}] if text and self._show_thoughts else []

    def _carry(self, part: Json) -> Json:
        if self._carried:
            part["thoughtSignature"] = seal(self._carried)
            self._carried = []
        return part

    # -- sources -----------------------------------------------------------------------------------------

    def _grounding(self) -> Json | None:
        sources = self._sources.all()
        if not sources and not self._queries:
            return None
        pages = list(dict.fromkeys((source.url, source.title) for source in sources))
        supports = [
            {
                "segment": {"startIndex": source.start, "endIndex": source.end},
                "groundingChunkIndices": [pages.index((source.url, source.title))],
            }
            for source in sources
            if source.end > source.start
        ]
        found: Json = {"groundingChunks": [{"web": {"uri": url, "title": title}} for url, title in pages]}
        found |= {"groundingSupports": supports} if supports else {}
        return found | ({"webSearchQueries": self._queries} if self._queries else {})


def _arguments(text: str) -> Json | None:
    """The arguments of a call; None when they were cut."""
    if not text.strip():
        return {}
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else {"value": value}


def join(parts: list[Json]) -> list[Json]:
    """Neighbouring texts as one part, as a client shows them. A signature stays on the text it came with."""
    joined: list[Json] = []
    for part in parts:
        last = joined[-1] if joined else {}
        if (
            "text" in part
            and "text" in last
            and "thoughtSignature" not in part
            and part.get("thought") == last.get("thought")
        ):
            last["text"] += part["text"]
        else:
            joined.append(dict(part))
    return joined
