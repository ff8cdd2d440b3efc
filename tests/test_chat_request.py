"""The fields of a chat body: what is sent, what is moved, what is reported."""

import json
from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.dialect import ChatDialect, dialect_for
from ccr_middleware.wire.chat.request import build_chat_body

Json = dict[str, Any]

HELLO = {"role": "user", "content": "Hello"}


def build(url: str = "https://llm.example/v1", model: str = "some-model", **request: Any) -> tuple[Json, str]:
    """The body, and the losses as the header shows them."""
    return build_with(dialect_for(url, model), model=model, **request)


def build_with(dialect: ChatDialect, model: str = "some-model", **request: Any) -> tuple[Json, str]:
    losses = Losses()
    whole: Any = {"model": "claude", "messages": [HELLO], "stream": True, **request}
    return build_chat_body(whole, model, dialect, losses).body, losses.header()


def test_an_ordinary_request() -> None:
    body, losses = build(max_tokens=1000, temperature=0.3, top_p=0.9, stop=["END"])
    assert body == {
        "model": "some-model",
        "messages": [HELLO],
        "max_tokens": 1000,
        "temperature": 0.3,
        "top_p": 0.9,
        "stop": ["END"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert losses == ""


def test_a_request_without_a_stream_asks_for_no_stream_options() -> None:
    body, _ = build(stream=False)
    assert body["stream"] is False
    assert "stream_options" not in body


def test_a_provider_that_only_streams_is_asked_for_a_stream() -> None:
    body, _ = build("https://api.fireworks.ai/inference/v1", stream=False)
    assert body["stream"] is True


@pytest.mark.parametrize("url", ["https://llm.example/v1", "https://api.openai.com", "https://api.deepseek.com"])
def test_c17_only_known_fields_leave(url: str) -> None:
    cached = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    parameters = {"type": "object", "properties": {}}
    body, _ = build(
        url,
        "gpt-4o",
        messages=[
            {"role": "system", "content": [{"type": "text", "text": "Be brief.", **cached}]},
            {"role": "user", "content": [{"type": "text", "text": "Hi", **cached}], "name": "x"},
        ],
        tools=[{"type": "function", "function": {"name": "a", "parameters": parameters, "x": 1}, "x": 2, **cached}],
        metadata={"user_id": "u"},
        context_management={"edits": []},
        output_config={"effort": "high"},
        betas=["b"],
        service_tier="auto",
        session_id="s",
        some_field=1,
    )
    allowed = {"model", "messages", "tools", "stream", "stream_options", "prompt_cache_key"}
    assert set(body) <= allowed
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert body["tools"] == [{"type": "function", "function": {"name": "a", "parameters": parameters}}]


@pytest.mark.parametrize(
    ("url", "model", "asked", "field", "sent"),
    [
        ("https://llm.example/v1", "m", 64_000, "max_tokens", 64_000),
        ("https://api.openai.com", "gpt-4o", 32_000, "max_completion_tokens", 16_384),
        ("https://api.openai.com", "gpt-5", 128_000, "max_completion_tokens", 128_000),
        ("https://api.openai.com", "o3", 128_000, "max_completion_tokens", 100_000),
        # `/model` asks for one token; a reasoning model would answer 400 to that.
        ("https://api.openai.com", "gpt-5-mini", 1, "max_completion_tokens", 1024),
        ("https://llm.example/v1", "m", 0, "max_tokens", 1),
        ("https://api.groq.com/openai/v1", "llama-3.3-70b-versatile", 64_000, "max_completion_tokens", 32_768),
        ("https://openrouter.ai/api/v1", "openai/gpt-5", 64_000, "max_tokens", 64_000),
    ],
)
def test_c28_max_tokens_is_what_the_model_can(url: str, model: str, asked: int, field: str, sent: int) -> None:
    body, losses = build(url, model, max_tokens=asked)
    assert body[field] == sent
    assert not {"max_tokens", "max_completion_tokens"} - {field} & set(body)
    assert losses == ("" if asked == sent else "max_tokens=clamped")


def test_c28_the_configured_limit_counts() -> None:
    dialect = dialect_for("https://llm.example", "m", max_output_tokens=8192)
    body, losses = build_with(dialect, max_tokens=128_000)
    assert body["max_tokens"] == 8192
    assert losses == "max_tokens=clamped"
    over = dialect_for("https://llm.example", "m", {"max_output_tokens": 500}, max_output_tokens=8192)
    assert over.max_output_tokens == 500


@pytest.mark.parametrize(
    ("model", "given", "sent", "losses"),
    [
        ("gpt-4o", {"temperature": 0.2}, {"temperature": 0.2}, ""),
        ("gpt-5", {"temperature": 1}, {}, ""),
        ("gpt-5", {"temperature": 1.0, "top_p": 1}, {}, ""),
        ("gpt-5", {"temperature": 0.2}, {}, "temperature=dropped"),
        ("gpt-4o", {"top_k": 5}, {}, "top_k=dropped"),
    ],
)
def test_sampling(model: str, given: Json, sent: Json, losses: str) -> None:
    body, reported = build("https://api.openai.com", model, **given)
    assert {key: body[key] for key in ("temperature", "top_p", "top_k") if key in body} == sent
    assert reported == losses


def test_top_k_goes_where_it_is_known() -> None:
    assert build("https://openrouter.ai/api/v1", "x/y", top_k=5)[0]["top_k"] == 5


def test_too_many_stop_sequences_are_reported() -> None:
    body, losses = build(stop=["a", "b", "c", "d", "e"])
    assert body["stop"] == ["a", "b", "c", "d"]
    assert losses == "stop_sequences=dropped"
    body, losses = build("https://api.x.ai/v1", "grok-4", stop=["a"])
    assert "stop" not in body
    assert losses == "stop_sequences=dropped"


def test_the_user_is_told_where_it_is_wanted_and_never_too_long() -> None:
    assert "user" not in build(user="u1")[0]
    assert build("https://api.openai.com", "gpt-4o", user="u1")[0]["user"] == "u1"
    long = build("https://api.openai.com", "gpt-4o", user="u" * 200)[0]["user"]
    assert len(long) == 64
    assert long == build("https://api.openai.com", "gpt-4o", user="u" * 200)[0]["user"]
    assert build("https://api.openai.com", "gpt-4o", session_id="s1")[0]["prompt_cache_key"] == "s1"


def test_a_service_tier_is_reported() -> None:
    assert build(service_tier="standard_only")[1] == "service_tier=dropped"


FORMAT = {
    "type": "json_schema",
    "name": "the answer",
    "schema": {
        "type": "object",
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "additionalProperties": False,
    },
}


def test_a_schema_for_the_answer_is_enforced() -> None:
    body, losses = build(response_format=FORMAT)
    spec = {"name": "the_answer", "schema": FORMAT["schema"], "strict": True}
    assert body["response_format"] == {"type": "json_schema", "json_schema": spec}
    assert losses == ""


def test_a_schema_that_is_not_strict_is_not_called_so() -> None:
    loose = FORMAT | {"schema": {"type": "object", "properties": {"a": {"type": "string"}}}}
    assert "strict" not in build(response_format=loose)[0]["response_format"]["json_schema"]


def test_a_schema_is_told_in_text_where_it_cannot_be_enforced() -> None:
    system = {"role": "system", "content": "Be brief."}
    body, losses = build("https://api.deepseek.com", "deepseek-chat", response_format=FORMAT, messages=[system, HELLO])
    assert body["response_format"] == {"type": "json_object"}
    text = body["messages"][0]["content"]
    assert text.startswith("Be brief.\n\n")
    assert "JSON" in text
    assert json.dumps(FORMAT["schema"], separators=(",", ":")) in text
    assert losses == "output_config.format=emulated"


def test_a_schema_in_text_only_makes_a_system_message() -> None:
    body, _ = build("https://api.minimax.io/v1", "MiniMax-M2", response_format=FORMAT)
    assert "response_format" not in body
    assert [message["role"] for message in body["messages"]] == ["system", "user"]


def test_extra_body_is_put_into_every_body() -> None:
    body, _ = build("https://api.minimax.io/v1", "MiniMax-M2")
    assert body["reasoning_split"] is True
    dialect = dialect_for("https://llm.example", "m", {"extra_body": {"chat_template_kwargs": {"thinking": True}}})
    assert build_with(dialect)[0]["chat_template_kwargs"] == {"thinking": True}
