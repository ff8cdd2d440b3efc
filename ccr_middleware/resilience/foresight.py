"""Who would be asked, without asking anybody: for those who want to know how a request goes. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ..config.schema import Config
from .breaker import BreakerState
from .health import Health
from .keys import Key, KeyPools
from .names import TargetName

IN_TURN = "in its turn"
LAST_RESORT = "when nobody else could answer: it rests"
NOT_WHILE_RESTING = "no: it rests"
KEYS_REST = "no, unless a key can be used again in a moment: all of its keys rest"
_ORDER = (IN_TURN, LAST_RESORT, NOT_WHILE_RESTING, KEYS_REST)


class Foreseen(NamedTuple):
    """One target, as it is now. `asked`: when it would be asked, in a few words; `key`: the one it would be asked with,
    of so many `keys`, some of which rest."""

    target: TargetName
    asked: str
    state: BreakerState
    key: Key
    keys: int
    resting_keys: int


def foresee(line: Iterable[TargetName], config: Config, keys: KeyPools, health: Health, session: str) -> list[Foreseen]:
    """The targets of a plan's line in the order in which they would be asked, those that would not be at the end."""
    found = [seen for target in line if (seen := _seen(target, config, keys, health, session))]
    resting = [seen for seen in found if seen.asked == LAST_RESORT]
    first = min(resting, key=lambda seen: health.breakers.until(seen.target) or 0.0, default=None)
    told = [seen._replace(asked=NOT_WHILE_RESTING) if seen in resting and seen is not first else seen for seen in found]
    return sorted(told, key=lambda seen: _ORDER.index(seen.asked))


def _seen(target: TargetName, config: Config, keys: KeyPools, health: Health, session: str) -> Foreseen | None:
    provider = config.provider(target.provider)
    if provider is None:
        return None
    key = keys.pick(provider, target.model, session)
    state = health.breakers.state(target)
    asked = IN_TURN
    if key is None:
        asked = KEYS_REST
    elif state == "open" or (state == "half-open" and health.breakers.is_claimed(target)):
        asked = LAST_RESORT
    every = keys.keys(provider)
    resting = sum(keys.rest_seconds(provider, one, target.model) > 0 for one in every)
    return Foreseen(target, asked, state, key or keys.soonest(provider, target.model)[0], len(every), resting)
