"""The fields of a Responses request, and where it goes."""

import json
from typing import Any

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import ConfigError
from ccr_middleware.losses import Losses
from ccr_middleware.wire.format import Built, Endpoint
from ccr_middleware.wire.responses.dialect import dialect_for
from ccr_middleware.wire.responses.request import build_responses_body
from ccr_middleware.wire.responses.url import endpoint_url

from .support import recorded
from .support.strict_responses import check_responses_request

Json = dict[str, Any]

HOSTS = {
    "openai": "https://api.openai.com/v1",
    "azure": "https://my.openai.azure.com/openai/v1",
    "codex": "https://chatgpt.com/backend-api/codex",
    "xai": "https://api.x.ai/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "lmstudio": "http://localhost:1234/v1",
    "groq": "https://api.groq.com/openai/v1",
    "deepseek": "https://api.deepseek.com",
    "bedrock-mantle": "https://bedrock-mantle.us-east-1.api.aws/openai/v1",
    "openai-compatible": "https://llm.example/v1",
}
HELLO = {"role": "user", "content": "Hello"}
READ = {"name": "Read", "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}
OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}


def tool(**spec: Any) -> Json:
    return {"type": "function", "function": READ | spec}


def made(host: str, model: str, dialect: Json | None = None, **fields: Any) -> tuple[Built, Losses]:
    losses = Losses()
    request: Any = {"model": "c", "messages": [HELLO], "stream": True, **fields}
    return build_responses_body(request, model, dialect_for(HOSTS[host], model, dialect or {}), losses), losses


def build(host: str, model: str, dialect: Json | None = None, **fields: Any) -> tuple[Json, str]:
    """The body, which a strict endpoint has taken, and the losses."""
    built, losses = made(host, model, dialect, **fields)
    check_responses_request(built.body, fields={"top_k"})
    return built.body, losses.header()


# -- where to --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://api.openai.com", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1/responses"),
        ("https://api.openai.com/v1/responses", "https://api.openai.com/v1/responses"),
        ("https://openrouter.ai/api/v1/chat/completions", "https://openrouter.ai/api/v1/responses"),
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/responses"),
        ("https://my.openai.azure.com", "https://my.openai.azure.com/openai/v1/responses"),
        ("https://my.openai.azure.com/openai/", "https://my.openai.azure.com/openai/v1/responses"),
        (
            "https://my.openai.azure.com/openai/v1?api-version=preview",
            "https://my.openai.azure.com/openai/v1/responses?api-version=preview",
        ),
        ("https://chatgpt.com/backend-api/codex", "https://chatgpt.com/backend-api/codex/responses"),
        ("https://chatgpt.com/backend-api/codex/responses", "https://chatgpt.com/backend-api/codex/responses"),
        ("https://h/some/endpoint?x=1", "https://h/some/endpoint?x=1"),
        ("demo://demo", "demo://demo"),
        ("not a url", "not a url"),
        ("http://[broken", "http://[broken"),
    ],
)
def test_endpoints(base: str, url: str) -> None:
    assert endpoint_url(Endpoint(base, "m", stream=True)) == url


# -- who it is --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "base"), HOSTS.items())
def test_the_dialect_is_told_by_the_host(name: str, base: str) -> None:
    assert dialect_for(base, "m").name == f"{name}-responses"


def test_the_configuration_has_the_last_word() -> None:
    dialect = dialect_for(HOSTS["openai"], "gpt-5.2", {"efforts": ["low"], "summary": "none"}, 500)
    assert (dialect.efforts, dialect.summary, dialect.max_output_tokens) == (("low",), "none", 500)


@pytest.mark.parametrize(
    ("overrides", "problem"),
    [
        ({"name": "x"}, 'there is no field "name"'),
        ({"max_tokens_field": "x"}, "there is no field"),
        ({"summary": "long"}, "dialect.summary: .*not 'long'"),
        ({"efforts": [1]}, "dialect.efforts"),
        ({"store": "no"}, "dialect.store"),
    ],
)
def test_overrides_are_checked(overrides: Json, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        dialect_for(HOSTS["openai"], "m", overrides)


# -- the body ---------------------------------------------------------------------------------------------


def test_a_whole_request_as_openai_gets_it() -> None:
    built, losses = made(
        "openai",
        "gpt-5.2",
        messages=[{"role": "system", "content": "Be brief."}, HELLO],
        max_tokens=32_000,
        temperature=1,
        tools=[tool(description="Reads a file.")],
        tool_choice="auto",
        reasoning={"enabled": True, "effort": "high"},
        user="u1",
        session_id="s1",
    )
    assert built.body == {
        "model": "gpt-5.2",
        "instructions": "Be brief.",
        "input": [{"type": "message", "role": "user", "content": "Hello"}],
        "max_output_tokens": 32_000,
        "reasoning": {"effort": "high", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "tools": [{"type": "function", "name": "Read", "description": "Reads a file.", "strict": False}
                  | {"parameters": READ["parameters"]}],
        "tool_choice": "auto",
        "user": "u1",
        "prompt_cache_key": "s1",
        "stream": True,
        "store": False,
    }  # fmt: skip
    assert built.max_tokens == 32_000
    assert not losses.header()


def test_c17_only_what_the_format_knows_is_sent() -> None:
    body = {
        "model": "c",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}]}
        ],
        "metadata": {"user_id": "u"},
        "context_management": {"edits": []},
        "output_config": {"effort": "low"},
        "betas": ["b"],
        "service_tier": "standard_only",
        "new_field": 1,
    }
    losses = Losses()
    unified = to_unified(body, losses, session_id="s1")
    sent = build_responses_body(unified, "m", dialect_for("https://llm.example/v1", "m"), losses).body
    check_responses_request(sent)
    assert set(sent) == {"model", "input", "max_output_tokens", "stream", "store"}
    assert "cache_control" not in json.dumps(sent)
    assert "service_tier=dropped" in losses.header()


