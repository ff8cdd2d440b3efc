"""The translation core by itself: requests, answers, streams, errors, and clients of other formats."""

import json
import subprocess
import sys
from itertools import count, product

import pytest

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import fold
from ccr_middleware.errors import BadRequest, ConfigError, EmptyAnswer, UpstreamBroken, UpstreamError
from ccr_middleware.testing import check_stream
from ccr_middleware.transformers.base import Transformer
from ccr_middleware.transformers.registry import Registry
from ccr_middleware.translate import (
    open_stream,
    open_writer,
    read_request,
    translate_answer,
    translate_error,
    translate_request,
    write_answer,
    write_error,
)
from ccr_middleware.unified import Remembered

BODY = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 512,
    "stream": True,
    "system": "Be brief.",
    "messages": [{"role": "user", "content": "Hello"}],
}
TOOL = {"name": "get.weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}
#: OpenAI takes no dots in names: what is sent instead, the same in every request.
PLAIN = "get_weather_f65d4328"
TOOL_ON_WIRE = {"chat": PLAIN, "responses": PLAIN, "gemini": "get.weather", "messages": "get.weather"}


#: What each wire format answers: a text and a call of TOOL, as JSON.
WHOLE = {
    "chat": {
        "choices": [
            {
                "message": {
                    "content": "Look:",
                    "tool_calls": [{"id": "c1", "function": {"name": PLAIN, "arguments": '{"city":"Bonn"}'}}],
                },
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {"prompt_tokens": 7, "completion_tokens": 5},
    },
    "responses": {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Look:"}]},
            {"type": "function_call", "call_id": "c1", "name": PLAIN, "arguments": '{"city":"Bonn"}'},
        ],
        "usage": {"input_tokens": 7, "output_tokens": 5},
    },
    "gemini": {
        "candidates": [
            {
                "content": {
                    "parts": [
                        {"text": "Look:"},
                        {"functionCall": {"id": "c1", "name": "get.weather", "args": {"city": "Bonn"}}},
                    ]
                },
                "finishReason": "STOP",
            }
        ],
        "usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 5},
    },
    "messages": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "text", "text": "Look:"},
            {"type": "tool_use", "id": "c1", "name": "get.weather", "input": {"city": "Bonn"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 7, "output_tokens": 5},
    },
}
SAID = WHOLE["messages"]["content"]

each_wire = pytest.mark.parametrize("wire", WHOLE)


def sse(*chunks):
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)


def counted():
    numbers = count(1)
    return lambda prefix: f"{prefix}{next(numbers)}"


# -- requests ----------------------------------------------------------------------------------------------


def test_without_a_url_it_is_chat_completions_of_a_provider_nobody_knows():
    sent = translate_request(BODY, model="m")
    assert sent.url == ""
    assert sent.body["model"] == "m"
    assert sent.body["messages"][-1] == {"role": "user", "content": "Hello"}
    assert not [*sent.losses]


def test_the_model_is_the_requests_own_when_no_other_is_named():
    assert translate_request(BODY).body["model"] == "claude-sonnet-4-5"


@pytest.mark.parametrize(
    ("base_url", "stream", "url", "header"),
    [
        ("https://llm.example/v1", True, "https://llm.example/v1/chat/completions", "authorization"),
        ("https://llm.example/v1/responses", True, "https://llm.example/v1/responses", "authorization"),
        ("https://api.anthropic.com", True, "https://api.anthropic.com/v1/messages", "x-api-key"),
        ("https://x.openai.azure.com", True, "https://x.openai.azure.com/openai/v1/chat/completions", "api-key"),
        (
            "https://generativelanguage.googleapis.com/v1beta",
            False,
            "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
            "x-goog-api-key",
        ),
    ],
)  # fmt: skip
def test_url_wire_and_credential_follow_from_the_base_url(base_url, stream, url, header):
    sent = translate_request({**BODY, "stream": stream}, base_url=base_url, model="m", api_key="sk-secret")
    assert sent.url == url
    assert "sk-secret" in sent.headers[header]
    assert "sk-secret" not in repr(sent)


