"""The provider's side: its answers as Anthropic's."""

from __future__ import annotations

from collections.abc import Mapping

from ..answer import Answer, Outcome, Output, is_document
from ..anthropic.fold import fold
from ..errors import UpstreamError
from ..jsonio import dumps
from ..unified import Event, Json
from ..wire.format import WireName
from .provider import Translated, translate_request


class AnswerStream:
    """Reads one answer, cut anywhere, into Anthropic events.

    Whether it is a stream or one JSON document is seen from its first bytes. `ended`: the provider has said that
    nothing follows.
    """

    def __init__(self, answer: Answer) -> None:
        self.ended = False
        self._answer = answer
        self._begun = False
        self._document: list[bytes] | None = None

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete, possibly none.

        Raises UpstreamError when the provider reports a failure, once everything said before it was given out, and
        UpstreamBroken for what is no answer at all.
        """
        self._raise_error()
        if not self._begun and data.strip():
            self._begun = True
            if is_document(data, streams_arrays=self._answer.streams_arrays):
                self._document = []
        if self._document is not None:
            self._document.append(data)
            return []
        events = self._take(self._answer.feed(data))
        self.ended = self._answer.ended
        return events

    def finish(self) -> list[Event]:
        """The last events, up to `message_stop`. Raises as `feed` does, and EmptyAnswer when there was nothing."""
        self._raise_error()
        events = [] if self._document is None else self._take(self._answer.whole(b"".join(self._document)))
        self._raise_error()
        events += self._answer.finish().events
        self._raise_error()
        self.ended = True
        return events

    def outcome(self) -> Outcome:
        """After `finish`: the stop reason, the usage, and what to `remember` for the `recall` of later requests."""
        return self._answer.outcome()

    def _take(self, output: Output) -> list[Event]:
        if not output.events:
            self._raise_error()
        return output.events

    def _raise_error(self) -> None:
        if self._answer.error is not None:
            raise self._answer.error


def open_stream(request: Translated | WireName) -> AnswerStream:
    """The reader of an answer to a request; of the wire format's name alone, where there is only the answer.

    Without the request, tools keep the names they have on the wire.
    """
    if isinstance(request, str):
        request = translate_request({"messages": [{"role": "user", "content": "-"}], "stream": True}, wire=request)
    return AnswerStream(request.open_answer())


def translate_answer(answer: bytes | Json, request: Translated | WireName) -> Json:
    """A whole answer, a JSON document or all the bytes of a stream, as an Anthropic message. Raises as `feed` does."""
    stream = open_stream(request)
    return fold(stream.feed(answer if isinstance(answer, bytes) else dumps(answer)) + stream.finish())


def translate_error(
    status: int, body: bytes, request: Translated, *, headers: Mapping[str, str] | None = None
) -> UpstreamError:
    """What an HTTP error of the provider means, with the status and the words that Anthropic's clients act upon.

    `headers`: those of the answer, which may say when to come again.
    """
    return request.read_error(status, {name.lower(): value for name, value in (headers or {}).items()}, body)
