"""How much a caller may use: requests and tokens a minute, requests at once.

A sliding window of 60 seconds, kept in steps of one second. In no 60 seconds are more requests let in than `rpm`, and
there is no burst beyond it. What a step holds is forgotten when its last moment is 60 seconds old, so a caller
may have to wait up to one second longer than by an exact window.

Tokens are reserved at the estimate when a request comes in and settled at what was really used; an answer that used
more than was estimated is owed, and further requests wait until it has passed out of the window. A request that is
estimated at more than the whole limit is let in when nothing else is in the window: estimates are rough, and it could
not pass at any other time.

All of it is the memory of one process: each of several workers gives the whole limit. Requests are let in and settled
from any thread.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

from ..errors import RateLimited
from .principal import Principal

WINDOW_SECONDS = 60

#: Callers that are remembered; of more, those without a running request that came longest ago are forgotten.
MAX_CALLERS = 10_000

#: When to come again if too much runs at once: nobody knows when the first of it ends.
_PARALLEL_RETRY_SECONDS = 1.0


class Window:
    """What was used within the last 60 seconds: at most 61 steps, whatever the limit is."""

    __slots__ = ("_steps", "used")

    def __init__(self) -> None:
        self._steps: deque[list[int]] = deque()  # [second, amount], the seconds ascending
        self.used = 0

    def add(self, amount: int, now: float) -> None:
        """Use so much. A clock that goes back counts into the newest step."""
        second = int(now)
        if not self._steps or self._steps[-1][0] < second:
            self._steps.append([second, 0])
        self._steps[-1][1] += amount
        self.used += amount

    def give_back(self, amount: int, since: float) -> None:
        """Take back some of what was used at the moment `since`, if it is not forgotten yet."""
        for step in self._steps:
            if step[0] == int(since):
                back = min(amount, step[1])
                step[1] -= back
                self.used -= back
                return

    def forget(self, now: float) -> None:
        """Let go of what is more than 60 seconds old."""
        while self._steps and self._steps[0][0] + 1 + WINDOW_SECONDS <= now:
            self.used -= self._steps.popleft()[1]

    def seconds_until(self, room: int, limit: int, now: float) -> float:
        """How long until there is room for so much under a limit; 0: there is. Never more than 61 seconds."""
        excess = self.used + room - limit
        if excess <= 0:
            return 0.0
        for second, amount in self._steps:
            excess -= amount
            if excess <= 0:
                return max(0.0, second + 1 + WINDOW_SECONDS - now)
        return float(WINDOW_SECONDS)


@dataclass(slots=True)
class _Account:
    """What one caller has used and is using."""

    requests: Window = field(default_factory=Window)
    tokens: Window = field(default_factory=Window)
    running: int = 0
    last_used: float = 0.0


class Lease:
    """One request that was let in. Close it when it is over, however it ends; settle it when its tokens are known."""

    __slots__ = ("_account", "_closed", "_limiter", "_reserved", "_since")

    def __init__(self, limiter: Limiter, account: _Account, reserved: int | None, since: float) -> None:
        self._limiter = limiter
        self._account = account
        self._reserved = reserved  # None: the caller's tokens have no limit and are not counted
        self._since = since
        self._closed = False

    def settle(self, tokens: int) -> None:
        """What it really used, input and output together; 0 after a failure. A later word replaces an earlier one.

        Without it, what was estimated stays used.
        """
        with self._limiter.lock:
            if self._reserved is None:
                return
            more = max(0, tokens) - self._reserved
            if more > 0:
                self._account.tokens.add(more, self._limiter.clock())
            elif more < 0:
                self._account.tokens.give_back(-more, self._since)
            self._reserved += more

    def close(self) -> None:
        """It does not run any more. May be called again."""
        with self._limiter.lock:
            if not self._closed:
                self._closed = True
                self._account.running -= 1


class Limiter:
    """The callers of one gateway and what they use. Bounded: `size` callers, one minute of each.

    `clock` gives the time in UNIX seconds; it is only asked when a request is settled.
    """

    def __init__(self, clock: Callable[[], float], size: int = MAX_CALLERS) -> None:
        self.clock = clock
        self.lock = Lock()
        self._size = size
        self._accounts: OrderedDict[str, _Account] = OrderedDict()

    def enter(self, principal: Principal, estimated_tokens: int, now: float) -> Lease:
        """Let a request in. Raises `RateLimited`, which says when to come again."""
        with self.lock:
            account = self._account(principal.id)
            account.last_used = now
            account.requests.forget(now)
            account.tokens.forget(now)
            tokens = max(1, estimated_tokens if principal.tpm is None else min(estimated_tokens, principal.tpm))
            _check(principal, account, tokens, now)
            if principal.rpm is not None:
                account.requests.add(1, now)
            if principal.tpm is not None:
                account.tokens.add(tokens, now)
            account.running += 1
            return Lease(self, account, None if principal.tpm is None else tokens, now)

    @property
    def last_used(self) -> dict[str, float]:
        """When each caller (by id) last asked a model, in UNIX seconds; since this process began."""
        with self.lock:
            return {caller: account.last_used for caller, account in self._accounts.items()}

    def headers(self, principal: Principal, now: float) -> dict[str, str]:
        """The caller's limits as Anthropic tells its own: `anthropic-ratelimit-{requests,tokens}-{limit,remaining,
        reset}`, the last in RFC 3339. Empty without limits."""
        with self.lock:
            account = self._accounts.get(principal.id) or _Account()
            account.requests.forget(now)
            account.tokens.forget(now)
            return {
                **_told("requests", account.requests, principal.rpm, now),
                **_told("tokens", account.tokens, principal.tpm, now),
            }

    def _account(self, caller: str) -> _Account:
        account = self._accounts.get(caller)
        if account is None:
            account = self._accounts[caller] = _Account()
            self._forget_some()
        self._accounts.move_to_end(caller)
        return account

    def _forget_some(self) -> None:
        """Let go of the idle callers that came longest ago, when there are too many."""
        excess = len(self._accounts) - self._size
        if excess > 0:
            newest = next(reversed(self._accounts))
            idle = (caller for caller, account in self._accounts.items() if not account.running and caller != newest)
            for caller in [caller for caller, _ in zip(idle, range(excess), strict=False)]:
                del self._accounts[caller]


def _check(principal: Principal, account: _Account, tokens: int, now: float) -> None:
    """Raises a 429 when one of the caller's limits is reached."""
    if principal.max_parallel is not None and account.running >= principal.max_parallel:
        raise RateLimited(
            f'"{principal.label}" may have {principal.max_parallel} requests running at once, and has',
            retry_after_seconds=_PARALLEL_RETRY_SECONDS,
        )
    if principal.rpm is not None and (wait := account.requests.seconds_until(1, principal.rpm, now)):
        raise RateLimited(f'"{principal.label}" may make {principal.rpm} requests a minute', retry_after_seconds=wait)
    if principal.tpm is None:
        return
    if wait := account.tokens.seconds_until(tokens, principal.tpm, now):
        raise RateLimited(f'"{principal.label}" may use {principal.tpm} tokens a minute', retry_after_seconds=wait)


def _told(what: str, window: Window, limit: int | None, now: float) -> dict[str, str]:
    if limit is None:
        return {}
    reset = datetime.fromtimestamp(now + window.seconds_until(limit, limit, now), UTC)
    name = f"anthropic-ratelimit-{what}"
    return {
        f"{name}-limit": str(limit),
        f"{name}-remaining": str(max(0, limit - window.used)),
        f"{name}-reset": reset.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
