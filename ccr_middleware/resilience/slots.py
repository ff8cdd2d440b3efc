"""How many requests a provider gets at once (`max_parallel`), and the line in which the others wait."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Lock

from ..config.schema import Provider
from ..errors import UpstreamError

#: When a client may come back that found the line full or waited in vain, in seconds.
_COME_BACK_SECONDS = 5


class Busy(UpstreamError):
    """All places at a provider are taken, and the line is full or did not move in time."""

    status = 529


class _Waiter:
    """Somebody in the line: on which loop, and whether a place has been given to it."""

    __slots__ = ("given", "loop", "woken")

    def __init__(self) -> None:
        self.given = False
        self.loop = asyncio.get_running_loop()
        self.woken: asyncio.Future[None] = self.loop.create_future()

    def wake(self) -> bool:
        """Tell it, whatever thread this is; False when its loop is closed."""
        try:
            self.loop.call_soon_threadsafe(_finish, self.woken)
        except RuntimeError:
            return False
        return True


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class _Line:
    """The places of one provider. Mutable state: how many are taken, and who waits, first come first."""

    def __init__(self) -> None:
        self.limit = 0
        self.taken = 0
        self.waiting: deque[_Waiter] = deque()
        self._lock = Lock()

    async def take(self, provider: Provider, limit: int) -> None:
        """Take a place, waiting for it if need be. Raises `Busy`. Cancelled, it leaves the line as if never there."""
        with self._lock:
            self.limit = limit  # a reload may have changed it
            self._serve()
            if self.taken < limit:
                self.taken += 1
                return
            if len(self.waiting) >= provider.queue_size:
                raise _busy(provider, f"{limit} requests are running and {len(self.waiting)} waiting")
            waiter = _Waiter()
            self.waiting.append(waiter)
        try:
            await asyncio.wait([waiter.woken], timeout=provider.queue_seconds)
        except asyncio.CancelledError:
            if not self._leave(waiter):
                self.give_back()
            raise
        if self._leave(waiter):
            raise _busy(provider, f"no place became free within {provider.queue_seconds:g} s")

    def give_back(self) -> None:
        """A place becomes free: whoever has waited longest gets it."""
        with self._lock:
            self.taken -= 1
            self._serve()

    def _serve(self) -> None:
        while self.waiting and self.taken < self.limit:
            waiter = self.waiting.popleft()
            if waiter.wake():
                waiter.given = True
                self.taken += 1

    def _leave(self, waiter: _Waiter) -> bool:
        """Stop waiting; False when a place had been given already."""
        with self._lock:
            if not waiter.given:
                self.waiting.remove(waiter)
            return not waiter.given


class Slots:
    """The places at all providers of a gateway. Works across event loops and threads; each process counts its own."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def place(self, provider: Provider) -> AsyncIterator[None]:
        """A place at a provider, for as long as the block runs. Raises `Busy` when there is none to be had."""
        limit = provider.max_parallel
        if limit is None:
            yield
            return
        line = self._lines.setdefault(provider.name, _Line())
        await line.take(provider, limit)
        try:
            yield
        finally:
            line.give_back()

    def queued(self, provider: str) -> int:
        """How many requests wait for a place at a provider."""
        line = self._lines.get(provider)
        return len(line.waiting) if line else 0


def _busy(provider: Provider, why: str) -> Busy:
    return Busy(
        f'provider "{provider.name}" is busy: {why}; raise its max_parallel to let more through',
        headers={"retry-after": str(_COME_BACK_SECONDS)},
        provider=provider.name,
    )
