"""Every spelling that Claude Code Router v2 accepts or documents leads to the same configuration."""

from __future__ import annotations

from typing import Any

import pytest

from ccr_middleware.config import Config, Provider, load_config
from ccr_middleware.config.schema import TransformerUse

URL = "https://api.example.org/v1/chat/completions"


def load(document: dict[str, Any]) -> Config:
    return load_config(document, env={})


def one_provider(**keys: Any) -> dict[str, Any]:
    return {"name": "p", "api_base_url": URL, "api_key": "k", "models": ["m"], **keys}


def loaded_provider(**keys: Any) -> Provider:
    return load({"Providers": [one_provider(**keys)], "Router": {"default": "p,m"}}).providers[0]


@pytest.mark.parametrize(
    ("document", "field", "value"),
    [
        ({"PORT": 8080}, "port", 8080),
        ({"PORT": "8080"}, "port", 8080),
        ({"port": 8080}, "port", 8080),
        ({"HOST": "0.0.0.0"}, "host", "0.0.0.0"),
        ({"host": "0.0.0.0"}, "host", "0.0.0.0"),
        ({"APIKEY": "secret"}, "api_key", "secret"),
        ({"apiKey": "secret"}, "api_key", "secret"),
        ({"api_key": "secret"}, "api_key", "secret"),
        ({"APIKEY": 123456}, "api_key", "123456"),
        ({"APIKEY": " secret\n"}, "api_key", "secret"),
        ({"LOG": False}, "log", False),
        ({"LOG": "false"}, "log", False),
        ({"LOG": "true"}, "log", True),
        ({"log": False}, "log", False),
        ({"LOG_LEVEL": "trace"}, "log_level", "trace"),
        ({"LOG_LEVEL": "DEBUG"}, "log_level", "debug"),
        ({"LOG_LEVEL": "warning"}, "log_level", "warn"),
        ({"logLevel": "error"}, "log_level", "error"),
        ({"API_TIMEOUT_MS": 1000}, "api_timeout_ms", 1000),
        ({"API_TIMEOUT_MS": "1000"}, "api_timeout_ms", 1000),
        ({"PROXY_URL": "http://p"}, "proxy_url", "http://p"),
        ({"HTTPS_PROXY": "http://p"}, "proxy_url", "http://p"),
        ({"https_proxy": "http://p"}, "proxy_url", "http://p"),
        ({"httpsProxy": "http://p"}, "proxy_url", "http://p"),
        ({"strict": True}, "strict", True),
        ({"max_body_bytes": 10}, "max_body_bytes", 10),
        ({"maxBodyBytes": 10}, "max_body_bytes", 10),
        ({"PORT": None, "port": 8080}, "port", 8080),
        ({"PORT": None}, "port", 3456),
        ({"PROXY_URL": ""}, "proxy_url", None),
        ({"API_TIMEOUT_MS": " "}, "api_timeout_ms", None),
    ],
)
def test_top_level(document: dict[str, Any], field: str, value: Any):
    config = load(document)
    assert getattr(config, field) == value
    assert config.warnings == ()


@pytest.mark.parametrize("key", ["Providers", "providers"])
def test_the_list_of_providers(key: str):
    assert load({key: [one_provider()]}).providers[0].name == "p"


@pytest.mark.parametrize("key", ["Router", "router"])
def test_the_router(key: str):
    assert load({key: {"default": "p,m"}}).router.default == "p,m"


@pytest.mark.parametrize(
    "written",
    [
        {"name": "p", "api_base_url": URL, "api_key": "k", "models": ["m"]},
        {"NAME": "p", "HOST": URL, "APIKEY": "k", "MODELS": ["m"]},
        {"name": "p", "baseUrl": URL, "apiKey": "k", "models": ["m"]},
        {"name": "p", "base_url": URL, "api_key": "k", "models": ["m"]},
        {"name": "p", "baseURL": URL, "apiKey": "k", "models": ("m",)},
        {"name": " p ", "apiBaseUrl": f" {URL}\n", "apiKey": "k\n", "models": ["m"]},
        Provider(name="p", base_url=URL, api_key="k", models=("m",)),
    ],
)
def test_provider_keys(written: Any):
    config = load({"providers": [written], "Router": {"default": "p,m"}})
    assert config.providers == (Provider(name="p", base_url=URL, api_key="k", models=("m",)),)
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ({"max_output_tokens": 10}, "max_output_tokens", 10),
        ({"maxOutputTokens": "10"}, "max_output_tokens", 10),
        ({"maxOutputTokens": {"m": 10, "*": 5}}, "max_output_tokens", {"m": 10, "*": 5}),
        ({"dropFields": ["metadata"]}, "drop_fields", ("metadata",)),
        ({"allowedBetas": []}, "allowed_betas", ()),
        ({"headers": {"x-n": 1}}, "headers", {"x-n": "1"}),
        (
            {"dialect": {"reasoningStyle": "effort", "top_k": True}},
            "dialect",
            {"reasoning_style": "effort", "top_k": True},
        ),
        ({"wire": "messages"}, "wire", "messages"),
        ({"auth": "x-api-key"}, "auth", "x-api-key"),
    ],
)
def test_other_provider_keys(written: dict[str, Any], field: str, value: Any):
    assert getattr(loaded_provider(**written), field) == value


