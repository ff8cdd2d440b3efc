"""Who is asked next: the decision table of a call's attempts."""

from __future__ import annotations

import pytest

from ccr_middleware.resilience import Busy, Failure, GiveUp, TryThis
from tests.support.resilient import (
    CUT,
    EMPTY,
    ERROR_EVENT,
    NETWORK,
    OURS,
    OVERFLOW,
    TIMEOUT,
    World,
    status,
)

TWO = {"a": {"api_key": "k"}, "b": {"api_key": "k"}}
POOL = {"a": [{"key": "k1", "name": "one"}, {"key": "k2", "name": "two", "priority": -1}], "b": {"api_key": "k"}}
BUSY = Failure(Busy("full", headers={"retry-after": "5"}))


def test_what_works_is_asked_once():
    asked, error = World(TWO).once(None)
    assert (asked, error) == (["a,m/key 1"], None)


@pytest.mark.parametrize(
    "failure", [NETWORK, CUT, EMPTY, ERROR_EVENT, *map(status, (408, 409, 500, 502, 503, 529))], ids=lambda f: f.outcome
)
def test_what_may_pass_is_tried_again_after_a_pause_and_then_elsewhere(failure: Failure):
    asked, error = World(TWO).once(failure, failure, None, fallbacks=["b,n"])
    assert (asked, error) == (["a,m/key 1", "a,m/key 1+0.25", "b,n/key 1"], None)


def test_what_used_up_its_time_is_not_asked_again():
    asked, error = World(TWO).once(TIMEOUT, None, fallbacks=["b,n"])
    assert (asked, error) == (["a,m/key 1", "b,n/key 1"], None)


def test_without_other_targets_the_client_gets_the_error():
    asked, error = World(TWO).once(status(500), status(503))
    assert asked == ["a,m/key 1", "a,m/key 1+0.25"]
    assert error is not None
    assert error.status == 500


@pytest.mark.parametrize("failure", [*map(status, (400, 404, 413)), OVERFLOW, OURS], ids=lambda f: f.error.message)
def test_what_is_wrong_with_the_request_goes_to_the_client_at_once(failure: Failure):
    assert World(TWO).once(failure, fallbacks=["b,m"]) == (["a,m/key 1"], failure.error)


def test_what_is_wrong_with_the_request_is_told_of_any_target():
    world = World(TWO, retry={"attempts": 0})
    assert world.once(NETWORK, OVERFLOW, fallbacks=["b,m"]) == (["a,m/key 1", "b,m/key 1"], OVERFLOW.error)


@pytest.mark.parametrize("refusal", [*map(status, (400, 404, 413, 422)), OURS], ids=lambda f: f.error.message)
@pytest.mark.parametrize("earlier", [status(503, after="7"), status(500), NETWORK, EMPTY], ids=lambda f: f.outcome)
def test_what_a_fallback_refuses_does_not_hide_an_error_that_may_pass(earlier: Failure, refusal: Failure):
    world = World("abc", retry={"attempts": 0})
    asked, error = world.once(earlier, refusal, None, fallbacks=["b,m", "c,m"])
    assert len(asked) == 2
    assert error is not None
    assert (error.status, error.type, error.headers) == (
        earlier.error.status,
        earlier.error.type,
        earlier.error.headers,
    )
    assert error.retryable
    assert error.message == f"{earlier.error.message} (then b,m refused the request: {refusal.error.message})"


def test_what_the_same_target_refuses_after_a_failure_is_told():
    refusal = status(400)
    assert World(TWO, retry={"attempts": 1}).once(status(500), refusal)[1] is refusal.error


def test_what_a_fallback_refuses_is_told_where_nothing_else_may_pass():
    refusal = status(400)
    assert World(TWO).once(status(403, retry=False), refusal, fallbacks=["b,m"])[1] is refusal.error
    assert World(TWO, fallback_on=[404]).once(status(404), refusal, fallbacks=["b,m"])[1] is refusal.error


def test_c36_after_content_nobody_else_is_asked():
    world = World(POOL)
    plan = world.plan("a,m", "b,m")
    plan.next()
    plan.answered()
    step = plan.next(CUT._replace(content=True))
    plan.close()
    assert step == GiveUp(CUT.error)
    assert [attempt.outcome for attempt in plan.attempts] == ["network"]


def test_a_refused_target_with_one_key_is_followed_by_the_next():
    for code in (401, 402, 403, 429):
        world = World(TWO)
        assert world.once(status(code), None, fallbacks=["b,m"])[0] == ["a,m/key 1", "b,m/key 1"]


