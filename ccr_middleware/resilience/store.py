"""What is remembered about targets and keys, behind a protocol so that several workers can share it.

Calls are made on the way of every request, so a store must answer at once: one that shares (through Redis, say) keeps a
copy of its own and exchanges the changes in the background. Everything here bears that: seen a moment late, a rest
begins a moment late.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from threading import Lock
from typing import Any, NamedTuple, Protocol

from .names import Clock


class StateStore(Protocol):
    """Small JSON values by name, each for a limited time. Any of them may be lost. Safe to use from any thread."""

    def get(self, key: str) -> Any:
        """The value, None when there is none or its time is over."""

    def put(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value for so long."""

    def increment(self, key: str, seconds: float) -> int:
        """Count one more, and say how many it is now. The count ends `seconds` after it began."""

    def delete(self, key: str) -> None:
        """Forget a value, if it is there."""

    def items(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Every value whose name begins so."""


class _Item(NamedTuple):
    value: Any
    until: float


class MemoryStore:
    """A store of one process: at most `size` values, the one not touched for longest goes first."""

    def __init__(self, clock: Clock, size: int = 10_000) -> None:
        self._clock = clock
        self._size = size
        self._items: OrderedDict[str, _Item] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str) -> Any:
        """The value, None when there is none or its time is over."""
        if key not in self._items:  # as nearly always: nothing has failed
            return None
        with self._lock:
            item = self._find(key)
            return item and item.value

    def put(self, key: str, value: Any, seconds: float) -> None:
        """Keep a value for so long."""
        with self._lock:
            self._keep(key, _Item(value, self._clock() + seconds))

    def increment(self, key: str, seconds: float) -> int:
        """Count one more, and say how many it is now. The count ends `seconds` after it began."""
        with self._lock:
            item = self._find(key) or _Item(0, self._clock() + seconds)
            self._keep(key, _Item(item.value + 1, item.until))
            return int(item.value) + 1

    def delete(self, key: str) -> None:
        """Forget a value, if it is there."""
        with self._lock:
            self._items.pop(key, None)

    def items(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """Every value whose name begins so."""
        with self._lock:
            now = self._clock()
            found = [(key, i.value) for key, i in self._items.items() if key.startswith(prefix) and i.until > now]
        return iter(found)

    def _find(self, key: str) -> _Item | None:
        item = self._items.get(key)
        if item is not None and item.until <= self._clock():
            del self._items[key]
            return None
        if item is not None:
            self._items.move_to_end(key)
        return item

    def _keep(self, key: str, item: _Item) -> None:
        self._items[key] = item
        self._items.move_to_end(key)
        if len(self._items) > self._size:
            self._items.popitem(last=False)
