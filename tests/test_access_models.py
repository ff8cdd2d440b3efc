"""Which models a caller may use, and that naming one does not get past the list (C37)."""

from typing import Any

import pytest

from ccr_middleware.access.models import may_use, refusal
from ccr_middleware.access.principal import Principal


def allowed(*patterns: str, target: str = "openrouter,anthropic/claude-sonnet-4-5", **more: Any) -> bool:
    provider, _, model = target.partition(",")
    asked = {"asked_model": "some-model", "scenario": "default"} | more
    return may_use(Principal("k1", models=patterns), provider, model, **asked)


def test_without_a_list_everything_is_allowed_and_with_an_empty_one_nothing() -> None:
    assert may_use(Principal("k1"), "p", "m", "m", "default")
    assert not allowed()


@pytest.mark.parametrize(
    "pattern",
    [
        "openrouter,anthropic/claude-sonnet-4-5",
        "OpenRouter,Anthropic/Claude-Sonnet-4-5",
        " openrouter , anthropic/claude-sonnet-4-5 ",
        "openrouter,anthropic/claude-sonnet-4-5[1m]",
        "openrouter,*",
        "openrouter,anthropic/*",
        "*,anthropic/claude-sonnet-4-?",
        "anthropic/claude-sonnet-4-5",
        "anthropic/claude-*",
        "*sonnet*",
        "*",
    ],
)
def test_patterns_that_match_a_target(pattern: str) -> None:
    assert allowed("other", pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "openrouter",
        "openrouter*",
        "open*sonnet*",
        "?penrouter?anthropic*",
        "openai,*",
        "open,*",
        "openrouter,anthropic",
        "claude-sonnet-4-5",
        "anthropic/claude-sonnet-4-5-20250929",
        "anthropic/claude-sonnet-4.5",
        "",
        "anthropic/claude-sonnet-4-[0-9]",  # brackets are letters like any other
    ],
)
def test_patterns_that_do_not(pattern: str) -> None:
    assert not allowed(pattern)


def test_the_mark_of_the_large_window_says_nothing_about_the_model() -> None:
    assert allowed("gpt-5", target="openai,gpt-5[1m]")
    assert allowed("claude-sonnet-4-5", asked_model="claude-sonnet-4-5[1M]")


def test_the_model_that_was_asked_for_counts_when_routing_chose_another() -> None:
    assert allowed("claude-*", asked_model="claude-sonnet-4-5", scenario="background")
    assert allowed("claude-*", asked_model="claude-sonnet-4-5", scenario="rule")
    assert not allowed("claude-*", asked_model="gpt-5", scenario="default")


@pytest.mark.parametrize("scenario", ["explicit", "subagent"])
def test_c37_whoever_names_a_target_needs_that_target(scenario: str) -> None:
    """Key A's list refuses model B, however B is asked for."""
    assert not allowed("claude-*", asked_model="claude-sonnet-4-5", scenario=scenario)
    assert not allowed("openai,*", asked_model="openai,gpt-5", scenario=scenario)
    assert allowed("openrouter,*", asked_model="openrouter,anthropic/claude-sonnet-4-5", scenario=scenario)


def test_c37_a_refusal_tells_who_may_use_what() -> None:
    error = refusal(Principal("k1", "Ada", models=("a,*", "gpt-5*")), "openai", "o9")
    assert (error.status, error.type, error.should_retry) == (403, "permission_error", False)
    assert error.message == '"Ada" may not use openai,o9; it may use: a,*, gpt-5*'
    many = refusal(Principal("k1", models=tuple(f"m{n}" for n in range(30))), "p", "m").message
    assert "m9, …" in many
    assert "m10" not in many
    assert refusal(Principal("k1", models=()), "p", "m").message.endswith("no model at all")


def test_long_names_and_many_stars_take_no_time() -> None:
    assert not allowed("*a*a*a*a*a*a*b", target="p," + "a" * 500)
    assert not allowed("*a*", asked_model="a" * 100_000, target="p,m")
