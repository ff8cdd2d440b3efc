"""The way of one call: count → route → convert → send → read → reply. The only loop over a provider's bytes is here.

Every attempt is built from the pristine request. Until the reply has started a failure is raised, and becomes an HTTP
status; afterwards it becomes an error event. The client leaving ends everything at once, as `ClientLeft`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

from .answer import Answer, Output, is_document
from .attempt import Attempt, prepare
from .call import Call
from .counting import routing_counter
from .errors import GatewayError, UpstreamBroken, UpstreamError, UpstreamTimeout
from .http import ClientLeft
from .patience import Guard, Presence
from .reply import Reply
from .routing.route import needs_token_count, route
from .state import State
from .upstream import Transport, WireRequest, WireResponse
from .wire.chat.errors import read_error

log = logging.getLogger("ccr_middleware")

#: No text has more tokens than bytes, twice that with everything escaped; these count for more than they are long.
_MORE_THAN_THEIR_BYTES = (b'"image"', b'"document"', b"\\u")

#: An error body is read so far (bytes); what a person can read of it is less.
MAX_ERROR_BYTES = 64 * 1024
#: How long to wait for a provider to close its side after the answer is complete, so that the connection can be reused.
DRAIN_SECONDS = 1.0


async def run(call: Call, reply: Reply, presence: Presence, state: State) -> None:
    """Answer a call. Raises `GatewayError` while nothing has been sent, `ClientLeft` when nobody waits any more."""
    await decide(call, state)
    attempt = await prepare(call, state)
    call.let_go_of_body()
    call.attempts += 1
    try:
        await _attempt(call, attempt, reply, presence, state)
    except GatewayError as error:
        _name_target(error, attempt)
        if not reply.started:
            raise
        log.warning("%s broke off: %s", call.id, error.message)
        await reply.fail(error)
    finally:
        reply.close()


async def decide(call: Call, state: State) -> None:
    """Choose the target of a call, counting its tokens first where the choice can depend on them."""
    config = call.snapshot.config
    last = state.session_tokens.get(call.facts.session_id) if call.facts.session_id else None
    if config.router.long_context and _must_count(call, state, last):
        call.input_tokens = await routing_counter(call.snapshot, state).count(call.body)
    routed = route(
        call.facts,
        config,
        token_count=call.input_tokens,
        last_input_tokens=last,
        resolver=call.snapshot.resolver,
    )
    call.decision = routed.decision
    for note in routed.notes:
        if state.notes.get(note) is None:  # the same mistake would be told with every request
            state.notes.put(note, True)
            log.warning("%s %s", call.id, note)


def _must_count(call: Call, state: State, last_input_tokens: int | None) -> bool:
    """Whether the exact number of tokens is needed to choose. A stream needs it anyway, for its message_start."""
    if call.streaming:
        return True
    config, size = call.snapshot.config, len(call.raw)
    counter = routing_counter(call.snapshot, state)
    threshold = config.router.long_context_threshold
    if size > 4 * threshold:
        at_most = size  # a bound would cost as much as the count, and could not settle it
    elif (
        counter is state.counters.standard
        and 2 * size < threshold
        and not any(mark in call.raw for mark in _MORE_THAN_THEIR_BYTES)
    ):
        at_most = 2 * size
    else:
        at_most = counter.at_most(call.body)
    return needs_token_count(call.facts, config, at_most, last_input_tokens, resolver=call.snapshot.resolver)


async def _attempt(call: Call, attempt: Attempt, reply: Reply, presence: Presence, state: State) -> None:
    """Send to one target and pass its answer on."""
    transport = state.transports.get(attempt.target.provider.base_url, call.snapshot.pool)
    reading = _Reading(call, attempt, reply, state)
    response: WireResponse | None = None
    with Guard(presence, attempt.target.timeouts) as guard:
        try:
            reply.wait(attempt.answer.start)
            response = await _send(transport, attempt.take_request())
            if response.status >= 400:
                raise await _error_of(response, attempt, call)
            guard.answered()
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
    """Send. A connection that breaks before any answer was most likely an idle one that the provider had just closed
    (nobody can know beforehand), so that is tried once more."""
    try:
        return await transport.send(request)
    except UpstreamBroken:
        return await transport.send(request)


class _Reading:
    """Reading one answer to its end."""

    def __init__(self, call: Call, attempt: Attempt, reply: Reply, state: State) -> None:
        self.complete = False
        self._call = call
        self._attempt = attempt
        self._answer: Answer = attempt.answer
        self._reply = reply
        self._state = state

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
        if raw is not None:
            await self._reply.relay(raw, events)
            self._call.release()
        elif events:
            await self._reply.write(events)
            self._call.release()
        if self._answer.error is not None:
            raise self._answer.error

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


def _name_target(error: GatewayError, attempt: Attempt) -> None:
    if isinstance(error, UpstreamError):
        error.provider = error.provider or attempt.target.provider.name
        error.model = error.model or attempt.target.model
