"""What is legal and most likely a mistake (failure-modes F12, F27) is said, in one line with the place."""

from __future__ import annotations

from typing import Any

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.demo import DEMO_URL

URL = "https://api.example.org/v1/chat/completions"
KNOWN = ("deepseek", "maxtoken", "Anthropic")


def provider(name: str = "p", **keys: Any) -> dict[str, Any]:
    return {"name": name, "api_base_url": URL, "api_key": "k", "models": ["m", "big/Model"], **keys}


def warnings_of(*providers: dict[str, Any], **keys: Any) -> tuple[str, ...]:
    document = {"Providers": list(providers or (provider(),)), "Router": {"default": "p,m"}} | keys
    config = load_config(document, env={}, known_transformers=KNOWN)
    assert not any("\n" in warning for warning in config.warnings)
    return config.warnings


@pytest.mark.parametrize(
    ("router", "expected"),
    [
        ({"default": "p,m", "think": "P, M", "image": "p,BIG/model"}, ()),
        ({"default": "m"}, ('Router.default: "m" names no provider; write "p,m"',)),
        ({"default": "z"}, ('Router.default: "z" names no provider; write "provider,z"',)),
        ({"default": "p,m", "webSearch": "x,m"}, ('Router.webSearch: "x,m": no provider is called "x"',)),
        ({"default": "p,m", "routes": {"think": "pp,m"}}, ('Router.routes.think: "pp,m": no provider is called "pp"',)),
        (
            {"default": "p,big/mode"},
            ('Router.default: "p,big/mode": "big/mode" is not among the models of "p"; did you mean "big/Model"?',),
        ),
        (
            {"default": "p,m", "longcontext": "p,m"},
            ('Router.longcontext: there is no such scenario; did you mean "longContext"?',),
        ),
        (
            {"default": "p,m", "night": "p,m"},
            (
                "Router.night: there is no such scenario; known are "
                "default, background, think, longContext, webSearch, image",
            ),
        ),
        ({}, ('Router.default: is not set; write "provider,model" for all other requests',)),
    ],
)
def test_router(router: dict[str, Any], expected: tuple[str, ...]):
    assert warnings_of(Router=router) == expected


def test_a_missing_router_is_named():
    config = load_config({"Providers": [provider()]}, env={})
    assert config.warnings == ('Router.default: is not set; write "provider,model" for all other requests',)


def test_an_empty_configuration_is_nothing_to_warn_about():
    assert load_config({}, env={}, known_transformers=KNOWN).warnings == ()


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"api_key": ""}, ('Providers[0].api_key: is missing; write the key or $VARIABLE, or "auth": "none"',)),
        ({"api_key": None, "auth": "none"}, ()),
        ({"api_key": None, "headers": {"Authorization": "Bearer x"}}, ()),
        ({"api_key": None, "api_base_url": "http://localhost:11434/v1"}, ()),
        ({"api_key": None, "api_base_url": "http://127.0.0.2/v1"}, ()),
        ({"api_key": None, "api_base_url": "http://[::1]:8000/v1"}, ()),
        (
            {"api_base_url": "api.example.org/v1"},
            ("Providers[0].api_base_url: is no address; begin it with https:// or http://",),
        ),
        (
            {"api_base_url": "http://[::1"},
            ("Providers[0].api_base_url: is no address; begin it with https:// or http://",),
        ),
        ({"api_kee": "k"}, ('Providers[0].api_kee: this key is not known; did you mean "api_key"?',)),
        ({"tokenizer": {}, "weight": 1}, ()),
    ],
)
def test_providers(keys: dict[str, Any], expected: tuple[str, ...]):
    assert warnings_of(provider(**keys)) == expected


def test_a_provider_without_models_is_named_and_its_targets_are_not():
    assert warnings_of(provider(models=[])) == ('Providers[0].models: no models are listed; write the models of "p"',)


def test_a_comma_in_a_name():
    warnings = warnings_of(provider(), provider("a,b"))
    assert warnings == ("Providers[1].name: a comma separates provider and model in a target; take it out",)


