"""Transformers for models that are weak at calling tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from ..unified import Json, parts_of
from .base import Level, NoOptions, Stage, TransformContext, Transformer, UpstreamRequest
from .calls import Call, Calls, around_calls
from .exit_text import PARAMETER, ExitText
from .repair import repair

EXIT_TOOL = "ExitTool"

_REMINDER = f"""<system-reminder>
Tool mode is on: every answer of yours is at least one tool call. Pick the tool that brings the task forward and call \
it without announcing it first. When the task is done, when no other tool fits, or when you have to ask or tell the \
user something, call {EXIT_TOOL} with the complete text for the user. It is the only way to end your turn.
</system-reminder>"""

_EXIT_DESCRIPTION = (
    "Ends tool mode and shows a text to the user. Call it when the task is done or when none of the other tools can "
    "help; never instead of a tool that could."
)
_EXIT = {
    "type": "function",
    "function": {
        "name": EXIT_TOOL,
        "description": _EXIT_DESCRIPTION,
        "parameters": {
            "type": "object",
            "properties": {
                PARAMETER: {
                    "type": "string",
                    "description": "What the user is shown, word for word: the whole answer, not a summary of it.",
                }
            },
            "required": [PARAMETER],
            "additionalProperties": False,
        },
    },
}

#: The keys of chunks that concern these stages; all others pass.
_CALLS_OR_END = frozenset({"tool_calls", "finish", "error"})
#: Finish reasons that say nothing but that tools were called.
_CALLED = frozenset({"tool_calls", "tool_use", "function_call"})
#: Finish reasons of answers whose last call may be cut.
_CUT_SHORT = frozenset(
    {"length", "max_tokens", "max_output_tokens", "model_length", "content_filter", "refusal", "safety", "sensitive"}
)


class ToolUse(Transformer[NoOptions]):
    """Makes the model call tools: it must, and has one more, whose argument is its text."""

    name = "tooluse"
    level: ClassVar[Level] = "unified"

    def transform_request_in(self, request: UpstreamRequest, context: TransformContext) -> UpstreamRequest:
        """Add the exit and demand a call, unless the client itself demands one, forbids them, or offers no tools."""
        body = request.body
        tools = body.get("tools")
        if not tools or body.get("tool_choice", "auto") != "auto":
            return request
        body["tools"] = [*tools, _EXIT]
        body["tool_choice"] = "required"
        body["messages"] = _with_reminder(body["messages"])
        return request

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json]:
        """Turns calls of the exit into text."""
        return _ExitStage()


def _with_reminder(messages: list[Json]) -> list[Json]:
    """The reminder at the end of the system prompt, where it is the same in every turn and so stays cached."""
    part = {"type": "text", "text": _REMINDER}
    if not messages or messages[0]["role"] != "system":
        return [{"role": "system", "content": [part]}, *messages]
    return [{**messages[0], "content": [*parts_of(messages[0]["content"]), part]}, *messages[1:]]


class _ExitStage:
    """`_texts`: the readers of exit calls by their number."""

    __slots__ = ("_calls", "_texts")

    def __init__(self) -> None:
        self._calls = Calls()
        self._texts: dict[int, ExitText] = {}

    def feed(self, piece: Json) -> Sequence[Json]:
        """A chunk without calls passes as it is."""
        if _CALLS_OR_END.isdisjoint(piece):
            return (piece,)
        before, after = around_calls(piece)
        out = [before] if before else []
        for delta in piece.get("tool_calls", ()):
            self._pass_on(self._calls.take(delta), out)
        if "finish" in after:
            out += self.finish()
            if self._only_exits() and after["finish"] in _CALLED:
                after["finish"] = "stop"
        elif "error" in after:
            out += self.finish()
        return [*out, after] if after else out

    def finish(self) -> list[Json]:
        """What is still held: calls that never got a name, and the ends of texts."""
        out: list[Json] = []
        for call in self._calls:
            reader = self._texts.get(call.number)
            if reader is not None:
                text = reader.finish()
                out += [{"text": text}] if text else []
            elif not call.block.name:
                _send(call, out)
        return out

    def _pass_on(self, call: Call, out: list[Json]) -> None:
        """What is new about a call, once its name tells what it is."""
        name = call.block.name
        if not name:
            return
        if name != EXIT_TOOL:
            _send(call, out)
        elif text := self._texts.setdefault(call.number, ExitText()).feed(call.take_arguments()):
            out.append({"text": text})

    def _only_exits(self) -> bool:
        return bool(self._texts) and all(call.number in self._texts for call in self._calls)


def _send(call: Call, out: list[Json]) -> None:
    delta = call.head()
    if arguments := call.take_arguments():
        delta["arguments"] = arguments
    if len(delta) > 1:
        out.append({"tool_calls": [delta]})


class EnhanceTool(Transformer[NoOptions]):
    """Repairs the arguments of tool calls that are not quite JSON."""

    name = "enhancetool"
    level: ClassVar[Level] = "unified"

    def open_response_stream(self, context: TransformContext) -> Stage[Json, Json]:
        """Holds the arguments of calls back until they are whole."""
        return _RepairStage()


class _RepairStage:
    """Calls are announced as they begin; their arguments follow with the finish reason, or at the end."""

    __slots__ = ("_calls", "_settled")

    def __init__(self) -> None:
        self._calls = Calls()
        self._settled = 0

    def feed(self, piece: Json) -> Iterable[Json]:
        """A chunk without calls passes as it is."""
        if _CALLS_OR_END.isdisjoint(piece):
            return (piece,)
        before, after = around_calls(piece)
        out = [before] if before else []
        for delta in piece.get("tool_calls", ()):
            call = self._calls.take(delta)
            if call.number < self._settled:  # a finish reason that was none
                _send(call, out)
            elif len(head := call.head()) > 1:
                out.append({"tool_calls": [head]})
        if "finish" in after:
            out += self._settle(close=after["finish"] not in _CUT_SHORT)
        elif "error" in after:
            out += self.finish()
        return [*out, after] if after else out

    def finish(self) -> list[Json]:
        """Nobody said how the answer ended, so it may be cut."""
        return self._settle(close=False)

    def _settle(self, *, close: bool) -> list[Json]:
        out: list[Json] = []
        for call in self._calls:
            if call.number >= self._settled:
                arguments = repair(call.take_arguments(), close=close)
                out.append({"tool_calls": [{**call.head(), "arguments": arguments}]})
        self._settled = len(self._calls)
        return out
