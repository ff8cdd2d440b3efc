"""Which model a request gets, as a table of requests, configurations and decisions."""

import pytest

from ccr_middleware.config.schema import Config
from ccr_middleware.errors import NotFound
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.route import needs_token_count, route

from .test_routing_facts import (
    BILLING,
    IMAGE,
    NEW_HEADERS,
    OLD_HEADERS,
    PLAN,
    SDK_HEADERS,
    assistant,
    first_main,
    first_side,
    new_main,
    new_search,
    new_side,
    old_main,
    old_side,
    reminder,
    result,
    text,
    tools,
    user,
)

PROVIDERS = [
    {"name": "Main", "base_url": "http://main", "models": ["big", "huge", "deep", "find", "eye"]},
    {"name": "small", "base_url": "http://small", "models": ["mini", "a/b:c,d"]},
    {"name": "anthropic", "base_url": "http://anthropic", "models": ["claude-opus-5-5", "claude-haiku-4-5"]},
]
ROUTER = {
    "default": "Main,big",
    "background": "small,mini",
    "think": "Main,deep",
    "long_context": "Main,huge",
    "web_search": "Main,find",
    "image": "Main,eye",
}


def configured(without=(), providers=PROVIDERS, **router):
    kept = {name: target for name, target in ROUTER.items() if name not in without}
    return Config.model_validate({"providers": providers, "router": kept | router})


def decide(body, headers=NEW_HEADERS, config=None, **counts):
    decision, _ = route(facts_of(body, headers), config or configured(), **counts)
    return decision.scenario, f"{decision.provider},{decision.model}"


def tag(target):
    return f"<CCR-SUBAGENT-MODEL>{target}</CCR-SUBAGENT-MODEL>"


def tagged(target, **changes):
    return new_main(system=[text(BILLING), text("You are an agent."), text(tag(target) + "You review.")], **changes)


EFFORT_MAX = {"output_config": {"effort": "max"}, "messages": [user(text("a"))]}
BUDGET = {"thinking": {"type": "enabled", "budget_tokens": 31999}}
NO_EFFORT = {"output_config": {}, "messages": [user(text("a"))]}
LONG = {"token_count": 60_001}

#: body, headers, counts -> scenario
TABLE = {
    "new turn": (new_main(), NEW_HEADERS, {}, "default"),
    "new turn, budget beside effort": (new_main(**BUDGET), NEW_HEADERS, {}, "default"),
    "new turn, high effort": (new_main(messages=[], output_config={"effort": "high"}), NEW_HEADERS, {}, "default"),
    "new turn, deep": (new_main(**EFFORT_MAX), NEW_HEADERS, {}, "think"),
    "new turn, deep, nothing said of thinking": (
        {k: v for k, v in new_main(**EFFORT_MAX).items() if k != "thinking"},
        NEW_HEADERS,
        {},
        "think",
    ),
    "new turn, planning": (new_main(messages=[user(PLAN, text("Plan it"))]), NEW_HEADERS, {}, "think"),
    "new turn, deep but thinking off": (
        new_main(thinking={"type": "disabled"}, **EFFORT_MAX),
        NEW_HEADERS,
        {},
        "default",
    ),
    "older model of the new client": (new_main(**BUDGET, **NO_EFFORT), NEW_HEADERS, {}, "think"),
    "new side request": (new_side(), NEW_HEADERS, {}, "background"),
    "new side request, deep session": (new_side(**EFFORT_MAX), NEW_HEADERS, {}, "background"),
    "new turn on haiku": (new_main(model="claude-haiku-5-5"), NEW_HEADERS, {}, "background"),
    "new web search": (new_search(), NEW_HEADERS, {}, "web_search"),
    "web search on haiku": (new_search(model="claude-haiku-5-5"), NEW_HEADERS, {}, "web_search"),
    "web search while thinking": (
        old_main(tools=[*tools(), new_search()["tools"][0]], **BUDGET),
        OLD_HEADERS,
        {},
        "web_search",
    ),
    "new image": (new_main(messages=[user(IMAGE, text("What?"))]), NEW_HEADERS, {}, "image"),
    "new image while planning": (new_main(messages=[user(PLAN, IMAGE)]), NEW_HEADERS, {}, "image"),
    "image read by a tool": (
        new_main(messages=[user(text("Look")), assistant(text("ok")), user(result(IMAGE))]),
        NEW_HEADERS,
        LONG,
        "image",
    ),
    "image in history": (
        new_main(messages=[user(IMAGE), assistant(text("A cat")), user(text("ok"))]),
        NEW_HEADERS,
        {},
        "default",
    ),
    "long": (new_main(), NEW_HEADERS, LONG, "long_context"),
    "just not long": (new_main(), NEW_HEADERS, {"token_count": 60_000}, "default"),
    "long session": (new_main(), NEW_HEADERS, {"token_count": 20_001, "last_input_tokens": 60_001}, "long_context"),
    "long session, short request": (
        new_main(),
        NEW_HEADERS,
        {"token_count": 20_000, "last_input_tokens": 60_001},
        "default",
    ),
    "long and deep": (new_main(**EFFORT_MAX), NEW_HEADERS, LONG, "long_context"),
    "long on haiku": (old_main(model="claude-haiku-4-5-20251001"), OLD_HEADERS, LONG, "long_context"),
    "old turn": (old_main(), OLD_HEADERS, {}, "default"),
    "old turn, thinking": (old_main(**BUDGET), OLD_HEADERS, {}, "think"),
    "old side request": (old_side(), OLD_HEADERS, {}, "background"),
    "old warm-up": (old_main(model="claude-haiku-4-5-20251001"), OLD_HEADERS, {}, "background"),
    "first turn": (first_main(), OLD_HEADERS, {}, "default"),
    "first side request": (first_side(), OLD_HEADERS, {}, "background"),
    "haiku by its short name": (first_main(model="haiku"), OLD_HEADERS, {}, "background"),
    "haiku of another spelling": (first_main(model="Claude-3-5-Haiku@20241022"), OLD_HEADERS, {}, "background"),
    "an application's question": (
        {"model": "claude-opus-5-5", "messages": [user(text("Hi"))]},
        SDK_HEADERS,
        {},
        "default",
    ),
    "no model": ({"messages": []}, {}, {}, "default"),
}