MAXTOKEN = TransformerUse(name="maxtoken", options={"max_tokens": 8192})
DEEPSEEK = TransformerUse(name="deepseek")


@pytest.mark.parametrize(
    "written",
    [
        {"transformer": {"use": ["deepseek", ["maxtoken", {"max_tokens": 8192}]]}},
        {"transformer": {"use": [["deepseek"], {"name": "maxtoken", "options": {"max_tokens": 8192}}]}},
        {"transformer": {"use": [["deepseek", None], {"use": "maxtoken", "options": {"max_tokens": 8192}}]}},
        {"transformer": ["deepseek", ["maxtoken", {"max_tokens": 8192}]]},
        {"transformers": ["deepseek", ["maxtoken", {"max_tokens": 8192}]]},
        {"transformers": {"use": ["deepseek", ["maxtoken", {"max_tokens": 8192}]]}},
        {"transformer": {"use": "deepseek"}, "transformers": [["maxtoken", {"max_tokens": 8192}]]},
        {"transformer": "deepseek", "use": [MAXTOKEN]},
        {"use": ["deepseek", MAXTOKEN]},
    ],
)
def test_transformers_for_all_models(written: dict[str, Any]):
    provider = loaded_provider(**written)
    assert provider.use == (DEEPSEEK, MAXTOKEN)
    assert provider.use_by_model == {}


@pytest.mark.parametrize(
    "written",
    [
        {"transformer": {"use": [], "deepseek-chat": {"use": ["deepseek"]}, "x/y": {"use": [MAXTOKEN]}}},
        {"transformer": {"deepseek-chat": ["deepseek"], "x/y": {"use": [["maxtoken", {"max_tokens": 8192}]]}}},
        {"transformers": {"deepseek-chat": "deepseek", "x/y": [MAXTOKEN]}},
        {"use_by_model": {"deepseek-chat": ["deepseek"], "x/y": [MAXTOKEN]}},
        {"useByModel": {"deepseek-chat": {"use": ["deepseek"]}, "x/y": [MAXTOKEN]}},
    ],
)
def test_transformers_for_single_models(written: dict[str, Any]):
    provider = loaded_provider(**written)
    assert provider.use == ()
    assert provider.use_by_model == {"deepseek-chat": (DEEPSEEK,), "x/y": (MAXTOKEN,)}


A = {"name": "a", "api_base_url": URL, "api_key": "k", "models": ["m", "n", "b/x"]}
B = {"name": "B", "api_base_url": URL, "api_key": "k", "models": ["m"], "transformers": ["own"]}


@pytest.mark.parametrize(
    ("entry", "uses_of_a", "uses_of_b", "by_model_of_a", "by_model_of_b"),
    [
        ({"name": "t"}, ["t"], ["own", "t"], {}, {}),
        ("t", ["t"], ["own", "t"], {}, {}),
        ({"name": "t", "providers": ["A"]}, ["t"], ["own"], {}, {}),
        ({"name": "t", "provider": "b"}, [], ["own", "t"], {}, {}),
        ({"name": "t", "models": ["m"]}, [], ["own"], {"m": ["t"]}, {"m": ["t"]}),
        ({"name": "t", "models": ["n"]}, [], ["own"], {"n": ["t"]}, {}),
        ({"name": "t", "models": ["a,m"]}, [], ["own"], {"m": ["t"]}, {}),
        ({"name": "t", "models": "b,new"}, [], ["own"], {}, {"new": ["t"]}),
        ({"name": "t", "models": ["b/m"]}, [], ["own"], {}, {"m": ["t"]}),
        ({"name": "t", "models": ["b/x"]}, [], ["own"], {"b/x": ["t"]}, {"x": ["t"]}),
        ({"name": "t", "provider": "a", "models": ["new"]}, [], ["own"], {"new": ["t"]}, {}),
        ({"use": ["t", "u"], "provider": "a"}, ["t", "u"], ["own"], {}, {}),
    ],
)
def test_global_transformers_are_spread_over_the_providers(
    entry: Any, uses_of_a: list[str], uses_of_b: list[str], by_model_of_a: Any, by_model_of_b: Any
):
    config = load({"Providers": [A, B], "transformers": [entry], "Router": {"default": "a,m"}})
    a, b = config.providers
    assert [use.name for use in a.use] == uses_of_a
    assert [use.name for use in b.use] == uses_of_b
    assert {model: [use.name for use in uses] for model, uses in a.use_by_model.items()} == by_model_of_a
    assert {model: [use.name for use in uses] for model, uses in b.use_by_model.items()} == by_model_of_b
    assert config.warnings == ()