def test_the_request_is_not_changed():
    before = json.dumps(BODY)
    for wire in WHOLE:
        translate_request(BODY, wire=wire, use=["cleancache", ("maxtoken", {"max_tokens": 100})])
    assert json.dumps(BODY) == before


def test_settings_of_a_provider_hold():
    sent = translate_request(
        {**BODY, "top_k": 5, "max_tokens": 9000},
        dialect={"top_k": True},
        max_output_tokens=8000,
        use=[("customparams", {"seed": 7}), ["maxtoken", {"max_tokens": 7000}]],
    )
    assert sent.body["top_k"] == 5
    assert sent.body["seed"] == 7
    assert sent.body["max_tokens"] == 7000
    assert [loss.feature for loss in sent.losses] == ["max_tokens"]


def test_transformers_of_ones_own():
    class Shout(Transformer):
        name = "shout"

        def transform_request_in(self, request, context):
            request.body["shouted"] = context.model
            return request

    sent = translate_request(BODY, use=["shout"], registry=Registry([Shout]), model="m")
    assert sent.body["shouted"] == "m"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"use": ["reasonin"]}, 'there is no transformer "reasonin"'),
        ({"use": [("maxtoken", {"max_tokens": "many"})]}, "max_tokens"),
        ({"dialect": {"nope": 1}}, "nope"),
        ({"wire": "telepathy"}, "wire"),
    ],
)
def test_settings_that_cannot_be_used_are_told(settings, problem):
    with pytest.raises(ConfigError, match=problem):
        translate_request(BODY, **settings)


@each_wire
@pytest.mark.parametrize("body", [[], "x", None])
def test_what_is_no_object_is_refused(wire, body):
    with pytest.raises(BadRequest, match="JSON object"):
        translate_request(body, wire=wire)


def test_a_place_in_the_request_is_named():
    with pytest.raises(BadRequest, match=r"messages\.0\.role"):
        translate_request({"messages": [{"role": "wizard", "content": "x"}]})


def test_a_provider_that_speaks_anthropic_gets_the_request_as_it_is():
    sent = translate_request({**BODY, "future": 1}, wire="messages", model="claude-x")
    assert sent.body == {**BODY, "future": 1, "model": "claude-x"}
    assert sent.headers["anthropic-version"]
    assert not [*sent.losses]


def test_the_session_is_found_in_the_request():
    user = "user_abc_account__session_11111111-2222-3333-4444-555555555555"
    sent = translate_request({**BODY, "metadata": {"user_id": user}}, base_url="https://api.openai.com/v1")
    assert sent.body["prompt_cache_key"] == "11111111-2222-3333-4444-555555555555"


def test_reasoning_is_recalled_by_the_id_of_a_call():
    call = {"type": "tool_use", "id": "c1", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "c1", "content": "x"}
    turns = [{"role": "assistant", "content": [call]}, {"role": "user", "content": [result]}]
    body = {**BODY, "messages": [*BODY["messages"], *turns]}
    known = {"c1": Remembered("I thought so.")}
    sent = translate_request(body, base_url="https://api.deepseek.com/v1", recall=known.get)
    assert sent.body["messages"][2]["reasoning_content"] == "I thought so."


# -- answers -----------------------------------------------------------------------------------------------


@each_wire
def test_a_whole_answer_becomes_a_message(wire):
    sent = translate_request({**BODY, "stream": False, "tools": [TOOL]}, wire=wire, new_id=counted())
    for answer in (WHOLE[wire], json.dumps(WHOLE[wire]).encode()):
        message = translate_answer(answer, sent)
        ids = [block.get("id") for block in message["content"]]
        assert message["content"] == [SAID[0], SAID[1] | {"id": ids[1]}]
        assert message["stop_reason"] == "tool_use"
        assert (message["usage"]["input_tokens"], message["usage"]["output_tokens"]) == (7, 5)


