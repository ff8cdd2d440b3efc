"""Work that nobody waits for, one piece after the other."""

from __future__ import annotations

import asyncio
import logging
from asyncio import AbstractEventLoop
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from weakref import WeakKeyDictionary

log = logging.getLogger("ccr_middleware")

Errand = Callable[[], Awaitable[None]]


class Errands:
    """Runs pieces of work in their order, in the background of the event loop they are given on.

    A loop has a task only while there is something to do. More than `size` pieces do not wait: the oldest is given up,
    which the log is told once.
    """

    def __init__(self, name: str, size: int = 1000) -> None:
        self._name = name
        self._size = size
        self._waiting: WeakKeyDictionary[AbstractEventLoop, deque[Errand]] = WeakKeyDictionary()
        self._tasks: WeakKeyDictionary[AbstractEventLoop, asyncio.Task[None]] = WeakKeyDictionary()
        self._warned = False

    def put(self, errand: Errand) -> None:
        """Do this when what was put before is done. What it raises is logged."""
        loop = asyncio.get_running_loop()
        waiting = self._waiting.setdefault(loop, deque())
        if len(waiting) >= self._size:
            waiting.popleft()
            if not self._warned:
                self._warned = True
                log.warning("%s: more comes than can be done; the oldest is given up", self._name)
        waiting.append(errand)
        task = self._tasks.get(loop)
        if task is None or task.done():
            self._tasks[loop] = loop.create_task(self._work(waiting))

    async def finish(self) -> None:
        """Wait until nothing is left to do on the running loop."""
        task = self._tasks.get(asyncio.get_running_loop())
        if task is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(task)

    async def _work(self, waiting: deque[Errand]) -> None:
        while waiting:
            try:
                await waiting.popleft()()
            except Exception:
                log.exception("%s failed", self._name)
