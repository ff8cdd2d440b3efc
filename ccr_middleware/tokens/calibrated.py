"""Counts that are multiplied: a vocabulary that is not quite the model's becomes near enough."""

from __future__ import annotations

import math
from typing import Any

from .counter import NO_BOUND, Counter


class Calibrated:
    """The counts of another counter times a factor, rounded up."""

    def __init__(self, counter: Counter, factor: float) -> None:
        self._counter = counter
        self._factor = factor

    def at_most(self, body: Any) -> int:
        """A number that `count` does not exceed; NO_BOUND where none is known."""
        return self._times(self._counter.at_most(body))

    async def count(self, body: Any) -> int:
        """The tokens of a request body."""
        return self._times(await self._counter.count(body))

    def count_text(self, text: str) -> int:
        """The tokens of one text."""
        return self._times(self._counter.count_text(text))

    def _times(self, count: int) -> int:
        # 100 times 1.1 is 110.00000000000001 in floats.
        return min(math.ceil(round(count * self._factor, 6)), NO_BOUND) if count != NO_BOUND else NO_BOUND
