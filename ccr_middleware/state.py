"""The memory of one gateway between calls. Everything here is bounded, and losing it costs quality, never a session."""

from __future__ import annotations

import asyncio
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Generic, TypeVar

from .credentials.access import VertexAccess
from .demo import DEMO_SCHEME, demo_model
from .tokens import Counters
from .unified import Remembered
from .upstream import InProcessTransport, PoolSettings, Transport, open_transport

Value = TypeVar("Value")


class Recent(Generic[Value]):
    """A mapping of the latest `size` keys."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: OrderedDict[str, Value] = OrderedDict()

    def get(self, key: str) -> Value | None:
        """The value, or None."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: str, value: Value) -> None:
        """Keep a value, letting go of the one not used for longest."""
        self._items[key] = value
        self._items.move_to_end(key)
        if len(self._items) > self._size:
            self._items.popitem(last=False)


class Transports:
    """The HTTP clients of one gateway: one per event loop, since connections cannot be shared between loops, and one
    per set of limits, since a reload may change them.

    Hosts may run a gateway on several loops, one after the other (test clients do) or beside each other.
    """

    def __init__(self, given: Transport | None = None) -> None:
        self._given = given
        self._opened: dict[asyncio.AbstractEventLoop, dict[PoolSettings, Transport]] = {}

    def get(self, url: str, settings: PoolSettings) -> Transport:
        """The transport for a URL on the running loop, opened on first use."""
        if self._given is not None:
            return self._given
        if url.startswith(DEMO_SCHEME):
            return self.demo
        loop = asyncio.get_running_loop()
        transport = self._opened.get(loop, {}).get(settings)
        if transport is None:
            self._forget_closed_loops()
            transport = self._opened.setdefault(loop, {})[settings] = open_transport(settings)
        return transport

    @cached_property
    def demo(self) -> Transport:
        """The demo model; what it consists of is imported here."""
        return InProcessTransport(demo_model())

    async def aclose(self) -> None:
        """Close the connections of the running loop."""
        for transport in self._opened.pop(asyncio.get_running_loop(), {}).values():
            await transport.aclose()

    def _forget_closed_loops(self) -> None:
        for loop in [loop for loop in self._opened if loop.is_closed()]:
            del self._opened[loop]


class State:
    """Everything mutable of a gateway but its configuration.

    - `counters`: counted texts, and the tokenizers that are loaded.
    - `reasoning`: tool id or `text_key` → the reasoning there, for providers that want it back from clients without it.
    - `session_tokens`: session id → input tokens of its last answer, for the long-context rule.
    - `notes`: what the log has been told about routing, so that it is told once.
    - `transports`: connections to the providers.
    - `vertex`: Google's access tokens.
    - `new_id`: makes ids, `prefix` in front (`req_`, `msg_`, `toolu_`).
    """

    def __init__(
        self, new_id: Callable[[str], str], transport: Transport | None = None, env: Mapping[str, str] | None = None
    ) -> None:
        self.counters = Counters()
        self.reasoning: Recent[Remembered] = Recent(1000)
        self.session_tokens: Recent[int] = Recent(1000)
        self.notes: Recent[bool] = Recent(1000)
        self.transports = Transports(transport)
        self.vertex = VertexAccess(os.environ if env is None else env)
        self.new_id = new_id
