"""Sending one attempt and reading its answer. The only loop over a provider's bytes is here."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator, Callable

from .answer import Answer, Output, is_document
from .attempt import Attempt
from .call import Call
from .errors import UpstreamBroken, UpstreamError, UpstreamTimeout
from .http import ClientLeft
from .patience import Guard, Presence
from .reply import Reply
from .state import State
from .unified import Event
from .upstream import StaleConnection, Transport, WireRequest, WireResponse
from .wire.provider_errors import read_error

log = logging.getLogger("ccr_middleware")

#: An error body is read so far (bytes); what a person can read of it is less.
MAX_ERROR_BYTES = 64 * 1024
#: How long to wait for a provider to close its side after the answer is complete, so that the connection can be reused.
DRAIN_SECONDS = 1.0

#: Events that say nothing yet.
_OPENING = frozenset({"message_start", "ping"})


class Reading:
    """Reading one answer to its end.

    `answered`: the provider has begun to answer (status 200). `content`: something of the answer is on its way to the
    client, so that nobody else can be asked; `on_answer` is called when it comes to that. What an answer opens with is
    held back until there is content.
    """

    def __init__(self, call: Call, attempt: Attempt, reply: Reply, state: State, on_answer: Callable[[], None]) -> None:
        self.complete = False
        self.answered = False
        self.content = False
        self._on_answer = on_answer
        self._said = False  # there is content, and what comes passes at once
        self._held: list[Output] = []
        self._call = call
        self._attempt = attempt
        self._answer: Answer = attempt.answer
        self._reply = reply
        self._state = state

    def wait(self) -> None:
        """The attempt begins: the client is kept alive from now on."""
        self._reply.wait(self._opening)

    def _opening(self) -> list[Event]:
        """What the answer opens with, for a client that has waited long enough."""
        held, self._held = self._held, []
        return [*self._answer.start(), *(event for output in held for event in output.events)]

    async def read(self, chunks: AsyncIterator[bytes], guard: Guard) -> None:
        """The loop. Returns when the provider has closed, or raises what stopped it."""
        answer, first = self._answer, True
        try:
            async for data in chunks:
                guard.touch()
                if first and data.strip():
                    first = False
                    if is_document(data, streams_arrays=answer.streams_arrays):
                        await self._read_document(data, chunks, guard)
                        return
                if self.complete:
                    continue
                await self._pass(answer.feed(data))
                if answer.ended:
                    await self.complete_now()
                    guard.grace(DRAIN_SECONDS)
                elif answer.finishing:
                    guard.grace(self._call.snapshot.config.streaming.grace_seconds)
        except UpstreamBroken:
            # A connection cut after the provider said why it stopped took nothing with it but perhaps the usage.
            if not (answer.finishing or self.complete):
                raise

    async def complete_now(self) -> None:
        """End the reply, once: close what is open, remember what later turns need."""
        if self.complete:
            return
        await self._pass(self._answer.finish())
        self.complete = True
        if not self.content:
            self.content = True
            self._on_answer()
        self._remember()
        await self._reply.end()

    async def _read_document(self, first: bytes, chunks: AsyncIterator[bytes], guard: Guard) -> None:
        parts = [first]
        async for data in chunks:
            guard.touch()
            parts.append(data)
        await self._pass(self._answer.whole(b"".join(parts)))

    async def _pass(self, output: Output) -> None:
        events, raw = output
        if self._said:
            if raw is not None:
                await self._reply.relay(raw, events)
            elif events:
                await self._reply.write(events)
        elif events or raw is not None:
            self._held.append(output)
            if _says_something(output):
                await self._begin()
        if self._answer.error is not None:
            raise self._answer.error

    async def _begin(self) -> None:
        """There is content: from here on this answer is the client's."""
        self._said = True
        if self._call.answered_at is None:
            self._call.answered_at = time.perf_counter()
        if self._call.streaming:
            self.content = True
            self._on_answer()
        held, self._held = self._held, []
        for events, raw in held:
            if raw is not None:
                await self._reply.relay(raw, events)
            else:
                await self._reply.write(events)
        if self.content:
            self._call.release()

    def _remember(self) -> None:
        outcome = self._answer.outcome()
        call, state = self._call, self._state
        call.stop_reason, call.usage = outcome.stop_reason, outcome.usage
        usage = outcome.usage
        total = usage.get("input", 0) + usage.get("cache_read", 0) + usage.get("cache_write", 0)
        if call.session_id and total:
            state.session_tokens.put(call.session_id, total)
        if outcome.skipped:
            log.warning("%s: %d unreadable events of the provider were skipped", call.id, outcome.skipped)
        for key, reasoning in outcome.remember.items():
            state.reasoning.put(key, reasoning)


def _says_something(output: Output) -> bool:
    """Whether there is more in it than what an answer opens with. Of bytes that pass, only some events are read."""
    events, raw = output
    if raw is not None and (not events or b"content_block" in raw):
        return True
    return any(event["type"] not in _OPENING for event in events)


async def send_and_read(call: Call, attempt: Attempt, reading: Reading, presence: Presence, state: State) -> None:
    """Send to one target and pass its answer on. Raises `GatewayError`, and `ClientLeft`."""
    transport = state.transports.get(attempt.target.provider.base_url, call.snapshot.pool)
    response: WireResponse | None = None
    with Guard(presence, attempt.target.timeouts) as guard:
        try:
            reading.wait()
            response = await _send(transport, attempt.take_request())
            if response.status >= 400:
                raise await _error_of(response, attempt, call)
            guard.answered()
            reading.answered = True
            await reading.read(response.chunks(), guard)
        finally:
            if response is not None:
                await response.aclose()
    if presence.left and not reading.complete:
        raise ClientLeft
    if guard.expired and guard.expired != "grace" and not reading.complete:
        raise UpstreamTimeout(_timeout_text(guard, attempt))
    await reading.complete_now()


async def _send(transport: Transport, request: WireRequest) -> WireResponse:
    """Send. What met a connection that the provider had just closed, which nobody can know beforehand, is sent once
    more: the provider has most likely never read it. That is no further attempt, and happens once."""
    try:
        return await transport.send(request)
    except StaleConnection:
        return await transport.send(request)


async def _error_of(response: WireResponse, attempt: Attempt, call: Call) -> UpstreamError:
    """The error an HTTP status and its body stand for."""
    body = b""
    try:
        async for data in response.chunks():
            body += data
            if len(body) > MAX_ERROR_BYTES:
                break
    except UpstreamError:
        pass  # half an error text is still the error
    target = attempt.target
    return read_error(
        response.status,
        response.headers,
        body,
        provider=target.provider.name,
        model=target.model,
        mask=call.snapshot.mask,
        max_tokens=attempt.max_tokens,
    )


def _timeout_text(guard: Guard, attempt: Attempt) -> str:
    timeouts, name = attempt.target.timeouts, attempt.target.provider.name
    if guard.expired == "first byte":
        return f"{name} did not begin to answer within {timeouts.first_byte_seconds:g} seconds"
    if guard.expired == "idle":
        return f"{name} stopped in the middle of its answer and was silent for {timeouts.idle_seconds:g} seconds"
    return f"{name} did not finish within {timeouts.total_seconds:g} seconds"
