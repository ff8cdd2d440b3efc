"""Names of models: every way clients and configurations write them."""

import pytest

from ccr_middleware.config.schema import Config
from ccr_middleware.errors import NotFound
from ccr_middleware.routing.models import resolve
from ccr_middleware.routing.names import is_claude_name


def configured(**models):
    return Config.model_validate(
        {"providers": [{"name": name, "base_url": "http://x", "models": listed} for name, listed in models.items()]}
    )


CONFIG = configured(
    DeepSeek=["deepseek-chat", "Big-Model"],
    openrouter=["anthropic/claude-sonnet-4", "qwen/qwen3:free", "odd,name", "deepseek-chat"],
    anthropic=["claude-haiku-4-5", "claude-opus-4-1-20250805"],
    bare=[],
)


@pytest.mark.parametrize(
    ("text", "provider", "model"),
    [
        ("DeepSeek,deepseek-chat", "DeepSeek", "deepseek-chat"),
        ("deepseek,big-model", "DeepSeek", "Big-Model"),
        ("DEEPSEEK,BIG-MODEL", "DeepSeek", "Big-Model"),
        (" deepseek , big-model ", "DeepSeek", "Big-Model"),
        ("deepseek/Big-Model", "DeepSeek", "Big-Model"),
        ("big-model", "DeepSeek", "Big-Model"),
        ("deepseek-chat", "DeepSeek", "deepseek-chat"),
        ("openrouter,anthropic/claude-sonnet-4", "openrouter", "anthropic/claude-sonnet-4"),
        ("openrouter/anthropic/claude-sonnet-4", "openrouter", "anthropic/claude-sonnet-4"),
        ("anthropic/claude-sonnet-4", "openrouter", "anthropic/claude-sonnet-4"),
        ("anthropic/claude-haiku-4-5", "anthropic", "claude-haiku-4-5"),
        ("Qwen/Qwen3:FREE", "openrouter", "qwen/qwen3:free"),
        ("openrouter,odd,name", "openrouter", "odd,name"),
        ("odd,name", "openrouter", "odd,name"),
        ("claude-haiku-4-5[1m]", "anthropic", "claude-haiku-4-5"),
        ("CLAUDE-HAIKU-4-5[1M]", "anthropic", "claude-haiku-4-5"),
        ("anthropic,claude-haiku-4-5[1m]", "anthropic", "claude-haiku-4-5"),
        ("claude:deepseek,big-model", "DeepSeek", "Big-Model"),
        ("Claude:big-model", "DeepSeek", "Big-Model"),
        ("bare,anything", "bare", "anything"),
        ("bare,a,b/c:d", "bare", "a,b/c:d"),
        ("bare,x[1m]", "bare", "x"),
    ],
)
def test_c32_names_resolve(text, provider, model):
    assert resolve(text, CONFIG) == (provider, model, "")


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("claude-opus-4-1", "claude-opus-4-1-20250805"),
        ("claude-opus-4-1-2025-01-01[1m]", "claude-opus-4-1-20250805"),
    ],
)
def test_c32_another_dated_edition_is_tolerated_and_told(text, model):
    found = resolve(text, CONFIG)
    assert found[:2] == ("anthropic", model)
    assert model in found.note


def test_an_unlisted_model_of_a_known_provider_goes_as_written():
    found = resolve("DEEPSEEK,Deepseek-Next", CONFIG)
    assert found[:2] == ("DeepSeek", "Deepseek-Next")
    assert "'Deepseek-Next'" in found.note


@pytest.mark.parametrize(
    "text",
    ["", "  ", "gpt-9", "claude-opus-9", "nobody/gpt-9", ",x", "deepseek,", "deepseek/", "claude:", "[1m]", "20250101"],
)
def test_c32_what_nobody_has_is_nothing(text):
    assert resolve(text, CONFIG) is None


def test_c32_an_unknown_provider_is_named_with_the_known_ones():
    with pytest.raises(NotFound, match=r"'openai'.*'openai,gpt-9'.*DeepSeek, openrouter, anthropic, bare") as caught:
        resolve("openai,gpt-9", CONFIG)
    assert (caught.value.status, caught.value.type) == (404, "not_found_error")


def test_a_long_or_odd_name_is_cut_and_escaped_in_the_message():
    with pytest.raises(NotFound) as caught:
        resolve("a\n\ud800" + "x" * 10_000 + ",y", CONFIG)
    assert len(caught.value.message) < 500
    assert caught.value.message.encode()
    assert "\n" not in caught.value.message


def test_a_model_that_looks_like_an_offer_is_itself():
    config = configured(a=["claude:b,m"], b=["m"])
    assert resolve("b,m", config)[:2] == ("b", "m")
    assert resolve("claude:a,claude:b,m", config)[:2] == ("a", "claude:b,m")


def test_the_first_of_two_providers_of_one_name_is_meant():
    config = Config.model_validate(
        {"providers": [{"name": name, "base_url": "http://x", "models": ["m"]} for name in ("A", "a")]}
    )
    assert resolve("a,m", config)[:2] == ("A", "m")


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-opus-5-5", True),
        ("CLAUDE-3-5-HAIKU-20241022", True),
        ("claude-proxy,gpt", False),
        ("claude-proxy/gpt", False),
        ("anthropic/claude-sonnet-4", False),
        ("claude:a,b", False),
        ("haiku", False),
        ("", False),
    ],
)
def test_which_names_nobody_chose(model, expected):
    assert is_claude_name(model) is expected
