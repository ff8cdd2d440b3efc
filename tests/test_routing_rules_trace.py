"""What is told of the rules that were asked."""

from __future__ import annotations

import pytest

from ccr_middleware import load_config
from ccr_middleware.errors import NotFound

from .test_routing_facts import new_main
from .test_routing_rules import TABLE
from .test_routing_rules_declared import ALL, BODY, DOCUMENT, configured, decide


def traced(config, body=BODY, **more):
    trace = []
    decide(config, body, trace=trace, **more)
    return trace


def test_the_trace_tells_why_each_rule_did_or_did_not_decide():
    config = configured(
        {"name": "ops", "when": {"header": {"x-team": "ops"}}, "target": "Main,big", "before_explicit": True},
        {"when": [ALL, {"header": {"authorization": "x"}}], "target": "Main,big"},
        {"when": {"any": [{"principal": "bob"}, {"token_count": {"gt": 9}}]}, "target": "Main,big"},
        {"when": {"not": {"tool": {"exists": True}}, "scenario": "think"}, "target": "Main,big"},
        {"when": {"scenario": "think"}, "target": "Main,big"},
        {"when": {"has_image": False}, "target": "Main,big"},
        {"when": {"time": {"to": "06:00", "days": ["mon"], "zone": "UTC"}}, "target": "Main,big"},
        {"name": "warm", "when": {"body": {"metadata.tags.*": {"contains": "e"}}}, "parameters": {"temperature": 1}},
        {"when": ALL, "target": "Main,big"},
    )
    assert [tuple(tried) for tried in traced(config, token_count=7)] == [
        ('rule "ops"', False, 'not met: header "x-team" is "ops"; found "research"'),
        ("subagent", False, "there is no subagent tag"),
        ("explicit", False, "nobody chose 'Claude-Opus-9': Claude Code always sends such a name"),
        ('rule "rules[1]"', False, 'not met: header "authorization" is as it shall be'),
        (
            'rule "rules[2]"',
            False,
            'not met: the principal is "bob"; there is none; not met: the number of tokens is over 9; there are 7',
        ),
        ('rule "rules[3]"', False, "not met: not (a tool exists)"),
        ('rule "rules[4]"', False, 'not met: the scenario is "think"; it is image'),
        (
            'rule "rules[5]"',
            False,
            "not met: the newest user turn brings no image; the newest user turn brings an image",
        ),
        ('rule "rules[6]"', False, "not met: the time is from 00:00 to 06:00 on mon in UTC; it is wed 10:00"),
        (
            'rule "warm"',
            True,
            'body metadata.tags.* contains "e"; the choice is left to the built-in rules',
        ),
        ("image", True, "the newest user turn brings an image"),
    ]


@pytest.mark.parametrize(
    ("row", "whys"),
    [
        (
            "new turn",
            {
                "image": "the newest user turn brings no image",
                "long_context": "0 tokens; the threshold is 60000",
                "web_search": "no tool is the web search",
                "background": "'claude-opus-5-5' is no haiku, and this is no side request of Claude Code",
                "default": "no other rule applies",
            },
        ),
        ("new turn, deep but thinking off", {"think": "thinking is off"}),
        ("old turn", {"think": "there is neither effort nor thinking budget, and Claude Code is not in plan mode"}),
        ("new turn, high effort", {"think": "the effort is high, and Claude Code is not in plan mode"}),
        ("no model", {"explicit": "no model is asked for"}),
        ("new web search", {"web_search": "a tool is the web search"}),
    ],
)
def test_the_built_in_rules_tell_why(row: str, whys: dict[str, str]):
    body, headers, counts, _ = TABLE[row]
    trace = []
    decide(configured(), body, headers, trace=trace, **counts)
    told = {tried.rule: tried.why for tried in trace}
    assert whys.items() <= told.items()


def test_scenarios_without_target_and_targets_without_provider_are_told():
    config = load_config({**DOCUMENT, "router": {"default": "nobody,model"}}, env={})
    trace = traced(config, new_main(model="gpt-9"), token_count=3)
    told = {tried.rule: tried.why for tried in trace}
    assert told["explicit"].startswith("No provider has a model 'gpt-9'")
    assert told["think"] == "Router.think is not set"
    assert told["long_context"] == "Router.longContext is not set"
    assert "passed over" in told["default"]
    assert tuple(trace[-1]) == ("no default", True, "no default is set; the first listed model")


def test_a_provider_that_does_not_exist_ends_the_trace():
    trace = []
    with pytest.raises(NotFound):
        decide(configured(), new_main(model="nobody,model"), trace=trace)
    assert [tried.rule for tried in trace] == ["subagent"]
