"""Writes answers for Gemini clients: a stream of `GenerateContentResponse`, or one.

With `alt=sse` the stream is one of events, without it one JSON array (fixtures fact 3). Neither has an end mark of its
own: the chunk with the finish reason is the last.
"""

from __future__ import annotations

from collections.abc import Iterable

from ....errors import GatewayError
from ....jsonio import dumps
from ....unified import Event, Json
from ...client import WriterSettings
from ...inbound.usage import Counts
from ...inbound.whole_message import events_of
from .answer_parts import AnswerParts, join
from .errors import error_body

#: An empty line, in both forms of stream. Comments are not safe: Google's SDKs take them for broken JSON.
_PING = b"\r\n"


class GeminiWriter:
    """One answer."""

    def __init__(self, settings: WriterSettings) -> None:
        self._settings = settings
        self._sse = bool(settings.echo.get("sse"))
        self._parts = self._new_parts()
        self._begun = self._finished = False

    def _new_parts(self) -> AnswerParts:
        return AnswerParts(show_thoughts=bool(self._settings.echo.get("thoughts")))

    def feed(self, events: Iterable[Event]) -> bytes:
        """The chunks of these events."""
        out: list[bytes] = []
        for event in events:
            if event.get("type") == "ping":
                out.append(_PING)
                continue
            parts = self._parts.feed(event)
            if self._parts.finish_reason and not self._finished:
                self._finished = True
                out.append(self._frame(self._answer(parts or [{"text": ""}], self._parts)))
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
        reader = self._new_parts()
        parts = [part for event in events_of(message) for part in reader.feed(event)]
        return self._answer(join(parts), reader)

    def _answer(self, parts: list[Json], ended: AnswerParts | None = None) -> Json:
        """One response; `ended`: the answer, when this is the end of it."""
        candidate: Json = {"content": {"parts": parts, "role": "model"}, "index": 0}
        answer: Json = {"candidates": [candidate]}
        if ended is not None:
            candidate["finishReason"] = ended.finish_reason
            if grounding := ended.grounding():
                candidate["groundingMetadata"] = grounding
            answer["usageMetadata"] = _usage(ended.usage)
        response_id = self._settings.request_id.removeprefix("req_")
        model = self._settings.model or (ended or self._parts).model
        return answer | {"modelVersion": model, "responseId": response_id}

    def _frame(self, document: Json) -> bytes:
        if self._sse:
            return b"data: " + dumps(document) + b"\r\n\r\n"
        start = b",\r\n" if self._begun else b"["
        self._begun = True
        return start + dumps(document)


def _usage(usage: Json) -> Json:
    """Thoughts are among the candidates' tokens: Anthropic does not always tell them apart."""
    counts = Counts.of(usage)
    told = {
        "promptTokenCount": counts.prompt,
        "candidatesTokenCount": counts.output,
        "totalTokenCount": counts.total,
    }
    return told | ({"cachedContentTokenCount": counts.cached} if counts.cached else {})
