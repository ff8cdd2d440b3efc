"""How much a caller may use (C37): never more than its limits, whatever comes in which order."""

from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.access.limits import Lease, Limiter, Window
from ccr_middleware.access.principal import Principal
from ccr_middleware.errors import RateLimited
from ccr_middleware.jsonio import dumps
from ccr_middleware.testing import check_error
from ccr_middleware.wire.messages import MESSAGES_CLIENT

START = 1_800_000_000.0


class Clock:
    """A clock that is put forward by hand."""

    now = START

    def __call__(self) -> float:
        return self.now


def caller(**limits: int) -> Principal:
    return Principal("k1", "Ada", **limits)


def limiter() -> tuple[Limiter, Clock]:
    clock = Clock()
    return Limiter(clock), clock


def test_c37_over_the_requests_of_a_minute_is_a_429_that_says_when() -> None:
    limits, _ = limiter()
    ada = caller(rpm=2)
    limits.enter(ada, 0, START)
    limits.enter(ada, 0, START + 20)
    with pytest.raises(RateLimited) as caught:
        limits.enter(ada, 0, START + 30)
    error = caught.value
    assert (error.status, error.headers) == (429, {"retry-after": "31"})
    assert '"Ada"' in error.message
    assert check_error(dumps(MESSAGES_CLIENT.error_body(error, "req_1")))["type"] == "rate_limit_error"
    assert limits.enter(ada, 0, START + 61), "as it said"
    with pytest.raises(RateLimited):
        limits.enter(ada, 0, START + 61)
    assert limits.enter(Principal("k2", rpm=2), 0, START + 30), "others have limits of their own"


def test_c37_over_the_requests_at_once_is_a_429() -> None:
    limits, _ = limiter()
    ada = caller(max_parallel=2)
    first, _second = limits.enter(ada, 0, START), limits.enter(ada, 0, START)
    with pytest.raises(RateLimited) as caught:
        limits.enter(ada, 0, START)
    assert caught.value.headers == {"retry-after": "1"}
    first.close()
    first.close()
    limits.enter(ada, 0, START)
    with pytest.raises(RateLimited):
        limits.enter(ada, 0, START)


def test_c37_tokens_are_reserved_at_the_estimate_and_settled_at_what_was_used() -> None:
    limits, clock = limiter()
    ada = caller(tpm=1000)
    lease = limits.enter(ada, 600, START)
    with pytest.raises(RateLimited):
        limits.enter(ada, 600, START + 1)
    lease.settle(100)
    second = limits.enter(ada, 600, START + 1)
    clock.now = START + 5
    second.settle(2500)  # owed, and waited for until it has passed
    with pytest.raises(RateLimited) as caught:
        limits.enter(ada, 0, START + 62)
    assert caught.value.headers == {"retry-after": "4"}
    assert limits.enter(ada, 0, START + 66)


def test_a_failure_that_used_nothing_costs_nothing() -> None:
    limits, _ = limiter()
    ada = caller(tpm=1000)
    for _ in range(5):
        lease = limits.enter(ada, 900, START)
        lease.settle(0)
        lease.close()


def test_without_settling_the_estimate_stays_used() -> None:
    limits, _ = limiter()
    limits.enter(caller(tpm=1000), 900, START).close()
    with pytest.raises(RateLimited):
        limits.enter(caller(tpm=1000), 900, START + 30)


def test_a_request_larger_than_the_whole_limit_waits_until_it_is_alone() -> None:
    limits, clock = limiter()
    ada = caller(tpm=1000)
    small = limits.enter(ada, 1, START)
    with pytest.raises(RateLimited):
        limits.enter(ada, 5000, START)
    small.settle(0)
    large = limits.enter(ada, 5000, START)
    clock.now = START + 30
    large.settle(4000)
    with pytest.raises(RateLimited) as caught:
        limits.enter(ada, 1, START + 61)
    assert caught.value.headers == {"retry-after": "30"}, "what was not estimated counts from when it was known"
    assert limits.enter(ada, 1, START + 91)


def test_what_is_refused_does_not_count() -> None:
    limits, _ = limiter()
    ada = caller(rpm=5, tpm=100, max_parallel=1)
    running = limits.enter(ada, 10, START)
    for _ in range(20):
        with pytest.raises(RateLimited):
            limits.enter(ada, 10, START)
    running.close()
    for _ in range(4):
        limits.enter(ada, 10, START).close()


def test_without_limits_everything_is_let_in_and_its_time_is_known() -> None:
    limits, _ = limiter()
    for number in range(1000):
        limits.enter(Principal("k1"), 10**9, START + number).settle(10**9)
    assert limits.last_used == {"k1": START + 999}


