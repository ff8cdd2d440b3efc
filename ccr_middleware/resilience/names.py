"""What all parts of this package speak of. Time and chance are passed in, so that every rule can be tested."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

#: The time in UNIX seconds. Not a monotonic clock: moments are kept in the store, which several processes may share.
Clock = Callable[[], float]

#: A number from 0 up to 1, as `random.random` gives it.
Chance = Callable[[], float]

#: No rest is longer (seconds), whatever a provider demands: a key may have been paid for again.
LONGEST_REST_SECONDS = 3600.0


class TargetName(NamedTuple):
    """A provider and one of its models, in the configuration's spelling."""

    provider: str
    model: str

    def __str__(self) -> str:
        """`provider,model`, as targets are written in the configuration."""
        return f"{self.provider},{self.model}"


def grown(seconds: float, times: int) -> float:
    """A rest that doubles each time, up to 32 times as long; `times` counts from 1."""
    return min(seconds * 2.0 ** min(times - 1, 5), LONGEST_REST_SECONDS)
