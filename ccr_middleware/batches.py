"""Items handed from any thread to one that may block, in batches: records for a database, lines for a file."""

from __future__ import annotations

import atexit
import os
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar
from weakref import WeakSet

#: A thread that has had nothing to do for so long ends, and lets go of what it holds.
IDLE_SECONDS = 10.0
#: How long the end of a process waits for what is still to be written.
CLOSE_SECONDS = 5.0

Item = TypeVar("Item")

_ALL: WeakSet[BatchWriter[Any]] = WeakSet()


class BatchWriter(ABC, Generic[Item]):
    """Takes items on any thread without waiting, and writes them on a thread of its own, which starts with the first.

    A batch is written `seconds` after its first item, or when there are `size` of them. At most `max_items` wait, and
    no more than weigh `max_weight` together; then the oldest are dropped. What waits is written at the end of the
    process; after a fork the child begins with nothing, since the parent writes what it had.
    """

    #: Whether what is open must be closed before the process forks.
    closes_for_forks = False

    def __init__(
        self,
        name: str,
        *,
        size: int = 200,
        seconds: float = 0.25,
        max_items: int = 10_000,
        max_weight: int = 64 * 1024 * 1024,
    ) -> None:
        self._name = name
        self._size = size
        self._seconds = seconds
        self._max_items = max_items
        self._max_weight = max_weight
        self.dropped = 0
        self._begin()
        _ALL.add(self)

    def _begin(self) -> None:
        """Nothing waits and no thread runs."""
        self._lock = threading.Lock()
        self._written = threading.Condition(self._lock)
        self._alone = threading.Lock()  # one thread at a time may use what is written to
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._items: deque[tuple[Item, int]] = deque()
        self._weight = 0
        self._lost = 0  # since the last batch
        self._put = self._done = 0
        self._thread: threading.Thread | None = None
        self._closing = False
        self._paused = False

    # -- what subclasses do, on the thread ---------------------------------------------------------------

    @abstractmethod
    def _write(self, items: list[Item], lost: int) -> None:
        """Write a batch, of which `lost` earlier items were dropped. What goes wrong is dealt with here."""

    @abstractmethod
    def _rest(self, *, closing: bool) -> None:
        """Let go of what is open: nothing comes for a while, or (`closing`) perhaps never again."""

    def _forget(self) -> None:
        """In the child of a fork: what is open belongs to the parent, and must not even be closed."""

    # -- for any thread ----------------------------------------------------------------------------------

    def put(self, item: Item, weight: int = 0, *, hurry: bool = False) -> None:
        """Hand over an item; `hurry`: the batch is not waited for."""
        with self._lock:
            self._items.append((item, weight))
            self._weight += weight
            self._put += 1
            if len(self._items) > self._max_items or self._weight > self._max_weight:
                self._drop()
            if self._thread is None:
                self._start()
            hurry = hurry or len(self._items) >= self._size
        if hurry and not self._hurry.is_set():
            self._hurry.set()
        if not self._wake.is_set():
            self._wake.set()

    def flush(self, timeout_seconds: float = CLOSE_SECONDS) -> bool:
        """Wait until everything handed over so far is written; whether it is."""
        with self._lock:
            goal = self._put
            if self._done >= goal or threading.current_thread() is self._thread:
                return self._done >= goal
            if self._thread is None:
                self._start()
            self._hurry.set()
            self._wake.set()
            return self._written.wait_for(lambda: self._done >= goal, timeout_seconds)

    def close(self, timeout_seconds: float = CLOSE_SECONDS) -> None:
        """Write everything and let go of what is open. An item that comes later begins anew."""
        with self._lock:
            thread = self._thread
            self._closing = thread is not None
        if thread is None or thread is threading.current_thread():
            return
        self._hurry.set()
        self._wake.set()
        thread.join(timeout_seconds)

    def pause(self) -> None:
        """Close what is open, and open nothing until `resume`. Gives up when that takes too long."""
        ends = time.monotonic() + CLOSE_SECONDS
        while not self._paused and (left := ends - time.monotonic()) > 0:
            self.close(left)
            self._paused = self._alone.acquire(timeout=0.005)

    def resume(self) -> None:
        """Go on."""
        if self._paused:
            self._paused = False
            self._alone.release()

    def begin_anew(self) -> None:
        """In the child of a fork: threads, and the locks that they held, did not come along."""
        self._forget()
        self._begin()

    # -- inside ------------------------------------------------------------------------------------------

    def _drop(self) -> None:
        while len(self._items) > self._max_items or (self._weight > self._max_weight and len(self._items) > 1):
            _, weight = self._items.popleft()
            self._weight -= weight
            self._lost += 1
            self.dropped += 1
            self._done += 1

    def _start(self) -> None:
        thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            return
        self._thread = thread
        atexit.register(self.close)

    def _run(self) -> None:
        with self._alone:
            while True:
                woken = self._wake.wait(IDLE_SECONDS)
                if woken:
                    self._hurry.wait(self._seconds)
                    self._wake.clear()
                    self._hurry.clear()
                    self._drain()
                closing = self._closing
                if (closing or not woken) and self._is_over():
                    break
            self._guarded(partial(self._rest, closing=closing))

    def _is_over(self) -> bool:
        """Whether nothing is left to do; then this is the writer's thread no more."""
        with self._lock:
            if self._items:
                return False
            self._thread = None
            self._closing = False
            atexit.unregister(self.close)
            return True

    def _drain(self) -> None:
        while True:
            with self._lock:
                taken = [self._items.popleft() for _ in range(min(self._size, len(self._items)))]
                self._weight -= sum(weight for _, weight in taken)
                lost, self._lost = self._lost, 0
            if not taken:
                return
            self._guarded(self._write, [item for item, _ in taken], lost)
            with self._lock:
                self._done += len(taken)
                self._written.notify_all()

    def _guarded(self, do: Callable[..., None], *arguments: object) -> None:
        """A fault of ours is shown as one of a thread, and ends nothing."""
        try:
            do(*arguments)
        except Exception:
            threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


def _of_all(do: Callable[[BatchWriter[Any]], None], *, closing: bool = False) -> None:
    for writer in list(_ALL):
        if writer.closes_for_forks or not closing:
            do(writer)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=partial(_of_all, BatchWriter.pause, closing=True),
        after_in_parent=partial(_of_all, BatchWriter.resume),
        after_in_child=partial(_of_all, BatchWriter.begin_anew),
    )
