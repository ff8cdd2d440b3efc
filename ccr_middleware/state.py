"""The memory of one gateway between calls. Everything here is bounded, and losing it costs quality, never a session."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from .access.limits import Limiter
from .access.sessions import Sessions
from .config.schema import Config
from .credentials.access import VertexAccess
from .demo import DEMO_SCHEME, demo_model
from .history.history import History
from .history.prices import Prices
from .live import LiveConfig
from .resilience import Resilience
from .tokens import Counters
from .unified import Remembered
from .upstream import InProcessTransport, PoolSettings, Transport, open_transport

if TYPE_CHECKING:
    from .logs.files import LogFiles
    from .presets.library import Presets

Value = TypeVar("Value")

#: Reasoning is remembered up to so many bytes; a long one has 100 KB.
MAX_REASONING_BYTES = 16 * 1024 * 1024


class Recent(Generic[Value]):
    """A mapping of the latest keys: `size` of them, and no more than weigh `max_weight` together."""

    def __init__(
        self, size: int, *, weigh: Callable[[Value], int] | None = None, max_weight: int = sys.maxsize
    ) -> None:
        self._size = size
        self._weigh = weigh
        self._max_weight = max_weight
        self._weight = 0
        self._items: OrderedDict[str, Value] = OrderedDict()

    def get(self, key: str) -> Value | None:
        """The value, or None."""
        value = self._items.get(key)
        if value is not None:
            self._items.move_to_end(key)
        return value

    def put(self, key: str, value: Value) -> None:
        """Keep a value, letting go of those not used for longest."""
        if key in self._items:
            self._weight -= self._weight_of(self._items.pop(key))
        self._items[key] = value
        self._weight += self._weight_of(value)
        while len(self._items) > self._size or self._weight > self._max_weight:
            _, gone = self._items.popitem(last=False)
            self._weight -= self._weight_of(gone)

    def _weight_of(self, value: Value) -> int:
        return self._weigh(value) if self._weigh is not None else 0


def _memory_of(reasoning: Remembered) -> int:
    """Bytes of memory. Parallel calls share one text; each counts it."""
    return sum(map(sys.getsizeof, reasoning))


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
    - `agent_notes`, `agent_memory`: what agents found, and their calls that clients do not know of.
    - `resilience`: how the targets and their keys are.
    - `vertex`: Google's access tokens.
    - `limiter`: what callers have used of their limits; `sessions`: who tried to log in.
    - `history`: the calls of late; `prices`: what they cost; `presets`, `log_files`: what is in their folders.
    - `live`: the configuration's file, and what became of it.
    - `restart`: begins the program anew, None when that is not up to the gateway.
    - `new_id`: makes ids, `prefix` in front (`req_`, `msg_`, `toolu_`). `env`: the environment; `home`: the folder of a
      program of its own, None within a host.
    """

    live: LiveConfig

    def __init__(
        self,
        new_id: Callable[[str], str],
        transport: Transport | None = None,
        env: Mapping[str, str] | None = None,
        home: str | None = None,
    ) -> None:
        self.env = os.environ if env is None else env
        self.home = home
        self.counters = Counters()
        self.reasoning: Recent[Remembered] = Recent(1000, weigh=_memory_of, max_weight=MAX_REASONING_BYTES)
        self.session_tokens: Recent[int] = Recent(1000)
        self.notes: Recent[bool] = Recent(1000)
        self.transports = Transports(transport)
        self.resilience = Resilience()
        self.agent_notes: Recent[str] = Recent(1000)
        self.agent_memory: Recent[Any] = Recent(500)
        self.vertex = VertexAccess(self.env)
        self.limiter = Limiter(time.time)
        self.session_secret = b""
        self.sessions = Sessions(lambda: self.session_secret)
        self.history = History()
        self.prices = Prices({})
        self._logs_dir: str | None = None
        self._presets_dir: str | None = None
        self._presets: Presets | None = None
        self.restart: Callable[[], None] | None = None
        self.new_id = new_id

    def configure(self, config: Config) -> None:
        """Go by another configuration from now on; what is remembered stays."""
        data_dir = os.path.expanduser(config.data_dir) if config.data_dir else None
        self.history.configure(config.history, data_dir)
        self.prices = Prices(config.prices)
        self._logs_dir = self.folder(config.logs.dir, "logs")
        self._presets_dir = self.folder(config.presets_dir, "presets")

    @property
    def log_files(self) -> LogFiles | None:
        """The files of the log, None without a folder for them."""
        from .logs.files import LogFiles

        return LogFiles(self._logs_dir) if self._logs_dir else None

    @property
    def presets(self) -> Presets | None:
        """The presets there are, None without a folder for them."""
        if self._presets is None or os.fspath(self._presets.directory) != self._presets_dir:
            from .presets.library import Presets

            self._presets = Presets(self._presets_dir) if self._presets_dir else None
        return self._presets

    def folder(self, named: str | None, at_home: str) -> str | None:
        """A folder of the configuration, or the usual one of a program of its own."""
        if named:
            return os.path.expanduser(named)
        return os.path.join(self.home, at_home) if self.home else None

    async def aclose(self) -> None:
        """Close connections and files. All of it is opened again when it is needed."""
        await self.history.aclose()
        await self.transports.aclose()
