"""What holds of every call, whatever fails in whatever order."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.resilience import Failure, GiveUp, TryThis
from tests.support.resilient import (
    CUT,
    EMPTY,
    ERROR_EVENT,
    NETWORK,
    OVERFLOW,
    TIMEOUT,
    World,
    status,
)

FAILURES = st.sampled_from(
    [
        NETWORK,
        CUT,
        TIMEOUT,
        EMPTY,
        ERROR_EVENT,
        OVERFLOW,
        CUT._replace(content=True),
        *map(status, (400, 401, 402, 403, 404, 408, 409, 429, 500, 503, 529)),
        status(429, after="2"),
        status(429, after="40"),
        status(503, after="3"),
        status(503, after="90"),
        status(429, retry=False),
        status(401, in_stream=True),
    ]
)
NAMES = ["a,m", "a,n", "b,m", "c,m"]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    keys = {
        name: [
            {"key": f"{name}{number}", "priority": draw(st.integers(0, 1)), "weight": draw(st.sampled_from([1, 3]))}
            for number in range(draw(st.integers(1, 3)))
        ]
        for name in "abc"
    }
    retry = {"attempts": draw(st.integers(0, 3)), "max_wait_seconds": draw(st.sampled_from([0, 5]))}
    health = {"failures": draw(st.integers(1, 4))}
    return World(keys, random.Random(draw(st.integers(0, 9))).random, retry=retry, health=health)


calls = st.tuples(
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(NAMES), max_size=4),
    st.lists(st.one_of(FAILURES, st.none()), max_size=40),
    st.floats(0, 60),
    st.sampled_from(["", "session"]),
)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.lists(calls, min_size=1, max_size=5))
def test_every_call_ends_and_obeys_the_rules(world: World, calls_made: list):
    for first, fallbacks, results, pause, session in calls_made:
        _one_call(world, first, fallbacks, results, session)
        world.clock.sleep(pause)
    for row in world.resilience.snapshot(world.config):
        assert row["in_flight"] == 0


def _one_call(world: World, first: str, fallbacks: list[str], results: list[Failure | None], session: str) -> None:
    resilience, config = world.resilience, world.config
    plan = world.plan(first, *fallbacks, session=session)
    targets = list(dict.fromkeys([first, *fallbacks]))
    most = sum(len(_provider(world, name).all_keys) + config.retry.attempts for name in targets) + config.retry.attempts
    asked: list[TryThis] = []
    after: Failure | None = None
    while True:
        step = plan.next(after)
        if isinstance(step, GiveUp):
            break
        provider, model = _provider(world, str(step.target)), step.target.model
        rests = {key.id: resilience.keys.rest_seconds(provider, key, model) for key in resilience.keys.keys(provider)}
        the_only_one = len(rests) == 1 and len(targets) == 1  # there is nobody to spare it for
        assert the_only_one or rests[step.key.id] <= step.wait_seconds
        asked.append(step)
        assert len(asked) <= most
        assert str(step.target) in targets
        assert step.wait_seconds <= max(config.retry.max_wait_seconds, config.retry.max_seconds)
        world.clock.sleep(step.wait_seconds)
        after = results.pop(0) if results else NETWORK
        if after is None or after.content:
            plan.answered()
        if after is None:
            break
    plan.close()
    assert len(plan.attempts) == len(asked)
    if isinstance(step, GiveUp):
        assert step.error.status >= 400
        if not asked:
            assert step.error.status == 429
            assert int(step.error.headers["retry-after"]) > 0


def _provider(world: World, name: str):
    provider = world.config.provider(name.partition(",")[0])
    assert provider is not None
    return provider


@settings(max_examples=60, deadline=None)
@given(worlds(), st.lists(FAILURES, max_size=30))
def test_only_limited_targets_are_asked_again_after_their_turn(world: World, results: list[Failure]):
    plan = world.plan("a,m", "b,m", "c,m")
    turns: list[str] = []
    limited: set[str] = set()
    after: Failure | None = None
    while isinstance(step := plan.next(after), TryThis):
        name = str(step.target)
        if name in turns and turns[-1] != name:
            assert name in limited
        turns.append(name)
        after = results.pop(0) if results else NETWORK
        if after.error.status == 429:
            limited.add(name)
    plan.close()


def test_a_thousand_calls_with_a_first_target_that_fails_now_and_then_are_all_answered():
    chance = random.Random(4)
    world = World({"a": ["k1", "k2"], "b": {"api_key": "k"}}, chance.random)
    ways = [NETWORK, CUT, EMPTY, ERROR_EVENT, status(429), status(500), status(401), status(503, after="20")]

    def answer(step: TryThis) -> Failure | None:
        return chance.choice(ways) if step.target.provider == "a" and chance.random() < 0.3 else None

    asked_first = 0
    for _ in range(1000):
        asked, error = world.run(world.plan("a,m", "b,m"), answer)
        asked_first += asked[0].startswith("a,m")
        assert error is None
        world.clock.sleep(1)
    assert asked_first > 200
    world.clock.sleep(4000)
    assert world.run(world.plan("a,m", "b,m"), [None])[0][0].startswith("a,m")
    row = world.resilience.snapshot(world.config)[0]
    assert (row["state"], row["resting_keys"], row["in_flight"]) == ("closed", 0, 0)
    assert len(list(world.resilience.store.items(""))) < 20
