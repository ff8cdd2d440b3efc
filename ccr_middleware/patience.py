"""Waiting with limits: for a client that may leave, and for a provider that may never answer.

Both are one cancel scope per attempt, cancelled from outside. Deadlines cost one timer per attempt, not one per read:
reading only notes the time, and the timer looks at it when it fires and sets itself anew.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Literal, Self

from anyio import CancelScope
from asgiref.typing import ASGIReceiveCallable

from .config.schema import Timeouts

#: Why an attempt was ended by the clock.
Expiry = Literal["first byte", "idle", "total", "grace"]


#: How long a request may run before anybody looks whether its client is still there.
WATCH_AFTER_SECONDS = 0.05


class Presence:
    """Notices the client leaving, from the first moment to the last, and cancels what is being done for it.

    Servers do not raise when something is sent to a client that has gone (uvicorn, hypercorn, granian: silence), so
    `receive` is watched all the time. `left` tells afterwards. Servers keep saying that a client has left, so the
    watch may begin a moment late, and most quick answers are spared its task.
    """

    def __init__(self, receive: ASGIReceiveCallable) -> None:
        self.left = False
        self.scope: CancelScope | None = None
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._begin: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._begin = self._loop.call_later(WATCH_AFTER_SECONDS, self._start)
        return self

    def __exit__(self, *_: object) -> None:
        if self._begin is not None:
            self._begin.cancel()
        if self._task is not None:
            self._task.cancel()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around waiting for anything but a provider: the client leaving ends it quietly; `left` tells."""
        with CancelScope() as scope:
            self.scope = scope
            if self.left:
                scope.cancel()
            try:
                yield
            finally:
                self.scope = None

    def _start(self) -> None:
        self._task = self._loop.create_task(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.left = True
        if self.scope is not None:
            self.scope.cancel()


class Nobody(Presence):
    """For requests the gateway makes itself: nobody can leave."""

    def __init__(self) -> None:
        self.left = False
        self.scope = None


class Guard:
    """The limits of one attempt: `with Guard(presence, timeouts) as guard:` around all waiting for a provider.

    `touch()` after each read; `answered()` when the first byte of the body or the headers came; `grace(seconds)` when
    the rest is wanted but not needed. Leaving the block quietly with `expired` set means the clock ended it.
    """

    def __init__(self, presence: Presence, timeouts: Timeouts) -> None:
        self.expired: Expiry | None = None
        self._presence = presence
        self._timeouts = timeouts
        self._scope = CancelScope()
        self._loop = asyncio.get_running_loop()
        self._touched = self._loop.time()
        self._ends = self._touched + timeouts.total_seconds
        self._phase: Expiry = "first byte"
        self._limit = timeouts.first_byte_seconds
        self._timer: asyncio.TimerHandle | None = None

    def __enter__(self) -> Self:
        self._scope.__enter__()
        self._presence.scope = self._scope
        if self._presence.left:
            self._scope.cancel()
        # Early enough for either limit; `_check` sees which one counts by then.
        first = self._touched + min(self._limit, self._timeouts.idle_seconds)
        self._timer = self._loop.call_at(min(first, self._ends), self._check)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        if self._timer is not None:
            self._timer.cancel()
        self._presence.scope = None
        return self._scope.__exit__(kind, error, trace)

    def touch(self) -> None:
        """Something came from the provider."""
        self._touched = self._loop.time()

    def answered(self) -> None:
        """The provider has begun to answer: from now on the idle limit counts."""
        self._phase, self._limit = "idle", self._timeouts.idle_seconds
        self.touch()

    def grace(self, seconds: float) -> None:
        """Everything needed has come: wait this much longer for the rest, whatever still drips in. Acts once."""
        if self._phase != "grace":
            self._phase, self._limit = "grace", math.inf
            self._ends = self._loop.time() + seconds
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(self._ends, self._check)

    def _check(self) -> None:
        now, due = self._loop.time(), min(self._touched + self._limit, self._ends)
        if now < due:
            self._timer = self._loop.call_at(due, self._check)
            return
        over = self._phase != "grace" and now >= self._ends
        self.expired = "total" if over else self._phase
        self._scope.cancel()
