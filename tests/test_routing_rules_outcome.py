"""What a decision brings along: fallbacks, pools, parameters."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ccr_middleware import load_config
from ccr_middleware.routing.models import Resolver
from ccr_middleware.routing.parameters import with_parameters
from ccr_middleware.routing.route import complete

from .test_routing_facts import NEW_HEADERS, new_main, new_search
from .test_routing_rules import LONG, ROUTER, TABLE, tagged
from .test_routing_rules_declared import ALL, DOCUMENT, configured, decide

FALLBACK = {
    "default": ["Main,big", "small,mini", "nobody,model", "MAIN/huge"],
    "think": ["small,mini", "small,mini"],
    "all": ["anthropic,claude-opus-5-5", "small,mini"],
}
FROM_DEFAULT = ("small,mini", "Main,huge", "anthropic,claude-opus-5-5")


def with_fallback(*rules: dict[str, Any], **keys: Any):
    return load_config({**DOCUMENT, "fallback": FALLBACK, "rules": list(rules), **keys}, env={})


@pytest.mark.parametrize(
    ("body", "counts", "expected"),
    [
        (new_main(), {}, FROM_DEFAULT),
        (new_main(model="Main,deep"), {}, ("Main,big", *FROM_DEFAULT)),
        (tagged("Main,deep"), {}, ("Main,big", *FROM_DEFAULT)),
        (TABLE["new turn, deep"][0], {}, ("small,mini", "anthropic,claude-opus-5-5")),
        (new_search(), {}, ("anthropic,claude-opus-5-5", "small,mini")),
        (new_main(), LONG, ("anthropic,claude-opus-5-5", "small,mini")),
        (new_main(model="claude-haiku-9"), {}, ("anthropic,claude-opus-5-5",)),
    ],
)
def test_fallbacks_are_those_of_the_scenario_and_then_those_for_all(body: Any, counts: Any, expected: Any):
    decision = decide(with_fallback(), body, NEW_HEADERS, **counts).decision
    assert decision.fallbacks == expected


def test_a_rule_has_its_own_fallbacks_or_those_of_the_default():
    rule = {"when": ALL, "target": "Main,deep"}
    assert decide(with_fallback(rule)).decision.fallbacks == ("Main,big", *FROM_DEFAULT)
    own = {**rule, "fallback": ["Main,find", "Main,deep"]}
    assert decide(with_fallback(own)).decision.fallbacks == ("Main,find", "anthropic,claude-opus-5-5", "small,mini")
    assert decide(with_fallback({**rule, "fallback": []})).decision.fallbacks == ()


def test_a_pool_is_a_choice_among_equals_and_not_a_fallback():
    router = {**ROUTER, "default": ["Main/big", {"target": "SMALL,mini", "weight": 3}, "Main,big"]}
    decision = decide(with_fallback(router=router), new_main(), {}).decision
    assert decision[:3] == ("Main", "big", "default")
    assert decision.pool == (("Main", "big", 1.0), ("small", "mini", 3.0))
    assert decision.fallbacks == ("Main,huge", "anthropic,claude-opus-5-5")


def test_of_a_pool_only_what_can_be_used_is_left():
    router = {**ROUTER, "default": ["nobody,x", "Main,big"]}
    decision, notes = decide(with_fallback(router=router), new_main(), {})
    assert (decision[:2], decision.pool) == (("Main", "big"), ())
    assert "'nobody'" in notes[0]
    decision, notes = decide(with_fallback(router={"default": ["nobody,x", "nobody,y"]}), new_main(), {})
    assert (decision.provider, decision.model) == ("anthropic", "claude-opus-5-5")
    assert "default target was passed over" in notes[0]


def test_a_rule_may_have_a_pool():
    decision = decide(configured({"when": ALL, "target": ["Main,huge", "small,mini"]})).decision
    assert decision.pool == (("Main", "huge", 1.0), ("small", "mini", 1.0))


def test_parameters_are_those_of_the_scenario_or_of_the_rule():
    keys = {"parameters": {"default": {"a": 1}, "explicit": {"b": None}, "think": {"c": 3}}}
    assert decide(configured(**keys), new_main()).decision.parameters == {"a": 1}
    assert decide(configured(**keys), new_main(model="Main,big")).decision.parameters == {"b": None}
    ruled = configured({"when": ALL, "target": "Main,big", "parameters": {"d": 4}}, **keys)
    assert decide(ruled, new_main()).decision.parameters == {"d": 4}
    assert decide(configured(), new_main()).decision.parameters == {}


def test_a_decision_made_elsewhere_is_completed():
    config = with_fallback(parameters={"think": {"c": 3, "d": 4}})
    made = decide(configured(), new_main()).decision._replace(scenario="think", parameters={"d": 5})
    done = complete(made, config, Resolver(config))
    assert (done.fallbacks, done.parameters) == (("small,mini", "anthropic,claude-opus-5-5"), {"c": 3, "d": 5})
    done = complete(made._replace(fallbacks=("Main,eye",)), config, Resolver(config))
    assert done.fallbacks == ("Main,eye", "anthropic,claude-opus-5-5", "small,mini")


# -- setting them ------------------------------------------------------------------------------------------

REQUEST = {
    "model": "m",
    "thinking": {"type": "enabled", "budget_tokens": 5},
    "messages": [{"a": 1}, {"a": 2}],
    "top_k": 1,
}


@pytest.mark.parametrize(
    ("parameters", "changes"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 0, "top_k": 7}, {"temperature": 0, "top_k": 7}),
        ({"thinking.budget_tokens": 9}, {"thinking": {"type": "enabled", "budget_tokens": 9}}),
        ({"thinking.budget_tokens": None}, {"thinking": {"type": "enabled"}}),
        ({"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        ({"output_config.effort": "low"}, {"output_config": {"effort": "low"}}),
        ({"a.b.c": 1, "a.b.d": 2}, {"a": {"b": {"c": 1, "d": 2}}}),
        ({"a.b": None, "nothing": None}, {}),
        ({"messages.0.a": 3, "messages.-1.b": 4}, {"messages": [{"a": 3}, {"a": 2, "b": 4}]}),
        ({"messages.-1": None}, {"messages": [{"a": 1}]}),
        ({"messages.1": {"c": 3}}, {"messages": [{"a": 1}, {"c": 3}]}),
        ({"messages.5.a": 3, "messages.x": 3, "messages.²": 3, "top_k.x": 3}, {}),
        ({}, {}),
    ],
)
def test_fields_are_set_by_path(parameters: dict[str, Any], changes: dict[str, Any]):
    before = copy.deepcopy(REQUEST)
    assert with_parameters(REQUEST, parameters) == REQUEST | changes
    assert before == REQUEST


def test_a_field_is_taken_out():
    assert "top_k" not in with_parameters(REQUEST, {"top_k": None})


def test_only_what_changes_is_copied():
    after = with_parameters(REQUEST, {"messages.1.a": 5})
    assert after["thinking"] is REQUEST["thinking"]
    assert after["messages"][0] is REQUEST["messages"][0]
    assert with_parameters(REQUEST, {}) is REQUEST
