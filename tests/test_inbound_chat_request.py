"""Tools and settings of chat requests read into Messages requests."""

import json

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.routing.session import session_of
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT

from .support.chat_client import USER, call, function, lost, read

# -- tools -------------------------------------------------------------------------------------------------


def test_tools():
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    inbound, losses = read(
        tools=[
            function("f", description="d", parameters=schema, strict=True),
            function("g"),
            {"type": "web_search", "filters": {"allowed_domains": ["a.example"]}},
            {"type": "bash_20250124", "name": "bash"},
            {"type": "code_interpreter"},
        ],
        parallel_tool_calls=False,
    )
    assert inbound.body["tools"] == [
        {"name": "f", "description": "d", "input_schema": schema, "strict": True},
        {"name": "g", "input_schema": {"type": "object", "properties": {}}},
        {"type": "web_search_20250305", "name": "web_search", "allowed_domains": ["a.example"]},
        {"type": "bash_20250124", "name": "bash"},
    ]
    assert inbound.body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert losses.header() == "tool.unknown=dropped"


def test_web_search_options():
    location = {"type": "approximate", "approximate": {"city": "Bern", "country": "CH"}}
    inbound, losses = read(web_search_options={"search_context_size": "high", "user_location": location})
    place = {"type": "approximate", "city": "Bern", "country": "CH"}
    assert inbound.body["tools"] == [{"type": "web_search_20250305", "name": "web_search", "user_location": place}]
    assert losses.header() == "tool.web_search.context_size=dropped"


@pytest.mark.parametrize(
    ("wanted", "becomes"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "f"}}, {"type": "tool", "name": "f"}),
    ],
)
def test_c21_tool_choice(wanted, becomes):
    assert read(tools=[function("f")], tool_choice=wanted)[0].body["tool_choice"] == becomes
    assert "tool_choice" not in read(tool_choice=wanted)[0].body


def test_allowed_tools_are_those_that_are_offered():
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "g"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    inbound, losses = read(tools=[function("f"), function("g")], tool_choice=choice)
    assert [tool["name"] for tool in inbound.body["tools"]] == ["g"]
    assert inbound.body["tool_choice"] == {"type": "any"}
    assert losses.header() == "tool_choice.allowed_tools=emulated"


def test_a_custom_tool_is_offered_as_a_function():
    grammar = {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}
    inbound, losses = read(
        USER,
        {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "p", "input": "aa"}}]},
        {"role": "tool", "tool_call_id": "c", "content": "ok"},
        tools=[{"type": "custom", "custom": {"name": "p", "description": "d", "format": grammar}}],
    )
    tool = inbound.body["tools"][0]
    assert tool["input_schema"]["required"] == ["input"]
    assert "regex grammar:\na+" in tool["description"]
    assert inbound.body["messages"][1]["content"][0]["input"] == {"input": "aa"}
    assert inbound.echo["custom"] == ["p"]
    assert losses.header() == "tool.custom=emulated, tool.grammar=emulated"


# -- the other fields ---------------------------------------------------------------------------------------


def test_sampling_and_streaming():
    inbound, losses = read(
        stream=True,
        stream_options={"include_usage": True},
        temperature=1.7,
        top_p=0.5,
        max_tokens=9,
        max_completion_tokens=8,
        stop="END",
        n=1,
        seed=None,
        store=False,
        logprobs=False,
        presence_penalty=0,
    )
    body = inbound.body
    assert (body["stream"], body["temperature"], body["top_p"], body["max_tokens"]) == (True, 1.7, 0.5, 8)
    assert body["stop_sequences"] == ["END"]
    assert inbound.echo["include_usage"] is True
    assert not len(losses)


def test_no_limit_stays_no_limit():
    assert "max_tokens" not in read()[0].body


@pytest.mark.parametrize(
    ("fields", "thinking", "effort"),
    [
        ({"reasoning_effort": "none"}, {"type": "disabled"}, None),
        ({"reasoning_effort": "minimal"}, {"type": "adaptive"}, "low"),
        ({"reasoning_effort": "xhigh"}, {"type": "adaptive"}, "xhigh"),
        ({"reasoning": {"effort": "high"}}, {"type": "adaptive"}, "high"),
        ({"reasoning": {"max_tokens": 2000}}, {"type": "enabled", "budget_tokens": 2000}, None),
        ({"reasoning": {"enabled": True}}, {"type": "adaptive"}, None),
        ({"reasoning": {"enabled": False}}, {"type": "disabled"}, None),
        ({"thinking": {"type": "enabled", "budget_tokens": 9}}, {"type": "enabled", "budget_tokens": 9}, None),
        ({}, None, None),
    ],
)
def test_how_much_to_think(fields, thinking, effort):
    body = read(**fields)[0].body
    assert body.get("thinking") == thinking
    assert body.get("output_config", {}).get("effort") == effort


