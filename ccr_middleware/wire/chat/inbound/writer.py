"""Writes answers for chat clients: `chat.completion.chunk` events, or one `chat.completion`."""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import GatewayError
from ....jsonio import dumps
from ....unified import Event, Json
from ...client import WriterSettings
from ...inbound.usage import Counts
from ...inbound.whole_message import events_of
from ...openai.inbound.errors import error_body
from .deltas import Deltas, merge

_PING = b": ping\n\n"
_DONE = b"data: [DONE]\n\n"


class ChatWriter:
    """One answer. A stream is the role, the deltas, the finish reason, the usage if asked for, and `[DONE]`."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._deltas = self._new_deltas()
        self._include_usage = bool(settings.echo.get("include_usage"))
        self._finished = False

    def _new_deltas(self) -> Deltas:
        echo = self._settings.echo
        return Deltas(echo.get("custom") or [], bool(echo.get("legacy")))

    def feed(self, events: Iterable[Event]) -> bytes:
        """The chunks of these events. A ping is a comment, which every reader of event streams passes over."""
        out: list[bytes] = []
        for event in events:
            if event.get("type") == "ping":
                out.append(_PING)
                continue
            out += [self._chunk(delta) for delta in self._deltas.feed(event)]
            if self._deltas.finish_reason and not self._finished:
                self._finished = True
                out.append(self._chunk({}, self._deltas.finish_reason))
                if self._include_usage:
                    usage = _usage(self._deltas.usage)
                    out.append(_frame(self._head("chat.completion.chunk") | {"choices": [], "usage": usage}))
        return b"".join(out)

    def finish(self) -> bytes:
        """The end of the stream."""
        return _DONE

    def fail(self, error: GatewayError) -> bytes:
        """An event with the error: the SDKs raise it. No `[DONE]`, since nothing is."""
        return _frame(error_body(error, self._settings.request_id))

    def whole(self, message: Json) -> Json:
        """The completion that a whole message is."""
        deltas = self._new_deltas()
        answer: Json = {"role": "assistant", "content": None, "refusal": None}
        for event in events_of(message):
            for delta in deltas.feed(event):
                merge(answer, delta)
        choice = {"index": 0, "message": answer, "logprobs": None, "finish_reason": deltas.finish_reason}
        return self._head("chat.completion", deltas) | {"choices": [choice], "usage": _usage(deltas.usage)}

    def _head(self, kind: str, deltas: Deltas | None = None) -> Json:
        settings, model = self._settings, self._settings.model or (deltas or self._deltas).model
        identifier = "chatcmpl-" + settings.request_id.removeprefix("req_")
        return {"id": identifier, "object": kind, "created": settings.created, "model": model}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = self._head("chat.completion.chunk") | {"choices": [choice]}
        return _frame(chunk | {"usage": None} if self._include_usage else chunk)


def _frame(document: Json) -> bytes:
    return b"data: " + dumps(document) + b"\n\n"


def _usage(usage: Json) -> Json:
    counts = Counts.of(usage)
    return {
        "prompt_tokens": counts.prompt,
        "completion_tokens": counts.output,
        "total_tokens": counts.total,
        "prompt_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": counts.written},
    }
