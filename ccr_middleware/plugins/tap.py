"""The events of one call, shown to plugins."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from ..anthropic.fold import unfold
from ..jsonio import loads
from ..sse import SSEDecoder
from ..unified import Event
from .base import HookContext
from .running import Hook

log = logging.getLogger("ccr_middleware")

#: After so many faults a plugin gets no further events of a call.
MAX_EVENT_FAULTS = 3


class EventTap:
    """The events of one call on their way to the plugins. One that fails or dawdles gets no more events of the call."""

    __slots__ = ("_context", "_faults", "_hooks")

    def __init__(self, hooks: Iterable[Hook], context: HookContext) -> None:
        self._hooks = list(hooks)
        self._faults = dict.fromkeys(self._hooks, 0)
        self._context = context

    async def feed(self, events: Iterable[Event]) -> None:
        """Show them events, in order. Never raises (but when it is cancelled)."""
        for event in events if self._hooks else ():
            for hook in tuple(self._hooks):
                if not await hook.tell(self._context, event):
                    self._fault(hook)

    async def relay(self, data: bytes) -> None:
        """Show them the events of an answer that passes as the provider wrote it: some whole events of a stream, or a
        whole message."""
        if self._hooks:
            await self.feed(relayed_events(data))

    def _fault(self, hook: Hook) -> None:
        self._faults[hook] += 1
        if self._faults[hook] >= MAX_EVENT_FAULTS:
            self._hooks.remove(hook)
            log.warning("%s: the plugin %s gets no further events", self._context.request_id, hook.plugin)


def relayed_events(data: bytes) -> Iterator[Event]:
    """The events in bytes of a provider that speaks Anthropic; of a whole message those it would be sent as. What
    cannot be read is left out."""
    if data.lstrip()[:1] == b"{":
        yield from unfold(loads(data))
        return
    decoder = SSEDecoder()
    for found in (*decoder.feed(data), *decoder.finish()):
        try:
            event = loads(found.data)
        except ValueError:
            continue
        if isinstance(event, dict) and isinstance(event.get("type"), str):
            yield event
