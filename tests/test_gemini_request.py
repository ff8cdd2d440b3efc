"""Gemini requests: settings, thinking, dialects and URLs."""

import json
from typing import Any

import pytest

from ccr_middleware.errors import ConfigError
from ccr_middleware.losses import Losses
from ccr_middleware.wire.format import Endpoint
from ccr_middleware.wire.gemini.dialect import GeminiDialect, dialect_for
from ccr_middleware.wire.gemini.request import build_gemini_body
from ccr_middleware.wire.gemini.url import endpoint_url

from .support.strict_gemini import check_gemini_request

Json = dict[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
VERTEX = "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models"
HELLO = {"role": "user", "content": "Hello"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


def build(model: str = "gemini-3-flash-preview", *, overrides: Json | None = None, **request: Any) -> tuple[Json, str]:
    """A body that the strict endpoint takes, and the losses."""
    losses = Losses()
    dialect = dialect_for(GOOGLE, model, overrides or {}, None)
    whole: Any = {"model": "c", "messages": [HELLO], "stream": True, **request}
    before = json.dumps(whole)
    built = build_gemini_body(whole, model, dialect, losses)
    assert json.dumps(whole) == before, "the request was changed"
    check_gemini_request(built.body, model)
    assert built.max_tokens == built.body.get("generationConfig", {}).get("maxOutputTokens")
    return built.body, losses.header()


def test_a_plain_request_says_nothing_more() -> None:
    assert build() == ({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}, "")


def test_settings() -> None:
    body, losses = build(max_tokens=500, temperature=0.5, top_p=0.9, top_k=20, stop=["a", "b"])
    assert body["generationConfig"] == {
        "maxOutputTokens": 500,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 20,
        "stopSequences": ["a", "b"],
    }
    assert losses == ""


def test_c28_settings_are_moved_into_what_the_model_takes() -> None:
    body, losses = build("gemini-2.5-pro", max_tokens=128_000, temperature=3, top_k=500, stop=list("abcdef"))
    config = body["generationConfig"]
    assert config["maxOutputTokens"] == 65_536
    assert config["temperature"] == 2
    assert config["topK"] == 40
    assert config["stopSequences"] == list("abcde")
    assert losses == "max_tokens=clamped, stop_sequences=dropped, temperature=clamped, top_k=clamped"


def test_newer_models_have_no_sampling() -> None:
    body, losses = build("gemini-3.6-flash", temperature=1, top_p=0.5)
    assert "generationConfig" not in body
    assert losses == "top_p=dropped"


# -- thinking ------------------------------------------------------------------------------------------------

THINKING = [
    # model, wish, thinkingConfig, losses
    ("gemini-2.5-flash", {"enabled": False}, {"thinkingBudget": 0}, ""),
    ("gemini-2.5-flash-lite", {"enabled": False}, {"thinkingBudget": 0}, ""),
    ("gemini-2.5-pro", {"enabled": False}, {"thinkingBudget": 128}, "thinking.disabled=clamped"),
    ("gemini-3-flash-preview", {"enabled": False}, {"thinkingLevel": "minimal"}, "thinking.disabled=clamped"),
    ("gemini-3.1-pro-preview", {"enabled": False}, {"thinkingLevel": "low"}, "thinking.disabled=clamped"),
    ("gemini-2.0-flash", {"enabled": False}, None, ""),
    ("gemini-2.5-flash", {"enabled": True}, {"thinkingBudget": -1, "includeThoughts": True}, ""),
    ("gemini-3-flash-preview", {"enabled": True}, {"includeThoughts": True}, ""),
    ("gemini-2.0-flash", {"enabled": True}, None, "thinking=clamped"),
    (
        "gemini-2.5-pro",
        {"enabled": True, "max_tokens": 31_999},
        {"thinkingBudget": 31_999, "includeThoughts": True},
        "",
    ),
    (
        "gemini-2.5-flash",
        {"enabled": True, "max_tokens": 31_999},
        {"thinkingBudget": 24_576, "includeThoughts": True},
        "thinking.budget_tokens=clamped",
    ),
    (
        "gemini-2.5-flash-lite",
        {"enabled": True, "max_tokens": 100},
        {"thinkingBudget": 512, "includeThoughts": True},
        "thinking.budget_tokens=clamped",
    ),
    (
        "gemini-2.5-pro",
        {"enabled": True, "effort": "max"},
        {"thinkingBudget": 32_768, "includeThoughts": True},
        "thinking.effort=emulated",
    ),
    (
        "gemini-3.1-pro-preview",
        {"enabled": True, "max_tokens": 4000},
        {"thinkingLevel": "medium", "includeThoughts": True},
        "thinking.budget_tokens=emulated",
    ),
    (
        "gemini-3-pro-preview",
        {"enabled": True, "effort": "medium"},
        {"thinkingLevel": "high", "includeThoughts": True},
        "thinking.effort=clamped",
    ),
    (
        "gemini-3.8-flash",
        {"enabled": True, "effort": "xhigh"},
        {"thinkingLevel": "high", "includeThoughts": True},
        "thinking.effort=clamped",
    ),
    ("gemini-3.8-flash", {"enabled": False}, {"thinkingLevel": "low"}, "thinking.disabled=clamped"),
    ("gemini-3-flash-preview", {"effort": "low"}, {"thinkingLevel": "low"}, ""),
    ("gemini-2.5-flash", {"effort": "low"}, None, "thinking.effort=clamped"),
    ("gemini-2.0-flash", {"enabled": True, "effort": "low"}, None, "thinking.effort=clamped"),
    ("gemini-2.5-flash-image", {"enabled": False}, None, ""),
]


@pytest.mark.parametrize(("model", "wish", "config", "losses"), THINKING)
def test_c16_thinking_is_one_consistent_setting(model: str, wish: Json, config: Json | None, losses: str) -> None:
    body, lost = build(model, reasoning=wish)
    assert body.get("generationConfig", {}).get("thinkingConfig") == config
    assert lost == losses


def test_a_budget_leaves_room_for_the_answer() -> None:
    body, losses = build("gemini-2.5-pro", max_tokens=2000, reasoning={"enabled": True, "max_tokens": 4000})
    assert body["generationConfig"]["thinkingConfig"]["thinkingBudget"] == 1000
    assert losses == "thinking.budget_tokens=clamped"


# -- the form of the answer ----------------------------------------------------------------------------------

FORMAT = {"type": "json_schema", "name": "answer", "schema": SCHEMA}


def test_a_schema_for_the_answer() -> None:
    body, losses = build("gemini-2.5-pro", response_format=FORMAT)
    assert body["generationConfig"] == {
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
    }
    assert losses == ""


def test_a_schema_for_the_answer_as_it_is() -> None:
    body, _ = build("gemini-2.5-pro", response_format=FORMAT, overrides={"json_schema": True})
    assert body["generationConfig"]["responseJsonSchema"] == SCHEMA


def test_before_gemini_3_tools_exclude_a_schema_for_the_answer() -> None:
    body, losses = build("gemini-2.5-pro", response_format=FORMAT, tools=[TOOL])
    assert "generationConfig" not in body
    assert json.dumps(SCHEMA, separators=(",", ":")) in body["systemInstruction"]["parts"][0]["text"]
    assert losses == "output_config.format=emulated"
    body, losses = build("gemini-3-flash-preview", response_format=FORMAT, tools=[TOOL])
    assert "responseSchema" in body["generationConfig"]
    assert losses == ""


# -- dialects ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["gemini-3-pro-preview", "models/gemini-3.1-pro", "google/gemini-flash-latest"])
def test_gemini_3_by_any_of_its_names(model: str) -> None:
    dialect = dialect_for(GOOGLE, model, {}, None)
    assert (dialect.skip_signature, dialect.thinking, dialect.call_ids) == (True, "level", True)


def test_an_unknown_model_is_asked_nothing_special() -> None:
    assert dialect_for("https://proxy.example", "my-model", {}, None) == GeminiDialect()


def test_the_configuration_has_the_last_word() -> None:
    dialect = dialect_for(GOOGLE, "gemini-2.5-pro", {"prefill": True, "levels": ["low"]}, 1000)
    assert (dialect.max_output_tokens, dialect.prefill, dialect.levels) == (1000, True, ("low",))
    assert dialect_for(GOOGLE, "x", {"max_output_tokens": 5}, 1000).max_output_tokens == 5


@pytest.mark.parametrize(("name", "value"), [("name", "x"), ("nonsense", 1), ("prefill", "yes"), ("levels", [1])])
def test_wrong_overrides_are_named(name: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=name):
        dialect_for(GOOGLE, "gemini-2.5-pro", {name: value}, None)


def test_more_for_every_body() -> None:
    more = {"safetySettings": [{"category": "x"}], "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}}
    body, _ = build(overrides={"extra_body": more}, max_tokens=5)
    assert body["safetySettings"] == [{"category": "x"}]
    assert body["generationConfig"] == {"maxOutputTokens": 5, "mediaResolution": "MEDIA_RESOLUTION_LOW"}


def test_what_belongs_to_anthropics_service() -> None:
    assert build(service_tier="auto", session_id="s")[1] == ""
    assert build(user="u")[1] == "metadata.user_id=omitted"
    assert build(service_tier="standard_only")[1] == "service_tier=dropped"


# -- URLs ----------------------------------------------------------------------------------------------------

SSE = ":streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        (GOOGLE, f"{GOOGLE}/v1beta/models/m{SSE}"),
        (f"{GOOGLE}/", f"{GOOGLE}/v1beta/models/m{SSE}"),
        (f"{GOOGLE}/v1beta", f"{GOOGLE}/v1beta/models/m{SSE}"),
        (f"{GOOGLE}/v1beta/models", f"{GOOGLE}/v1beta/models/m{SSE}"),
        (f"{GOOGLE}/v1beta/models/", f"{GOOGLE}/v1beta/models/m{SSE}"),
        (f"{GOOGLE}/v1/models/other:generateContent", f"{GOOGLE}/v1/models/m{SSE}"),
        (f"{GOOGLE}/v1beta/models/other{SSE}", f"{GOOGLE}/v1beta/models/m{SSE}"),
        ("https://proxy.example/gemini", f"https://proxy.example/gemini/v1beta/models/m{SSE}"),
        (VERTEX, f"{VERTEX}/m{SSE}"),
        (VERTEX.removesuffix("/models"), f"{VERTEX}/m{SSE}"),
        (VERTEX.removesuffix("/publishers/google/models"), f"{VERTEX}/m{SSE}"),
        (f"{VERTEX}/other:generateContent", f"{VERTEX}/m{SSE}"),
        ("https://v.example/v1/projects/p/endpoints/12:predict", f"https://v.example/v1/projects/p/endpoints/12{SSE}"),
    ],
)
def test_urls_in_all_forms(base: str, expected: str) -> None:
    assert endpoint_url(Endpoint(base, "m", True)) == expected


def test_the_query_of_the_base_is_kept() -> None:
    url = f"{GOOGLE}/v1beta?key=a%2Bb&alt=json"
    assert endpoint_url(Endpoint(url, "m", True)) == f"{GOOGLE}/v1beta/models/m:streamGenerateContent?key=a%2Bb&alt=sse"
    assert endpoint_url(Endpoint(url, "m", False)) == f"{GOOGLE}/v1beta/models/m:generateContent?key=a%2Bb"


@pytest.mark.parametrize(
    ("model", "segment"),
    [("models/m", "m"), ("publishers/google/models/m", "m"), ("a b/c?d:e", "a%20b%2Fc%3Fd%3Ae"), ("m@001", "m@001")],
)
def test_the_model_in_a_url(model: str, segment: str) -> None:
    assert endpoint_url(Endpoint(GOOGLE, model, False)) == f"{GOOGLE}/v1beta/models/{segment}:generateContent"


@pytest.mark.parametrize("base", ["demo://x", "nonsense", "http://[", ""])
def test_what_is_no_url_stays(base: str) -> None:
    assert endpoint_url(Endpoint(base, "m", True)) == base
