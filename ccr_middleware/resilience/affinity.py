"""Which of several equal choices comes first: by weight, by load, and the same for a whole session.

Providers keep a prompt's beginning in a cache of the target, some of the key. A conversation that moves pays for its
whole history again, so it stays where it is as long as that is healthy.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b

from ..routing.decision import Choice
from .names import Chance, TargetName
from .store import StateStore

#: How long a session's target is remembered without being used: as long as the longest of the prompt caches.
_SESSION_SECONDS = 3600.0


def by_weight(options: Iterable[tuple[str, float]], session: str, chance: Chance) -> list[str]:
    """Names in an order in which each comes first as often as its weight says.

    The same order for the same session, whoever computes it (weighted rendezvous hashing); else drawn (weighted
    sampling without replacement). So workers that share nothing agree, and a session whose choice is missing moves on
    without any other session moving.
    """

    def rank(option: tuple[str, float]) -> float:
        name, weight = option
        drawn = _hashed(session, name) if session else chance()
        return math.log(max(drawn, 1e-12)) / weight if weight > 0 else -math.inf

    return [name for name, _ in sorted(options, key=rank, reverse=True)]


def _hashed(session: str, name: str) -> float:
    """A number between 0 and 1 that belongs to a session and a name."""
    digest = blake2b(f"{session}\0{name}".encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


class Affinity:
    """The order of a pool's targets for one call, and where each session is."""

    def __init__(self, store: StateStore, chance: Chance) -> None:
        self._store = store
        self._chance = chance

    def arrange(
        self,
        pool: Sequence[Choice],
        session: str,
        *,
        usable: Callable[[TargetName], bool],
        load: Callable[[TargetName], int],
    ) -> list[TargetName]:
        """The targets of a pool, the one to ask first at the front.

        With different weights the weights decide; with equal ones the least busy is first. A session's own target
        goes before all while it is `usable`.
        """
        targets = {f"{provider},{model}": TargetName(provider, model) for provider, model, _ in pool}
        if len(targets) < 2:
            return list(targets.values())
        names = by_weight(((f"{p},{m}", weight) for p, m, weight in pool), session, self._chance)
        ordered = [targets[name] for name in dict.fromkeys(names)]
        if len({weight for *_, weight in pool}) == 1:
            ordered.sort(key=load)
        own = targets.get(self._store.get(_key(pool, session)) or "") if session else None
        if own is not None and usable(own):
            ordered.remove(own)
            ordered.insert(0, own)
        return ordered

    def remember(self, pool: Sequence[Choice], session: str, target: TargetName) -> None:
        """The session is at this target of the pool now."""
        if session and len(pool) > 1 and any((provider, model) == target for provider, model, _ in pool):
            self._store.put(_key(pool, session), str(target), _SESSION_SECONDS)


def _key(pool: Sequence[Choice], session: str) -> str:
    """One name per session and pool: a session is at several targets when its scenarios have pools of their own."""
    members = "\n".join(sorted(f"{provider},{model}" for provider, model, _ in pool))
    return f"session:{blake2b(f'{session} {members}'.encode('utf-8', 'replace'), digest_size=12).hexdigest()}"
