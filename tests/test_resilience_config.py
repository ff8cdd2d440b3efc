"""The keys of the configuration that are about surviving, in their spellings, and what is said about mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from ccr_middleware.config import Config, load_config
from ccr_middleware.config.resilience import FALLBACK_ON
from ccr_middleware.errors import ConfigError


def load(provider: dict[str, Any] | None = None, **keys: Any) -> Config:
    written = {"name": "p", "api_base_url": "https://p.example/v1/chat/completions", "models": ["m"]}
    document = {"Providers": [written | (provider or {"api_key": "k"})], "Router": {"default": "p,m"}, **keys}
    return load_config(document, env={"ONE": "sk-number-one", "TWO": "sk-number-two", "BOTH": "sk-1, sk-2,"})


def keys_of(config: Config) -> list[tuple[str, float, int, str]]:
    return [(one.key, one.weight, one.priority, one.name) for one in config.providers[0].all_keys]


def test_keys_are_texts_and_objects():
    written = ["$ONE", {"api_key": "$TWO", "weight": "2", "priority": 1, "name": "spare"}]
    config = load({"apiKeys": written})
    assert keys_of(config) == [("sk-number-one", 1.0, 0, ""), ("sk-number-two", 2.0, 1, "spare")]
    assert config.warnings == ()


def test_one_text_with_commas_is_a_list_of_keys():
    assert [key for key, *_ in keys_of(load({"api_keys": "$BOTH"}))] == ["sk-1", "sk-2"]


def test_a_single_key_is_one_of_them():
    assert [key for key, *_ in keys_of(load({"api_key": "a", "api_keys": ["b"]}))] == ["a", "b"]
    assert keys_of(load({"api_key": "a", "api_keys": ["b", {"key": "a", "weight": 3}]})) == [
        ("b", 1.0, 0, ""),
        ("a", 3.0, 0, ""),
    ]
    assert keys_of(load({"api_key": "a"})) == [("a", 1.0, 0, "")]


def test_all_keys_are_secrets():
    config = load({"api_key": "sk-in-front", "api_keys": ["$ONE", {"key": "$TWO"}]})
    assert {"sk-in-front", "sk-number-one", "sk-number-two"} <= config.secrets()
    assert "sk-" not in repr(config)
    assert "sk-" not in repr(config.providers[0].all_keys)


def test_limits_of_a_provider():
    provider = load({"api_key": "k", "maxParallel": 3, "queueSize": 0, "queueSeconds": 1.5}).providers[0]
    assert (provider.max_parallel, provider.queue_size, provider.queue_seconds) == (3, 0, 1.5)


def test_retry_and_health_in_either_spelling():
    config = load(
        retry={"attempts": 3, "baseSeconds": 1, "maxSeconds": 4, "max_wait_seconds": 9},
        health={"failures": 2, "windowSeconds": 30, "restSeconds": 5, "keyRestSeconds": 60},
    )
    assert config.retry.model_dump() == {"attempts": 3, "base_seconds": 1, "max_seconds": 4, "max_wait_seconds": 9}
    assert config.health.model_dump() == {
        "failures": 2,
        "window_seconds": 30,
        "rest_seconds": 5,
        "key_rest_seconds": 60,
    }


def test_failures_are_named_in_any_spelling():
    assert load().fallback_on == FALLBACK_ON
    written = ["Network", "errorEvent", "error event", "4XX", "429", 404]
    assert load(fallbackOn=written).fallback_on == ("network", "error_event", "error_event", "4xx", 429, 404)
    assert load(fallback_on=[]).fallback_on == ()


def test_what_looks_like_a_mistake_is_said():
    config = load(
        {"api_keys": ["$ONE", "$ONE", {"key": "x", "priorty": 1}]}, retry={"attemps": 2}, health={"failure": 1}
    )
    assert config.warnings == (
        'retry.attemps: this key is not known; did you mean "attempts"?',
        'health.failure: this key is not known; did you mean "failures"?',
        "Providers[0].api_keys[1]: is the same key as an earlier one; remove one of the two",
        'Providers[0].api_keys[2].priorty: this key is not known; did you mean "priority"?',
    )


def test_no_key_at_all_is_said():
    assert load({"api_keys": []}).warnings[0].startswith("Providers[0].api_key: is missing")


@pytest.mark.parametrize(
    ("provider", "keys", "message"),
    [
        (
            {"api_keys": [{"weight": 0}]},
            {},
            'Providers[0].api_keys[0].key: is missing; write ["key", {"key": "another", "weight": 2}]',
        ),
        (
            {"api_keys": [["k"]]},
            {},
            'Providers[0].api_keys[0].key: must be text; write ["key", {"key": "another", "weight": 2}]',
        ),
        ({"api_keys": 7}, {}, 'Providers[0].api_keys: must be a list; write ["key", {"key": "another", "weight": 2}]'),
        ({"api_key": "k", "max_parallel": 0}, {}, "Providers[0].max_parallel: must be greater than 0"),
        (None, {"fallback_on": "5xx"}, 'fallback_on: must be a list; write a list of "network", "timeout"'),
        (None, {"fallback_on": ["never"]}, "fallback_on[0]: must be 'network', 'timeout'"),
        (None, {"fallback_on": [200]}, "fallback_on[0]: must be 'network', 'timeout'"),
        (None, {"retry": {"attempts": -1}}, "retry.attempts: must be greater than or equal to 0"),
    ],
)
def test_what_cannot_be_is_refused_with_place_and_fix(provider: Any, keys: dict[str, Any], message: str):
    with pytest.raises(ConfigError) as caught:
        load(provider, **keys)
    assert str(caught.value).startswith(f"configuration: {message}")