def test_one_key_refused_and_nobody_else_is_the_providers_own_error():
    failure = status(401, retry=False)
    world = World(TWO)
    assert world.once(failure) == (["a,m/key 1"], failure.error)
    assert world.once(None) == (["a,m/key 1"], None)  # it does not rest


@pytest.mark.parametrize("code", [401, 402, 403, 429])
def test_c35_the_next_key_is_used_at_once_and_the_first_rests(code: int):
    world = World(POOL)
    assert world.once(status(code, after="20"), None) == (["a,m/one", "a,m/two"], None)
    assert world.once(None)[0] == ["a,m/two"]
    world.clock.sleep(20)
    assert world.once(None)[0] == ["a,m/one"]


def test_c35_all_keys_resting_leads_to_the_next_target():
    world = World(POOL)
    limited = [status(429, after="20"), status(401, after="30")]
    assert world.once(*limited, None, fallbacks=["b,m"])[0] == ["a,m/one", "a,m/two", "b,m/key 1"]
    assert world.once(None, fallbacks=["b,m"])[0] == ["b,m/key 1"]


def test_c35_all_keys_resting_and_no_other_target_is_429_with_the_earliest_retry_after():
    world = World(POOL)
    asked, error = world.once(status(429, after="20"), status(429, after="8"))
    assert len(asked) == 2
    assert error is not None
    assert (error.status, error.headers["retry-after"]) == (429, "8")
    world.clock.sleep(2.5)
    asked, error = world.once()
    assert asked == []
    assert error is not None
    assert (error.status, error.type, error.headers) == (429, "rate_limit_error", {"retry-after": "6"})
    assert error.message == ('every key of provider "a" rests after 429 (model m); the first can be used again in 6 s')


def test_a_failure_is_not_changed_by_what_is_told_of_it():
    world = World(POOL)
    failure = status(429)
    _, error = world.once(failure, failure)
    assert error is not None
    assert (error.message, error.headers) == ("said 429", {"retry-after": "30"})
    assert failure.error.headers == {}


def test_keys_that_were_all_refused_rest_and_the_client_is_told_to_come_back():
    world = World(POOL)
    asked, error = world.once(status(401, retry=False), status(403, retry=False))
    assert len(asked) == 2
    assert error is not None
    assert (error.status, error.headers["retry-after"]) == (429, "300")
    assert "after 401 and 403" in error.message


def test_403_of_every_key_was_said_of_the_prompt():
    world = World(POOL)
    refused = status(403, retry=False)
    assert world.once(refused, refused) == (["a,m/one", "a,m/two"], refused.error)
    assert world.once(None)[0] == ["a,m/one"]


def test_403_of_one_key_only_is_its_own():
    world = World(POOL)
    world.once(status(403), None)
    assert world.once(None)[0] == ["a,m/two"]


def test_a_short_limit_is_waited_for_when_nobody_else_is_there():
    world = World(POOL)
    asked, error = world.once(status(429, after="4"), status(429, after="2"), None)
    assert (asked, error) == (["a,m/one", "a,m/two", "a,m/two+2.25"], None)


def test_a_short_limit_is_not_waited_for_when_somebody_else_is_there():
    world = World(TWO)
    assert world.once(status(429, after="1"), None, fallbacks=["b,m"])[0] == ["a,m/key 1", "b,m/key 1"]


def test_a_call_that_finds_the_only_key_resting_waits_for_it():
    world = World(TWO)
    assert world.once(status(429, after="60"))[0] == ["a,m/key 1"]
    world.clock.sleep(57)
    assert world.once(None)[0] == ["a,m/key 1+3.25"]


def test_a_limited_target_that_then_fails_is_not_waited_for_again():
    world = World(TWO, retry={"attempts": 3})
    asked, error = world.once(status(429), status(500))
    assert asked == ["a,m/key 1", "a,m/key 1+0.25"]
    assert error is not None
    assert error.status == 429


def test_a_limit_that_is_still_there_after_the_wait_is_the_clients():
    world = World(TWO)
    asked, error = world.once(status(429), status(429, after="3"))
    assert asked == ["a,m/key 1", "a,m/key 1+0.25"]
    assert error is not None
    assert (error.status, error.headers) == (429, {"retry-after": "3"})


def test_a_short_limit_is_waited_for_where_it_is_no_reason_to_ask_others():
    world = World(TWO, fallback_on=[])
    assert world.once(status(429), None, fallbacks=["b,m"])[0] == ["a,m/key 1", "a,m/key 1+0.25"]


