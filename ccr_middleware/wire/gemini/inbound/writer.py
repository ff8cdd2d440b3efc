"""Writes answers for Gemini clients: a stream of `GenerateContentResponse`, or one.

With `alt=sse` the stream is one of events, without it one JSON array (fixtures fact 3). Neither has an end mark of its
own: the chunk with the finish reason is the last.
"""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import GatewayError
from ....jsonio import dumps
from ....unified import Event, Json
from ...chat.inbound.replayed import replay
from ...client import WriterSettings
from .errors import error_body
from .said import Said, join

#: An empty line, in both forms of stream. Comments are not safe: Google's SDKs take them for broken JSON.
_PING = b"\r\n"


class GeminiWriter:
    """One answer."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._sse = bool(settings.echo.get("sse"))
        self._said = self._new_said()
        self._begun = self._finished = False

    def _new_said(self) -> Said:
        return Said(thoughts=bool(self._settings.echo.get("thoughts")))

    def feed(self, events: Iterable[Event]) -> bytes:
        """The chunks of these events."""
        out: list[bytes] = []
        for event in events:
            if event.get("type") == "ping":
                out.append(_PING)
                continue
            parts = self._said.feed(event)
            if self._said.finish_reason and not self._finished:
                self._finished = True
                out.append(self._frame(self._answer(parts or [{"text": ""}], self._said)))
            elif parts:
                out.append(self._frame(self._answer(parts)))
        return b"".join(out)

    def finish(self) -> bytes:
        """The end of the stream."""
        if self._sse:
            return b""
        return b"]" if self._begun else b"[]"

    def fail(self, error: GatewayError) -> bytes:
        """A chunk with the error, and the end."""
        return self._frame(error_body(error, self._settings.request_id)) + self.finish()

    def whole(self, message: Json) -> Json:
        """The response that a whole message is."""
        said = self._new_said()
        parts = [part for event in replay(message) for part in said.feed(event)]
        return self._answer(join(parts), said)

    def _answer(self, parts: list[Json], ended: Said | None = None) -> Json:
        """One response; `ended`: the answer, when this is the end of it."""
        candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
        answer: Json = {"candidates": [candidate]}
        if ended is not None:
            candidate["finishReason"] = ended.finish_reason
            if ended.grounding:
                candidate["groundingMetadata"] = ended.grounding
            answer["usageMetadata"] = usage_of(ended.usage)
        response_id = self._settings.request_id.removeprefix("req_")
        return answer | {"modelVersion": self._settings.model, "responseId": response_id}

    def _frame(self, document: Json) -> bytes:
        if self._sse:
            return b"data: " + dumps(document) + b"\r\n\r\n"
        start = b",\r\n" if self._begun else b"["
        self._begun = True
        return start + dumps(document)


def usage_of(usage: Json) -> Json:
    """Anthropic's counts in Google's meaning, where the prompt includes the cache. Thoughts are among the candidates'
    tokens: Anthropic does not tell them apart."""
    cached = _count(usage, "cache_read_input_tokens")
    prompt = _count(usage, "input_tokens") + cached + _count(usage, "cache_creation_input_tokens")
    output = _count(usage, "output_tokens")
    counts = {"promptTokenCount": prompt, "candidatesTokenCount": output, "totalTokenCount": prompt + output}
    return counts | ({"cachedContentTokenCount": cached} if cached else {})


def _count(usage: Json, key: str) -> int:
    value = usage.get(key)
    return value if type(value) is int else 0
