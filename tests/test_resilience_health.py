"""Breakers, what they do to calls, and what is shown of the targets."""

from __future__ import annotations

from ccr_middleware.config.resilience import Health
from ccr_middleware.resilience import GiveUp, MemoryStore, TargetName, TryThis
from ccr_middleware.resilience.breaker import Breakers
from tests.support.resilient import NETWORK, START, HandClock, World, status

A = TargetName("a", "m")


# -- breakers -----------------------------------------------------------------------------------------------


def breakers() -> tuple[Breakers, HandClock, Health]:
    clock = HandClock()
    return Breakers(MemoryStore(clock), clock), clock, Health(failures=3, window_seconds=10, rest_seconds=4)


def test_failures_in_a_row_open_the_breaker():
    one, clock, settings = breakers()
    for _ in range(2):
        one.failed(A, settings)
    one.succeeded(A, clock())
    for _ in range(2):
        one.failed(A, settings)
        assert one.state(A) == "closed"
    one.failed(A, settings)
    assert (one.state(A), one.until(A)) == ("open", START + 4)
    assert one.state(TargetName("a", "n")) == "closed"


def test_failures_far_apart_do_not():
    one, clock, settings = breakers()
    for _ in range(10):
        one.failed(A, settings)
        clock.sleep(5)
    assert one.state(A) == "closed"


def test_half_open_lets_one_through_and_its_answer_closes():
    one, clock, settings = breakers()
    for _ in range(3):
        one.failed(A, settings)
    clock.sleep(4)
    assert one.state(A) == "half-open"
    assert [one.claim(A), one.claim(A)] == [True, False]
    one.release(A)
    assert one.claim(A)
    one.succeeded(A, clock())
    assert (one.state(A), one.until(A), one.failures(A)) == ("closed", None, 0)


def test_a_failed_probe_opens_for_twice_as_long():
    one, clock, settings = breakers()
    for _ in range(3):
        one.failed(A, settings)
    rests = []
    for _ in range(8):
        rests.append(one.until(A) - clock())
        clock.sleep(rests[-1])
        assert one.claim(A)
        one.failed(A, settings)
    assert rests == [4, 8, 16, 32, 64, 128, 128, 128]


def test_what_began_before_the_breaker_opened_neither_closes_nor_lengthens_it():
    one, clock, settings = breakers()
    began = clock()
    clock.sleep(1)
    for _ in range(6):
        one.failed(A, settings)
    one.succeeded(A, began)
    assert (one.state(A), one.until(A)) == ("open", START + 5)


def test_a_demanded_pause_opens_at_once():
    one, _, settings = breakers()
    one.failed(A, settings, 25)
    assert one.until(A) == START + 25
    one.failed(A, settings, 60)
    assert one.until(A) == START + 60


def test_a_probe_that_is_never_heard_of_again_does_not_block_for_ever():
    one, clock, settings = breakers()
    one.failed(A, settings, 1)
    clock.sleep(1)
    assert one.claim(A)
    clock.sleep(60)
    assert one.claim(A)


# -- breakers in a call -------------------------------------------------------------------------------------


QUICK = {"retry": {"attempts": 0}, "health": {"failures": 2, "rest_seconds": 10}}


def test_a_target_that_rests_is_skipped_until_one_call_finds_it_well():
    world = World("ab", **QUICK)
    for _ in range(2):
        assert len(world.once(NETWORK, None, fallbacks=["b,m"])[0]) == 2
    assert world.once(None, fallbacks=["b,m"])[0] == ["b,m/no key"]
    world.clock.sleep(10)
    probe, other = world.plan("a,m", "b,m"), world.plan("a,m", "b,m")
    assert [_name(probe.next()), _name(other.next())] == ["a,m", "b,m"]
    probe.answered()
    assert world.once(None, fallbacks=["b,m"])[0] == ["a,m/no key"]


def test_a_probe_whose_client_left_is_no_verdict():
    world = World("ab", **QUICK)
    for _ in range(2):
        world.once(NETWORK, None, fallbacks=["b,m"])
    world.clock.sleep(10)
    probe = world.plan("a,m", "b,m")
    assert _name(probe.next()) == "a,m"
    probe.close()
    assert world.once(None, fallbacks=["b,m"])[0] == ["a,m/no key"]


def test_a_target_that_rests_is_asked_when_nobody_else_is_left():
    world = World("ab", **QUICK)
    for _ in range(2):
        world.once(NETWORK)
    assert world.resilience.snapshot(world.config)[0]["state"] == "open"
    assert world.once(None)[0] == ["a,m/no key"]
    for _ in range(2):
        world.once(NETWORK, None, fallbacks=["b,m"])
    assert world.once(NETWORK, None, first="b,m", fallbacks=["a,m"])[0] == ["b,m/no key", "a,m/no key"]


def test_of_several_that_rest_the_one_whose_rest_is_over_first_is_asked():
    world = World("ab", **QUICK)
    for _ in range(2):
        world.once(NETWORK, first="b,m")
    world.clock.sleep(1)
    for _ in range(2):
        world.once(NETWORK)
    assert world.once(None, fallbacks=["b,m"])[0] == ["b,m/no key"]


def test_a_refused_request_is_a_sign_of_life():
    world = World("ab", **QUICK)
    for _ in range(3):
        world.once(status(500), None, fallbacks=["b,m"])
        world.once(status(400))
    assert world.once(None, fallbacks=["b,m"])[0] == ["a,m/no key"]


def _name(step: TryThis | GiveUp) -> str:
    assert isinstance(step, TryThis)
    return str(step.target)


# -- what is shown ------------------------------------------------------------------------------------------


def test_the_snapshot_tells_how_every_target_is():
    world = World({"a": ["k1", "k2"], "b": {}}, health={"failures": 1, "rest_seconds": 10}, retry={"attempts": 0})
    plan = world.plan("a,m", "b,m", "b,other")
    plan.next()
    plan.next(status(429, after="30"))
    plan.next(status(429, after="40"))
    plan.next(NETWORK)
    world.clock.sleep(2)
    plan.answered()
    rows = {f"{row['provider']},{row['model']}": row for row in world.resilience.snapshot(world.config)}
    assert list(rows) == ["a,m", "a,n", "b,m", "b,n", "b,other"]
    assert rows["a,m"] == {
        "provider": "a",
        "model": "m",
        "state": "closed",
        "until": "2023-11-14T22:13:50+00:00",
        "failures": 0,
        "answered": 0,
        "failed": 2,
        "in_flight": 0,
        "queued": 0,
        "latency_ms": None,
        "last_error": "said 429",
        "last_status": 429,
        "last_error_at": "2023-11-14T22:13:20+00:00",
        "keys": 2,
        "resting_keys": 2,
    }
    assert (rows["b,m"]["state"], rows["b,m"]["until"]) == ("open", "2023-11-14T22:13:30+00:00")
    assert (rows["b,m"]["failures"], rows["b,m"]["last_error"]) == (1, "refused")
    assert (rows["b,other"]["answered"], rows["b,other"]["in_flight"], rows["b,other"]["latency_ms"]) == (1, 1, 2000)
    plan.close()


def test_the_targets_that_are_counted_are_bounded():
    world = World("a", retry={"attempts": 0})
    held = world.plan("a,held")
    held.next()
    for number in range(1500):
        world.once(None, first=f"a,x{number}")
    assert len(world.resilience.health.targets()) == 1000
    assert world.resilience.health.in_flight(TargetName("a", "held")) == 1
    held.close()
