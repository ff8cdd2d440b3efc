"""What a failure means: another key, another try, another target, or an error for the client (failure-modes F16)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, NamedTuple

from ..config.resilience import Trigger
from ..errors import EmptyAnswer, GatewayError, UpstreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from .keys import KEY_STATUSES
from .slots import Busy

#: `network`: no connection, or it broke. `timeout`: ours. `error_event`: an error inside a stream. `empty`: 200 with
#: nothing in it. `status`: an HTTP error. `busy`: no place at the provider. `own`: nothing of the provider's.
Kind = Literal["network", "timeout", "error_event", "empty", "status", "busy", "own"]

#: Statuses that may be gone with the next try; and all of 5xx.
_PASSING = frozenset({408, 409, 425, 429})


class Failure(NamedTuple):
    """An attempt that failed.

    - `in_stream`: the provider had begun to answer (status 200), and reported the error there.
    - `content`: something of the answer has reached the client. Then nobody else is asked.
    """

    error: GatewayError
    in_stream: bool = False
    content: bool = False

    @property
    def kind(self) -> Kind:
        """What kind of failure it is."""
        for kind, types in _KINDS:
            if isinstance(self.error, types):
                return kind
        if not isinstance(self.error, UpstreamError):
            return "own"
        return "error_event" if self.in_stream else "status"

    @property
    def outcome(self) -> str:
        """In one word, for headers and logs: a status or the kind."""
        return str(self.error.status) if self.kind == "status" else self.kind


_KINDS: tuple[tuple[Kind, type[GatewayError] | tuple[type[GatewayError], ...]], ...] = (
    ("busy", Busy),
    ("network", (UpstreamUnreachable, UpstreamBroken)),
    ("timeout", UpstreamTimeout),
    ("empty", EmptyAnswer),
)


def is_overflow(error: GatewayError) -> bool:
    """Whether the prompt does not fit. The client compacts it when told so; no other way would do it that good."""
    return error.status == 400 and "prompt is too long" in error.message


def blames_key(failure: Failure) -> bool:
    """Whether another key may be accepted."""
    return failure.kind in ("status", "error_event") and failure.error.status in KEY_STATUSES


def blames_target(failure: Failure) -> bool:
    """Whether the failure tells of the target's health: not when it only refused the request, or was never asked."""
    if failure.kind in ("status", "error_event"):
        return failure.error.status >= 500 or failure.error.status in _PASSING or blames_key(failure)
    return failure.kind in ("network", "timeout", "empty")


def may_pass(failure: Failure) -> bool:
    """Whether the same target may answer the next try. One that used up its time will most likely do so again."""
    if failure.error.should_retry is False or is_overflow(failure.error):
        return False
    if failure.kind in ("status", "error_event"):
        return failure.error.status >= 500 or failure.error.status in _PASSING
    return failure.kind in ("network", "empty")


def falls_over(failure: Failure, fallback_on: Collection[Trigger]) -> bool:
    """Whether the next target is asked, as configured.

    Always when no place or no key is left at this one. Never after content, for a prompt that is too long, or for a
    fault of ours.
    """
    if failure.content or failure.kind == "own" or is_overflow(failure.error):
        return False
    if failure.kind == "busy" or failure.error.status in (401, 402, 403):
        return True
    if failure.kind in ("network", "timeout", "empty"):
        return failure.kind in fallback_on
    status = failure.error.status
    if failure.kind == "error_event" and "error_event" in fallback_on and (status >= 500 or status in _PASSING):
        return True
    return status in fallback_on or f"{status // 100}xx" in fallback_on
