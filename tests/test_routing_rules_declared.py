"""Rules of the configuration: what each condition asks, when a rule is asked, what comes of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware import load_config
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.models import Resolver
from ccr_middleware.routing.route import needs_token_count, route
from ccr_middleware.routing.ruleset import Ruleset

from .test_routing_facts import IMAGE, NEW_HEADERS, assistant, new_main, text, user
from .test_routing_rules import PROVIDERS, ROUTER, TABLE, tagged

DOCUMENT = {
    "providers": [{**provider, "auth": "none"} for provider in PROVIDERS],
    "router": ROUTER,
}

TEAM = {"x-team": "research"}
HEADERS = {**NEW_HEADERS, **TEAM, "x-cost": "12.5", "authorization": "Bearer sk-secret"}
BODY = new_main(
    model="Claude-Opus-9",
    metadata={"user_id": "team-7", "tags": ["red", 4], "free": True, "none": None, "level": 3},
    tools=[{"name": "Bash"}, {"name": "mcp__jira__search"}, "odd"],
    messages=[user(text("one")), assistant(text("two")), user(IMAGE, text("three"))],
)
NOON = datetime(2025, 6, 4, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # a Wednesday


def configured(*rules: dict[str, Any], **keys: Any):
    config = load_config({**DOCUMENT, "rules": list(rules), **keys}, env={})
    assert config.warnings == ()
    return config


def decide(config, body=BODY, headers=HEADERS, *, principal="", project="", **more):
    facts = facts_of(body, headers, principal=principal, project=project)
    return route(facts, config, **{"now": NOON, **more})


def holds(when: Any, **more: Any) -> bool:
    config = configured({"name": "it", "when": when, "target": "small,mini", "before_explicit": True})
    decision = decide(config, principal="ann", project="/home/ann/x", token_count=500, **more).decision
    assert (decision.rule == "it") == ((decision.provider, decision.model) == ("small", "mini"))
    assert (decision.scenario == "rule") == (decision.rule == "it")
    return decision.rule == "it"


# -- conditions --------------------------------------------------------------------------------------------

HOLDING = [
    {"header": {"X-Team": "research"}},
    {"header": {"x-team": {"contains": "sea", "starts_with": "re", "ends_with": "ch", "matches": "^r.*h$"}}},
    {"header": {"x-team": ["ops", "research"]}},
    {"header": {"x-team": {"not_equals": "ops"}}},
    {"header": {"x-none": {"not_equals": "ops"}}},
    {"header": {"x-none": {"exists": False}}},
    {"header": {"x-team": {"exists": True}}},
    {"header": {"x-cost": 12.5}},
    {"header": {"x-cost": {"gt": 12, "le": 12.5}}},
    {"body": {"metadata.user_id": {"starts_with": "team-"}}},
    {"body": {"metadata.tags": {"contains": "red"}}},
    {"body": {"metadata.tags": {"contains": "4"}}},
    {"body": {"metadata.tags.1": {"ge": 4}}},
    {"body": {"metadata.tags.*": 4}},
    {"body": {"metadata.free": True}},
    {"body": {"metadata.free": "true"}},
    {"body": {"metadata.none": {"exists": False}}},
    {"body": {"metadata.level": ["3", "x"]}},
    {"body": {"messages.-1.role": "user"}},
    {"body": {"messages.*.content.*.text": {"matches": "^thr"}}},
    {"body": {"tools.*.name": "Bash"}},
    {"body": {"metadata.*": "team-7"}},
    {"model": "claude-opus-9"},
    {"model": {"starts_with": "CLAUDE-", "contains": "Opus", "in": ["x", "CLAUDE-opus-9"]}},
    {"model": {"matches": "(?i)opus-[0-9]+$"}},
    {"model": {"not_equals": "claude-opus-8"}},
    {"principal": "ann"},
    {"project": {"starts_with": "/home/ann/"}},
    {"session": {"exists": True}},
    {"tool": {"starts_with": "mcp__"}},
    {"tool": "Bash"},
    {"tool": {"not_equals": "Read"}},
    {"token_count": {"gt": 499, "lt": 501}},
    {"token_count": {"ge": 500, "le": 500}},
    {"has_image": True},
    {"scenario": "image"},
    {"scenario": {"not_equals": "longContext"}},
    {"scenario": ["webSearch", "Image"]},
    {"time": {"from": "12:00", "to": "12:01"}},
    {"any": [{"model": "x"}, {"header": {"x-team": "research"}}]},
    {"not": {"model": "x", "header": {"x-team": "research"}}},
    {"not": [{"model": "x"}, {"header": {"x-team": "research"}}]},
    [{"model": {"contains": "opus"}}, {"tool": "Bash", "has_image": True}],
]

NOT_HOLDING = [
    {"header": {"x-team": "Research"}},
    {"header": {"x-team": {"contains": "sea", "starts_with": "x"}}},
    {"header": {"x-team": {"not_equals": "research"}}},
    {"header": {"x-none": "x"}},
    {"header": {"x-none": {"exists": True}}},
    {"header": {"x-team": {"gt": 0}}},
    {"header": {"x-team": "research", "x-cost": "13"}},
    {"body": {"metadata.free": 1}},
    {"body": {"metadata.level": True}},
    {"body": {"metadata.user_id.x": {"exists": True}}},
    {"body": {"metadata.tags.x": {"exists": True}}},
    {"body": {"metadata.tags.9": {"exists": True}}},
    {"body": {"metadata.free": {"gt": 0}}},
    {"body": {"metadata.level": {"contains": "3"}}},
    {"body": {"metadata.tags.*": {"not_equals": "red"}}},
    {"body": {"messages.*": "one"}},
    {"model": {"matches": "^claude"}},
    {"principal": {"not_equals": "ann"}},
    {"tool": {"starts_with": "Ba", "ends_with": "search"}},
    {"tool": {"not_equals": "Bash"}},
    {"token_count": {"gt": 500}},
    {"has_image": False},
    {"scenario": "default"},
    {"time": {"from": "12:01", "to": "12:00"}},
    {"any": [{"model": "x"}, {"principal": "bob"}]},
    {"not": {"header": {"x-team": "research"}}},
    [{"tool": "Bash"}, {"tool": "Read"}],
]


@pytest.mark.parametrize("when", HOLDING, ids=str)
def test_a_condition_holds(when: Any):
    assert holds(when)


@pytest.mark.parametrize("when", NOT_HOLDING, ids=str)
def test_a_condition_does_not_hold(when: Any):
    assert not holds(when)


@pytest.mark.parametrize(
    ("written", "now", "expected"),
    [
        ({"from": "22:00", "to": "06:00"}, "2025-06-04T23:30+02:00", True),
        ({"from": "22:00", "to": "06:00"}, "2025-06-04T05:59+02:00", True),
        ({"from": "22:00", "to": "06:00"}, "2025-06-04T06:00+02:00", False),
        ({"from": "22:00", "to": "06:00", "days": ["tue"]}, "2025-06-04T05:00+02:00", True),
        ({"from": "22:00", "to": "06:00", "days": ["wed"]}, "2025-06-04T05:00+02:00", False),
        ({"from": "22:00", "to": "06:00", "days": ["wed"]}, "2025-06-04T22:00+02:00", True),
        ({"from": "22:00"}, "2025-06-04T23:59+02:00", True),
        ({"from": "22:00"}, "2025-06-04T00:00+02:00", False),
        ({"to": "06:00"}, "2025-06-04T00:00+02:00", True),
        ({"days": ["sat", "Sunday"]}, "2025-06-08T00:00+02:00", True),
        ({"days": ["sat", "Sunday"]}, "2025-06-09T00:00+02:00", False),
        ({"from": "9:00", "to": "17:00", "zone": "Asia/Tokyo"}, "2025-06-04T02:30+02:00", True),
        ({"from": "9:00", "to": "17:00", "zone": "Asia/Tokyo"}, "2025-06-04T10:30+02:00", False),
        ({"days": ["wed"], "zone": "America/New_York"}, "2025-06-05T05:00+02:00", True),
    ],
)
def test_times(written: dict[str, Any], now: str, expected: bool):
    assert holds({"time": written}, now=datetime.fromisoformat(now)) is expected


def test_without_a_clock_no_time_condition_holds():
    assert not holds({"time": {"from": "00:01", "to": "00:00"}}, now=None)
    assert holds({"time": {"from": "10:00", "to": "11:00", "zone": "UTC"}}, now=NOON.astimezone(UTC))


def test_a_disabled_rule_is_not_asked():
    config = configured({"when": {"has_image": True}, "target": "small,mini", "enabled": False})
    assert decide(config).decision.scenario == "image"
    assert not Ruleset(configured({"when": {"scenario": "think"}, "target": "Main,big", "enabled": False})).may_count


# -- order -------------------------------------------------------------------------------------------------

ALL = {"header": {"x-team": "research"}}


def test_the_first_rule_that_holds_decides_before_the_built_in_ones():
    config = configured(
        {"name": "no", "when": {"model": "x"}, "target": "Main,big"},
        {"when": ALL, "target": "Main,huge"},
        {"name": "late", "when": ALL, "target": "small,mini"},
    )
    for body, _, counts, _ in TABLE.values():
        decision = decide(config, body, HEADERS, **counts).decision
        assert decision[:3] == ("Main", "huge", "rule")
        assert decision.rule == "rules[1]"
        assert decision.reason == 'rule "rules[1]": header "x-team" is "research"'


def test_what_was_said_for_one_request_goes_before_rules_unless_they_say_otherwise():
    later = {"when": ALL, "target": "Main,huge"}
    for body, scenario in ((new_main(model="small,mini"), "explicit"), (tagged("small,mini"), "subagent")):
        assert decide(configured(later), body).decision[:3] == ("small", "mini", scenario)
        assert decide(configured({**later, "before_explicit": True}), body).decision[:3] == ("Main", "huge", "rule")


def test_a_rule_before_explicit_may_ask_for_the_scenario_and_save_a_wrong_name():
    policy = {"when": {"scenario": ["explicit", "subagent"]}, "target": "Main,huge", "before_explicit": True}
    for model in ("small,mini", "nobody,model"):
        assert decide(configured(policy), new_main(model=model)).decision[:3] == ("Main", "huge", "rule")
    assert decide(configured(policy), new_main()).decision.scenario == "default"


def test_a_rule_whose_target_cannot_be_used_is_passed_over_with_a_note():
    config = load_config({**DOCUMENT, "rules": [{"name": "r", "when": ALL, "target": "nobody,model"}]}, env={})
    decision, notes = decide(config, new_main())
    assert decision[:3] == ("Main", "big", "default")
    assert decision.rule == ""
    assert len(notes) == 1
    assert 'rule "r"' in notes[0]
    assert "'nobody'" in notes[0]


def test_a_rule_without_a_target_leaves_the_choice_and_ends_the_search():
    config = configured(
        {"name": "cool", "when": ALL, "parameters": {"temperature": 0}, "fallback": ["small,mini"]},
        {"when": ALL, "target": "Main,huge"},
        parameters={"think": {"temperature": 1, "max_tokens": 5}},
    )
    for body, headers, counts, scenario in TABLE.values():
        decision = decide(config, body, {**headers, **TEAM}, **counts).decision
        assert (decision.scenario, decision.rule) == (scenario, "cool")
        assert decision.parameters == {"temperature": 0, **({"max_tokens": 5} if scenario == "think" else {})}
        assert decision.fallbacks == (() if scenario == "background" else ("small,mini",))


# -- token counts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "body", "at_most", "expected"),
    [
        ({"token_count": {"gt": 1000}}, new_main(), 1001, True),
        ({"token_count": {"gt": 1000}}, new_main(), 1000, False),
        ({"token_count": {"lt": 1000}}, new_main(), 999, False),
        ({"token_count": {"lt": 1000}}, new_main(), 1000, True),
        ({"token_count": {"ge": 0}}, new_main(), 10**6, False),
        ({"token_count": {"gt": 1000}}, new_main(model="Main,big"), 10**6, False),
        ({"token_count": {"gt": 1000}, "model": "x"}, new_main(), 60_000, False),
        ({"not": {"token_count": {"gt": 1000}, "model": "x"}}, new_main(), 10**6, False),
        ({"any": [{"token_count": {"gt": 1000}}, ALL]}, new_main(), 10**6, False),
        ({"any": [{"token_count": {"gt": 1000}}, {"model": "x"}]}, new_main(), 10**6, True),
        ({"scenario": "long_context"}, new_main(), 60_000, False),
        ({"scenario": "long_context"}, new_main(), 60_001, True),
        ({"scenario": "long_context"}, new_main(messages=[user(IMAGE)]), 10**6, False),
        ({"has_image": True}, new_main(messages=[user(IMAGE)]), 10**6, False),
        ({"model": "x"}, new_main(), 60_001, True),
        (ALL, new_main(), 10**6, False),
    ],
)
def test_tokens_are_counted_only_when_a_rule_needs_the_number(when: Any, body: Any, at_most: int, expected: bool):
    config = configured({"when": when, "target": "small,mini"})
    assert needs_token_count(facts_of(body, HEADERS), config, at_most) is expected


def test_which_rules_may_need_a_count():
    needing = [{"token_count": {"gt": 5}}, {"not": {"scenario": "think"}}, {"any": [{"token_count": {"lt": 5}}]}]
    for when in needing:
        assert Ruleset(configured({"when": when, "target": "big"}, aliases={"big": "Main,big"})).may_count
    assert not Ruleset(configured({"when": ALL, "target": "Main,big"})).may_count


limits = st.sampled_from([0, 10, 20_000, 60_000, 60_001, 100_000])
tests = st.dictionaries(st.sampled_from(["gt", "ge", "lt", "le"]), limits, min_size=1, max_size=2)
simple = st.one_of(
    tests.map(lambda test: {"token_count": test}),
    st.sampled_from([{"scenario": "long_context"}, {"scenario": {"not_equals": "think"}}, ALL, {"model": "x"}]),
    st.sampled_from([{"has_image": True}, {"tool": {"exists": True}}]),
)
conditions = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, min_size=1, max_size=2).map(lambda some: {"any": some})
        | st.lists(inner, min_size=1, max_size=2).map(lambda some: {"not": some})
    ),
    max_leaves=4,
)
rules = st.fixed_dictionaries(
    {"when": st.lists(conditions, min_size=1, max_size=2)},
    optional={"target": st.sampled_from(["small,mini", "nobody,m"]), "before_explicit": st.booleans()},
).map(lambda rule: {"parameters": {"temperature": 0}, **rule})


@given(
    st.lists(rules, max_size=3),
    st.sampled_from(list(TABLE.values())),
    st.integers(0, 120_000),
    st.integers(0, 50_000),
    st.none() | st.integers(0, 120_000),
)
def test_an_uncounted_request_is_routed_as_if_it_were_counted(written, row, tokens, slack, last):
    """What `needs_token_count` saves must never change a decision, and every trace ends with what decided."""
    body, headers, _, _ = row
    config = load_config({**DOCUMENT, "rules": written}, env={})
    facts, ruleset, resolver = facts_of(body, headers), Ruleset(config), Resolver(config)
    made = {"rules": ruleset, "resolver": resolver, "last_input_tokens": last}
    trace = []
    counted = route(facts, config, token_count=tokens, trace=trace, **made)
    assert counted == route(facts, config, token_count=tokens, **made)
    assert trace[-1].matched
    assert all(tried.why and "\n" not in tried.why for tried in trace)
    if not needs_token_count(facts, config, tokens + slack, last, rules=ruleset, resolver=resolver):
        assert ruleset.may_count or config.router.long_context
        uncounted = route(facts, config, **made).decision
        assert uncounted._replace(reason="") == counted.decision._replace(reason="")
