"""Builders of what Gemini sends: parts, chunks, streams.

gemini.sse(gemini.chunk(gemini.text("Hel")), gemini.chunk(gemini.text("lo"), finish="STOP"))
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from .base import Json, Writer


def text(value: str, **more: Any) -> Json:
    """A part of text; `thought=True` makes it thinking."""
    return {"text": value, **more}


def call(name: str, args: Json | None = None, signature: str = "", **more: Any) -> Json:
    """A part that calls a function; `signature` is Gemini's mark on it."""
    part: Json = {"functionCall": {"name": name, **({} if args is None else {"args": args}), **more}}
    return part | ({"thoughtSignature": signature} if signature else {})


def chunk(*parts: Json, finish: str = "", usage: Json | None = None, **more: Any) -> Json:
    """One chunk; `more` belongs to its candidate."""
    candidate: Json = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], **({} if usage is None else {"usageMetadata": usage})}


def sse(*chunks: Any) -> bytes:
    """The chunks as events."""
    return b"".join(b"data: " + json.dumps(one, ensure_ascii=False).encode() + b"\r\n\r\n" for one in chunks)


def array(*chunks: Any) -> bytes:
    """The chunks as Google writes an array: a comma on a line of its own."""
    return b"[" + b"\n,\r\n".join(json.dumps(one, indent=2, ensure_ascii=False).encode() for one in chunks) + b"\n]\n"


# -- an answer ---------------------------------------------------------------------------------------------

_FINISH = {"max_tokens": "MAX_TOKENS", "refusal": "SAFETY"}

#: Google's words for HTTP statuses (https://cloud.google.com/apis/design/errors#handling_errors).
_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


class GeminiWriter(Writer):
    """Writes an answer as Gemini does: calls come whole, so their arguments must be an object."""

    def begin(self) -> Iterator[Json]:
        """A chunk for each piece."""
        for piece in self.answer.thinking_pieces:
            yield self._named(chunk(text(piece, thought=True)))
        for piece in self.answer.text_pieces:
            yield self._named(chunk(text(piece)))
        for part in self._calls():
            yield self._named(chunk(part))

    def end(self) -> Iterator[Json]:
        """The finish reason beside the usage."""
        yield self._named(chunk(finish=self._reason(), usage=self._usage()))

    def whole(self) -> Json:
        """One chunk with everything in it."""
        thinking, said = "".join(self.answer.thinking_pieces), "".join(self.answer.text_pieces)
        parts = [text(thinking, thought=True)] if thinking else []
        parts += [text(said)] if said else []
        return self._named(chunk(*parts, *self._calls(), finish=self._reason(), usage=self._usage()))

    def failure(self) -> Json:
        """Google's error object."""
        status = _STATUSES.get(self.status, "UNKNOWN")
        return {"error": {"code": self.status, "message": self.answer.message, "status": status}}

    def _calls(self) -> list[Json]:
        return [call(one.name, json.loads(one.json or "{}"), id=one.id) for one in self.answer.calls]

    def _reason(self) -> str:
        return "" if self.finish is None else _FINISH.get(self.finish, "STOP")

    def _usage(self) -> Json | None:
        told = self.answer.usage
        if told is None:
            return None
        usage = {
            "promptTokenCount": told.input + told.cached,
            "cachedContentTokenCount": told.cached,
            "candidatesTokenCount": told.output - told.reasoning,
            "thoughtsTokenCount": told.reasoning,
            "totalTokenCount": told.input + told.cached + told.output,
        }
        return {name: count for name, count in usage.items() if count}

    def _named(self, one: Json) -> Json:
        return {**one, "modelVersion": self.model, "responseId": "resp-1"}
