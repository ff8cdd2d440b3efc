"""The real `openai` SDK against the gateway over a socket: chat completions and Responses, streaming and not."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from openai import OpenAI
from pydantic import BaseModel

from ccr_middleware.testing import FakeServer

from .sdk import plays
from .test_sdk import API_KEY, config_of, serve

#: Alone, and mounted into a host.
PLACES = ("alone", "fastapi")

READ = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
CHAT_TOOL: Any = {"type": "function", "function": {"name": "read", "description": "Reads", "parameters": READ}}
TOOL: Any = {"type": "function", "name": "read", "description": "Reads", "parameters": READ}


@pytest.fixture(scope="module", params=PLACES)
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    with FakeServer(plays.plan()) as provider:
        config = tmp_path_factory.mktemp("config") / "config.json"
        config.write_text(json.dumps(config_of(provider.url)))
        with serve(request.param, config) as base_url, connect(base_url) as client:
            yield client


def connect(base_url: str, api_key: str = API_KEY) -> OpenAI:
    return OpenAI(base_url=f"{base_url}/v1", api_key=api_key, max_retries=0, timeout=30)


def user(text: str) -> Any:
    return [{"role": "user", "content": text}]


# -- chat completions --------------------------------------------------------------------------------------


def test_a_completion(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="scripted,echo", messages=user("Grüße 🎉"))
    assert answer.choices[0].message.content == "Grüße 🎉"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "scripted,echo"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens > 0


def test_a_streamed_completion_with_usage(client: OpenAI) -> None:
    options: Any = {"include_usage": True}
    stream = client.chat.completions.create(
        model="scripted,echo", messages=user("Grüße 🎉"), stream=True, stream_options=options
    )
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Grüße 🎉"
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens > 0
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_tool_round_of_chat(client: OpenAI) -> None:
    messages = user("Please use a tool")
    with client.chat.completions.stream(model="demo,demo", messages=messages, tools=[CHAT_TOOL]) as stream:
        said = stream.get_final_completion().choices[0]
    assert said.finish_reason == "tool_calls"
    assert said.message.tool_calls is not None
    call = said.message.tool_calls[0]
    assert call.function.name == "read"
    assert "path" in json.loads(call.function.arguments)
    result = {"role": "tool", "tool_call_id": call.id, "content": "what is in the file"}
    messages += [said.message.model_dump(exclude_none=True), result]
    again = client.chat.completions.create(model="demo,demo", messages=messages, tools=[CHAT_TOOL])
    assert again.choices[0].finish_reason == "stop"
    assert "what is in the file" in (again.choices[0].message.content or "")


def test_two_calls_whose_arguments_come_in_turns(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model="scripted,two-tools", messages=user("x"), tools=[CHAT_TOOL], stream=True
    )
    arguments: dict[int, str] = {}
    for chunk in stream:
        for delta in chunk.choices[0].delta.tool_calls or () if chunk.choices else ():
            assert delta.function is not None
            arguments[delta.index] = arguments.get(delta.index, "") + (delta.function.arguments or "")
    assert [json.loads(text) for text in arguments.values()] == [{"path": "a.txt"}, {"path": "b.txt"}]


def test_thinking_is_reasoning_content(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="demo,demo-thinking", messages=user("Hello"), reasoning_effort="high")
    assert getattr(answer.choices[0].message, "reasoning_content", "")


class Weather(BaseModel):
    """What the demo model has to make up."""

    city: str
    degrees: float


def test_structured_output(client: OpenAI) -> None:
    answer = client.chat.completions.parse(model="demo,demo", messages=user("Weather?"), response_format=Weather)
    assert isinstance(answer.choices[0].message.parsed, Weather)


def test_an_anthropic_provider_behind_chat(client: OpenAI) -> None:
    stream = client.chat.completions.create(model="relay,claude-relayed", messages=user("x"), stream=True)
    kinds = {key for chunk in stream for choice in chunk.choices for key, value in choice.delta if value}
    assert {"content", "tool_calls", "reasoning_content"} <= kinds


# -- Responses ---------------------------------------------------------------------------------------------


def test_a_response(client: OpenAI) -> None:
    answer = client.responses.create(model="scripted,echo", input="Grüße 🎉", instructions="Be brief.")
    assert answer.output_text == "Grüße 🎉"
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.total_tokens > 0


def test_a_streamed_response(client: OpenAI) -> None:
    with client.responses.stream(model="scripted,echo", input="Grüße 🎉") as stream:
        deltas = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(deltas) == final.output_text == "Grüße 🎉"


def test_a_tool_round_of_responses_with_its_reasoning(client: OpenAI) -> None:
    items: Any = user("Please use a tool")
    first = client.responses.create(
        model="demo,demo-thinking", input=items, tools=[TOOL], reasoning={"effort": "high", "summary": "auto"}
    )
    assert first.output[0].type == "reasoning"
    call = next(item for item in first.output if item.type == "function_call")
    items += [item.model_dump(exclude_none=True) for item in first.output]
    items.append({"type": "function_call_output", "call_id": call.call_id, "output": "what is in the file"})
    second = client.responses.create(model="demo,demo-thinking", input=items, tools=[TOOL])
    assert "what is in the file" in second.output_text


def test_structured_responses(client: OpenAI) -> None:
    answer = client.responses.parse(model="demo,demo", input="Weather?", text_format=Weather)
    assert isinstance(answer.output_parsed, Weather)


def test_an_anthropic_provider_behind_responses(client: OpenAI) -> None:
    with client.responses.stream(model="relay,claude-relayed", input="x", tools=[TOOL]) as stream:
        kinds = [item.type for item in stream.get_final_response().output]
    assert kinds == ["reasoning", "message", "function_call"]


def test_what_was_not_kept_is_told(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="keeps no responses"):
        client.responses.create(model="demo,demo", input="x", previous_response_id="resp_1")


# -- errors ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_sdks_own(client: OpenAI, stream: bool) -> None:
    with pytest.raises(openai.RateLimitError):
        client.chat.completions.create(model="scripted,busy", messages=user("x"), stream=stream)
    with pytest.raises(openai.BadRequestError, match="prompt is too long"):
        client.responses.create(model="scripted,overflow", input="x", stream=stream)
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="demo,demo", messages=[], stream=stream)


def test_a_failure_in_mid_answer_is_raised(client: OpenAI) -> None:
    with pytest.raises(openai.APIError):
        list(client.chat.completions.create(model="scripted,late-error", messages=user("x"), stream=True))
    with pytest.raises(openai.APIError):
        list(client.responses.create(model="scripted,late-error", input="x", stream=True))


def test_a_wrong_key(client: OpenAI) -> None:
    wrong = client.with_options(api_key="sk-wrong")
    with pytest.raises(openai.AuthenticationError):
        wrong.chat.completions.create(model="demo,demo", messages=user("x"))


def test_models_are_listed(client: OpenAI) -> None:
    listed = client.models.list()
    assert listed.object == "list"
    model = next(model for model in listed if model.id == "demo,demo")
    assert (model.object, model.owned_by, model.created) == ("model", "demo", 0)
    assert client.models.retrieve("demo,demo") == model
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("demo,none")