@pytest.mark.parametrize(
    ("host", "model", "asked", "sent"),
    [
        ("openai", "gpt-4o", 64_000, 16_384),
        ("openai", "gpt-4o", 1, 16),
        ("openai", "gpt-5.2", 20, 1024),
        ("openai", "gpt-5.2", 500_000, 128_000),
        ("openai-compatible", "m", 500_000, 500_000),
    ],
)
def test_c28_the_limit_is_moved_into_what_the_model_can(host: str, model: str, asked: int, sent: int) -> None:
    body, losses = build(host, model, max_tokens=asked)
    assert body["max_output_tokens"] == sent
    assert losses == ("" if asked == sent else "max_tokens=clamped")


def test_c28_no_limit_is_asked_for_when_the_client_has_none() -> None:
    assert "max_output_tokens" not in build("openai", "gpt-4o")[0]


def test_the_codex_backend_streams_and_takes_no_limit_and_no_sampling() -> None:
    body, losses = build("codex", "gpt-5.2", stream=False, max_tokens=100, temperature=0.5, session_id="s", user="u")
    assert body["stream"] is True
    assert not {"max_output_tokens", "temperature", "user"} & set(body)
    assert body["prompt_cache_key"] == "s"
    assert losses == "max_tokens=clamped, temperature=dropped, metadata.user_id=omitted"


@pytest.mark.parametrize(("host", "model", "sent"), [("openai", "gpt-4o", True), ("openai", "gpt-5.2", False)])
def test_sampling(host: str, model: str, sent: bool) -> None:
    body, losses = build(host, model, temperature=0.5, top_p=0.9)
    assert ("temperature" in body, "top_p" in body) == (sent, sent)
    assert losses == ("" if sent else "temperature=dropped, top_p=dropped")
    assert build(host, model, temperature=1)[1] == ""


def test_what_the_format_does_not_have() -> None:
    body, losses = build("openai", "gpt-4o", top_k=5, stop=["X"], service_tier="standard_only")
    assert not {"top_k", "stop", "service_tier"} & set(body)
    assert losses == "stop_sequences=dropped, top_k=dropped, service_tier=dropped"
    assert build("openrouter", "openai/gpt-4o", top_k=5)[0]["top_k"] == 5


def test_a_long_user_is_hashed() -> None:
    assert len(build("openai", "gpt-4o", user="u" * 65)[0]["user"]) == 64
    assert "user" not in build("openai-compatible", "m", user="u")[0]


def test_fields_of_the_configuration_are_added() -> None:
    assert made("openai", "m", {"extra_body": {"safety_identifier": "s"}})[0].body["safety_identifier"] == "s"


# -- structured output ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("schema", "strict"), [(CLOSED, True), (OPEN, False)])
def test_structured_output(schema: Json, strict: bool) -> None:
    body, losses = build("openai", "gpt-4o", response_format={"type": "json_schema", "name": "a b", "schema": schema})
    assert body["text"] == {"format": {"type": "json_schema", "name": "a_b", "schema": schema, "strict": strict}}
    assert losses == ""


def test_structured_output_is_told_in_text_elsewhere() -> None:
    wanted = {"type": "json_schema", "name": "a", "schema": OPEN}
    body, losses = build("deepseek", "deepseek-v4-flash", response_format=wanted)
    assert body["text"] == {"format": {"type": "json_object"}}
    assert json.dumps(OPEN, separators=(",", ":")) in body["instructions"]
    assert losses == "output_config.format=emulated"
    assert "text" not in build("openai", "gpt-4o", {"json_schema": "none"}, response_format=wanted)[0]


# -- all of it -------------------------------------------------------------------------------------------


def test_c26_the_billing_header_changes_nothing() -> None:
    def sent(cch: str) -> Json:
        header = {"type": "text", "text": f"x-anthropic-billing-header: cc_version=2.1.1; cch={cch};"}
        body = {"model": "c", "system": [header, {"type": "text", "text": "Be brief."}], "messages": [HELLO]}
        return build_responses_body(to_unified(body, Losses()), "m", dialect_for(HOSTS["openai"], "m"), Losses()).body

    assert sent("a1b2") == sent("c3d4")
    assert sent("a1b2")["instructions"] == "Be brief."


# -- recorded requests ------------------------------------------------------------------------------------


@recorded.needs_recorded
@pytest.mark.parametrize("name", ["deepseek/pai-responses-rejects-interleaved-function-calls"])
def test_the_strict_endpoint_refuses_what_deepseek_refused(name: str) -> None:
    case = recorded.case(name)
    assert case.request is not None
    typed = [{"type": "message", **item} if "role" in item else item for item in case.request["body"]["input"]]
    with pytest.raises(AssertionError, match="between a call and its output"):
        check_responses_request(case.request["body"] | {"input": typed, "store": False}, adjacent=True)
