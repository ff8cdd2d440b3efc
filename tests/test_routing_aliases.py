"""Names that operators give to targets (F12): which alias a name means, and what comes of it."""

from __future__ import annotations

import pytest

from ccr_middleware.config.schema import Config
from ccr_middleware.errors import NotFound
from ccr_middleware.routing.aliases import Aliases
from ccr_middleware.routing.catalogue import find_model, list_models
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.models import Resolver
from ccr_middleware.routing.route import route

from .test_routing_facts import NEW_HEADERS, new_main, text
from .test_routing_rules import LONG, PROVIDERS, ROUTER, tag

NAMES = [
    "gpt-4o",
    "gpt-4o-*",
    "gpt-*",
    "claude-*",
    "claude-opus-5*",
    "opus",
    "haiku",
    "claude-sonnet-4-5-20250929",
    "*",
    "gemini-?-pro",
    "*-embed",
    "claude-opus-5-5[1m]",
    "old,model",
    "claude",
]


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("gpt-4o", "gpt-4o"),
        (" GPT-4o ", "gpt-4o"),
        ("gpt-4o[1m]", "gpt-4o"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini", "gpt-4o-*"),
        ("gpt-5", "gpt-*"),
        ("claude:gpt-4o", "gpt-4o"),
        ("opus", "opus"),
        ("Opus[1M]", "opus"),
        ("claude-opus-4-1-20250805", "opus"),
        ("claude-3-opus-20240229", "opus"),
        ("claude-3-5-haiku@20241022", "haiku"),
        ("claude-opus-5-5", "claude-opus-5*"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5[1m]"),
        ("claude-opus-5-1", "claude-opus-5*"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5-20250929"),
        ("claude-sonnet-4-5-20251231", "claude-sonnet-4-5-20250929"),
        ("claude-sonnet-4", "claude-*"),
        ("claude-opusplan", "claude-*"),
        ("magnum-opus", "*"),
        ("gemini-3-pro", "gemini-?-pro"),
        ("text-EMBED", "*-embed"),
        ("text-embed-2", "*"),
        ("old,model", "old,model"),
        ("OLD,Model[1m]", "old,model"),
        ("claude", "claude"),
        ("gpt-4o,x", None),
        ("p,gpt-4o", None),
        ("", None),
        ("gpt-" + "x" * 300, None),
    ],
)
def test_which_alias_a_name_means(name: str, alias: str | None):
    found = Aliases(dict.fromkeys(NAMES, "p,m")).find(name)
    assert (found.name if found else None) == alias


def test_the_longest_beginning_wins_and_of_other_patterns_the_first():
    aliases = Aliases({"a*": "1", "abc*": "2", "ab*": "3", "*c?": "4", "a?c*": "5"})
    assert [aliases.find(name).target for name in ("a", "abx", "abcd", "xcd")] == ["1", "3", "2", "4"]


def test_a_name_is_no_pattern():
    aliases = Aliases({"a.c": "dot", "x.*y": "x", "claude-(1)?": "paren"})
    assert aliases.find("abc") is None
    assert aliases.find("xy") is None
    assert aliases.find("x.zzy").target == "x"
    assert aliases.find("claude-(1)2").target == "paren"


def configured(aliases, **keys):
    return Config.model_validate({"providers": PROVIDERS, "router": ROUTER, "aliases": aliases, **keys})


def decide(config, model, **counts):
    decision, notes = route(facts_of(new_main(model=model), NEW_HEADERS), config, **counts)
    return decision.scenario, f"{decision.provider},{decision.model}", notes


@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("gpt-4o", "small,mini"),
        ("GPT-4O-2024-11-20", "small,mini"),
        ("claude-opus-5-5", "Main,deep"),
        ("claude-opus-5-5[1m]", "Main,deep"),
        ("opus", "Main,deep"),
        ("claude-haiku-4-5", "small,a/b:c,d"),
        ("claude:claude-haiku-4-5-20251001", "small,a/b:c,d"),
        ("big", "small,mini"),
        ("nobody,model", "Main,huge"),
    ],
)
def test_c32_an_alias_is_an_explicit_choice(model: str, target: str):
    config = configured(
        {
            "gpt-4o": "small,mini",
            "opus": "MAIN,deep",
            "claude-haiku*": "small,a/b:c,d",
            "big": "mini",
            "nobody,model": "huge",
        }
    )
    assert decide(config, model, **LONG)[:2] == ("explicit", target)


