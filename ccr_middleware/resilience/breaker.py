"""A circuit breaker per target: one that keeps failing is not asked for a while, then by one call, then by all.

closed     asked as usual; so many failures in a row within the window → open
open       not asked until its rest is over → half-open
half-open  asked by one call: an answer → closed, a failure → open, for twice as long
"""

from __future__ import annotations

from typing import Any, Literal

from ..config.resilience import Health
from .names import LONGEST_REST_SECONDS, Clock, TargetName, grown
from .store import StateStore

BreakerState = Literal["closed", "open", "half-open"]

#: A probe that was never heard of again (its process died) holds the others off no longer than this.
_PROBE_SECONDS = 60.0

#: How long after a rest a failure is still its continuation, in seconds and in rests.
_MEMORY_SECONDS, _MEMORY_RESTS = 60.0, 2


class Breakers:
    """The breakers of all targets, kept in a store: the open ones, the failures in a row, the probes under way."""

    def __init__(self, store: StateStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def state(self, target: TargetName) -> BreakerState:
        """Closed, open or half-open, now."""
        record = self._record(target)
        if record is None:
            return "closed"
        return "open" if self._clock() < record["until"] else "half-open"

    def until(self, target: TargetName) -> float | None:
        """When its rest ends, or ended when it is half-open (UNIX seconds); None when it is closed."""
        record = self._record(target)
        return None if record is None else float(record["until"])

    def claim(self, target: TargetName) -> bool:
        """Be the one call that asks a half-open target. Whoever gets True tells what came of it, by `succeeded`,
        `failed` or `release`."""
        return self._store.increment(f"probe:{target}", _PROBE_SECONDS) == 1

    def is_claimed(self, target: TargetName) -> bool:
        """Whether some call is asking a half-open target."""
        return self._store.get(f"probe:{target}") is not None

    def release(self, target: TargetName) -> None:
        """Nothing came of a claim: the client left, or the call did not get so far."""
        self._store.delete(f"probe:{target}")

    def succeeded(self, target: TargetName, began: float) -> None:
        """The target answered a call that began then (UNIX seconds). One that was opened since stays open."""
        if self._store.get(f"failures:{target}") is not None:
            self._store.delete(f"failures:{target}")
        record = self._record(target)
        if record is not None and began >= record["since"]:
            self._store.delete(f"breaker:{target}")
            self._store.delete(f"probe:{target}")

    def failed(self, target: TargetName, settings: Health, demanded_seconds: float | None = None) -> None:
        """The target failed. `demanded_seconds`: how long it asked to be left in peace, which is granted at once."""
        state = self.state(target)
        if state == "open" and demanded_seconds is None:
            return
        failures = self._store.increment(f"failures:{target}", settings.window_seconds)
        if state == "closed" and failures < settings.failures and demanded_seconds is None:
            return
        self._open(target, settings, demanded_seconds)

    def failures(self, target: TargetName) -> int:
        """Failures in a row, of late."""
        return int(self._store.get(f"failures:{target}") or 0)

    def _open(self, target: TargetName, settings: Health, demanded_seconds: float | None) -> None:
        now, last = self._clock(), self._record(target) or {"until": 0.0, "times": 0}
        times = last["times"] + (last["until"] <= now)
        seconds = demanded_seconds or grown(settings.rest_seconds, max(times, 1))
        until = max(now + min(seconds, LONGEST_REST_SECONDS), last["until"])
        record = {"until": until, "since": now, "times": times}
        self._store.put(f"breaker:{target}", record, (until - now) * (1 + _MEMORY_RESTS) + _MEMORY_SECONDS)
        self._store.delete(f"probe:{target}")

    def _record(self, target: TargetName) -> dict[str, Any] | None:
        record: dict[str, Any] | None = self._store.get(f"breaker:{target}")
        return record
