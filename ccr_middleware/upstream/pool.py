"""Connections of httpcore, the engine of httpx, kept for the next request.

httpcore's own pool looks at every connection several times per request, and at every pair of them when more than
`max_keepalive_connections` are open: with hundreds of streams that is most of the CPU. Here the connection that became
idle last is taken first, so a request costs the same however many others are open, and those not needed grow old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import anyio
import httpcore

from .base import PoolSettings

#: Where a connection leads: scheme, host and port, and the proxy on the way.
Route = tuple[str, str | None]
Connection = httpcore.AsyncConnectionInterface


class Pool:
    """The connections of one event loop, `max_connections` in all. Mutable state: those in use, those idle (the
    oldest first), and how many more may be used.

    An idle connection is checked before it is used; one that is too old is closed when another one is given back.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._max_connections = settings.max_connections
        self._max_idle = settings.max_keep_alive
        self._slots = asyncio.Semaphore(settings.max_connections)
        self._busy: set[Connection] = set()
        self._idle: list[tuple[Route, Connection]] = []

    async def take(self, route: Route, connect: Callable[[], Connection], timeout_seconds: float) -> Lease:
        """The use of an idle connection, or of the one `connect` makes. Whoever takes it ends it.

        Raises httpcore.PoolTimeout when all are in use for so long.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._slots.acquire()
        except TimeoutError:
            raise httpcore.PoolTimeout from None
        # Nothing is awaited until the connection is among those in use: two requests must not find the same one.
        kept, closing = self._find(route)
        connection = connect() if kept is None else kept
        if kept is None and len(self._busy) + len(self._idle) >= self._max_connections:
            closing.append(self._idle.pop(0)[1])
        self._busy.add(connection)
        lease = Lease(self, route, connection, reused=kept is not None)
        try:
            await _close(closing)
        except BaseException:
            await lease.end()
            raise
        return lease

    async def give_back(self, route: Route, connection: Connection) -> None:
        """Keep a connection whose answer is complete, close it otherwise; `Lease.end` calls this, once."""
        self._busy.discard(connection)
        closing = [connection]
        if connection.is_idle():
            self._idle.append((route, connection))
            closing = self._surplus()
        try:
            await _close(closing)
        finally:
            self._slots.release()

    async def aclose(self) -> None:
        """Close every connection, those in use too. The pool may be used again."""
        closing = [*self._busy, *(connection for _, connection in self._idle)]
        self._idle.clear()
        await _close(closing)

    def _find(self, route: Route) -> tuple[Connection | None, list[Connection]]:
        """Take out the idle connection used last on a route, and those found dead on the way."""
        dead: list[Connection] = []
        for at in range(len(self._idle) - 1, -1, -1):
            if self._idle[at][0] == route:
                _, connection = self._idle.pop(at)
                if not connection.has_expired():
                    return connection, dead
                dead.append(connection)
        return None, dead

    def _surplus(self) -> list[Connection]:
        """Take out the oldest that are too many or too old."""
        surplus: list[Connection] = []
        while len(self._idle) > self._max_idle or (len(self._idle) > 1 and self._idle[0][1].has_expired()):
            surplus.append(self._idle.pop(0)[1])
        return surplus


class Lease:
    """The use of a connection for one request and its answer. `reused`: it was kept from an earlier one."""

    __slots__ = ("_pool", "_route", "connection", "reused")

    def __init__(self, pool: Pool, route: Route, connection: Connection, *, reused: bool) -> None:
        self._pool: Pool | None = pool
        self._route = route
        self.connection = connection
        self.reused = reused

    async def end(self) -> None:
        """Give the connection back. Works in a cancelled scope; twice does no harm."""
        pool, self._pool = self._pool, None
        if pool is not None:
            await pool.give_back(self._route, self.connection)


async def _close(connections: list[Connection]) -> None:
    if connections:
        with anyio.CancelScope(shield=True):
            for connection in connections:
                await connection.aclose()