def test_the_form_of_the_answer():
    schema = {"type": "object", "properties": {}}
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": True}}
    body = read(response_format=wanted, reasoning_effort="low")[0].body
    assert body["output_config"] == {"effort": "low", "format": {"type": "json_schema", "schema": schema}}
    inbound, losses = read(response_format={"type": "json_object"})
    assert "JSON" in inbound.body["system"][-1]["text"]
    assert losses.header() == "response_format=emulated"


def test_who_asks():
    assert read(user="ann")[0].body["metadata"] == {"user_id": "ann"}
    body = read(user="ann", prompt_cache_key="conversation-7")[0].body
    assert session_of(body, {}) == "conversation-7"
    assert to_unified(body, Losses())["user"] == "ann"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("seed", 1), ("logprobs", True), ("top_logprobs", 3), ("logit_bias", {"1": 5}), ("frequency_penalty", 0.5)],
        *[("presence_penalty", -1), ("prediction", {"type": "content"}), ("store", True), ("metadata", {"a": "b"})],
        *[("modalities", ["text", "audio"]), ("verbosity", "low"), ("service_tier", "flex")],
    ],
)
def test_what_cannot_be_said_is_reported(field, value):
    assert lost(**{field: value}) == {field: "dropped"}


def test_what_nobody_knows_is_reported_too():
    assert lost(frobnicate=1) == {"unknown_fields": "dropped"}
    assert lost({**USER, "mood": "bad"}) == {"message.unknown_fields": "dropped"}
    assert lost({**USER, "name": "ann"}) == {"message.name": "dropped"}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"messages": []}, "messages: "),
        ({"messages": "Hi"}, "messages: "),
        ({"messages": [1]}, "messages[0]: "),
        ({"messages": [{"role": "alien"}]}, "messages[0].role: "),
        ({"messages": [USER, {"role": "user", "content": 5}]}, "messages[1].content: "),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}, "messages[0].content[0].text: "),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "ftp://x"}}]}]},
            "messages[0].content[0].image_url.url: ",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
            "messages[0].content[0].input_audio: ",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
            "messages[0].content[0].file.file_id: ",
        ),
        ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0].type: "),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].tool_call_id: "),
        ({"messages": [{"role": "function", "name": "f", "content": "x"}]}, "messages[0].name: "),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": ""}}]}]},
            "messages[0].tool_calls[0].function.name: ",
        ),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name: "),
        ({"tools": [{}]}, "tools[0].type: "),
        ({"tools": [function("f")], "tool_choice": "maybe"}, "tool_choice: "),
        ({"n": 2}, "n: "),
        ({"max_tokens": 0}, "max_tokens: "),
        ({"max_completion_tokens": 1.5}, "max_completion_tokens: "),
        ({"temperature": "hot"}, "temperature: "),
        ({"stop": [1]}, "stop: "),
        ({"stream": "yes"}, "stream: "),
        ({"reasoning_effort": "giant"}, "reasoning_effort: "),
        ({"response_format": {"type": "yaml"}}, "response_format.type: "),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema.schema: "),
        ({"modalities": ["audio"]}, "modalities: "),
        ({"model": 5}, "model: "),
    ],
)
def test_errors_name_the_place(fields, place):
    with pytest.raises(BadRequest) as caught:
        CHAT_CLIENT.read({"model": "m", "messages": [USER], **fields}, Losses())
    assert caught.value.message.startswith(place)


def test_reading_changes_nothing_in_the_request():
    body = {
        "messages": [USER, {"role": "assistant", "tool_calls": [call("a")]}, {"role": "tool", "tool_call_id": "a"}],
        "tools": [function("f")],
        "response_format": {"type": "json_object"},
    }
    before = json.dumps(body)
    CHAT_CLIENT.read(body, Losses())
    assert json.dumps(body) == before
