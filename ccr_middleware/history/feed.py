"""The live feed: what is happening, for those who watch."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal, NamedTuple, Self

#: So many events wait for a slow reader; then the oldest are dropped.
FEED_SIZE = 500


class FeedEvent(NamedTuple):
    """Something that happened. `request`: a call ended, `data` is its record; `started`: one began; `lost`: so many
    (`data["count"]`) events were dropped, because this reader is slow."""

    kind: Literal["request", "started", "lost"]
    data: Any


class Feed:
    """The events from now on, for one reader on one event loop: iterate over it, or `take` what there is.

    Events are put by any thread. Leaving the `with` block, or closing, ends it.
    """

    def __init__(self, leave: Callable[[Feed], None], size: int = FEED_SIZE) -> None:
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self._ready = asyncio.Event()
        self._lock = threading.Lock()
        self._events: deque[FeedEvent] = deque()
        self._size = size
        self._lost = 0
        self._leave = leave
        self.closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, event: FeedEvent) -> bool:
        """An event from any thread. False: nobody reads this any more."""
        if self.closed or self._process != os.getpid():  # the loop of a forked process is its parent's
            return False
        with self._lock:
            if len(self._events) >= self._size:
                self._events.popleft()
                self._lost += 1
            self._events.append(event)
            is_first = len(self._events) == 1
        return self._wake() if is_first else True

    async def take(self) -> list[FeedEvent]:
        """All events that wait, as soon as there is one; none when the feed has ended."""
        while True:
            with self._lock:
                events, lost = list(self._events), self._lost
                self._events.clear()
                self._lost = 0
            if lost:
                events.insert(0, FeedEvent("lost", {"count": lost}))
            if events or self.closed:
                return events
            self._ready.clear()
            if not self._events:
                await self._ready.wait()

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        while events := await self.take():
            for event in events:
                yield event

    def close(self) -> None:
        """End it, from any thread."""
        self.closed = True
        self._leave(self)
        self._wake()

    def _wake(self) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._ready.set)
        except RuntimeError:  # the loop is closed
            self.closed = True
        return not self.closed
