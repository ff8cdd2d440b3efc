"""The hooks of all plugins of one configuration. What no plugin has is an empty tuple, and costs nothing.

if hooks.request:
    body = await hooks.on_request(context, body) or body
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ..errors import GatewayError
from ..jsonio import dumps, loads
from ..routing.decision import Decision
from ..routing.models import Resolver
from ..routing.rules import named
from ..threads import Threads
from ..unified import Json
from .base import GatewayInfo, HookContext, Route, UpstreamCall, hooks_of
from .loaded import LoadedPlugin
from .running import Hook, HookFailed
from .tap import EventTap as EventTap

#: How long one event may be held up, in seconds, where the plugin's own limit is not shorter.
EVENT_SECONDS = 0.5

#: Hooks of blocking plugins that run in threads at once, on one event loop.
MAX_THREADS = 40

#: Those that may refuse a request.
_REFUSING = ("on_request", "on_route")


class Hooks:
    """What the plugins of one configuration do. One object serves all calls.

    `plugins`: all that are known, those that are off or broken too. The other members are the hooks that plugins really
    have, in the order of the plugins. `call`: whether any of them is asked during a call.
    """

    def __init__(self, plugins: Iterable[LoadedPlugin] = ()) -> None:
        self.plugins = tuple(plugins)
        self._threads = Threads("ccr-plugin", MAX_THREADS)
        self.request = self._having("on_request")
        self.route = self._having("on_route")
        self.upstream_request = self._having("on_upstream_request")
        self.event = self._having("on_event")
        self.response = self._having("on_response")
        self.error = self._having("on_error")
        self.startup = self._having("on_startup")
        self.shutdown = self._having("on_shutdown")
        self.call = bool(
            self.request or self.route or self.upstream_request or self.event or self.response or self.error
        )
        self._starting: asyncio.Task[None] | None = None

    def _having(self, name: str) -> tuple[Hook, ...]:
        """The hooks of that name which do something."""
        return tuple(
            Hook(
                one.plugin,
                name,
                one.report,
                self._threads,
                seconds=min(one.timeout_seconds, EVENT_SECONDS) if name == "on_event" else one.timeout_seconds,
                shown=one.shown,
                may_refuse=name in _REFUSING,
            )
            for one in self.plugins
            if one.plugin is not None and name in hooks_of(one.plugin)
        )

    @property
    def must_start(self) -> bool:
        """Whether `on_startup` has still to be called, or has not come to its end."""
        return bool(self.startup or self.shutdown) and (self._starting is None or not self._starting.done())

    async def on_startup(self, gateway: GatewayInfo) -> None:
        """Start the plugins, once: whoever comes meanwhile on the same event loop waits until they are ready."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(_each(self.startup, gateway))
        if self._starting.get_loop() is asyncio.get_running_loop():
            await asyncio.shield(self._starting)  # the client that came first may leave

    async def on_shutdown(self, successor: Hooks | None = None) -> None:
        """End the plugins, if they were started; they may be started again. Those that the `successor` has as well,
        since the host made them, go on."""
        if self._starting is None:
            return
        self._starting = None
        kept = {id(one.plugin) for one in (successor.plugins if successor is not None else ())}
        await _each(hook for hook in self.shutdown if id(hook.owner) not in kept)

    async def on_request(self, context: HookContext, body: Json) -> Json | None:
        """The request as the plugins leave it, None when none has changed it. `body` itself is never changed. Raises
        the `GatewayError` with which one refuses it."""
        changed: Json | None = None
        for hook in self.request:
            try:
                answer = await hook.run(context, loads(dumps(body if changed is None else changed)))
                if answer is not None:
                    changed = _checked_body(hook, answer)
            except HookFailed:
                continue
        return changed

    async def on_route(self, context: HookContext, decision: Decision, resolver: Resolver) -> Decision:
        """The decision as the plugins leave it: another target keeps the scenario, its fallbacks and parameters. Raises
        the `GatewayError` with which one refuses the request."""
        for hook in self.route:
            context.provider, context.model, context.scenario = decision[:3]
            try:
                answer = await hook.run(context, Route(*decision[:3]))
                if answer:
                    decision = _redecided(hook, answer, decision, resolver)
            except HookFailed:
                continue
        return decision

    async def on_upstream_request(self, context: HookContext, request: UpstreamCall) -> UpstreamCall:
        """The request as the plugins leave it. The one given is never changed."""
        for hook in self.upstream_request:
            own = replace(request, headers=dict(request.headers))
            try:
                answer = await hook.run(context, own)
                request = _checked_call(hook, own if answer is None else answer)
            except HookFailed:
                continue
        return request

    def tap(self, context: HookContext) -> EventTap | None:
        """What passes the events of one call to the plugins, None when none wants them."""
        return EventTap(self.event, context) if self.event else None

    async def on_response(self, context: HookContext, record: Mapping[str, Any]) -> None:
        """Tell of a complete answer."""
        await _each(self.response, context, record)

    async def on_error(self, context: HookContext, error: GatewayError) -> None:
        """Tell of a call that failed."""
        await _each(self.error, context, error)


async def _each(hooks: Iterable[Hook], *arguments: Any) -> None:
    """Ask hooks that give nothing back, one after the other."""
    for hook in hooks:
        await hook.tell(*arguments)


def _checked_body(hook: Hook, answer: Any) -> Json:
    if not isinstance(answer, dict) or not isinstance(answer.get("messages"), list):
        hook.wrong("a Messages request or None", answer)
    return answer


def _redecided(hook: Hook, answer: Any, decision: Decision, resolver: Resolver) -> Decision:
    if not isinstance(answer, str):
        hook.wrong('"provider,model" or None', answer)
    chosen = named(decision.scenario, resolver.choices(answer), f"the plugin {hook.plugin} chose it")
    if chosen.decision is None:
        hook.unusable(f"named no target: {chosen.note}")
    return chosen.decision._replace(fallbacks=decision.fallbacks, parameters=decision.parameters)


def _checked_call(hook: Hook, answer: Any) -> UpstreamCall:
    if not isinstance(answer, UpstreamCall):
        hook.wrong("the UpstreamCall or None", answer)
    if not isinstance(answer.url, str) or not isinstance(answer.body, bytes):
        hook.unusable("must leave a URL of type str and a body of type bytes")
    try:
        headers = {str(name).lower(): value for name, value in answer.headers.items()}
    except AttributeError:
        hook.wrong("an UpstreamCall whose headers are a dict", answer.headers)
    if not all(isinstance(value, str) for value in headers.values()):
        hook.unusable("must leave headers of type str")
    return replace(answer, headers=headers)