def test_money_that_is_gone_is_not_waited_for():
    world = World(TWO)
    failure = status(429, retry=False)
    assert world.once(failure) == (["a,m/key 1"], failure.error)


def test_a_provider_that_demands_a_short_pause_gets_it():
    world = World(TWO)
    assert world.once(status(503, after="2"), None)[0] == ["a,m/key 1", "a,m/key 1+2.25"]


def test_a_provider_that_demands_a_long_pause_is_left_in_peace_for_that_time():
    world = World(TWO)
    assert world.once(status(503, after="30"), None, fallbacks=["b,m"])[0] == ["a,m/key 1", "b,m/key 1"]
    assert world.once(None, fallbacks=["b,m"])[0] == ["b,m/key 1"]
    world.clock.sleep(30)
    assert world.once(None, fallbacks=["b,m"])[0] == ["a,m/key 1"]


def test_a_target_whose_places_are_taken_is_passed_over_and_not_blamed():
    world = World(TWO)
    assert world.once(BUSY, None, fallbacks=["b,m"])[0] == ["a,m/key 1", "b,m/key 1"]
    assert world.once(BUSY) == (["a,m/key 1"], BUSY.error)
    assert world.resilience.snapshot(world.config)[0]["failed"] == 0


def test_the_first_error_is_told_unless_another_gives_hope():
    world = World("abc", retry={"attempts": 0})
    first, second = status(502), status(500)
    assert world.once(first, second, fallbacks=["b,m"])[1] is first.error
    refused = status(401, retry=False)
    assert world.once(refused, second, fallbacks=["b,m"])[1] is second.error
    assert world.once(refused, status(403, retry=False), fallbacks=["b,m"])[1] is refused.error


def test_triggers_are_configured():
    world = World(TWO, retry={"attempts": 0}, fallback_on=["network", 404])
    assert world.once(status(500), fallbacks=["b,m"])[0] == ["a,m/key 1"]
    assert world.once(TIMEOUT, fallbacks=["b,m"])[0] == ["a,m/key 1"]
    assert world.once(status(429, after="60"), fallbacks=["b,m"])[0] == ["a,m/key 1"]
    world.clock.sleep(60)
    assert len(world.once(NETWORK, None, fallbacks=["b,m"])[0]) == 2
    assert len(world.once(status(404), None, fallbacks=["b,m"])[0]) == 2
    assert world.once(OVERFLOW, fallbacks=["b,m"])[0] == ["a,m/key 1"]


def test_no_target_is_asked_twice():
    world = World(TWO, retry={"attempts": 0})
    asked, _ = world.once(NETWORK, NETWORK, fallbacks=["a,m", "b,m", "a,m", "b,m"])
    assert asked == ["a,m/key 1", "b,m/key 1"]


def test_fallbacks_that_mean_nothing_are_passed_over_with_a_note():
    world = World(TWO, retry={"attempts": 0})
    plan = world.plan("a,m", "x,m", "nobody", "b,m")
    assert world.run(plan, [NETWORK, None])[0] == ["a,m/key 1", "b,m/key 1"]
    assert len(plan.notes) == 2
    assert "'x,m'" in plan.notes[0]
    assert plan.notes[1] == 'fallback: "nobody" is no target; write "provider,model"'


def test_an_unknown_provider_is_told():
    asked, error = World(TWO).once(first="x,m")
    assert asked == []
    assert error is not None
    assert (error.status, error.message) == (
        404,
        'there is no provider "x", asked for as "x,m"; configured providers: a, b',
    )


def test_the_attempts_are_recorded_without_a_secret():
    world = World({"a": ["sk-secret-secret-1", "sk-secret-secret-2"], "b": {"api_key": "k"}})
    plan = world.plan("a,m", "b,m", session="s")
    world.run(plan, [status(429, after="60"), NETWORK, NETWORK, None])
    assert [attempt.outcome for attempt in plan.attempts] == ["429", "network", "network", "ok"]
    step = world.plan("b,m").next()
    assert isinstance(step, TryThis)
    assert "secret-secret" not in repr(plan.attempts) + repr(step) + repr(world.resilience.store._items)


def test_in_flight_is_counted_until_the_end_of_the_answer():
    world = World(TWO)
    plan = world.plan()
    plan.next()
    plan.answered()
    assert world.resilience.snapshot(world.config)[0]["in_flight"] == 1
    plan.close()
    plan.close()
    assert world.resilience.snapshot(world.config)[0]["in_flight"] == 0
