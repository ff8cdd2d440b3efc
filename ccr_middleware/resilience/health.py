"""How the targets are: their breakers, and what this process has seen of each."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from ..config import resilience as settings_of
from ..errors import GatewayError
from .breaker import Breakers
from .names import Clock, TargetName
from .store import StateStore

#: So many targets are kept count of: clients may ask for any model name.
_MOST_TARGETS = 1000

#: The weight of the latest answer in the average latency.
_LATEST = 0.2

#: An error's text is kept so far (characters).
_LONGEST_ERROR = 300


@dataclass(slots=True)
class Counts:
    """What this process has seen of one target. `latency_seconds` is the moving average until the first content, None
    before there was any; the last error's `last_at` is in UNIX seconds."""

    in_flight: int = 0
    answered: int = 0
    failed: int = 0
    latency_seconds: float | None = None
    last_error: str | None = None
    last_status: int | None = None
    last_at: float | None = None


class Health:
    """Every result passes here: `begin`, what came of it, and `end` in any case."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self.breakers = Breakers(store, clock)
        self._clock = clock
        self._counts: OrderedDict[TargetName, Counts] = OrderedDict()
        self._lock = Lock()

    def seen(self, target: TargetName) -> Counts:
        """What was seen of a target; of one never asked, nothing."""
        return self._counts.get(target) or Counts()

    def targets(self) -> list[TargetName]:
        """The targets something was seen of."""
        return list(self._counts)

    def in_flight(self, target: TargetName) -> int:
        """How many calls are at a target now."""
        return self.seen(target).in_flight

    def begin(self, target: TargetName) -> None:
        """A call goes to the target."""
        counts = self._of(target)
        with self._lock:
            counts.in_flight += 1

    def end(self, target: TargetName) -> None:
        """The call is over there."""
        counts = self._of(target)
        with self._lock:
            counts.in_flight -= 1

    def succeeded(self, target: TargetName, began: float) -> None:
        """The target answers a call that began then (UNIX seconds)."""
        counts, seconds = self._of(target), self._clock() - began
        counts.answered += 1
        last = counts.latency_seconds
        counts.latency_seconds = seconds if last is None else last + _LATEST * (seconds - last)
        self.breakers.succeeded(target, began)

    def failed(
        self,
        target: TargetName,
        error: GatewayError,
        settings: settings_of.Health,
        demanded_seconds: float | None = None,
    ) -> None:
        """The target failed. `demanded_seconds`: how long it wants to be left in peace."""
        self.note(target, error)
        self.breakers.failed(target, settings, demanded_seconds)

    def note(self, target: TargetName, error: GatewayError) -> None:
        """An error that is not held against the target: of one key among several."""
        counts = self._of(target)
        counts.failed += 1
        counts.last_error = error.message[:_LONGEST_ERROR]
        counts.last_status = error.status
        counts.last_at = self._clock()

    def alive(self, target: TargetName, began: float) -> None:
        """The target refused a request that began then: no answer, but it is there."""
        self.breakers.succeeded(target, began)

    def _of(self, target: TargetName) -> Counts:
        found = self._counts.get(target)
        if found is None:
            with self._lock:
                found = self._counts.setdefault(target, Counts())
                if len(self._counts) > _MOST_TARGETS:
                    idle = (name for name, counts in self._counts.items() if not counts.in_flight and name != target)
                    self._counts.pop(next(idle, target))
        return found
