"""What is remembered, and which key is used."""

from __future__ import annotations

import random
from collections import Counter

from ccr_middleware.resilience import MemoryStore, TargetName
from tests.support.resilient import HandClock, World, status

A = TargetName("a", "m")


# -- the store ----------------------------------------------------------------------------------------------


def test_values_are_kept_for_their_time():
    clock = HandClock()
    store = MemoryStore(clock)
    store.put("x", {"n": 1}, 10)
    clock.sleep(9.9)
    assert store.get("x") == {"n": 1}
    clock.sleep(0.1)
    assert store.get("x") is None
    assert dict(store.items("")) == {}


def test_counts_end_so_long_after_they_began():
    clock = HandClock()
    store = MemoryStore(clock)
    assert [store.increment("n", 10), store.increment("n", 10)] == [1, 2]
    clock.sleep(9)
    assert store.increment("n", 10) == 3
    clock.sleep(1)
    assert store.increment("n", 10) == 1


def test_the_store_is_bounded_and_keeps_what_is_used():
    store = MemoryStore(HandClock(), size=3)
    for key in "abc":
        store.put(key, key, 10)
    store.get("a")
    store.put("d", "d", 10)
    assert sorted(dict(store.items(""))) == ["a", "c", "d"]


def test_values_are_found_by_the_beginning_of_their_names():
    store = MemoryStore(HandClock())
    store.put("key:1", 1, 10)
    store.put("key:2", 2, 10)
    store.put("other", 3, 10)
    store.delete("key:2")
    store.delete("never there")
    assert dict(store.items("key:")) == {"key:1": 1}


# -- keys ---------------------------------------------------------------------------------------------------


def keys_used(world: World, calls: int, session: str = "") -> Counter[str]:
    used: Counter[str] = Counter()
    for _ in range(calls):
        used[world.run(world.plan(session=session), [None])[0][0].partition("/")[2]] += 1
    return used


def test_keys_are_used_by_weight():
    keys = [{"key": "k1", "weight": 3, "name": "big"}, {"key": "k2", "name": "small"}]
    used = keys_used(World({"a": keys}, random.Random(1).random), 1000)
    assert 700 < used["big"] < 800
    assert used["small"] == 1000 - used["big"]


def test_keys_of_a_lower_priority_are_used_while_the_others_rest():
    keys = [{"key": "k1", "name": "spare"}, {"key": "k2", "priority": 1, "name": "main"}]
    world = World({"a": keys}, random.Random(1).random)
    assert keys_used(world, 20) == {"main": 20}
    world.once(status(429, after="30"), None)
    assert keys_used(world, 20) == {"spare": 20}


def test_a_session_keeps_its_key_and_sessions_share_the_keys():
    world = World({"a": ["k1", "k2", "k3"]}, random.Random(1).random)
    sessions = {f"s{n}": keys_used(world, 5, f"s{n}") for n in range(60)}
    assert all(len(used) == 1 for used in sessions.values())
    shares = Counter(next(iter(used)) for used in sessions.values())
    assert min(shares.values()) > 8


def test_a_session_whose_key_rests_moves_and_the_others_stay():
    world = World({"a": ["k1", "k2", "k3"]})
    before = {f"s{n}": next(iter(keys_used(world, 1, f"s{n}"))) for n in range(30)}
    provider = world.config.provider("a")
    assert provider is not None
    first = world.resilience.keys.keys(provider)[0]
    world.resilience.keys.report(provider, "m", first, 429, retry_after=60, rest_seconds=30)
    after = {session: next(iter(keys_used(world, 1, session))) for session in before}
    assert {session for session in before if before[session] != after[session]} == {
        session for session in before if before[session] == first.name
    }


def test_a_limit_is_of_one_model_and_a_refusal_of_all():
    world = World({"a": [{"key": "k1", "priority": 1, "name": "one"}, {"key": "k2", "name": "two"}]})
    world.once(status(429, after="60"), None)
    assert world.once(None, first="a,n")[0] == ["a,n/one"]
    world.once(status(401, after="60"), None, first="a,n")
    world.clock.sleep(59)
    assert world.once(None, first="a,n")[0] == ["a,n/two"]
    assert world.once(None)[0] == ["a,m/two"]


def test_a_rest_that_nobody_demanded_doubles_until_the_key_works():
    world = World({"a": ["k1", "k2"]}, health={"key_rest_seconds": 10})
    provider = world.config.provider("a")
    assert provider is not None
    keys = world.resilience.keys
    key = keys.keys(provider)[0]
    rests = []
    for code in (429, 429, 429):
        keys.report(provider, "m", key, code, retry_after=None, rest_seconds=10)
        rests.append(keys.rest_seconds(provider, key, "m"))
        world.clock.sleep(rests[-1])
    assert rests == [10, 20, 40]
    keys.worked(provider, "m", key)
    keys.report(provider, "m", key, 429, retry_after=None, rest_seconds=10)
    assert keys.rest_seconds(provider, key, "m") == 10


def test_calls_that_fail_together_are_one_failure_of_the_key():
    world = World({"a": ["k1", "k2"]})
    provider = world.config.provider("a")
    assert provider is not None
    keys = world.resilience.keys
    key = keys.keys(provider)[0]
    for _ in range(20):
        keys.report(provider, "m", key, 403, retry_after=None, rest_seconds=10)
        world.clock.sleep(0.1)
    assert 97 < keys.rest_seconds(provider, key, "") <= 98.1
    keys.worked(provider, "m", key)  # a call that had begun before
    assert keys.rest_seconds(provider, key, "m") > 97


def test_a_longer_demand_lengthens_a_rest_and_none_is_longer_than_an_hour():
    world = World({"a": ["k1", "k2"]})
    provider = world.config.provider("a")
    assert provider is not None
    keys = world.resilience.keys
    key = keys.keys(provider)[0]
    for demanded, expected in ((30, 30), (10, 30), (50, 50), (1e9, 3600)):
        keys.report(provider, "m", key, 429, retry_after=demanded, rest_seconds=10)
        assert keys.rest_seconds(provider, key, "m") == expected


def test_a_new_key_in_an_old_place_does_not_rest():
    world = World({"a": ["k1", "k2"]})
    world.once(status(401), status(401))
    assert world.once()[0] == []
    world.config = World({"a": ["k3", "k2"]}).config
    assert world.once(None)[0] == ["a,m/key 1"]


def test_keys_are_named_without_telling_them():
    world = World({"a": ["sk-0123456789abcdef", "short-key", {"key": "k", "name": "team"}], "b": {}})
    names = {
        name: [key.name for key in world.resilience.keys.keys(provider)]
        for name in "ab"
        if (provider := world.config.provider(name)) is not None
    }
    assert names == {"a": ["key 1 (…cdef)", "key 2", "team"], "b": ["no key"]}
