"""What the client is told when nobody could answer."""

from __future__ import annotations

import math
from copy import copy

from ..config.schema import Provider
from ..errors import GatewayError, UpstreamError
from .backoff import demanded_seconds
from .keys import KEY_STATUSES, KeyPools
from .names import Clock, TargetName
from .triggers import Failure, is_overflow

#: Errors of a target that is there and cannot just now: they are told when to come back.
_COME_BACK = frozenset({429, 503, 529})


class Ending:
    """Gathers the failures and the targets that were `asked`, or could not be because their keys rest."""

    def __init__(self, keys: KeyPools, clock: Clock) -> None:
        self.asked: dict[TargetName, Provider] = {}
        self._failures: list[tuple[TargetName, GatewayError]] = []
        self._keys = keys
        self._clock = clock

    def failed(self, target: TargetName, failure: Failure) -> None:
        """A target gave no answer."""
        self._failures.append((target, failure.error))

    def nobody_left(self) -> GatewayError:
        """The first error, as with CCR v2, but rather one that makes the client try again: there is hope.

        Several keys that were refused are the operator's matter: as long as they rest the client is told to come back.
        What was said to the only key asked is told as it was said.
        """
        errors = [error for _, error in self._failures]
        hopeful = [error for error in errors if error.retryable]
        if not errors or (len(errors) > 1 and not hopeful and self._rests() and errors[0].status in KEY_STATUSES):
            return self._all_rest()
        return self.told((hopeful or errors)[0])

    def refused(self, target: TargetName, error: GatewayError) -> GatewayError:
        """The error of a target after which nobody else is asked.

        What a fallback says of the request may be its own matter (a model that it has not, a field that it does not
        take). The client rather gets what another target said before if that makes it try again, and the refusal
        behind it; not when the prompt is too long, which the client makes shorter by itself.
        """
        hopeful = [earlier for asked, earlier in self._failures if earlier.retryable and asked != target]
        if error.retryable or not hopeful or is_overflow(error):
            return self.told(error)
        told = copy(hopeful[0])
        told.message = f"{told.message} (then {target} refused the request: {error.message})"
        return self.told(told)

    def told(self, error: GatewayError) -> GatewayError:
        """The error, with the moment at which the first key can be used again if that comes before the provider's."""
        rests = self._rests()
        if error.status not in _COME_BACK or error.should_retry is False or not rests:
            return error
        own = demanded_seconds(error, self._clock())
        soonest = min(rests.values())
        if own is not None and own <= soonest:
            return error
        told = copy(error)
        told.headers = {**error.headers, "retry-after": _whole(soonest)}
        return told

    def _rests(self) -> dict[TargetName, float]:
        """The targets all of whose keys rest, and for how long."""
        soonest = {target: self._keys.soonest(provider, target.model)[1] for target, provider in self.asked.items()}
        return {target: seconds for target, seconds in soonest.items() if seconds > 0}

    def _all_rest(self) -> GatewayError:
        rests = self._rests()
        target = min(rests, key=lambda one: rests[one], default=next(iter(self.asked)))
        seconds = _whole(rests.get(target, 1.0))
        why = " and ".join(map(str, self._keys.blamed(self.asked[target], target.model)))
        return UpstreamError(
            f'every key of provider "{target.provider}" rests after {why} (model {target.model}); '
            f"the first can be used again in {seconds} s",
            status=429,
            headers={"retry-after": seconds},
            provider=target.provider,
            model=target.model,
        )


def _whole(seconds: float) -> str:
    return str(max(1, math.ceil(seconds)))