@each_wire
def test_an_answer_can_be_read_without_its_request(wire):
    content = translate_answer(WHOLE[wire], wire)["content"]
    assert content[0] == SAID[0]
    assert content[1]["name"] == TOOL_ON_WIRE[wire]


@each_wire
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_json_answer_to_a_stream_request_is_read_however_it_is_cut(wire, size):
    data = b" \n" + json.dumps(WHOLE[wire]).encode()
    stream = open_stream(translate_request({**BODY, "tools": [TOOL]}, wire=wire))
    events = [event for at in range(0, len(data), size) for event in stream.feed(data[at : at + size])]
    assert events == []
    assert check_stream(frame(stream.finish())).message["content"][0] == SAID[0]
    assert stream.ended


@pytest.mark.parametrize("size", [1, 10_000])
def test_a_stream_gives_events_as_soon_as_they_are_whole(size):
    data = sse(
        {"choices": [{"delta": {"content": "Hel"}}]},
        {"choices": [{"delta": {"content": "lo"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
    )
    stream = open_stream(translate_request(BODY))
    events = [event for at in range(0, len(data), size) for event in stream.feed(data[at : at + size])]
    assert [event["type"] for event in events][:3] == ["message_start", "content_block_start", "content_block_delta"]
    assert not stream.ended
    stream.feed(b"data: [DONE]\n\n")
    assert stream.ended
    events += stream.finish()
    message = check_stream(frame(events)).message
    assert message["content"] == [{"type": "text", "text": "Hello"}]
    assert message["model"] == "claude-sonnet-4-5"
    assert stream.outcome().usage == {"input": 3, "output": 2}


def test_a_relayed_stream_is_read_as_well():
    head = {**WHOLE["messages"], "content": [], "stop_reason": None}
    events = [
        {"type": "message_start", "message": head},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": {}},
        {"type": "message_stop"},
    ]
    stream = open_stream(translate_request(BODY, wire="messages"))
    assert stream.feed(frame(events)) + stream.finish() == events


def test_each_answer_gets_an_id_of_its_own():
    sent = translate_request(BODY, new_id=counted())
    assert [translate_answer(WHOLE["chat"], sent)["id"] for _ in range(2)] == ["msg_1", "msg_2"]


def test_what_was_said_before_a_failure_is_given_out_first():
    stream = open_stream(translate_request(BODY, base_url="https://llm.example/v1", api_key="the-key-of-mine"))
    said = {"choices": [{"delta": {"content": "Well"}}]}
    failed = {"error": {"message": "overloaded, the-key-of-mine", "code": 503}}
    events = stream.feed(sse(said, failed))
    assert events[-1]["delta"] == {"type": "text_delta", "text": "Well"}
    for more in (lambda: stream.feed(b"data: [DONE]\n\n"), stream.finish):
        with pytest.raises(UpstreamError, match=r'provider "llm\.example".*overloaded, \*\*\*') as raised:
            more()
        assert raised.value.status == 503


@each_wire
def test_a_failure_at_once_is_raised_at_once(wire):
    data = b"event: error\n" + sse({"type": "error", "error": {"message": "no", "type": "api_error"}})
    stream = open_stream(wire)
    with pytest.raises(UpstreamError, match="no"):
        stream.feed(data)


@each_wire
@pytest.mark.parametrize(
    ("data", "error"), [(b"<html>", UpstreamBroken), (b"", EmptyAnswer), (b"[]", UpstreamError), (b"{", UpstreamBroken)]
)
def test_what_is_no_answer_is_refused(wire, data, error):
    with pytest.raises(error):
        translate_answer(data, wire)


def test_an_error_status_gets_the_words_that_clients_act_upon():
    sent = translate_request(BODY, base_url="https://llm.example/v1", model="m", api_key="the-key-of-mine")
    error = translate_error(
        429, b'{"error": {"message": "slow down, the-key-of-mine"}}', sent, headers={"Retry-After": "3"}
    )
    assert error.status == 429
    assert error.message == 'provider "llm.example" (model m): slow down, ***'
    assert error.headers["retry-after"] == "3"


# -- clients of other formats ------------------------------------------------------------------------------

ASKED = {
    "messages": {"model": "x", "max_tokens": 99, "messages": [{"role": "user", "content": "Hello"}]},
    "chat": {"model": "x", "messages": [{"role": "user", "content": "Hello"}]},
    "responses": {"model": "x", "input": "Hello"},
    "gemini": {"model": "x", "contents": [{"role": "user", "parts": [{"text": "Hello"}]}]},
}


def texts_in(value):
    """Every text in an answer, whatever its format."""
    if isinstance(value, dict):
        return [text for inner in value.values() for text in texts_in(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(("client", "wire"), [*product(ASKED, WHOLE)])
def test_every_client_can_talk_to_every_provider(client, wire):
    asked = read_request(ASKED[client], client, new_id=counted(), created=1_700_000_000)
    sent = translate_request(asked, wire=wire, model="m")
    assert "Hello" in texts_in(sent.body)
    document = write_answer(translate_answer(WHOLE[wire], sent), asked)
    assert "Look:" in texts_in(document)
    assert TOOL_ON_WIRE[wire] in texts_in(document)


@pytest.mark.parametrize("client", ASKED)
def test_a_written_stream_says_what_the_events_say(client):
    asked = read_request(ASKED[client] | {"stream": True}, client)
    stream, writer = open_stream("chat"), open_writer(asked)
    data = sse({"choices": [{"delta": {"content": "A hat"}, "finish_reason": "stop"}]})
    written = writer.feed(stream.feed(data)) + writer.feed(stream.finish()) + writer.finish()
    assert b"A hat" in written


def test_losses_of_reading_and_of_translating_are_told_together():
    asked = read_request({**ASKED["chat"], "seed": 1, "top_k": 3}, "chat")
    assert [loss.feature for loss in asked.losses] == ["seed"]
    assert [loss.feature for loss in translate_request(asked).losses] == ["seed", "top_k"]
    assert [loss.feature for loss in asked.losses] == ["seed"]


def test_a_foreign_request_is_made_fit_for_anthropic():
    sent = translate_request(read_request({**ASKED["chat"], "temperature": 1.5}, "chat"), wire="messages")
    assert sent.body["temperature"] == 1
    assert sent.body["max_tokens"] > 0
    assert [(loss.feature, loss.action) for loss in sent.losses] == [("temperature", "clamped")]


@pytest.mark.parametrize("client", ASKED)
def test_errors_are_written_the_clients_way(client):
    asked = read_request(ASKED[client], client)
    assert "too long" in texts_in(write_error(BadRequest("too long"), asked))
    with pytest.raises(BadRequest, match="JSON object"):
        read_request([], client)


def test_an_unknown_client_is_told_which_there_are():
    with pytest.raises(ValueError, match="messages, chat, responses, gemini"):
        read_request({}, "smoke")


def test_fold_and_stream_agree():
    sent = translate_request(BODY, new_id=lambda prefix: f"{prefix}1")
    data = sse({"choices": [{"delta": {"content": "Hi"}, "finish_reason": "stop"}]})
    stream = open_stream(sent)
    assert fold(stream.feed(data) + stream.finish()) == translate_answer(data, sent)


# -- promises ----------------------------------------------------------------------------------------------


def test_it_needs_no_event_loop_and_no_http_library():
    code = (
        "import sys\n"
        "from ccr_middleware.translate import open_stream, read_request, translate_request\n"
        "asked = read_request({'model': 'x', 'input': 'Hello'}, 'responses')\n"
        "for wire in ('chat', 'responses', 'gemini', 'messages'):\n"
        "    sent = translate_request(asked, wire=wire)\n"
        "    stream = open_stream(sent)\n"
        "loaded = {'httpx', 'aiohttp', 'asyncio', 'uvicorn', 'tiktoken'} & set(sys.modules)\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
