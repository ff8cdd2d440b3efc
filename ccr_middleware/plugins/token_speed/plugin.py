"""Measures every answer. What belongs to a call lives in its context, so nothing is left of one that breaks off."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from ...errors import GatewayError
from ...unified import Event
from ..base import GatewayInfo, HookContext, Plugin
from .measure import Measure, Session, Sessions
from .options import ConsoleHandler, FileHandler, Handler, TokenSpeedOptions
from .outputs import ConsoleOutput, FileOutput, Output
from .record import SpeedRecord
from .webhook import WebhookOutput

_KEY = "token-speed"

#: What came in less is no measure of a speed.
_SHORTEST_SECONDS = 0.001


class _Numbers(NamedTuple):
    """What was measured of a call until now."""

    tokens: int
    per_second: float
    seconds: float


class TokenSpeed(Plugin[TokenSpeedOptions]):
    """Measures how fast answers come: time to the first token, tokens per second."""

    name = _KEY
    description = "Measures how fast answers come: time to the first token, tokens per second."
    Options = TokenSpeedOptions

    def __init__(self, options: TokenSpeedOptions) -> None:
        super().__init__(options)
        self.sessions = Sessions()
        self.outputs: list[Output] = [_output(handler, options) for handler in options.handlers()]
        self._live = [output for output in self.outputs if output.live]

    def on_startup(self, gateway: GatewayInfo) -> None:
        """Webhooks need connections."""
        for output in self.outputs:
            if isinstance(output, WebhookOutput):
                output.fetch = gateway.fetch

    async def on_shutdown(self) -> None:
        """Let the last records arrive."""
        for output in self.outputs:
            await output.finish()

    def on_event(self, context: HookContext, event: Event) -> None:
        """Count; while the answer comes, tell of it once in a while where that is wanted."""
        measure: Measure | None = context.store.get(_KEY)
        if measure is None:
            measure = context.store[_KEY] = Measure(context.began)
        now = time.perf_counter()
        if measure.feed(event, now) and self._live and now - measure.told_at >= self.options.interval_seconds:
            measure.told_at = now
            self._put(
                self._live, context, _Numbers(measure.tokens, measure.speed(now), now - context.began), final=False
            )

    def on_response(self, context: HookContext, record: Mapping[str, Any]) -> None:
        """The answer is complete, and its numbers are the provider's."""
        measure: Measure | None = context.store.get(_KEY)
        tokens = record.get("output_tokens") or (measure.tokens if measure is not None else 0)
        self._end(context, tokens, record.get("total_seconds") or time.perf_counter() - context.began)

    def on_error(self, context: HookContext, error: GatewayError) -> None:
        """The answer broke off; what had come by then counts."""
        measure: Measure | None = context.store.get(_KEY)
        if measure is not None:
            self._end(context, measure.tokens, measure.last_at - context.began)

    def _end(self, context: HookContext, tokens: int, seconds: float) -> None:
        """Tell everybody of a call that is over."""
        if tokens <= 0:
            return
        coming_seconds = max(seconds - (_first_seconds(context) or 0.0), _SHORTEST_SECONDS)
        if context.session:
            self.sessions.get(context.session).add(tokens, coming_seconds)
        self._put(self.outputs, context, _Numbers(tokens, round(tokens / coming_seconds, 1), seconds), final=True)

    def _put(self, outputs: list[Output], context: HookContext, numbers: _Numbers, *, final: bool) -> None:
        session = self.sessions.get(context.session) if context.session else Session()
        record = SpeedRecord(
            request_id=context.request_id,
            session=context.session,
            target=context.target,
            stream=context.streaming,
            final=final,
            tokens=numbers.tokens,
            tokens_per_second=numbers.per_second,
            first_token_seconds=_first_seconds(context),
            seconds=numbers.seconds,
            at=time.time(),
            session_calls=session.calls,
            session_tokens=session.tokens,
            session_tokens_per_second=session.speed,
        )
        for output in outputs:
            output.put(record)


def _first_seconds(context: HookContext) -> float | None:
    """How long the first piece of a streamed answer took."""
    measure: Measure | None = context.store.get(_KEY)
    if measure is None or measure.first_at is None or not context.streaming:
        return None
    return measure.first_at - context.began


def _output(handler: Handler, options: TokenSpeedOptions) -> Output:
    if isinstance(handler, ConsoleHandler):
        return ConsoleOutput(handler.config, options.output_options)
    if isinstance(handler, FileHandler):
        return FileOutput(handler.config, os.environ)
    return WebhookOutput(handler.config, options.output_options)
