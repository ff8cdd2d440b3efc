"""Everything a gateway remembers about how its targets are, in one object: `Resilience`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from ..config.schema import Config
from ..errors import NotFound
from ..routing.decision import Choice, Decision
from ..routing.models import Resolution
from .affinity import Affinity
from .foresight import Foreseen, foresee
from .health import Health
from .keys import KeyPools
from .names import Chance, Clock, TargetName
from .plan import Means, Plan
from .slots import Slots
from .store import MemoryStore, StateStore

#: What a name of a target means: `routing.models.Resolver.resolve`.
Resolve = Callable[[str], Resolution | None]


class Resilience:
    """The keys, the health and the places of all targets, for all calls of a gateway.

    `store` holds what several workers can share; each counts its own calls in flight and its own places.
    """

    def __init__(
        self, store: StateStore | None = None, clock: Clock = time.time, chance: Chance = random.random
    ) -> None:
        self.store = MemoryStore(clock) if store is None else store
        self.keys = KeyPools(self.store, clock, chance)
        self.health = Health(self.store, clock)
        self.affinity = Affinity(self.store, chance)
        self.slots = Slots()
        self._means = Means(self.keys, self.health, clock, chance)

    def plan(self, decision: Decision, config: Config, resolve: Resolve, session: str = "") -> Plan:
        """The attempts of one call, before the first. `plan.notes` are fallbacks that mean nothing."""
        own, pool = TargetName(decision.provider, decision.model), list(decision.pool)
        targets = [own]
        if pool and not any((provider, model) == own for provider, model, _ in pool):
            pool.insert(0, Choice(*own))
        if len(pool) > 1:
            usable = self._usable(config)
            targets = self.affinity.arrange(pool, session, usable=usable, load=self._load)
        fallbacks, notes = _resolved(decision.fallbacks, resolve)

        def remember(target: TargetName) -> None:
            self.affinity.remember(pool, session, target)

        on_answer = remember if len(pool) > 1 else None
        plan = Plan([*targets, *fallbacks], config, self._means, session, on_answer)
        plan.notes += notes
        return plan

    def foresee(self, decision: Decision, config: Config, resolve: Resolve, session: str = "") -> list[Foreseen]:
        """The targets of one call as they would be asked now. Nothing is begun, and nothing remembered."""
        line = self.plan(decision, config, resolve, session).line
        return foresee(line, config, self.keys, self.health, session)

    def snapshot(self, config: Config) -> list[dict[str, Any]]:
        """How every configured target is, and every other that was asked: for `GET /api/health/targets`.

        `until` is an ISO 8601 time; `failures` counts those in a row, `failed` and `answered` all since the start.
        """
        listed = [TargetName(provider.name, model) for provider in config.providers for model in provider.models]
        known = [target for target in self.health.targets() if config.provider(target.provider) is not None]
        return [self._row(target, config) for target in dict.fromkeys((*listed, *known))]

    def _row(self, target: TargetName, config: Config) -> dict[str, Any]:
        counts, breakers = self.health.seen(target), self.health.breakers
        provider = config.provider(target.provider)
        keys = self.keys.keys(provider) if provider else ()
        rests = [self.keys.rest_seconds(provider, key, target.model) for key in keys] if provider else []
        state = breakers.state(target)
        until = breakers.until(target) if state == "open" else None
        if until is None and rests and min(rests) > 0:
            until = self._means.clock() + min(rests)
        latency = counts.latency_seconds
        return {
            "provider": target.provider,
            "model": target.model,
            "state": state,
            "until": _iso(until),
            "failures": breakers.failures(target),
            "answered": counts.answered,
            "failed": counts.failed,
            "in_flight": counts.in_flight,
            "queued": self.slots.queued(target.provider),
            "latency_ms": None if latency is None else round(latency * 1000),
            "last_error": counts.last_error,
            "last_status": counts.last_status,
            "last_error_at": _iso(counts.last_at),
            "keys": len(keys),
            "resting_keys": sum(rest > 0 for rest in rests),
        }

    def _load(self, target: TargetName) -> int:
        return self.health.in_flight(target) + self.slots.queued(target.provider)

    def _usable(self, config: Config) -> Callable[[TargetName], bool]:
        def usable(target: TargetName) -> bool:
            provider = config.provider(target.provider)
            if provider is None or self.health.breakers.state(target) != "closed":
                return False
            return self.keys.soonest(provider, target.model)[1] == 0

        return usable


def _resolved(fallbacks: Sequence[str], resolve: Resolve) -> tuple[list[TargetName], list[str]]:
    """The targets that fallbacks name, and a note for each that names none."""
    targets: list[TargetName] = []
    notes: list[str] = []
    for text in fallbacks:
        try:
            found = resolve(text)
        except NotFound as problem:
            notes.append(f"fallback: {problem.message}")
            continue
        if found is None:
            notes.append(f'fallback: "{text}" is no target; write "provider,model"')
        else:
            targets.append(TargetName(found.provider, found.model))
    return targets, notes


def _iso(moment: float | None) -> str | None:
    return None if moment is None else datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
