"""What is wrong with a provider shows when the configuration is loaded, not when somebody asks it something."""

import asyncio

import pytest

from ccr_middleware import ConfigError, Gateway
from ccr_middleware.testing import json_answer

from .support.gateway import ask, gateway


def provider(**more):
    return {"name": "p", "api_base_url": "http://p.test/v1", "api_key": "k", "models": ["m"], **more}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"dialect": {"reasonning_style": "effort"}}, "reasonning_style"),
        ({"dialect": {"max_output_tokens": "many"}}, "max_output_tokens"),
        ({"transformer": {"use": [["maxtoken", {"max_tokens": "many"}]]}}, "maxtoken"),
        ({"transformer": {"use": [["maxtoken", {"max_token": 5}]]}}, "maxtoken"),
        ({"transformer": {"m": {"use": [["Anthropic", {"UseBarer": True}]]}}}, "Anthropic"),
    ],
)
def test_wrong_options_are_refused_on_load(wrong, named):
    with pytest.raises(ConfigError, match=named) as caught:
        Gateway({"Providers": [provider(**wrong)], "Router": {"default": "p,m"}})
    assert "provider p" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_reload_keeps_what_was_there():
    app = Gateway({"Providers": [provider()], "Router": {"default": "p,m"}})
    before = app.config
    with pytest.raises(ConfigError):
        app.reload({"Providers": [provider(dialect={"nothing": 1})], "Router": {"default": "p,m"}})
    assert app.config is before


def test_the_model_of_a_transformer_list_is_that_model_alone():
    use = {"use": [], "m": {"use": [["maxtoken", {"max_tokens": 5}]]}}
    app, sent = gateway(
        lambda exchange: json_answer({"error": {"message": "x"}}, 400),
        Providers=[provider(models=["m", "n"], transformer=use)],
    )
    for model, limit in (("m", 5), ("n", 50)):
        request = {"model": f"p,{model}", "max_tokens": 50, "messages": [{"role": "user", "content": "x"}]}
        asyncio.run(ask(app, request))
        assert sent.bodies[-1]["max_tokens"] == limit
