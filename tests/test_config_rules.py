"""Rules, aliases, fallbacks, pools and parameters as they are written: every spelling, every mistake."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest

from ccr_middleware import ConfigError, load_config
from ccr_middleware.config.conditions import MAX_PATTERN, searcher
from ccr_middleware.config.rules import texts_of

PROVIDERS = [
    {"name": "p", "api_base_url": "http://localhost/v1", "models": ["m", "n"]},
    {"name": "q", "api_base_url": "http://localhost/v1", "models": ["a/b", "o"]},
]
ROUTER = {"default": "p,m"}


def loaded(**keys: Any):
    return load_config({"Providers": PROVIDERS, "Router": ROUTER, **keys}, env={})


def warnings_of(**keys: Any) -> tuple[str, ...]:
    return loaded(**keys).warnings


def error_of(**keys: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(**keys)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("configuration: ")


def rule(when: Any = None, **keys: Any) -> dict[str, Any]:
    return {"when": {"model": "x"} if when is None else when, "target": "p,m", **keys}


# -- what is understood ------------------------------------------------------------------------------------


def test_a_rule_in_the_spellings_of_the_file():
    config = loaded(
        rules=[
            {
                "name": "night",
                "when": {
                    "header": {"X-Team": "research", "x-cost": {"notEquals": 5}},
                    "body": {"metadata.user_id": {"startsWith": "u", "in": ["u1", "u2"]}},
                    "tokenCount": {"gt": 1000},
                    "hasImage": False,
                    "time": {"from": "22:00", "to": "6:30", "days": ["Monday", "fri"], "zone": "Europe/Berlin"},
                    "any": [{"principal": "ann"}, {"project": ["x", "y"]}],
                    "not": {"scenario": "longContext"},
                },
                "target": ["p,m", {"target": "q/o", "weight": 3}],
                "fallback": "q/a/b",
                "parameters": {"temperature": None, "thinking.budget_tokens": 1024},
                "beforeExplicit": True,
            }
        ]
    )
    assert config.warnings == ()
    (night,) = config.rules
    (when,) = night.when
    assert when.header["X-Team"].given() == {"equals": "research"}
    assert when.header["x-cost"].given() == {"not_equals": 5}
    assert when.body["metadata.user_id"].given() == {"starts_with": "u", "one_of": ("u1", "u2")}
    assert when.token_count.given() == {"gt": 1000}
    assert when.has_image is False
    assert (when.time.start, when.time.end) == (time(22), time(6, 30))
    assert (when.time.days, when.time.zone) == (("mon", "fri"), "Europe/Berlin")
    assert when.any[1].project.given() == {"one_of": ("x", "y")}
    assert when.unless[0].scenario.given() == {"equals": "longContext"}
    assert [(one.target, one.weight) for one in night.target] == [("p,m", 1), ("q,o", 3)]
    assert night.fallback == ("q,a/b",)
    assert night.parameters == {"temperature": None, "thinking.budget_tokens": 1024}
    assert night.before_explicit
    assert night.enabled


def test_conditions_may_be_a_list():
    config = loaded(rules=[rule([{"model": "x"}, {"not": [{"tool": "a"}, {"session": "s"}]}])])
    assert [set(one.model_fields_set) for one in config.rules[0].when] == [{"model"}, {"unless"}]
    assert len(config.rules[0].when[1].unless) == 2


def test_pools_fallbacks_parameters_and_aliases_know_slashes_and_spellings():
    config = loaded(
        Router={"default": ["p/m", {"target": "q/o", "weight": 2}], "longContext": "q/a/b"},
        fallback={"longContext": ["p/n"], "all": "q/o", "default": []},
        parameters={"webSearch": {"max_tokens": 5}, "think": {"temperature": None}},
        aliases={"gpt-4o": "p/n", "opus": ["p/m", "q,o"]},
        responseModel="routed",
    )
    assert config.warnings == ()
    assert texts_of(config.router.default) == ("p,m", "q,o")
    assert config.router.target("long_context") == "q,a/b"
    assert (config.fallback.long_context, config.fallback.all, config.fallback.default) == (("p,n",), ("q,o",), ())
    assert config.parameters.web_search == {"max_tokens": 5}
    assert config.parameters.think == {"temperature": None}
    assert config.aliases["gpt-4o"] == "p,n"
    assert texts_of(config.aliases["opus"]) == ("p,m", "q,o")
    assert config.response_model == "routed"


@pytest.mark.parametrize(
    ("scenario", "targets"),
    [
        ("think", ("t",)),
        ("image", ()),
        ("explicit", ("e",)),
        ("subagent", ("d",)),
        ("rule", ("d",)),
        ("default", ("d",)),
    ],
)
def test_scenarios_that_are_no_route_fall_back_as_the_default_does(scenario: str, targets: tuple[str, ...]):
    config = loaded(fallback={"default": ["d"], "think": ["t"], "explicit": ["e"]})
    assert config.fallback.of(scenario) == targets


def test_a_fallback_that_is_no_object_is_not_used():
    config = loaded(fallback=["p,m"])
    assert config.fallback.all == ()
    assert config.warnings == ("fallback: is not used, since it must be an object",)
    assert warnings_of(fallback=None) == ()


# -- what is an error --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"target": "p,m"}, "rules[0].when: is missing; write conditions such as"),
        (rule([]), "rules[0].when: must be a list that is not empty; write conditions"),
        (rule({}), "rules[0].when: asks nothing; write conditions"),
        (rule({"header": {}}), "rules[0].when: asks nothing;"),
        (rule("x"), "rules[0].when: must be an object;"),
        (rule({"heder": {"x": "y"}}), 'rules[0].when: "heder" is no condition; did you mean "header"?;'),
        (rule({"header": "x-team"}), "rules[0].when.header: must be an object;"),
        (
            rule({"header": {"x": {"equal": "y"}}}),
            'rules[0].when.header.x: "equal" is no operator; did you mean "equals"',
        ),
        (
            rule({"header": {"x": {"zzz": 1}}}),
            'rules[0].when.header.x: "zzz" is no operator; known are equals, not_equals',
        ),
        (rule({"header": {"x": {}}}), "rules[0].when.header.x: has no operator; known are equals,"),
        (rule({"body": {"a.b": {"gt": "much"}}}), 'rules[0].when.body["a.b"].gt: must be a number;'),
        (rule({"model": {"matches": "("}}), "rules[0].when.model.matches: is no pattern: unclosed group;"),
        (rule({"model": {"matches": "(?=x)"}}), "rules[0].when.model.matches: is no pattern: look-around"),
        (
            rule({"model": {"matches": r"\w{999}{999}"}}),
            "rules[0].when.model.matches: is no pattern: Compiled regex exceeds",
        ),
        (
            rule({"model": {"matches": "x" * (MAX_PATTERN + 1)}}),
            "rules[0].when.model.matches: is longer than 1000 char",
        ),
        (rule([{"tokenCount": 5}]), "rules[0].when[0]: token_count is compared with gt, ge, lt or le only;"),
        (rule([{"scenario": "thnk"}]), 'rules[0].when[0]: there is no scenario "thnk"; known are default, background,'),
        (rule([{"scenario": {"contains": "x"}}]), "rules[0].when[0]: a scenario is compared with equals, not_equals"),
        (
            rule({"any": [{"not": {"has_img": True}}]}),
            'rules[0].when.any[0].not: "has_img" is no condition; did you mean',
        ),
        (rule({"time": {}}), "rules[0].when.time: names no time;"),
        (rule({"time": {"from": "24:00"}}), 'rules[0].when.time.from: must be a time such as "22:00";'),
        (rule({"time": {"from": "8:00", "to": "08:00"}}), "rules[0].when.time: begins when it ends;"),
        (rule({"time": {"days": ["someday"]}}), "rules[0].when.time.days[0]: must be 'mon', 'tue'"),
        (
            rule({"time": {"from": "8:00", "zone": "Berlin"}}),
            'rules[0].when.time.zone: no time zone is called "Berlin"',
        ),
        (rule({"time": {"from": "8:00", "zone": "../x"}}), "rules[0].when.time.zone: no time zone is called"),
        ({"when": {"model": "x"}}, "rules[0]: does nothing; write a target;"),
        (rule(traget="p,m"), 'rules[0]: "traget" is no key; did you mean "target"?;'),
        (rule(parameters={"model": "x"}), "rules[0].parameters: model cannot be set;"),
        (rule(parameters={"a..b": 1}), 'rules[0].parameters: "a..b" is no field;'),
        (rule(target=[]), "rules[0].target: must be text or must be a list that is not empty;"),
        (rule(target=[{"target": "p,m", "weight": 0}]), "rules[0].target[0].weight: must be greater than 0;"),
        ("x", 'rules[0]: must be an object; write a list of {"name"'),
    ],
)
def test_a_mistake_in_a_rule_is_an_error_with_its_place(written: Any, expected: str):
    assert error_of(rules=[written]).startswith(expected)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"rules": {}}, "rules: must be a list; write a list of"),
        ({"aliases": []}, 'aliases: must be an object; write {"name": "provider,model"}'),
        ({"aliases": {"x": {}}}, "aliases.x: must be text or must be a list"),
        ({"parameters": {"think": 5}}, "parameters.think: must be an object"),
        ({"parameters": {"longContext": {"stream": False}}}, "parameters.longContext: stream cannot be set"),
        ({"fallback": {"think": [{}]}}, "fallback.think[0]: must be text"),
        ({"response_model": "both"}, "response_model: must be 'requested' or 'routed'"),
    ],
)
def test_other_mistakes(keys: dict[str, Any], expected: str):
    assert error_of(**keys).startswith(expected)


# -- what is most likely a mistake -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"rules": [rule(target="x,m")]}, 'rules[0].target: "x,m": no provider is called "x"'),
        ({"rules": [rule(target=["p,m", "p,mm"])]}, 'rules[0].target[1]: "p,mm": "mm" is not among the models of "p"'),
        ({"rules": [rule(fallback=["p,m", "o"])]}, 'rules[0].fallback[1]: "o" names no provider; write "q,o"'),
        ({"fallback": {"webSearch": ["x,m"]}}, 'fallback.webSearch[0]: "x,m": no provider is called "x"'),
        (
            {"fallback": {"websearch": ["p,m"]}},
            'fallback.websearch: there is no such scenario; did you mean "webSearch"?',
        ),
        ({"fallback": {"night": ["p,m"]}}, "fallback.night: there is no such scenario; known are default, background"),
        ({"parameters": {"thnk": {}}}, 'parameters.thnk: there is no such scenario; did you mean "think"?'),
        ({"aliases": {"gpt": "p,zz"}}, 'aliases.gpt: "p,zz": "zz" is not among the models of "p"'),
        ({"aliases": {"gpt": "opus", "opus": "p,m"}}, 'aliases.gpt: "opus" names no provider'),
        ({"aliases": {"GPT": "p,m", "gpt": "p,n"}}, "aliases.gpt: is there in another spelling too, which is used"),
        ({"rules": [rule(name="a"), rule(name="a")]}, 'rules[1].name: another rule is called "a" too; rename one'),
    ],
)
def test_what_is_most_likely_a_mistake_is_said_with_its_place(keys: dict[str, Any], expected: str):
    (warning,) = warnings_of(**keys)
    assert warning.startswith(expected)


def test_an_alias_may_stand_wherever_a_target_does():
    assert (
        warnings_of(
            aliases={"Fast": ["p,m", "q,o"]},
            Router={"default": "fast"},
            rules=[rule(target="fast", fallback=["FAST"])],
            fallback={"all": ["fast"]},
        )
        == ()
    )


# -- patterns ----------------------------------------------------------------------------------------------


def test_no_pattern_takes_long():
    """Each of these takes a backtracking engine longer than anyone waits."""
    for pattern in (r"(a+)+$", r"^(a|a)*$", r"^(a|aa)+$", r"(.*a){20}$", r"^(\w+\s?)*$"):
        assert searcher(pattern)("a" * 10_000 + "!") is False


def test_a_pattern_is_found_anywhere_and_only_in_texts():
    search = searcher(r"(?i)team-\d+")
    assert search("the TEAM-12 of old")
    assert not search("team-x")
    assert not search(12)
