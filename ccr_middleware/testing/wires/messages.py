"""Builders of what Anthropic sends: the events of a Messages stream, and whole messages.

messages.sse(messages.start(), *messages.block(0, messages.text_block("Hello")), *messages.stop("end_turn"))
messages.message(messages.text_block("Hello"), stop_reason="end_turn")
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...errors import error_type_for
from ..answers import Usage
from .base import Json, Writer

MODEL = "test-model"

#: What a thinking block is signed with.
SIGNATURE = "c2lnbmF0dXJlIG9mIGEgdGVzdA=="


def text_block(text: str) -> Json:
    """A text block."""
    return {"type": "text", "text": text}


def thinking_block(thinking: str, signature: str = SIGNATURE) -> Json:
    """A thinking block."""
    return {"type": "thinking", "thinking": thinking, "signature": signature}


def tool_block(id: str, name: str, input: Json) -> Json:
    """A call."""
    return {"type": "tool_use", "id": id, "name": name, "input": input}


def counts(told: Usage) -> Json:
    """A usage object."""
    return {
        "input_tokens": told.input,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": told.cached,
        "output_tokens": told.output,
    }


def message(*blocks: Json, stop_reason: str | None = "end_turn", usage: Usage | None = None, **more: Any) -> Json:
    """A whole message."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": list(blocks),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": counts(usage or Usage()),
        **more,
    }


def start(usage: Usage | None = None, **more: Any) -> Json:
    """The first event, with an output of one token so far."""
    return {
        "type": "message_start",
        "message": message(stop_reason=None, usage=(usage or Usage())._replace(output=1), **more),
    }


def block(index: int, whole: Json, pieces: list[str] | None = None) -> Iterator[Json]:
    """The events of one block; `pieces`: in which its text, thinking or arguments come."""
    about = {"index": index}
    kind = whole["type"]
    if kind == "tool_use":
        begun, field = {**whole, "input": {}}, "partial_json"
        pieces = [json.dumps(whole["input"], ensure_ascii=False)] if pieces is None else pieces
    elif kind in ("text", "thinking"):
        begun, field = {**whole, kind: ""}, kind
        pieces = [whole[kind]] if pieces is None else pieces
    else:
        begun, field, pieces = whole, "", []
    if kind == "thinking":
        begun["signature"] = ""
    yield {"type": "content_block_start", **about, "content_block": begun}
    delta = "input_json_delta" if field == "partial_json" else f"{field}_delta"
    for piece in pieces:
        yield {"type": "content_block_delta", **about, "delta": {"type": delta, field: piece}}
    if whole.get("signature"):
        signed = {"type": "signature_delta", "signature": whole["signature"]}
        yield {"type": "content_block_delta", **about, "delta": signed}
    yield {"type": "content_block_stop", **about}


def stop(reason: str | None = "end_turn", usage: Usage | None = None, sequence: str | None = None) -> Iterator[Json]:
    """The two events that end a stream."""
    delta = {"stop_reason": reason, "stop_sequence": sequence}
    yield {"type": "message_delta", "delta": delta, "usage": counts(usage or Usage())}
    yield {"type": "message_stop"}


def error(text: str, status: int = 500) -> Json:
    """An error: the body of an HTTP answer, or an event."""
    return {"type": "error", "error": {"type": error_type_for(status), "message": text}}


def frame(event: Json) -> bytes:
    """An event as it is sent."""
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {data}\n\n".encode()


def sse(*events: Json) -> bytes:
    """A stream."""
    return b"".join(map(frame, events))


class MessagesWriter(Writer):
    """Writes an answer as Anthropic does."""

    def begin(self) -> Iterator[Json]:
        """message_start and a block for each part. What is cut is cut before the last block is closed."""
        answer = self.answer
        events = [start(answer.usage, model=self.model)]
        for index, (whole, pieces) in enumerate(self._blocks()):
            events += block(index, whole, pieces)
        if self.unfinished and len(events) > 1:
            events.pop()
        yield from events

    def end(self) -> Iterator[Json]:
        """message_delta and message_stop."""
        yield from stop(self.finish, self.answer.usage, self._sequence())

    def whole(self) -> Json:
        """A message."""
        blocks = [whole for whole, _ in self._blocks()]
        about = {"model": self.model, "stop_sequence": self._sequence()}
        return message(*blocks, stop_reason=self.finish, usage=self.answer.usage, **about)

    def failure(self) -> Json:
        """Anthropic's error object."""
        return error(self.answer.message, self.status)

    def frame(self, event: Json) -> bytes:
        """An event with its name."""
        return frame(event)

    def _sequence(self) -> str | None:
        return "STOP" if self.finish == "stop_sequence" else None

    def _blocks(self) -> Iterator[tuple[Json, list[str]]]:
        """Each block with the pieces it comes in."""
        answer = self.answer
        if thinking := answer.thinking_pieces:
            yield thinking_block("".join(thinking)), thinking
        if text := answer.text_pieces:
            yield text_block("".join(text)), text
        for call in answer.calls:
            yield tool_block(call.id, call.name, _input(call.json)), call.pieces


def _input(arguments: str) -> Json:
    """Arguments as the object they are; what is none cannot be in a whole message."""
    try:
        value = json.loads(arguments or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
