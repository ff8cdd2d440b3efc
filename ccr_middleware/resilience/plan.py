"""Which target and key is asked next, after what has happened so far. No I/O: time and chance are passed in.

    the same target again   a failure that may pass: `retry.attempts` times, after a pause
    its next key            401, 402, 403, 429: at once, the refused key rests
    the next target         when that is over, and `fallback_on` names the failure
    the end                 content has reached the client, the request itself was refused, or nobody is left

A target that rests (its breaker is open) stands at the end of the line: the one whose rest is over first is asked, when
nobody else could answer. A target all of whose keys rest is not asked, unless one can be used again in a moment
(`retry.max_wait_seconds`) and there is nobody else. Otherwise no target is asked again after its turn. So there are at
most as many attempts as the targets have keys, and `retry.attempts` for each target and once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..config.schema import Config, Provider
from ..errors import GatewayError, NotFound
from .backoff import demanded_seconds, pause_seconds
from .ending import Ending
from .health import Health
from .keys import Key, KeyPools
from .names import Chance, Clock, TargetName
from .triggers import Failure, blames_key, blames_target, falls_over, may_pass


class TryThis(NamedTuple):
    """Send to this target with this key, after a pause in seconds."""

    target: TargetName
    key: Key
    wait_seconds: float = 0.0


class GiveUp(NamedTuple):
    """Tell the client this."""

    error: GatewayError


class Attempted(NamedTuple):
    """One attempt, for the log: the key by its name, and what came of it (`ok`, a status, or a kind of failure)."""

    target: TargetName
    key: str
    outcome: str


class Means(NamedTuple):
    """What a plan decides with, and reports to."""

    keys: KeyPools
    health: Health
    clock: Clock
    chance: Chance


@dataclass(slots=True)
class _Turn:
    """One target's turn.

    `refused`: ids of the keys that are not to be used; `statuses`: why they were refused in this turn. `settled`: the
    attempt's result is known. `probe`: a half-open breaker waits for it.
    """

    target: TargetName
    provider: Provider
    key: Key
    began: float
    refused: dict[str, Key] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)
    tries: int = 1
    settled: bool = False
    probe: bool = False


class Plan:
    """The attempts of one call: `next()`, then `next(failure)` until it is answered or given up; `close()` always.

    `answered()` when the first content comes: from then on nobody else is asked. `attempts` is what was done; `notes`
    is what is wrong with the targets.
    """

    def __init__(
        self,
        targets: Iterable[TargetName],
        config: Config,
        means: Means,
        session: str = "",
        on_answer: Callable[[TargetName], None] | None = None,
    ) -> None:
        self.attempts: list[Attempted] = []
        self.notes: list[str] = []
        self._config = config
        self._keys, self._health, self._clock, self._chance = means
        self._session = session
        self._on_answer = on_answer
        self._line = list(dict.fromkeys(targets))
        self._providers: dict[TargetName, Provider] = {}
        self._turn: _Turn | None = None
        self._resting: list[TargetName] = []  # their breakers are open
        self._limited: list[TargetName] = []  # their keys are over their limits
        self._waits = 0
        self._ending = Ending(self._keys, self._clock)

    @property
    def line(self) -> tuple[TargetName, ...]:
        """The targets that have not been asked, in their order; where they are when it comes to it does not show."""
        return tuple(self._line)

    def next(self, after: Failure | None = None) -> TryThis | GiveUp:
        """What to do first, or after a failure."""
        if after is None or self._turn is None:
            return self._next_target()
        return self._after(self._turn, after) or self._next_target()

    def answered(self) -> None:
        """Content came: the target and the key work. May be called with each piece; the first counts."""
        turn = self._turn
        if turn is None or turn.settled:
            return
        turn.settled, turn.probe = True, False
        self.attempts.append(Attempted(turn.target, turn.key.name, "ok"))
        self._health.succeeded(turn.target, turn.began)
        self._keys.worked(turn.provider, turn.target.model, turn.key)
        if self._on_answer is not None:
            self._on_answer(turn.target)

    def close(self) -> None:
        """The call is over, whatever came of it. Twice does no harm."""
        turn, self._turn = self._turn, None
        if turn is None:
            return
        if turn.probe:
            self._health.breakers.release(turn.target)
        self._health.end(turn.target)

    # -- after a failure ---------------------------------------------------------------------------------

    def _after(self, turn: _Turn, failure: Failure) -> TryThis | GiveUp | None:
        """What the failure leads to at the same target; None: on to the next one."""
        self._note(turn, failure)
        if failure.content:
            return GiveUp(failure.error)
        step: TryThis | None = None
        if blames_key(failure):
            step = self._other_key(turn, failure)
        elif may_pass(failure):
            step = self._again(turn, failure)
        if step is not None or falls_over(failure, self._config.fallback_on):
            return step
        if turn.target not in self._limited:
            return GiveUp(self._ending.refused(turn.target, failure.error))
        self._line.clear()  # nobody else is asked, but a short limit may be waited for
        self._resting.clear()
        return None

    def _note(self, turn: _Turn, failure: Failure) -> None:
        attempted = Attempted(turn.target, turn.key.name, failure.outcome)
        if turn.settled:
            self.attempts[-1] = attempted
        else:
            self.attempts.append(attempted)
        turn.settled = True
        self._ending.failed(turn.target, failure)
        if blames_key(failure) and len(self._keys.keys(turn.provider)) > 1:
            self._health.note(turn.target, failure.error)  # one key's fault
            return
        if blames_target(failure):
            self._health.failed(turn.target, failure.error, self._config.health, self._demanded(failure))
        elif failure.kind in ("status", "error_event"):
            self._health.alive(turn.target, turn.began)
        else:
            return
        turn.probe = False

    def _demanded(self, failure: Failure) -> float | None:
        """How long the whole target is to be left in peace: not for a key's limit, nor for what is waited for."""
        seconds = demanded_seconds(failure.error, self._clock())
        if seconds is None or blames_key(failure) or seconds <= self._config.retry.max_wait_seconds:
            return None
        return seconds

    def _other_key(self, turn: _Turn, failure: Failure) -> TryThis | None:
        """The key was refused: it rests, and the next one is tried at once."""
        error, model = failure.error, turn.target.model
        # 429 also means that the money is gone, which is told by `should_retry`: no wait helps.
        status = 402 if error.status == 429 and error.should_retry is False else error.status
        self._keys.report(
            turn.provider,
            model,
            turn.key,
            status,
            retry_after=demanded_seconds(error, self._clock()),
            rest_seconds=self._config.health.key_rest_seconds,
        )
        turn.refused[turn.key.id] = turn.key
        turn.statuses.add(status)
        key = self._keys.pick(turn.provider, model, self._session, turn.refused)
        if key is None:
            self._no_key_left(turn)
            return None
        return self._try(turn, key, 0.0)

    def _no_key_left(self, turn: _Turn) -> None:
        if 429 in turn.statuses:
            self._limited.append(turn.target)
        elif turn.statuses == {403} and len(turn.refused) > 1:
            # Firewalls and moderation say 403 of a prompt. What no key may send is no fault of the keys, and must not
            # leave everybody else without one.
            for key in turn.refused.values():
                self._keys.relent(turn.provider, key)
            self._health.breakers.failed(turn.target, self._config.health)
            turn.probe = False

    def _again(self, turn: _Turn, failure: Failure) -> TryThis | None:
        """The same target once more, unless that is enough, it rests by now, or it demands too long a pause."""
        retry = self._config.retry
        if turn.tries > retry.attempts:
            return None
        if self._line and self._health.breakers.state(turn.target) == "open":
            return None
        wait = pause_seconds(retry, turn.tries, demanded_seconds(failure.error, self._clock()), self._chance)
        key = self._keys.pick(turn.provider, turn.target.model, self._session, turn.refused)
        if wait is None or key is None:
            return None
        turn.tries += 1
        return self._try(turn, key, wait)

    def _try(self, turn: _Turn, key: Key, wait: float) -> TryThis:
        turn.key, turn.settled, turn.began = key, False, self._clock() + wait
        return TryThis(turn.target, key, wait)

    # -- the next target ---------------------------------------------------------------------------------

    def _next_target(self) -> TryThis | GiveUp:
        self.close()
        while self._line:
            step = self._ask(self._line.pop(0))
            if step is not None:
                return step
        return self._last_resort() or self._limit_over() or self._only_key() or GiveUp(self._nobody_left())

    def _ask(self, target: TargetName) -> TryThis | None:
        """Begin a target's turn; None when it or its keys rest."""
        provider = self._config.provider(target.provider)
        if provider is None:
            self.notes.append(f'there is no provider "{target.provider}", asked for as "{target}"')
            return None
        self._providers[target] = provider
        self._ending.asked[target] = provider
        key = self._keys.pick(provider, target.model, self._session)
        if key is None:
            self._limited.append(target)
            return None
        state = self._health.breakers.state(target)
        if state == "open" or (state == "half-open" and not self._health.breakers.claim(target)):
            self._resting.append(target)
            return None
        return self._begin(target, key, probe=state == "half-open")

    def _begin(self, target: TargetName, key: Key, wait: float = 0.0, *, probe: bool = False) -> TryThis:
        self._turn = _Turn(target, self._providers[target], key, self._clock() + wait, probe=probe)
        self._health.begin(target)
        return TryThis(target, key, wait)

    def _last_resort(self) -> TryThis | None:
        """Of the targets that rest the one whose rest is over first."""
        if not self._resting:
            return None
        target = min(self._resting, key=lambda one: self._health.breakers.until(one) or 0.0)
        self._resting.clear()
        key = self._keys.pick(self._providers[target], target.model, self._session)
        return None if key is None else self._begin(target, key)

    def _only_key(self) -> TryThis | None:
        """The only key of the only target, although it rests: there is nobody to spare it for, and its provider knows
        best whether it may be used again."""
        if self.attempts or len(self._limited) != 1 or len(self._providers) != 1:
            return None
        target = self._limited[0]
        keys = self._keys.keys(self._providers[target])
        if len(keys) != 1:
            return None
        self._limited.clear()
        return self._begin(target, keys[0])

    def _limit_over(self) -> TryThis | None:
        """The key whose limit is over first, if that is soon: else the client would wait and ask again."""
        retry = self._config.retry
        if self._waits >= retry.attempts or not self._limited:
            return None
        self._waits += 1
        soonest = {target: self._keys.soonest(self._providers[target], target.model) for target in self._limited}
        target = min(soonest, key=lambda one: soonest[one][1])
        key, seconds = soonest[target]
        wait = pause_seconds(retry, self._waits, seconds or None, self._chance)
        if wait is None:
            return None
        self._limited = [one for one in self._limited if one != target]
        step = self._begin(target, key, wait)
        if self._turn is not None:  # one try with this key, nothing more
            self._turn.refused = {one.id: one for one in self._keys.keys(self._turn.provider) if one.id != key.id}
            self._turn.tries = retry.attempts + 1
        return step

    def _nobody_left(self) -> GatewayError:
        if not self._providers:
            known = ", ".join(provider.name for provider in self._config.providers) or "none"
            return NotFound(f"{'; '.join(self.notes) or 'there is no target'}; configured providers: {known}")
        return self._ending.nobody_left()
