"""Reading an Anthropic provider's answer through a transformer: its events are the chunks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from ..answer import Output
from ..anthropic.fold import unfold
from ..errors import EmptyAnswer, UpstreamBroken, UpstreamError
from ..jsonio import loads
from ..lenient import as_dict, text_of
from ..sse import SSEDecoder, SSEEvent
from ..transformers.base import Stage, TransformContext, Transformer
from ..unified import Event, Json


class RelayedAnswer:
    """One answer. Has the methods of `TranslatedAnswer` that a check needs."""

    def __init__(self, steps: tuple[Transformer[Any], ...], context: TransformContext) -> None:
        self.error: UpstreamError | None = None
        self._steps = steps
        self._context = context
        self._decoder = SSEDecoder()
        self._stages: list[Stage[Json, Json]] = [
            stage for step in steps if (stage := step.open_response_stream(context)) is not None
        ]
        self._begun = self._complete = False

    def feed(self, data: bytes) -> Output:
        """A piece of the stream."""
        return Output(self._through(_parsed(self._decoder.feed(data))))

    def finish(self) -> Output:
        """Nothing more comes."""
        events = self._through(_parsed(self._decoder.finish()))
        for stage in self._stages:
            events += self._read(stage.finish())
        if self.error is None and not self._complete:
            self.error = _unfinished(begun=self._begun)
        return Output(events)

    def whole(self, body: bytes) -> Output:
        """A message."""
        document: Json = loads(body)
        for step in self._steps:
            document = step.transform_response_out(document, self._context)
        self._complete = True
        return Output(unfold(document))

    def _through(self, events: Iterable[Event]) -> list[Event]:
        for stage in self._stages:
            events = [out for event in events for out in stage.feed(event)]
        return self._read(events)

    def _read(self, events: Iterable[Event]) -> list[Event]:
        read: list[Event] = []
        for event in events:
            if event.get("type") == "error":
                self.error = UpstreamError(text_of(as_dict(event.get("error")).get("message")) or "an error")
            elif self.error is None:
                self._begun = True
                self._complete = event.get("type") == "message_stop"
                read.append(event)
        return read


def _unfinished(*, begun: bool) -> UpstreamError:
    if begun:
        return UpstreamBroken("the provider's answer was cut off")
    return EmptyAnswer("the provider answered with nothing")


def _parsed(events: Iterable[SSEEvent]) -> list[Event]:
    return [cast(Event, loads(event.data)) for event in events]
