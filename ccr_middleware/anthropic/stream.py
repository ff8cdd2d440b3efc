"""The only writer of Anthropic events: unified chunks in, events out.

A state machine with one rule: at most one block is open, and indices count 0, 1, 2 … A block is opened when its
first content is known (so there is no empty text block), closed when content of another kind comes, and text and
thinking may open again later.

A signature that comes after text is shown only when another block follows: clients take the last block for the result
of a turn (Claude Code prints nothing when that is thinking). At the end it is remembered by the text instead.

A tool block is different: it cannot be opened twice, so once it is open nothing else may begin before its arguments
are whole. What comes meanwhile waits in order (`_waiting`) and follows as soon as they are, or at the end.

Errors: a chunk with `error` sets `self.error`; what was said before it has been returned, nothing follows. The caller
decides between an HTTP status and an error event. `finish` does the same for an answer with nothing in it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..answer import Outcome
from ..errors import EmptyAnswer, GatewayError
from ..unified import Annotation, Event, Json, Remembered, UnifiedChunk, Usage
from . import citations
from .events import MESSAGE_STOP, block_delta, block_start, block_stop, message_delta, message_start
from .signature import sign, text_key
from .toolblocks import ToolBlock, ToolBlocks

#: Finish reasons that are not about tools or a normal end, in the spellings providers use.
_STOP_REASONS = {
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "model_length": "max_tokens",
    "content_filter": "refusal",
    "refusal": "refusal",
    "safety": "refusal",
    "sensitive": "refusal",
}


class StreamSettings(NamedTuple):
    """What the writer must be told.

    - `message_id`, `model`: as the client shall see them.
    - `input_tokens`: the estimate shown until the provider tells the number.
    - `new_tool_id`: makes an id for a call that came without one, or with one that only counts (`toolblocks`).
    - `tool_name`: the client's name of a tool, given the name sent to the provider.
    - `issuer`: who signs the thinking of this answer (provenance; see `signature`).
    - `search_query`: set when the client asked for a web search: sources become search results, not citations.
    """

    message_id: str
    model: str
    input_tokens: int
    new_tool_id: Callable[[], str]
    tool_name: Callable[[str], str] = str
    issuer: str = "chat"
    search_query: str | None = None


class MessageStream:
    """Turns the unified chunks of one answer into Anthropic events. `start` may be called early; it acts once."""

    def __init__(self, settings: StreamSettings) -> None:
        self.settings = settings
        self.started = False
        self.finish_reason = ""
        self.error: GatewayError | None = None
        self.usage: Usage | None = None
        self._index = -1
        self._open = ""  # kind of the open block: "", "text", "thinking" or "tool"
        self._tool: ToolBlock | None = None
        self._tools = ToolBlocks(settings.new_tool_id)
        self._waiting: list[tuple[str, str | ToolBlock]] = []
        self._sources: list[Annotation] = []
        self._refused = False
        self._stop_sequence: str | None = None
        self._reason: str | None = None
        self._size = 0  # UTF-8 bytes written, for an estimate when the provider counts nothing
        self._thinking: list[str] = []
        self._signature = ""  # the last one before the first tool call
        self._text: list[str] = []  # of the last text block
        self._held: list[tuple[str, str]] = []  # signatures that came after it

    # -- the stage ---------------------------------------------------------------------------------------

    def start(self) -> list[Event]:
        """message_start, if it was not sent yet."""
        if self.started:
            return []
        self.started = True
        settings = self.settings
        return [message_start(settings.message_id, settings.model, settings.input_tokens)]

    def feed(self, chunk: UnifiedChunk) -> list[Event]:
        """The events of one chunk, possibly none."""
        if self.error is not None:
            return []
        out: list[Event] = []
        if self._open == "text" and len(chunk) == 1 and "text" in chunk and not self._tools.order:
            self._write("text", chunk["text"], out)
            return out
        if thinking := chunk.get("thinking"):
            self._say("thinking", thinking, out)
        if signature := chunk.get("signature"):
            self._keep_signature(signature)
            self._say("signature", signature, out)
        if redacted := chunk.get("redacted"):
            self._keep_signature(redacted)
            self._say("redacted", redacted, out)
        if text := chunk.get("text"):
            self._say("text", text, out)
        if refusal := chunk.get("refusal"):
            self._refused = True
            self._say("text", refusal, out)
        for delta in chunk.get("tool_calls", ()):
            self._take_tool(self._tools.take(delta), out)
        if len(chunk) > 1 or not out:
            self._note(chunk)
        return self.start() + out if out and not self.started else out

    def finish(self) -> list[Event]:
        """The provider is done: close what is open and say how it ended."""
        if self.error is not None:
            return []
        out: list[Event] = []
        self._settle_tools(out)
        if self._index < 0 and not self.finish_reason:
            self.error = EmptyAnswer("the provider answered with nothing")
            return []
        self._close(out)
        searches = self._show_search(out)
        usage = self._final_usage(searches)
        self._reason = self._stop_reason()
        out += (message_delta(self._reason, self._stop_sequence, usage), MESSAGE_STOP)
        return self.start() + out

    def outcome(self) -> Outcome:
        """What to remember of the answer. The thinking before tool calls may be wanted back (failure-modes F1)."""
        usage = self.usage or {}
        remember: dict[str, Remembered] = {}
        thinking, issuer = "".join(self._thinking), self.settings.issuer
        if self._tools.order and (thinking or self._signature):
            reasoning = Remembered(thinking, self._signature, issuer)
            remember = {block.id: reasoning for block in self._tools.order}
        if self._held:
            remember[text_key("".join(self._text))] = Remembered("", self._held[-1][1], issuer)
        return Outcome(self._reason, usage, remember)

    # -- content -----------------------------------------------------------------------------------------

    def _say(self, kind: str, value: str, out: list[Event]) -> None:
        """Text, thinking, a signature or an opaque block: now, or behind the tool call that is being written."""
        self._open_ready_tools(out)
        if self._blocked(out):
            self._waiting.append((kind, value))
        else:
            self._write(kind, value, out)

    def _keep_signature(self, signature: str) -> None:
        if not self._tools.order:
            self._signature = signature

    def _write(self, kind: str, value: str, out: list[Event]) -> None:
        if kind == "text":
            self._switch("text", {"type": "text", "text": ""}, out)
            out.append(block_delta(self._index, "text_delta", "text", value))
            self._text.append(value)
        elif self._open == "text" and kind != "thinking":
            self._held.append((kind, value))
            return
        elif kind == "redacted":
            self._switch("redacted", {"type": "redacted_thinking", "data": sign(self.settings.issuer, value)}, out)
            self._close(out)
        else:
            self._switch("thinking", {"type": "thinking", "thinking": "", "signature": ""}, out)
            if kind == "thinking":
                self._thinking.append(value)
                out.append(block_delta(self._index, "thinking_delta", "thinking", value))
            else:
                self._close(out, signature=value)
        self._size += len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass"))

    def _switch(self, kind: str, block: Json, out: list[Event]) -> None:
        """Make a block of that kind the open one."""
        if self._open == kind:
            return
        self._close(out)
        held, self._held, self._text = self._held, [], []
        for held_kind, value in held:
            self._write(held_kind, value, out)
        self._index += 1
        self._open = kind
        out.append(block_start(self._index, block))

    def _close(self, out: list[Event], signature: str = "") -> None:
        """Close the open block, with what belongs to its end."""
        if not self._open:
            return
        if self._open == "thinking":
            value = sign(self.settings.issuer, signature)
            out.append(block_delta(self._index, "signature_delta", "signature", value))
        elif self._open == "text" and self._sources and self.settings.search_query is None:
            out += [block_delta(self._index, "citations_delta", "citation", c) for c in citations.cite(self._sources)]
            self._sources = []
        elif self._tool is not None:
            if rest := self._tool.rest():
                out.append(block_delta(self._index, "input_json_delta", "partial_json", rest))
            self._tool = None
        out.append(block_stop(self._index))
        self._open = ""

    # -- tool calls --------------------------------------------------------------------------------------

    def _take_tool(self, block: ToolBlock, out: list[Event]) -> None:
        """A delta has been added to `block`: write it, open it, or leave it waiting."""
        if block is self._tool:
            self._write_arguments(block, out)
            if self._waiting:
                self._drain(out)
        elif block.ready and not block.opened:
            self._open_ready_tools(out)

    def _queue_tool(self, block: ToolBlock, out: list[Event]) -> None:
        block.opened = True
        if self._blocked(out):
            self._waiting.append(("tool", block))
        else:
            self._open_tool(block, out)

    def _open_tool(self, block: ToolBlock, out: list[Event]) -> None:
        self._tools.name_id(block)
        name = self.settings.tool_name(block.name)
        self._close(out)
        self._switch("tool", {"type": "tool_use", "id": block.id, "name": name, "input": {}}, out)
        self._tool = block
        self._write_arguments(block, out)

    def _write_arguments(self, block: ToolBlock, out: list[Event]) -> None:
        if arguments := block.unsent():
            self._size += len(arguments)
            out.append(block_delta(self._index, "input_json_delta", "partial_json", arguments))

    def _blocked(self, out: list[Event]) -> bool:
        """Whether something new must wait for the open tool block. Closes that block when it is whole."""
        if self._waiting:
            return True
        if self._tool is None:
            return False
        if not self._tool.complete():
            return True
        self._close(out)
        return False

    def _drain(self, out: list[Event], *, force: bool = False) -> None:
        """Write what waits, up to the next tool call that is not whole (`force`: all of it)."""
        while self._waiting and (force or self._tool is None or self._tool.complete()):
            kind, value = self._waiting.pop(0)
            if isinstance(value, ToolBlock):
                self._open_tool(value, out)
            else:
                self._close_tool(out)
                self._write(kind, value, out)

    def _close_tool(self, out: list[Event]) -> None:
        if self._tool is not None:
            self._close(out)

    def _open_ready_tools(self, out: list[Event], *, force: bool = False) -> None:
        """Open the calls that have only been waiting for an id, since something else begins: calls keep their order."""
        for block in self._tools.order:
            if not block.opened and (block.name or force):
                # A call without a name cannot be run, but it must not vanish: the client answers that there is
                # no such tool, and the model can try again.
                block.name = block.name or "unknown"
                self._queue_tool(block, out)

    def _settle_tools(self, out: list[Event]) -> None:
        """Nothing more will come: show every call, whole or not."""
        self._open_ready_tools(out, force=True)
        self._drain(out, force=True)

    # -- the end -----------------------------------------------------------------------------------------

    def _note(self, chunk: UnifiedChunk) -> None:
        """Take what a chunk says besides content."""
        self.finish_reason = chunk.get("finish") or self.finish_reason
        self.usage = chunk.get("usage") or self.usage
        self.error = chunk.get("error")
        self._stop_sequence = chunk.get("stop_sequence") or self._stop_sequence
        if annotations := chunk.get("annotations"):
            self._sources += [a for a in annotations if a not in self._sources]

    def _show_search(self, out: list[Event]) -> int:
        """The sources of an answer to a web search, as the pair of blocks clients count. Returns the searches."""
        query = self.settings.search_query
        if query is None or not self._sources:
            return 0
        for block, arguments in citations.search_blocks(self._sources, query, self.settings.new_tool_id()):
            self._switch(block["type"], block, out)
            if arguments:
                out.append(block_delta(self._index, "input_json_delta", "partial_json", arguments))
            self._close(out)
        return 1

    def _stop_reason(self) -> str:
        if self._refused:
            return "refusal"
        reason = _STOP_REASONS.get(self.finish_reason)
        if reason:
            return reason
        if self._tools.order:
            # Arguments that are no JSON were cut: a client must not run such a call.
            return "tool_use" if all(block.valid() for block in self._tools.order) else "max_tokens"
        return "stop_sequence" if self._stop_sequence else "end_turn"

    def _final_usage(self, searches: int) -> Json:
        """The provider's numbers, or estimates above zero where it has none (client report, section 0.8)."""
        usage: Usage = self.usage or {}
        cached, written = usage.get("cache_read", 0), usage.get("cache_write", 0)
        known = usage.get("input", 0) or cached or written
        result: Json = {
            "input_tokens": usage.get("input", 0) if known else self.settings.input_tokens,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": cached,
            "output_tokens": usage.get("output", 0) or max(1, self._size // 4),
        }
        if searches := max(searches, usage.get("web_searches", 0)):
            result["server_tool_use"] = {"web_search_requests": searches}
        return result
