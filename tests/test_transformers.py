"""Transformers by name: their options, and the facts they state."""

import json
from typing import Any

import pytest

from ccr_middleware.errors import ConfigError
from ccr_middleware.transformers.base import NoOptions, Transformer
from ccr_middleware.transformers.builtin import BUILTIN
from ccr_middleware.transformers.registry import Registry
from ccr_middleware.wire.chat.dialect import dialect_for

from .support import chat
from .support.strict_chat import check_body
from .support.transformers import MESSAGES, NAMES, REGISTRY, SAMPLE_OPTIONS, TOOLS, Sent, make, request
from .support.translate import stream

Json = dict[str, Any]

# -- the registry ------------------------------------------------------------------------------------------


def test_every_transformer_of_ccr_v2_is_there() -> None:
    v2 = """anthropic gemini vertex-gemini vertex-claude deepseek tooluse openrouter openai maxtoken groq cleancache
        enhancetool reasoning sampling maxcompletiontokens cerebras streamoptions customparams vercel openai-responses
        forcereasoning extrathinktag vertex-openai"""
    assert set(v2.split()) <= set(REGISTRY.names())


def test_no_two_transformers_share_a_name() -> None:
    names = [name.lower() for cls in BUILTIN for name in (cls.name, *cls.aliases)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("cls", BUILTIN, ids=NAMES)
def test_every_name_and_alias_finds_its_transformer_in_any_case(cls: type[Transformer[Any]]) -> None:
    for name in (cls.name, *cls.aliases):
        assert REGISTRY.find(name.upper()) is cls
        assert REGISTRY.find(name.lower()) is cls


def test_a_transformer_of_ones_own_takes_the_place_of_a_built_in() -> None:
    class Mine(Transformer[NoOptions]):
        name = "MaxToken"

    registry = Registry([*BUILTIN, Mine])
    assert type(registry.make("maxtoken", {}, "here")) is Mine


@pytest.mark.parametrize("name", NAMES)
def test_t_1_options_are_checked_on_every_transformer(name: str) -> None:
    options = REGISTRY.find(name).Options
    if options.model_config.get("extra") == "allow":
        assert make(name, anything=1).options.model_extra == {"anything": 1}
    else:
        with pytest.raises(ConfigError, match=rf'here: transformer "{name}", anything'):
            make(name, **SAMPLE_OPTIONS.get(name, {}), anything=1)


def test_t_1_the_bearer_option_of_anthropic_is_taken() -> None:
    for spelling in ("UseBearer", "use_bearer", "useBearer"):
        assert make("anthropic", **{spelling: True}).options.use_bearer is True
    assert make("Anthropic", UseBearer=False).options.use_bearer is False


@pytest.mark.parametrize(
    ("name", "written", "field", "value"),
    [
        ("maxtoken", {"maxTokens": "8192"}, "max_tokens", 8192),  # the UI of CCR v2 saves texts
        ("sampling", {"repetitionPenalty": 1.5}, "repetition_penalty", 1.5),
        ("reasoning", {"enabled": False}, "enable", False),
        ("vertex-gemini", {"GOOGLE_CLOUD_PROJECT": "p"}, "project", "p"),
        ("vertex-gemini", {"projectId": "p"}, "project", "p"),
        ("vertex-claude", {"region": "us-east5"}, "location", "us-east5"),
        ("vertex-claude", {"keyFile": "/k.json"}, "credentials", "/k.json"),
        ("vertex-openai", {"credentials": {"type": "service_account"}}, "credentials", {"type": "service_account"}),
        ("vertex-openai", {"client_email": "a@b.c", "private_key": "k"}, "client_email", "a@b.c"),
    ],
)
def test_options_have_their_usual_spellings(name: str, written: Json, field: str, value: Any) -> None:
    assert getattr(make(name, **written).options, field) == value


@pytest.mark.parametrize(
    ("name", "options", "place"),
    [
        ("maxtoken", {}, "max_tokens"),
        ("maxtoken", {"max_tokens": 0}, "max_tokens"),
        ("sampling", {"top_k": "many"}, "top_k"),
        ("extrathinktag", {"implied": "perhaps"}, "implied"),
        ("customparams", {"headers": {"bad name": "x"}}, "headers"),
        ("customparams", {"headers": {"x-a": "one\r\nx-b: two"}}, "headers"),
        ("customparams", {"params": 5}, "params"),
    ],
)
def test_wrong_options_are_told(name: str, options: Json, place: str) -> None:
    with pytest.raises(ConfigError, match=place) as caught:
        REGISTRY.make(name, options, "provider p")
    assert "\n" not in str(caught.value)


def test_keys_of_vertex_are_not_shown() -> None:
    options = make("vertex-openai", private_key="secret", credentials={"private_key": "secret"}).options
    assert "secret" not in repr(options)


# -- facts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wire", "platform"),
    [
        ("anthropic", "messages", None),
        ("openai", "chat", None),
        ("openai-responses", "responses", None),
        ("gemini", "gemini", None),
        ("vertex-gemini", "gemini", "vertex"),
        ("vertex-claude", "messages", "vertex"),
        ("vertex-openai", "chat", "vertex"),
        ("deepseek", None, None),
        ("customparams", None, None),
    ],
)
def test_t_10_t_11_t_12_wire_formats_are_facts(name: str, wire: str | None, platform: str | None) -> None:
    step = make(name)
    assert (step.wire, step.platform) == (wire, platform)