@pytest.mark.parametrize(("body", "headers", "counts", "scenario"), TABLE.values(), ids=TABLE)
def test_c31_scenarios(body, headers, counts, scenario):
    assert decide(body, headers, **counts) == (scenario, ROUTER[scenario])


@pytest.mark.parametrize("scenario", [name for name in ROUTER if name != "default"])
def test_c31_a_scenario_without_target_falls_through(scenario):
    for body, headers, counts, expected in TABLE.values():
        got, target = decide(body, headers, configured(without=[scenario]), **counts)
        assert got != scenario
        assert target == ROUTER[got]
        if expected != scenario:
            assert got == expected


@pytest.mark.parametrize("target", ["nobody,model", "no-such-model", "Main,"])
@pytest.mark.parametrize("scenario", [name for name in ROUTER if name != "default"])
def test_c31_a_scenario_with_an_unusable_target_falls_through_with_a_note(scenario, target):
    hits = [row for row in TABLE.values() if row[3] == scenario]
    assert hits
    for body, headers, counts, _ in hits:
        decision, notes = route(facts_of(body, headers), configured(**{scenario: target}), **counts)
        assert decision.scenario != scenario
        assert any(scenario in note for note in notes)


def test_think_always_takes_every_request_that_thinks():
    config = configured(think_when="always")
    assert decide(new_main(), config=config) == ("think", "Main,deep")
    assert decide(new_main(thinking={"type": "disabled"}), config=config) == ("default", "Main,big")
    assert decide(old_main(), OLD_HEADERS, config) == ("default", "Main,big")
    assert decide(new_search(), config=config)[0] == "web_search"


def test_the_threshold_is_configurable():
    assert decide(new_main(), config=configured(long_context_threshold=10), token_count=11)[0] == "long_context"


@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("main,BIG", "Main,big"),
        ("small,a/b:c,d", "small,a/b:c,d"),
        ("small/mini", "small,mini"),
        ("DEEP", "Main,deep"),
        ("small,unlisted", "small,unlisted"),
        ("claude:small,mini", "small,mini"),
        ("anthropic,claude-opus-5-5[1m]", "anthropic,claude-opus-5-5"),
    ],
)
def test_c32_an_explicit_model_stays_whatever_the_request_holds(model, target):
    for body, headers, counts, _ in TABLE.values():
        assert decide(body | {"model": model}, headers, **counts) == ("explicit", target)


@pytest.mark.parametrize(
    "model", ["gpt-9", "claude-x[1m]", "CLAUDE-OPUS-9", "nobody/model", "opusplan", "Main,", ",", 7, None]
)
def test_c32_an_unknown_model_name_falls_to_the_default(model):
    assert decide(new_main(model=model)) == ("default", "Main,big")


def test_c32_an_unknown_provider_is_not_found():
    with pytest.raises(NotFound, match="Main, small, anthropic"):
        decide(new_main(model="nobody,model"))


