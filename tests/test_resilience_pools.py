"""Which of several equal targets is asked, and after which pause."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest

from ccr_middleware.config.resilience import Retry
from ccr_middleware.errors import UpstreamError
from ccr_middleware.resilience import TargetName
from ccr_middleware.resilience.affinity import by_weight
from ccr_middleware.resilience.backoff import demanded_seconds, pause_seconds
from tests.support.resilient import NETWORK, START, World

A = TargetName("a", "m")


# -- pools --------------------------------------------------------------------------------------------------


EQUAL = [("a,m", 1.0), ("b,m", 1.0), ("c,m", 1.0)]


def firsts(world: World, pool: list[tuple[str, float]], calls: int, session: str = "") -> Counter[str]:
    return Counter(
        world.run(world.plan(pool[0][0], pool=pool, session=session), [None])[0][0].partition("/")[0]
        for _ in range(calls)
    )


def test_weights_share_the_calls():
    shares = firsts(World("ab", random.Random(2).random), [("a,m", 1.0), ("b,m", 4.0)], 1000)
    assert 750 < shares["b,m"] < 850


def test_a_weight_of_nothing_is_for_when_the_others_fail():
    world = World("ab", random.Random(2).random, retry={"attempts": 0})
    pool = [("a,m", 0.0), ("b,m", 1.0)]
    assert firsts(world, pool, 50) == {"b,m": 50}
    assert world.run(world.plan("a,m", pool=pool), [NETWORK, None])[0] == ["b,m/no key", "a,m/no key"]


def test_of_equal_targets_the_least_busy_one_is_asked():
    world = World("abc", random.Random(2).random)
    plans = [world.plan("a,m", pool=EQUAL) for _ in range(6)]
    plans = []
    for _ in range(6):
        plans.append(world.plan("a,m", pool=EQUAL))
        plans[-1].next()
    in_flight = {
        row["provider"]: row["in_flight"] for row in world.resilience.snapshot(world.config) if row["model"] == "m"
    }
    assert in_flight == {"a": 2, "b": 2, "c": 2}


def test_a_pool_is_asked_to_its_end_before_the_fallbacks():
    world = World("abc", retry={"attempts": 0})
    asked, _ = world.run(world.plan("a,m", "c,m", pool=EQUAL[:2]), [NETWORK, NETWORK, None])
    assert sorted(asked[:2]) == ["a,m/no key", "b,m/no key"]
    assert asked[2] == "c,m/no key"


def test_a_session_stays_on_its_target_however_busy_and_moves_only_when_it_is_ill():
    world = World("abc", random.Random(2).random, retry={"attempts": 0}, health={"failures": 2})
    (first,) = firsts(world, EQUAL, 10, "s")
    busy = [world.plan(first) for _ in range(5)]
    for plan in busy:
        plan.next()
    assert firsts(world, EQUAL, 3, "s") == {first: 3}
    for _ in range(2):
        world.once(NETWORK, first=first)
    (second,) = firsts(world, EQUAL, 3, "s")
    assert second != first
    world.clock.sleep(3000)
    assert firsts(world, EQUAL, 3, "s") == {second: 3}  # its prompt is cached there by now


def test_the_order_for_a_session_is_the_same_in_every_process():
    def order(session: str) -> list[str]:
        return by_weight([("a", 1.0), ("b", 2.0), ("c", 1.0)], session, random.random)

    assert order("one") == order("one")
    assert Counter(order(f"s{n}")[0] for n in range(400))["b"] in range(160, 240)


# -- places -------------------------------------------------------------------------------------------------


def test_what_waits_for_a_place_counts_as_load():
    async def body() -> None:
        world = World({"a": {"max_parallel": 1}, "b": {}}, random.Random(2).random)
        a = world.config.provider("a")
        assert a is not None
        async with world.resilience.slots.place(a):
            waiting = [asyncio.create_task(_hold(world, a)) for _ in range(2)]
            await asyncio.sleep(0)
            assert firsts(world, EQUAL[:2], 10) == {"b,m": 10}
            assert world.resilience.snapshot(world.config)[0]["queued"] == 2
        await asyncio.gather(*waiting)

    asyncio.run(body())


async def _hold(world: World, provider) -> None:
    async with world.resilience.slots.place(provider):
        pass


# -- pauses -------------------------------------------------------------------------------------------------


def test_pauses_grow_to_their_limit_with_full_jitter():
    retry = Retry(attempts=9, base_seconds=1, max_seconds=6)
    assert [pause_seconds(retry, n, None, lambda: 1.0) for n in (1, 2, 3, 4, 99)] == [1, 2, 4, 6, 6]
    assert pause_seconds(retry, 3, None, lambda: 0.0) == 0


def test_a_demanded_pause_is_kept_in_full_or_not_at_all():
    retry = Retry(base_seconds=1, max_wait_seconds=5)
    assert pause_seconds(retry, 1, 3.0, lambda: 0.5) == 3.5
    assert pause_seconds(retry, 1, 4.9, lambda: 1.0) == 5.0
    assert pause_seconds(retry, 1, 5.1, lambda: 0.0) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("12", 12.0),
        (" 0.5 ", 0.5),
        (format_datetime(datetime.fromtimestamp(START + 90, UTC), usegmt=True), 90.0),
        (format_datetime(datetime.fromtimestamp(START - 90, UTC), usegmt=True), None),
        ("0", None),
        ("-3", None),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_date(text: str, seconds: float | None):
    assert demanded_seconds(UpstreamError("", headers={"retry-after": text}), START) == seconds