@pytest.mark.parametrize(
    ("name", "url", "models"),
    [
        (
            "groq",
            "https://api.groq.com/openai/v1",
            ["openai/gpt-oss-120b", "llama-3.3-70b-versatile", "qwen/qwen3-32b"],
        ),
        ("cerebras", "https://api.cerebras.ai/v1", ["gpt-oss-120b", "zai-glm-4.7", "llama3.1-8b"]),
        ("mistral", "https://api.mistral.ai/v1", ["mistral-large-latest", "mistral-small-latest"]),
        ("openrouter", "https://openrouter.ai/api/v1", ["anthropic/claude-sonnet-4.5", "openai/gpt-5", "z-ai/glm-4.6"]),
        ("vercel", "https://ai-gateway.vercel.sh/v1", ["anthropic/claude-sonnet-4.5", "openai/gpt-5"]),
        ("deepseek", "https://api.deepseek.com", ["deepseek-chat", "deepseek-reasoner"]),
        ("streamoptions", "https://api.openai.com/v1", ["gpt-5", "gpt-4o"]),
        ("maxcompletiontokens", "https://api.openai.com/v1", ["gpt-5", "gpt-4o"]),
    ],
)
def test_naming_the_transformer_of_a_known_host_changes_nothing(name: str, url: str, models: list[str]) -> None:
    for model in models:
        assert dialect_for(url, model, make(name).dialect) == dialect_for(url, model)


def test_every_fact_is_a_field_of_the_dialect() -> None:
    for name in NAMES:
        dialect_for("http://x.test", "m", make(name).dialect)  # raises for a field that is none


def test_mistral_behind_another_address() -> None:
    body = Sent("mistral", body=request(thinking=None)).body
    assert [len(call["id"]) for m in body["messages"] for call in m.get("tool_calls", ())] == [9]
    assert "stream_options" not in body
    bridged = [*MESSAGES[:2], {"role": "user", "content": [*MESSAGES[2]["content"], {"type": "text", "text": "and?"}]}]
    roles = [m["role"] for m in Sent("mistral", body=request(messages=bridged)).body["messages"]]
    assert roles[-3:] == ["tool", "assistant", "user"]


def test_t_13_groq_takes_tools_without_parameters() -> None:
    server_tool = {"type": "web_search_20250305", "name": "web_search"}
    body = Sent("groq", body=request(tools=[*TOOLS, server_tool])).body
    assert [tool["function"]["name"] for tool in body["tools"]] == ["Read", "Bash"]
    assert "$schema" not in json.dumps(body)
    assert "cache_control" not in json.dumps(body)


@pytest.mark.parametrize("thinking", [None, {"type": "enabled", "budget_tokens": 500}, {"type": "disabled"}])
def test_t_15_cerebras_is_not_told_to_reason_or_not(thinking: Json | None) -> None:
    body = Sent("cerebras", body=request(thinking=thinking)).body
    check_body(body)
    assert not {"reasoning", "disable_reasoning", "thinking"} & set(body)


IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}


@pytest.mark.parametrize("name", ["openrouter", "vercel"])
@pytest.mark.parametrize("model", ["anthropic/claude-sonnet-4.5", "openai/gpt-5"])
def test_t_5_images_keep_their_one_data_url(name: str, model: str) -> None:
    body = Sent(name, body=request(model=model, messages=[{"role": "user", "content": [IMAGE]}])).body
    assert body["messages"][-1]["content"][-1]["image_url"] == {"url": "data:image/png;base64,AA=="}


@pytest.mark.parametrize("name", ["openrouter", "vercel"])
def test_routing_options_are_put_into_the_body_and_never_shared(name: str) -> None:
    step = make(name, provider={"only": ["a/fp8"]}, max_tokens=7)
    body = Sent(step).body
    assert (body["provider"], body["max_tokens"]) == ({"only": ["a/fp8"]}, 7)
    body["provider"]["only"].append("changed")
    assert Sent(step).body["provider"] == {"only": ["a/fp8"]}
    assert body["reasoning"] == {"max_tokens": 500}


@pytest.mark.parametrize(
    "usage", [{"choices": [], "usage": chat.counts(9, 3)}, chat.finish("length", usage=chat.counts(9, 3))]
)
def test_t_7_usage_does_not_change_the_finish_reason(usage: Json) -> None:
    checked = stream(chat.sse(chat.text("cut"), chat.finish("length"), usage))
    assert (checked.stop_reason, checked.usage["output_tokens"]) == ("max_tokens", 3)
