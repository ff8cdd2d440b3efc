"""A token that expires: fetched once however many ask, and renewed before it runs out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

#: A token with less than this left (seconds) is renewed while it is still used; one with less than the second is not
#: used any more, since a request takes a moment to arrive.
RENEW_SECONDS = 300.0
USABLE_SECONDS = 10.0


class Token(NamedTuple):
    """A token and how long it holds, in seconds from now."""

    value: str
    seconds: float


class TokenCache:
    """One token. `fetch` gets a new one; what it raises reaches everybody who waits for it, and the next to ask tries
    again. Loops do not share a flight, since a task belongs to one."""

    def __init__(self, fetch: Callable[[], Awaitable[Token]], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._value = ""
        self._expires = 0.0
        self._flights: dict[asyncio.AbstractEventLoop, asyncio.Task[str]] = {}

    async def get(self) -> str:
        """A usable token."""
        left = self._expires - self._clock()
        if left > RENEW_SECONDS:
            return self._value
        flight = self._flight()
        if left > USABLE_SECONDS:
            return self._value
        return await asyncio.shield(flight)

    def _flight(self) -> asyncio.Task[str]:
        """The fetch under way on this loop, begun if there is none."""
        loop = asyncio.get_running_loop()
        flight = self._flights.get(loop)
        if flight is None:
            flight = self._flights[loop] = loop.create_task(self._renew())
            flight.add_done_callback(lambda done: self._landed(loop, done))
        return flight

    def _landed(self, loop: asyncio.AbstractEventLoop, flight: asyncio.Task[str]) -> None:
        self._flights.pop(loop, None)
        if not flight.cancelled():
            flight.exception()  # seen: nobody may be waiting for an early renewal

    async def _renew(self) -> str:
        token = await self._fetch()
        self._value, self._expires = token.value, self._clock() + token.seconds
        return token.value
