"""Builders of what chat-completions providers send: chunks, streams and JSON answers.

    chat.sse(chat.text("Hel"), chat.text("lo"), chat.finish("stop"), chat.usage(12, 3))
    chat.sse(chat.tool(0, "call_0001", "read", '{"path":'), chat.tool(0, arguments='"a"}'), chat.finish("tool_calls"))
    chat.whole("Hello", reasoning="hm", tools=[("call_0001", "read", '{"path":"a"}')], finish="tool_calls")

A builder's argument left out is a key left out; None given is `null` on the wire.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from .base import Json, Writer

Chunk = Json

#: "This key is not there at all", where None means `null`.
OMIT: Final[Any] = type("Omit", (), {"__repr__": lambda self: "OMIT"})()

MODEL = "test-model"


def _given(**keys: Any) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not OMIT}


def chunk(delta: dict[str, Any] | None = None, finish: Any = None, **more: Any) -> Chunk:
    """One chunk with one choice. `finish=OMIT`: no `finish_reason` key (fixtures fact 8)."""
    choice = _given(index=0, delta=delta or {}, finish_reason=finish)
    return {**_frame("chat.completion.chunk"), "choices": [choice], **more}


def _frame(kind: str) -> Chunk:
    return {"id": "chatcmpl-1", "object": kind, "created": 1_700_000_000, "model": MODEL}


def text(content: Any, **more: Any) -> Chunk:
    """A piece of answer text."""
    return chunk({"content": content}, **more)


def reasoning(content: Any, field: str = "reasoning_content", **more: Any) -> Chunk:
    """A piece of reasoning, in the field this provider uses (fixtures fact 29)."""
    return chunk({field: content}, **more)


def tool_delta(index: Any = 0, id: Any = OMIT, name: Any = OMIT, arguments: Any = OMIT) -> dict[str, Any]:
    """An entry of `tool_calls`."""
    function = _given(name=name, arguments=arguments)
    return _given(index=index, id=id, type=OMIT if id is OMIT else "function", function=function or OMIT)


def tool(index: Any = 0, id: Any = OMIT, name: Any = OMIT, arguments: Any = OMIT, **more: Any) -> Chunk:
    """A piece of one tool call. `arguments` is JSON text (or whatever a broken provider sends)."""
    return chunk({"tool_calls": [tool_delta(index, id, name, arguments)]}, **more)


def merge(*chunks: Chunk) -> Chunk:
    """Several chunks as one: deltas united, tool calls in their order, the last finish reason."""
    delta: dict[str, Any] = {}
    calls: list[Any] = []
    finish_reason = None
    for one in chunks:
        choice = one["choices"][0]
        calls += choice["delta"].get("tool_calls", [])
        delta |= choice["delta"]
        finish_reason = choice.get("finish_reason") or finish_reason
    return chunk(delta | ({"tool_calls": calls} if calls else {}), finish_reason)


def finish(reason: Any = "stop", **more: Any) -> Chunk:
    """The chunk that names the finish reason; `usage=counts(…)` puts the usage beside it."""
    return chunk({}, reason, **more)


def counts(prompt: int, completion: int, cached: int | None = None, reasoning: int | None = None) -> dict[str, Any]:
    """A usage object with OpenAI's meaning: `cached` is part of `prompt`, `reasoning` part of `completion`."""
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if cached is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached}
    if reasoning is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return usage


def usage(prompt: int, completion: int, cached: int | None = None, reasoning: int | None = None, **more: Any) -> Chunk:
    """The separate usage chunk (`choices: []`) that `include_usage` asks for."""
    return {
        **_frame("chat.completion.chunk"),
        "choices": [],
        "usage": counts(prompt, completion, cached, reasoning),
    } | more


def error(message: str, code: Any = 502, **more: Any) -> Chunk:
    """A failure told inside a stream, or the body of an HTTP error."""
    return {"error": {"message": message, "code": code, **more}}


def sse(*chunks: Chunk | str | bytes, done: bool = True, crlf: bool = False) -> bytes:
    """A stream. A str or bytes goes in as it stands (a comment, a malformed line), closed by a blank line."""
    blocks = [_block(one) for one in chunks] + ([b"data: [DONE]"] if done else [])
    data = b"".join(block + b"\n\n" for block in blocks)
    return data.replace(b"\n", b"\r\n") if crlf else data


def _block(one: Chunk | str | bytes) -> bytes:
    if isinstance(one, bytes):
        return one
    if isinstance(one, str):
        return one.encode()
    return b"data: " + json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()


def answer(*pieces: str, prompt: int = 12, completion: int = 3) -> bytes:
    """The stream of an ordinary text answer: role, pieces, finish, usage, [DONE]."""
    opening = chunk({"role": "assistant", "content": ""})
    return sse(opening, *map(text, pieces or ("Hello",)), finish("stop"), usage(prompt, completion))


def whole(
    content: Any = None,
    *,
    reasoning: Any = OMIT,
    field: str = "reasoning_content",
    tools: list[tuple[Any, Any, Any]] | None = None,
    finish: Any = "stop",
    usage: Any = OMIT,
    **more: Any,
) -> dict[str, Any]:
    """A JSON answer. `tools`: (id, name, arguments) each. Usage is 12 and 3 tokens unless given."""
    message = {"role": "assistant", "content": content, **_given(**{field: reasoning})}
    if tools is not None:
        message["tool_calls"] = [
            {"id": call_id, "type": "function", "function": _given(name=name, arguments=arguments)}
            for call_id, name, arguments in tools
        ]
    choice = _given(index=0, message=message, finish_reason=finish)
    body = {**_frame("chat.completion"), "choices": [choice]}
    return body | _given(usage=counts(12, 3) if usage is OMIT else usage) | more


# -- an answer ---------------------------------------------------------------------------------------------

_FINISH = {
    "end_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "stop_sequence": "stop",
    "refusal": "content_filter",
}


class ChatWriter(Writer):
    """Writes an answer as chat completions."""

    last = b"data: [DONE]\n\n"

    def begin(self) -> Iterator[Json]:
        """The role, then a delta for each piece."""
        yield chunk({"role": "assistant", "content": ""}, model=self.model)
        for piece in self.answer.thinking_pieces:
            yield reasoning(piece, model=self.model)
        for piece in self.answer.text_pieces:
            yield text(piece, model=self.model)
        for number, call in enumerate(self.answer.calls):
            yield tool(number, call.id, call.name, "", model=self.model)
            for piece in call.pieces:
                yield tool(number, arguments=piece, model=self.model)

    def end(self) -> Iterator[Json]:
        """The finish reason, then the usage in a chunk of its own."""
        if self.finish is not None:
            yield finish(_FINISH[self.finish], model=self.model)
        if self.answer.usage is not None:
            yield usage(*self._counts(), model=self.model)

    def whole(self) -> Json:
        """One completion with one choice."""
        answer = self.answer
        return whole(
            "".join(answer.text_pieces) or None,
            reasoning="".join(answer.thinking_pieces) or OMIT,
            tools=[(call.id, call.name, call.json) for call in answer.calls] or None,
            finish=_FINISH[self.finish] if self.finish is not None else None,
            usage=counts(*self._counts()) if answer.usage is not None else None,
            model=self.model,
        )

    def failure(self) -> Json:
        """OpenAI's error object, with the status as its code."""
        return error(self.answer.message, self.status)

    def _counts(self) -> tuple[int, int, int, int]:
        told = self.answer.usage
        assert told is not None
        return told.input + told.cached, told.output, told.cached, told.reasoning