def test_a_limit_that_is_changed_counts_at_once() -> None:
    limits, _ = limiter()
    for _ in range(3):
        limits.enter(caller(rpm=3), 0, START)
    assert limits.enter(caller(rpm=4), 0, START)
    with pytest.raises(RateLimited):
        limits.enter(caller(rpm=1), 0, START)


def test_idle_callers_are_forgotten_and_running_ones_are_not() -> None:
    limits = Limiter(Clock(), size=10)
    busy = limits.enter(Principal("busy", max_parallel=1), 0, START)
    for number in range(50):
        limits.enter(Principal(f"k{number}"), 0, START).close()
    assert len(limits.last_used) == 10
    with pytest.raises(RateLimited):
        limits.enter(Principal("busy", max_parallel=1), 0, START)
    busy.close()
    assert limits.enter(Principal("busy", max_parallel=1), 0, START)


def test_limits_are_told_as_anthropic_tells_its_own() -> None:
    limits, _ = limiter()
    ada = caller(rpm=3, tpm=1000)
    limits.enter(ada, 300, START)
    limits.enter(ada, 300, START + 10)
    told = limits.headers(ada, START + 20)
    assert told == {
        "anthropic-ratelimit-requests-limit": "3",
        "anthropic-ratelimit-requests-remaining": "1",
        "anthropic-ratelimit-requests-reset": "2027-01-15T08:01:11Z",
        "anthropic-ratelimit-tokens-limit": "1000",
        "anthropic-ratelimit-tokens-remaining": "400",
        "anthropic-ratelimit-tokens-reset": "2027-01-15T08:01:11Z",
    }
    assert limits.headers(Principal("k9"), START) == {}


def test_a_window_takes_limited_memory() -> None:
    window = Window()
    for number in range(10_000):
        window.forget(START + number / 4)
        window.add(1, START + number / 4)
    assert len(window._steps) <= 62


# -- properties

_PAUSES = st.sampled_from([0.0, 0.0, 0.01, 0.5, 0.99, 1.0, 7.3, 29.9, 59.0, 60.0, 61.0])


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5), st.lists(_PAUSES, max_size=60))
def test_never_more_requests_than_the_limit_in_any_60_seconds(rpm: int, pauses: list[float]) -> None:
    limits, _ = limiter()
    now, let_in = START, deque[float]()
    for pause in pauses:
        now += pause
        try:
            limits.enter(caller(rpm=rpm), 0, now).close()
        except RateLimited as refused:
            wait = int(refused.headers["retry-after"])
            assert 1 <= wait <= 61
            if not [moment for moment in let_in if moment > now - 61]:
                raise AssertionError("refused without a reason") from refused
            continue
        let_in.append(now)
        assert len([moment for moment in let_in if moment > now - 60]) <= rpm


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), st.lists(_PAUSES, min_size=1, max_size=40))
def test_who_waits_as_told_is_let_in(rpm: int, pauses: list[float]) -> None:
    limits, _ = limiter()
    now = START
    for pause in pauses:
        now += pause
        try:
            limits.enter(caller(rpm=rpm), 0, now)
        except RateLimited as refused:
            now += int(refused.headers["retry-after"])
            limits.enter(caller(rpm=rpm), 0, now)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.sampled_from(["enter", "close", "close again", "settle"]), st.integers(0, 9)), max_size=60),
)
def test_never_more_at_once_than_the_limit_and_closing_always_frees(
    max_parallel: int, steps: list[tuple[str, int]]
) -> None:
    limits, clock = limiter()
    ada = caller(max_parallel=max_parallel, tpm=10**9)
    running: list[Lease] = []
    closed: list[Lease] = []
    for what, number in steps:
        clock.now += number
        if what == "enter":
            may = len(running) < max_parallel
            try:
                running.append(limits.enter(ada, number, clock.now))
                assert may
            except RateLimited:
                assert not may
        elif what == "close" and running:
            closed.append(running.pop(number % len(running)))
            closed[-1].close()
        elif what == "close again" and closed:
            closed[number % len(closed)].close()
        elif what == "settle" and running:
            running[number % len(running)].settle(number * 100)
    for lease in running:
        lease.close()
    for _ in range(max_parallel):
        limits.enter(ada, 0, clock.now)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_PAUSES, st.integers(0, 500), st.integers(0, 500)), max_size=40))
def test_tokens_of_a_minute_never_begin_over_the_limit(requests: list[tuple[float, int, int]]) -> None:
    """When a request is let in, what others have used within 60 seconds, with its own estimate, is within the limit."""
    limits, clock = limiter()
    used: list[tuple[float, int]] = []
    for pause, estimate, real in requests:
        clock.now += pause
        try:
            lease = limits.enter(caller(tpm=500), estimate, clock.now)
        except RateLimited:
            continue
        assert sum(tokens for moment, tokens in used if moment > clock.now - 60) + estimate <= 500
        lease.settle(real)
        lease.close()
        used.append((clock.now, real))
