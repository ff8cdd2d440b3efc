"""The keys of a provider: which one is used, and which ones rest (failure-modes A2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256

from ..config.schema import Provider
from .affinity import by_weight
from .names import LONGEST_REST_SECONDS, Chance, Clock, grown
from .store import StateStore

#: Statuses that blame the key: wrong, out of money, not allowed, over its limit.
KEY_STATUSES = frozenset({401, 402, 403, 429})

#: A refused key rests so many times as long as one that is over its limit: nothing heals by itself soon.
_REFUSED_FACTOR = 10

#: How long after a rest the next one is still its continuation, in rests.
_MEMORY = 2


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `name` is for logs, `id` for the store (of the secret's hash, so that a new key at the same place does
    not rest for the old one). A provider without any has one whose `secret` is empty."""

    id: str
    name: str
    secret: str = field(repr=False)
    weight: float = 1.0
    priority: int = 0


class KeyPools:
    """The keys of all providers.

    A key over its limit (429) rests for one model, since limits are per model with nearly everybody; a refused one
    (401, 402, 403) for all. A provider's only key is not rested unless the provider says how long: there is nothing
    to use in its place, and the provider's own error tells more than ours.
    """

    def __init__(self, store: StateStore, clock: Clock, chance: Chance) -> None:
        self._store = store
        self._clock = clock
        self._chance = chance
        self._pools: dict[str, tuple[Provider, tuple[Key, ...]]] = {}

    def keys(self, provider: Provider) -> tuple[Key, ...]:
        """All keys of a provider, at least one."""
        known = self._pools.get(provider.name)
        if known is None or known[0] is not provider:
            known = self._pools[provider.name] = (provider, _keys(provider))
        return known[1]

    def pick(self, provider: Provider, model: str, session: str = "", tried: Collection[str] = ()) -> Key | None:
        """A key that neither rests nor is among the ids `tried`: of the highest priority there is, then by weight.

        A session gets the same one again while that is possible. None: there is no other.
        """
        keys = self.keys(provider)
        free = [key for key in keys if key.id not in tried and not self.rest_seconds(provider, key, model)]
        if len(free) < 2:
            return free[0] if free else None
        highest = max(key.priority for key in free)
        first = {key.id: key for key in free if key.priority == highest}
        return first[by_weight(((name, key.weight) for name, key in first.items()), session, self._chance)[0]]

    def report(
        self,
        provider: Provider,
        model: str,
        key: Key,
        status: int,
        *,
        retry_after: float | None,
        rest_seconds: float,
    ) -> None:
        """The provider blamed the key. It rests as long as the provider says, else `rest_seconds` and more each time.

        Many calls fail together with one key: those that come while it rests already do not lengthen it.
        """
        if retry_after is None and len(self.keys(provider)) == 1:
            return
        name, now = _store_key(provider, key, model if status == 429 else ""), self._clock()
        last = self._store.get(name) or {"until": 0.0, "times": 0}
        resting = last["until"] > now
        times = last["times"] + (not resting)
        seconds = retry_after
        if seconds is None:
            seconds = grown(rest_seconds * (1 if status == 429 else _REFUSED_FACTOR), max(times, 1))
        until = now + min(seconds, LONGEST_REST_SECONDS)
        if resting and (retry_after is None or until < last["until"]):
            return
        rest = {"until": until, "times": times, "status": status}
        self._store.put(name, rest, (until - now) * (1 + _MEMORY))

    def relent(self, provider: Provider, key: Key) -> None:
        """The key was refused for something that was not its fault: it rests no more."""
        self._store.delete(_store_key(provider, key, ""))

    def worked(self, provider: Provider, model: str, key: Key) -> None:
        """The key was accepted: its next rest is a short one again. One that rests by now was blamed meanwhile."""
        for scope in ("", model):
            name = _store_key(provider, key, scope)
            rest = self._store.get(name)
            if rest is not None and rest["until"] <= self._clock():
                self._store.delete(name)

    def rest_seconds(self, provider: Provider, key: Key, model: str) -> float:
        """How long the key will rest yet, in seconds; 0: it can be used."""
        longest = 0.0
        for scope in ("", model):
            rest = self._store.get(_store_key(provider, key, scope))
            if rest is not None:
                longest = max(longest, rest["until"] - self._clock())
        return longest

    def soonest(self, provider: Provider, model: str) -> tuple[Key, float]:
        """The key that can be used first, and in how many seconds."""
        rests = [
            (self.rest_seconds(provider, key, model), -key.priority, n) for n, key in enumerate(self.keys(provider))
        ]
        seconds, _, position = min(rests)
        return self.keys(provider)[position], seconds

    def blamed(self, provider: Provider, model: str) -> list[int]:
        """The statuses for which keys rest now, each once."""
        statuses = set()
        for key in self.keys(provider):
            for scope in ("", model):
                rest = self._store.get(_store_key(provider, key, scope))
                if rest is not None and rest["until"] > self._clock():
                    statuses.add(int(rest["status"]))
        return sorted(statuses)


def _store_key(provider: Provider, key: Key, model: str) -> str:
    return f"key:{provider.name}:{key.id}:{model}"


def _keys(provider: Provider) -> tuple[Key, ...]:
    keys = provider.all_keys
    if not keys:
        return (Key("none", "no key", ""),)
    return tuple(
        Key(_digest(one.key), one.name or _name(index, one.key), one.key, one.weight, one.priority)
        for index, one in enumerate(keys, 1)
    )


def _name(number: int, secret: str) -> str:
    """`key 1 (…cdef)`; the end of a short key would be half of it."""
    return f"key {number} (…{secret[-4:]})" if len(secret) >= 16 else f"key {number}"


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()[:16]