def test_unknown_names_are_noted_and_claude_names_are_not():
    assert "'gpt-9'" in route(facts_of(new_main(model="gpt-9"), {}), configured()).notes[0]
    assert route(facts_of(new_main(), {}), configured()).notes == ()
    assert "'unlisted'" in route(facts_of(new_main(model="Main,unlisted"), {}), configured()).notes[0]


def test_a_bare_claude_name_is_no_choice_even_where_it_is_listed():
    assert decide(new_main(model="claude-opus-5-5")) == ("default", "Main,big")
    assert decide(new_main(model="claude-opus-5-5"), config=configured(without=["default"])) == (
        "default",
        "anthropic,claude-opus-5-5",
    )
    assert decide(
        old_main(model="claude-haiku-4-5-20251001"), config=configured(without=["default", "background"])
    ) == (
        "default",
        "anthropic,claude-haiku-4-5",
    )


def test_c30_the_tag_wins_over_everything():
    for body, headers, counts, _ in TABLE.values():
        for model in (body.get("model"), "Main,deep", "nobody,model"):
            request = body | {"model": model, "system": [text("x"), text(tag("Small,MINI") + "You review.")]}
            assert decide(request, headers, **counts) == ("subagent", "small,mini")


@pytest.mark.parametrize("target", ["anthropic,claude-haiku-4-5", "anthropic/claude-haiku-4-5", "claude-haiku-4-5"])
def test_c30_the_tag_may_take_any_form(target):
    assert decide(tagged(target)) == ("subagent", "anthropic,claude-haiku-4-5")


def test_c30_the_tag_in_the_first_user_message():
    messages = [user(reminder("# claudeMd"), text(tag("small,mini") + "Review it."))]
    assert decide(old_main(messages=messages), OLD_HEADERS) == ("subagent", "small,mini")


@pytest.mark.parametrize("target", ["nobody,model", "no-such-model"])
def test_c30_an_unknown_target_gives_the_usual_route_and_a_warning(target):
    for changes, counts, expected in (({}, {}, "default"), ({}, LONG, "long_context"), (EFFORT_MAX, {}, "think")):
        decision, notes = route(facts_of(tagged(target, **changes), NEW_HEADERS), configured(), **counts)
        assert decision.scenario == expected
        assert len(notes) == 1
        assert "subagent" in notes[0]


def test_without_default_the_first_listed_model_answers():
    providers = [{"name": "empty", "base_url": "http://x"}, *PROVIDERS]
    assert decide(new_main(model="claude-9"), config=configured(["default"], providers)) == ("default", "Main,big")


def test_an_unusable_default_is_told():
    decision, notes = route(facts_of(new_main(), NEW_HEADERS), configured(default="nobody,model"))
    assert (decision.provider, decision.model) == ("anthropic", "claude-opus-5-5")
    assert "default" in notes[0]
    assert "nobody" in notes[0]


def test_a_provider_that_lists_nothing_gets_the_asked_name():
    config = Config.model_validate({"providers": [{"name": "any", "base_url": "http://x"}]})
    assert decide(new_main(), config=config) == ("default", "any,claude-opus-5-5")
    with pytest.raises(NotFound, match=r"Router\.default"):
        decide({}, config=config)


def test_without_providers_the_error_says_what_to_do():
    with pytest.raises(NotFound, match=r'"Providers".*"Router\.default"'):
        decide(new_main(), config=Config())


def test_every_decision_has_a_reason():
    for body, headers, counts, _ in TABLE.values():
        assert route(facts_of(body, headers), configured(), **counts).decision.reason


@pytest.mark.parametrize(
    ("body", "config", "at_most", "last", "expected"),
    [
        (new_main(), configured(), 60_001, None, True),
        (new_main(), configured(), 60_000, None, False),
        (new_main(), configured(), 20_001, 60_001, True),
        (new_main(), configured(), 20_000, 60_001, False),
        (new_search(), configured(), 60_001, None, True),
        (new_main(), configured(without=["long_context"]), 10**9, 10**9, False),
        (new_main(), configured(long_context="nobody,model"), 10**9, None, False),
        (new_main(model="Main,big"), configured(), 10**9, None, False),
        (new_main(model="nobody,model"), configured(), 10**9, None, False),
        (tagged("small,mini"), configured(), 10**9, None, False),
        (tagged("nobody,model"), configured(), 10**9, None, True),
        (new_main(messages=[user(IMAGE)]), configured(), 10**9, None, False),
        (new_main(messages=[user(IMAGE)]), configured(without=["image"]), 10**9, None, True),
    ],
)
def test_tokens_are_counted_only_when_the_number_matters(body, config, at_most, last, expected):
    assert needs_token_count(facts_of(body, NEW_HEADERS), config, at_most, last) is expected
