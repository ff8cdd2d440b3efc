"""Threads for what may block: files that may be on a slow disk, functions of the user's own.

They are daemons, so that one that never comes back does not keep the process from ending; anyio's worker threads would.
"""

from __future__ import annotations

import asyncio
import os
import threading
from asyncio import AbstractEventLoop, Semaphore
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

#: A thread that has nothing to do for so long ends. Starting one costs three times as much as waking one.
IDLE_SECONDS = 10.0

Result = TypeVar("Result")


class AllHanging(Exception):
    """So many threads never came back that no more are started."""


class Threads:
    """Runs functions in threads, at most `limit` at once on each event loop; the others wait.

    A thread whose caller has gone goes on and nobody waits for it. When `limit` of those are still running, AllHanging
    is raised at once instead of starting more.
    """

    def __init__(self, name: str, limit: int) -> None:
        self._name = name
        self._limit = limit
        self._slots: WeakKeyDictionary[AbstractEventLoop, Semaphore] = WeakKeyDictionary()
        self._hanging: set[Future[Any]] = set()
        self._idle: deque[_Worker] = deque()
        self._process = os.getpid()

    async def run(
        self, function: Callable[..., Result], *arguments: Any, timeout_seconds: float | None = None
    ) -> Result:
        """What the function returns or raises. Raises TimeoutError when it takes longer, AllHanging."""
        if len(self._hanging) >= self._limit:
            raise AllHanging(f"{len(self._hanging)} earlier calls have not come back")
        async with asyncio.timeout(timeout_seconds), self._slot():
            work: Future[_Outcome[Result]] = Future()
            self._worker().jobs.put((work, partial(copy_context().run, _Outcome, function, arguments)))
            try:
                outcome = await asyncio.wrap_future(work)
            finally:
                if not work.done():
                    self._hanging.add(work)
                    work.add_done_callback(self._hanging.discard)
        return outcome.get()

    def _slot(self) -> Semaphore:
        """The semaphore of the running loop: they cannot be shared between loops."""
        loop = asyncio.get_running_loop()
        slot = self._slots.get(loop)
        if slot is None:
            slot = self._slots[loop] = Semaphore(self._limit)
        return slot

    def _worker(self) -> _Worker:
        """A thread with nothing to do."""
        if self._process != os.getpid():  # threads do not survive a fork
            self._process = os.getpid()
            self._idle.clear()
        try:
            return self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle)
            threading.Thread(target=worker.run, name=self._name, daemon=True).start()
            return worker


class _Worker:
    """One thread. It is among the `idle` ones when it waits for a job."""

    def __init__(self, idle: deque[_Worker]) -> None:
        self.jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()
        self._idle = idle

    def run(self) -> None:
        """Do jobs until none comes for a while."""
        while True:
            try:
                work, do = self.jobs.get(timeout=IDLE_SECONDS)
            except Empty:
                try:
                    self._idle.remove(self)
                except ValueError:  # somebody has taken this one just now
                    continue
                return
            is_wanted = work.set_running_or_notify_cancel()
            outcome = do() if is_wanted else None
            self._idle.append(self)  # first, so that whoever waits for the result finds this thread idle
            if is_wanted:
                work.set_result(outcome)
            del work, do, outcome  # and with them the request


class _Outcome(Generic[Result]):
    """What became of a function. As the result of a future, since futures alter some exceptions that are set on them,
    and take no StopIteration at all."""

    def __init__(self, function: Callable[..., Result], arguments: tuple[Any, ...]) -> None:
        self._problem: BaseException | None = None
        try:
            self._result = function(*arguments)
        except BaseException as problem:
            self._problem = problem

    def get(self) -> Result:
        """What was returned, or raise what was raised."""
        if self._problem is not None:
            raise self._problem
        return self._result