def test_of_two_providers_with_one_name_the_first_is_used():
    document = {
        "Providers": [provider(api_key="first"), provider("P", api_key="second"), provider("q", transformers=["typo"])],
        "Router": {"default": "p,m"},
    }
    config = load_config(document, env={}, known_transformers=KNOWN)
    assert [(p.name, p.api_key) for p in config.providers] == [("p", "first"), ("q", "k")]
    assert config.warnings == (
        'Providers[1]: another provider is called "P" too, the first is used; rename one',
        'Providers[2].transformers[0]: no transformer is called "typo"',
    )


def test_a_variable_that_is_not_set_is_named_once_with_every_place():
    warnings = warnings_of(provider(api_key="$KEY"), provider("q", api_key="Bearer ${KEY}"), extra={"a b": "$OTHER"})
    assert warnings == (
        "Providers[0].api_key, Providers[1].api_key: the variable KEY is not set; set it, or write ${KEY:-default}",
        'extra["a b"]: the variable OTHER is not set; set it, or write ${OTHER:-default}',
    )


@pytest.mark.parametrize(
    ("transformer", "expected"),
    [
        ({"use": ["DeepSeek", ["anthropic", {}]]}, ()),
        (
            {"use": ["deepseek", "max-token"]},
            ('Providers[0].transformer.use[1]: no transformer is called "max-token"; did you mean "maxtoken"?',),
        ),
        ({"m": {"use": ["zzz"]}}, ('Providers[0].transformer.m.use[0]: no transformer is called "zzz"',)),
        (
            {"use": [["maxtoken", 8192]]},
            ('Providers[0].transformer.use[0]: the options of "maxtoken" are not an object and not used; write {...}',),
        ),
        (
            {"m": {"with": ["deepseek"]}},
            ('Providers[0].transformer.m.use: is no list and not used; write {"use": [...]} for a model',),
        ),
        (
            {"enabled": True},
            ('Providers[0].transformer.enabled: is no list and not used; write {"use": [...]} for a model',),
        ),
    ],
)
def test_transformers(transformer: dict[str, Any], expected: tuple[str, ...]):
    assert warnings_of(provider(transformer=transformer)) == expected


def test_transformer_names_are_not_checked_when_none_are_known():
    document = {"Providers": [provider(transformers=["anything"])], "Router": {"default": "p,m"}}
    assert load_config(document, env={}).warnings == ()


def test_an_unknown_global_transformer_is_named_once_and_modules_count_as_known():
    entries = [
        {"name": "typo"},
        {"name": "mine"},
        {"path": "/x.py", "name": "Mine"},
        {"name": "maxtoken", "provider": "z"},
    ]
    assert warnings_of(provider(), provider("q"), transformers=entries) == (
        "transformers[3]: is for no provider or model that is configured; correct its providers and models",
        'transformers[0]: no transformer is called "typo"',
    )


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"fallback": ["p,m"]}, ("fallback: is not used, since it must be an object",)),
        ({"StatusLine": True}, ("StatusLine: is not used, since it must be an object",)),
        ({"plugins": {"token-speed": {}}}, ("plugins: is not used, since it must be a list",)),
        ({"transformers": {"use": []}}, ("transformers: is not used, since it must be a list",)),
        ({"fallback": None, "plugins": [], "Plugins": ""}, ()),
        ({"Provider": []}, ('Provider: this key is not known; did you mean "Providers"?',)),
        ({"API_TIMEOUT": 1}, ('API_TIMEOUT: this key is not known; did you mean "API_TIMEOUT_MS"?',)),
        ({"CUSTOM_ROUTER_PATH": "x", "REWRITE_SYSTEM_PROMPT": "x", "LOG_FILE": "x", "CLAUDE_PATH": "x"}, ()),
        (
            {"NON_INTERACTIVE_MODE": True, "forceUseImageAgent": False, "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": "x"},
            (),
        ),
    ],
)
def test_other_keys(keys: dict[str, Any], expected: tuple[str, ...]):
    assert warnings_of(**keys) == expected


def test_a_key_twice_in_one_object():
    config = load_config('{"PORT": 1, "PORT": 2}', env={})
    assert (config.port, config.warnings) == (
        2,
        ("PORT: an object has this key twice, the last one counts; remove one",),
    )


def test_the_demo_model_is_an_address_and_needs_no_key():
    assert warnings_of({"name": "p", "api_base_url": DEMO_URL, "models": ["m"]}) == ()
