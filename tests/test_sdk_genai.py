"""The real `google-genai` SDK against the gateway over a socket, streaming and not."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from google import genai
from google.genai import errors, types

from ccr_middleware.testing import FakeServer

from .sdk import plays
from .test_sdk import API_KEY, config_of, serve

PLACES = ("alone", "fastapi")

READ = types.FunctionDeclaration(
    name="read",
    description="Reads",
    parameters=types.Schema(
        type=types.Type.OBJECT, properties={"path": types.Schema(type=types.Type.STRING)}, required=["path"]
    ),
)
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS: Any = [types.Tool(function_declarations=[READ])]


@pytest.fixture(scope="module", params=PLACES)
def base_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with FakeServer(plays.plan()) as provider:
        config = tmp_path_factory.mktemp("config") / "config.json"
        config.write_text(json.dumps(config_of(provider.url)))
        with serve(request.param, config) as base_url:
            yield base_url


@pytest.fixture
def client(base_url: str) -> Iterator[genai.Client]:
    with connect(base_url) as client:
        yield client


def connect(base_url: str, api_key: str = API_KEY) -> genai.Client:
    return genai.Client(api_key=api_key, http_options=types.HttpOptions(base_url=base_url, timeout=30_000))


def test_an_answer(client: genai.Client) -> None:
    answer = client.models.generate_content(model="scripted,echo", contents="Grüße 🎉")
    assert answer.text == "Grüße 🎉"
    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason == types.FinishReason.STOP
    assert answer.usage_metadata is not None
    assert (answer.usage_metadata.total_token_count or 0) > 0


def test_a_streamed_answer(client: genai.Client) -> None:
    chunks = list(client.models.generate_content_stream(model="scripted,echo", contents="Grüße 🎉"))
    assert "".join(chunk.text or "" for chunk in chunks) == "Grüße 🎉"
    assert chunks[-1].usage_metadata is not None


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_round(client: genai.Client, stream: bool) -> None:
    config = types.GenerateContentConfig(
        tools=TOOLS, automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True)
    )
    contents: list[Any] = [types.Content(role="user", parts=[types.Part(text="Please use a tool")])]
    parts = parts_of(client, contents, config, stream)
    call = next(part.function_call for part in parts if part.function_call)
    assert call.name == "read"
    assert "path" in (call.args or {})
    response = types.FunctionResponse(id=call.id, name="read", response={"result": "what is in the file"})
    contents += [
        types.Content(role="model", parts=parts),
        types.Content(role="user", parts=[types.Part(function_response=response)]),
    ]
    again = parts_of(client, contents, config, stream)
    assert "what is in the file" in "".join(part.text or "" for part in again)


def parts_of(client: genai.Client, contents: Any, config: Any, stream: bool) -> list[types.Part]:
    """The parts of an answer by the demo model."""
    ask: Any = client.models.generate_content_stream if stream else client.models.generate_content
    answer = ask(model="demo,demo", contents=contents, config=config)
    answers = answer if stream else [answer]
    found = [one.candidates[0].content for one in answers if one.candidates]
    return [part for content in found if content for part in content.parts or ()]


def test_thoughts_are_shown_when_asked_for(client: genai.Client) -> None:
    thinking = types.ThinkingConfig(include_thoughts=True, thinking_budget=2000)
    config = types.GenerateContentConfig(thinking_config=thinking)
    answer = client.models.generate_content(model="demo,demo-thinking", contents="Hello", config=config)
    assert answer.candidates is not None
    content = answer.candidates[0].content
    assert content is not None
    assert any(part.thought for part in content.parts or ())


def test_structured_output(client: genai.Client) -> None:
    config = types.GenerateContentConfig(response_mime_type="application/json", response_json_schema=CITY)
    answer = client.models.generate_content(model="demo,demo", contents="Weather?", config=config)
    assert isinstance(json.loads(answer.text or "")["city"], str)


def test_an_anthropic_provider_behind_gemini(client: genai.Client) -> None:
    chunks = client.models.generate_content_stream(model="relay,claude-relayed", contents="x")
    parts = [
        part for chunk in chunks for one in chunk.candidates or () if one.content for part in one.content.parts or ()
    ]
    assert any(part.text for part in parts)
    assert any(part.function_call for part in parts)


def test_tokens_are_counted(client: genai.Client) -> None:
    counted = client.models.count_tokens(model="demo,demo", contents="Grüße 🎉")
    assert (counted.total_tokens or 0) > 0


@pytest.mark.parametrize("page_size", [None, 1])
def test_models_are_listed(client: genai.Client, page_size: int | None) -> None:
    names = [model.name for model in client.models.list(config={"page_size": page_size})]
    assert len(set(names)) == len(names) > 2
    assert "models/demo,demo" in names
    model = client.models.get(model="demo,demo")
    assert (model.name, model.display_name) == ("models/demo,demo", "demo (demo)")
    assert "generateContent" in (model.supported_actions or ())
    with pytest.raises(errors.ClientError) as unknown:
        client.models.get(model="demo,none")
    assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_sdks_own(client: genai.Client, base_url: str, stream: bool) -> None:
    def ask(client: genai.Client, model: str) -> None:
        if stream:
            list(client.models.generate_content_stream(model=model, contents="x"))
        else:
            client.models.generate_content(model=model, contents="x")

    with pytest.raises(errors.ClientError) as busy:
        ask(client, "scripted,busy")
    assert (busy.value.code, busy.value.status) == (429, "RESOURCE_EXHAUSTED")
    with pytest.raises(errors.ClientError) as long:
        ask(client, "scripted,overflow")
    assert long.value.code == 400
    with connect(base_url, "sk-wrong") as wrong, pytest.raises(errors.ClientError) as refused:
        ask(wrong, "demo,demo")
    assert refused.value.code == 401


def test_the_key_may_stand_in_the_url(base_url: str) -> None:
    import httpx

    url = f"{base_url}/v1beta/models/demo,demo:streamGenerateContent"
    body = {"contents": [{"parts": [{"text": "Hello"}]}]}
    assert httpx.post(url, json=body, timeout=30).status_code == 401
    answer = httpx.post(url, params={"key": API_KEY}, json=body, timeout=30)
    assert answer.headers["content-type"] == "application/json"
    assert "Hello" in "".join(
        part.get("text", "") for chunk in answer.json() for part in chunk["candidates"][0]["content"].get("parts", ())
    )
    messages = {"model": "demo,demo", "max_tokens": 5, "messages": [{"role": "user", "content": "x"}]}
    assert httpx.post(f"{base_url}/v1/messages", params={"key": API_KEY}, json=messages, timeout=30).status_code == 401
