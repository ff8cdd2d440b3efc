"""Where plugins take part in a call. Without plugins nothing here does anything."""

from __future__ import annotations

from collections.abc import Callable

from .attempt import Attempt
from .call import Call
from .errors import GatewayError
from .jsonio import dumps
from .plugins.base import HookContext, UpstreamCall, shown_headers
from .plugins.tap import EventTap
from .reply import Reply
from .unified import Event


def plug(call: Call) -> None:
    """Make what plugins know of a call, if any of them is asked during calls."""
    hooks = call.snapshot.hooks
    if hooks is None or not hooks.call:
        return
    call.plugged = HookContext(
        request_id=call.id,
        caller=call.caller,
        endpoint=call.client.name,
        streaming=call.streaming,
        asked_model=call.asked_model,
        session=call.session_id,
        headers=shown_headers(call.headers),
    )


async def on_request(call: Call) -> None:
    """Let plugins change the request, or refuse it by a `GatewayError`."""
    hooks, context = call.snapshot.hooks, call.plugged
    if hooks is None or context is None or not hooks.request:
        return
    body = await hooks.on_request(context, call.body)
    if body is not None:
        call.replace_body(body, dumps(body))


async def on_route(call: Call) -> None:
    """Let plugins choose another target, or refuse the request by a `GatewayError`."""
    hooks, context = call.snapshot.hooks, call.plugged
    if hooks is None or context is None:
        return
    assert call.decision is not None
    context.project = call.facts.project
    if hooks.route:
        call.decision = await hooks.on_route(context, call.decision, call.snapshot.resolver)


async def on_upstream_request(call: Call, attempt: Attempt) -> None:
    """Let plugins change what is about to be sent."""
    hooks, context = call.snapshot.hooks, call.plugged
    if hooks is None or context is None:
        return
    assert call.decision is not None
    context.provider, context.model, context.scenario = call.decision[:3]
    if hooks.upstream_request:
        request = attempt.request
        sent = await hooks.on_upstream_request(context, UpstreamCall(request.url, request.headers, request.body))
        request.url, request.headers, request.body = sent.url, sent.headers, sent.body


def tapped(call: Call, reply: Reply) -> Reply:
    """The reply, which shows its events to plugins if any wants them."""
    hooks, context = call.snapshot.hooks, call.plugged
    tap = hooks.tap(context) if hooks is not None and context is not None else None
    return reply if tap is None else _TappedReply(reply, tap)


class _TappedReply:
    """A reply that changes nothing, and shows what it is given to plugins first."""

    def __init__(self, reply: Reply, tap: EventTap) -> None:
        self._reply = reply
        self._tap = tap

    @property
    def started(self) -> bool:
        """Whether anything was sent."""
        return self._reply.started

    def wait(self, opening: Callable[[], list[Event]]) -> None:
        """An attempt begins."""
        self._reply.wait(opening)

    async def write(self, events: list[Event]) -> None:
        """Show the events and pass them on."""
        await self._tap.feed(events)
        await self._reply.write(events)

    async def relay(self, data: bytes, events: list[Event]) -> None:
        """Show what is in the bytes and pass them on."""
        await self._tap.relay(data)
        await self._reply.relay(data, events)

    async def end(self) -> None:
        """The answer is complete."""
        await self._reply.end()

    async def fail(self, error: GatewayError) -> None:
        """The answer broke off."""
        await self._reply.fail(error)

    def close(self) -> None:
        """Nothing will be written any more."""
        self._reply.close()