def test_names_that_are_no_alias_stay_what_they_are():
    config = configured({"*": "small,mini", "opus": "Main,deep"})
    assert decide(config, "Main,big") == ("explicit", "Main,big", ())
    assert decide(config, "whatever")[:2] == ("explicit", "small,mini")
    config = configured({"opus": "Main,deep"})
    assert decide(config, "claude-sonnet-5-5") == ("default", "Main,big", ())
    with pytest.raises(NotFound):
        decide(config, "nobody,model")


def test_the_alias_is_named_in_the_reason():
    decision, _ = route(facts_of(new_main(model="claude-opus-9"), {}), configured({"opus": "Main,deep"}))
    assert decision.reason == "the client asked for 'claude-opus-9', which is the alias 'opus'"


def test_an_alias_that_leads_nowhere_gives_the_usual_route_and_a_note():
    config = configured({"opus": "nobody,model", "sonnet": "haiku", "haiku": "Main,big"})
    for model in ("opus", "sonnet"):
        scenario, _, notes = decide(config, model)
        assert scenario == "default"
        assert len(notes) == 1
        assert "explicit" in notes[0]


def test_an_alias_may_be_a_pool_a_route_or_a_tag():
    config = configured(
        {"fast": ["small,mini", {"target": "Main,big", "weight": 3}]},
        router={**ROUTER, "default": "fast"},
        fallback={"all": ["fast", "Main,huge"]},
    )
    for model in ("fast", "claude-x"):
        decision = route(facts_of(new_main(model=model), NEW_HEADERS), config).decision
        assert decision.pool == (("small", "mini", 1), ("Main", "big", 3))
        assert decision.fallbacks == ("Main,huge",)
    body = new_main(system=[text("x"), text(tag("FAST") + "You review.")])
    assert route(facts_of(body, NEW_HEADERS), config).decision.pool
    named = route(facts_of(new_main(model="Main,deep"), NEW_HEADERS), config).decision
    assert named.fallbacks == ("small,mini", "Main,big", "Main,huge")


def test_a_resolver_is_made_once_and_knows_pools():
    found = Resolver(configured({})).choices(
        Config.model_validate({"router": {"default": ["Main,big", "x,y"]}}).router.default
    )
    assert found.choices == (("Main", "big", 1),)
    assert "no provider 'x'" in found.note


# -- GET /v1/models ----------------------------------------------------------------------------------------

LIMITED = [
    {"name": "a", "base_url": "http://x", "models": ["m", "n"], "context_window": {"m": 200_000, "*": 8000}},
    {"name": "claude-proxy", "base_url": "http://x", "models": ["o"], "max_output_tokens": 4096},
]


def test_aliases_are_listed_beside_targets_with_their_limits():
    config = Config.model_validate(
        {
            "providers": LIMITED,
            "aliases": {"gpt": "a,m", "Opus": ["claude-proxy,o", "a,n"], "gpt-*": "a,m", "no": "x,y"},
        }
    )
    entries = {entry["id"]: entry for entry in list_models(config)}
    targets, aliases = ["a,m", "a,n", "claude-proxy,o"], ["gpt", "Opus"]
    assert list(entries) == [*targets, *aliases, "claude:a,m", "claude:a,n", "claude:gpt", "claude:Opus"]
    limits = {id_: (entry.get("max_input_tokens"), entry.get("max_tokens")) for id_, entry in entries.items()}
    assert limits["a,m"] == limits["gpt"] == limits["claude:gpt"] == (200_000, None)
    assert limits["a,n"] == (8000, None)
    assert limits["claude-proxy,o"] == limits["Opus"] == (None, 4096)
    assert "max_tokens" not in entries["a,m"]
    assert entries["gpt"]["display_name"] == "gpt (a,m)"
    assert find_model(config, "OPUS")["owned_by"] == "claude-proxy"


def test_every_listed_alias_leads_to_what_it_shows():
    config = Config.model_validate({"providers": LIMITED, "aliases": {"gpt": "a,m", "opus": "a,n", "claude-x": "a,m"}})
    resolver = Resolver(config)
    for entry in list_models(config):
        (choice,) = resolver.choices(entry["id"]).choices
        assert choice.model in entry["display_name"]
        assert choice.provider in entry["display_name"]
