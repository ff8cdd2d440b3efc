"""The last records, in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from itertools import count
from typing import TypeVar

from .filters import Filters
from .record import CallRecord

#: Bodies of so many characters are kept in memory at most; records go on without them.
MAX_BODY_CHARACTERS = 32 * 1024 * 1024

Item = TypeVar("Item")


class Ring:
    """The latest `size` records, numbered from 1 in the order they came. Any thread may add and read; no lock, so
    that a fork in the wrong moment leaves none behind."""

    def __init__(self, size: int, max_body_bytes: int) -> None:
        self._numbers = count(1)
        self._records: deque[tuple[int, CallRecord]] = deque(maxlen=size)
        with_bodies = max(1, MAX_BODY_CHARACTERS // (2 * max_body_bytes))
        self._bodies: deque[tuple[str, str | None, str | None]] = deque(maxlen=min(size, with_bodies))

    def add(self, record: CallRecord) -> None:
        """Keep a record, and let go of the oldest."""
        if record.request_body is not None or record.response_body is not None:
            self._bodies.append((record.id, record.request_body, record.response_body))
            record = replace(record, request_body=None, response_body=None)
        self._records.append((next(self._numbers), record))

    def resized(self, size: int, max_body_bytes: int) -> Ring:
        """Another one with the same records under the same numbers, as far as there is room."""
        other = Ring(size, max_body_bytes)
        other._numbers = self._numbers
        other._records.extend(_copy(self._records))
        other._bodies.extend(_copy(self._bodies))
        return other

    def all(self) -> list[tuple[int, CallRecord]]:
        """Every record with its number, the newest first."""
        return sorted(_copy(self._records), key=_number_of, reverse=True)

    def page(self, filters: Filters, limit: int, before: int | None) -> tuple[list[CallRecord], int | None]:
        """The newest `limit` records that fit, of those with a number below `before`; and the `before` of the next
        page, None when there is none."""
        found: list[tuple[int, CallRecord]] = []
        for number, record in self.all():
            if (before is None or number < before) and filters.accept(record):
                if len(found) == limit:
                    return [kept for _, kept in found], found[-1][0]
                found.append((number, record))
        return [kept for _, kept in found], None

    def get(self, id: str) -> CallRecord | None:
        """The latest record with that id, with its bodies as long as there is room for them."""
        record = next((record for _, record in self.all() if record.id == id), None)
        if record is None:
            return None
        for body_id, request, response in _copy(self._bodies):
            if body_id == id:
                return replace(record, request_body=request, response_body=response)
        return record


def _copy(items: deque[Item]) -> list[Item]:
    while True:
        try:
            return list(items)
        except RuntimeError:  # another thread added one in the middle of it
            continue


def _number_of(entry: tuple[int, CallRecord]) -> int:
    return entry[0]