def test_global_options_are_kept_and_module_entries_stay_as_they_are():
    module = {"path": "/plugins/mine.py", "options": {"x": 1}, "name": "mine"}
    config = load({"Providers": [A], "transformers": [module, {"name": "t", "options": {"y": 2}}]})
    assert config.providers[0].use == (TransformerUse(name="t", options={"y": 2}),)
    assert config.model_extra == {"transformers": [module]}


@pytest.mark.parametrize(
    "router",
    [
        {
            "default": "a,m",
            "longContext": "a,n",
            "webSearch": "B,m",
            "longContextThreshold": 100,
            "thinkWhen": "always",
        },
        {
            "default": "a,m",
            "long_context": "a,n",
            "web_search": "B,m",
            "long_context_threshold": "100",
            "think_when": "always",
        },
        {
            "default": "a/m",
            "longContext": "A/n",
            "webSearch": "b/m",
            "longContextThreshold": 100,
            "thinkWhen": "always",
        },
        {
            "default": "a,m",
            "routes": {"longContext": "a,n", "webSearch": "B,m"},
            "longContextThreshold": 100,
            "thinkWhen": "always",
        },
        {
            "routes": {"default": "a/m", "long_context": "a/n", "web_search": "b/m", "longContextThreshold": 100},
            "thinkWhen": "always",
        },
    ],
)
def test_router_keys(router: dict[str, Any]):
    config = load({"Providers": [A, B], "Router": router})
    loaded = config.router
    assert [loaded.default, str(loaded.long_context).lower(), str(loaded.web_search).lower()] == ["a,m", "a,n", "b,m"]
    assert (loaded.long_context_threshold, loaded.think_when) == (100, "always")
    assert (loaded.background, loaded.think, loaded.image) == (None, None, None)
    assert config.warnings == ()


def test_a_slash_belongs_to_the_model_when_no_provider_is_called_so():
    providers = [{**A, "name": "open"}, {**A, "name": "open/ai"}]
    router = {"default": "open/ai/m", "think": "anthropic/claude", "image": "open,x/y"}
    loaded = load({"Providers": providers, "Router": router}).router
    assert (loaded.default, loaded.think, loaded.image) == ("open/ai,m", "anthropic/claude", "open,x/y")


def test_a_router_saved_empty_by_the_ui_has_no_targets():
    router = {
        "default": "p,m",
        "background": "",
        "think": "",
        "longContextThreshold": 60000,
        "custom": "",
        "image": None,
    }
    config = load({"Providers": [one_provider()], "Router": router})
    assert (config.router.background, config.router.think, config.router.image) == (None, None, None)
    assert config.warnings == ()


@pytest.mark.parametrize(
    ("section", "written", "field", "value"),
    [
        ("timeouts", {"connect_seconds": 1}, "connect_seconds", 1),
        ("timeouts", {"firstByteSeconds": "2.5"}, "first_byte_seconds", 2.5),
        ("streaming", {"pingSeconds": 3}, "ping_seconds", 3),
        ("streaming", {"grace_seconds": None}, "grace_seconds", 2.5),
        ("pool", {"maxConnections": 4, "max_keep_alive": 2}, "max_connections", 4),
    ],
)
def test_sections_in_snake_and_camel_case(section: str, written: dict[str, Any], field: str, value: float):
    assert getattr(getattr(load({section: written}), section), field) == value


def test_of_two_spellings_the_documented_one_wins_and_both_are_named():
    provider = one_provider(apiKey="other")
    config = load({"Providers": [provider], "Router": {"default": "p,m"}, "port": 1, "PORT": 2})
    assert (config.port, config.providers[0].api_key) == (2, "k")
    assert config.warnings == (
        'port: means the same as "PORT", which is used; remove one of the two',
        'Providers[0].apiKey: means the same as "api_key", which is used; remove one of the two',
    )


def test_a_target_beside_routes_wins():
    router = {"default": "a,m", "routes": {"default": "a,n", "think": "a,n"}}
    config = load({"Providers": [A], "Router": router})
    assert (config.router.default, config.router.think) == ("a,m", "a,n")
    assert config.warnings == (
        "Router.routes.default: is also set beside routes, which is used; remove one of the two",
    )
