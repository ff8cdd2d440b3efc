"""Reading a translated answer: bytes → chunks → (wire steps) → unified → (unified steps) → events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from ..answer import Outcome, Output
from ..anthropic.stream import MessageStream
from ..errors import UpstreamBroken, UpstreamError
from ..jsonio import loads
from ..losses import Losses
from ..transformers.base import Stage, TransformContext, Transformer
from ..unified import Event, Json, UnifiedChunk
from .format import ReadError, WireFormat

AnyStage = Stage[dict[str, Any], dict[str, Any]]


class TranslatedAnswer:
    """One answer in a wire format that is translated. The steps are the target's transformers, nearest to the wire
    first; `stop` are the stop sequences that were asked for."""

    def __init__(
        self,
        wire: WireFormat[Any],
        message: MessageStream,
        read_error: ReadError,
        *,
        stop: tuple[str, ...] = (),
        wire_steps: tuple[Transformer[Any], ...] = (),
        unified_steps: tuple[Transformer[Any], ...] = (),
        context: TransformContext | None = None,
    ) -> None:
        self.message = message
        self.ended = False
        self.streams_arrays = wire.streams_arrays
        self._chunks = wire.new_decoder()
        self._reader = wire.new_reader(read_error, stop)
        self._wire_steps = wire_steps
        self._context = context or TransformContext("", "", Losses())
        self._wire_stages = _open(wire_steps, self._context)
        self._unified_stages = _open(unified_steps, self._context)

    @property
    def error(self) -> UpstreamError | None:
        """The failure the provider reported."""
        return cast("UpstreamError | None", self.message.error)

    @property
    def finishing(self) -> bool:
        """Whether a finish reason has come."""
        return bool(self.message.finish_reason)

    def start(self) -> list[Event]:
        """message_start with the estimate of the input."""
        return self.message.start()

    def feed(self, data: bytes) -> Output:
        """A piece of the stream. Raises `UpstreamBroken` when it is no stream of events."""
        try:
            chunks = self._chunks.feed(data)
        except ValueError as problem:
            raise UpstreamBroken(str(problem)) from None
        events = self._events(chunks)
        self.ended = self._chunks.done
        return Output(events)

    def finish(self) -> Output:
        """Let every stage give what it held back, and end the message. A stream that was cut ends in an error, unless
        all has been said but why it ends so."""
        events = self._events(self._chunks.finish())
        if self._chunks.cut and not self.finishing and self.error is None:
            self.message.error = UpstreamBroken("the provider's stream was cut: the JSON it is made of is not closed")
        events += self._events_of(self._reader_chunks(_drain(self._wire_stages)))
        events += self._events_of(self._through_unified(self._reader.finish()))
        events += self._events_of(cast("list[UnifiedChunk]", _drain(self._unified_stages)))
        return Output(events + self.message.finish())

    def whole(self, body: bytes) -> Output:
        """A JSON answer."""
        try:
            document = loads(body)
        except ValueError:
            raise UpstreamBroken("the provider's answer is not JSON") from None
        if isinstance(document, list) and len(document) == 1:
            document = document[0]
        if not isinstance(document, dict):
            raise UpstreamBroken("the provider's answer is JSON but no object")
        for step in self._wire_steps:
            document = step.transform_response_out(document, self._context)
        self._wire_stages = []  # they are for streams
        return Output(self._events_of(self._through_unified(self._reader.read_whole(document))))

    def outcome(self) -> Outcome:
        """Stop reason, usage, and what a later turn may need."""
        outcome, skipped = self.message.outcome(), self._chunks.malformed
        return outcome._replace(skipped=skipped) if skipped else outcome

    # -- the stages --------------------------------------------------------------------------------------

    def _events(self, chunks: list[Json]) -> list[Event]:
        if self._wire_stages:
            chunks = list(_through(self._wire_stages, chunks))
        return self._events_of(self._reader_chunks(chunks))

    def _reader_chunks(self, chunks: Iterable[Json]) -> list[UnifiedChunk]:
        unified = [found for chunk in chunks for found in self._reader.feed(chunk)]
        return self._through_unified(unified)

    def _through_unified(self, chunks: list[UnifiedChunk]) -> list[UnifiedChunk]:
        if not self._unified_stages:
            return chunks
        return cast("list[UnifiedChunk]", list(_through(self._unified_stages, cast("list[Json]", chunks))))

    def _events_of(self, chunks: list[UnifiedChunk]) -> list[Event]:
        if len(chunks) == 1:
            return self.message.feed(chunks[0])
        return [event for chunk in chunks for event in self.message.feed(chunk)]


def _open(steps: tuple[Transformer[Any], ...], context: TransformContext) -> list[AnyStage]:
    opened = (step.open_response_stream(context) for step in steps)
    return [stage for stage in opened if stage is not None]


def _through(stages: list[AnyStage], pieces: Iterable[Json]) -> Iterable[Json]:
    for stage in stages:
        pieces = [out for piece in pieces for out in stage.feed(piece)]
    return pieces


def _drain(stages: list[AnyStage]) -> list[Json]:
    """Finish a chain: what each stage held back still passes those behind it."""
    held: list[Json] = []
    for stage in stages:
        held = [out for piece in held for out in stage.feed(piece)] + list(stage.finish())
    return held
