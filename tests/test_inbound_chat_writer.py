"""Answers written for chat clients, from streams of Anthropic events and from whole messages."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import BadRequest, NotAuthenticated, NotFound, UpstreamBroken, UpstreamError
from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT

from .support import translate
from .support.client_streams import SEARCH, batches, message, message_streams, settings, sse_data

USER = {"role": "user", "content": "Hi"}


def chunks_of(stream):
    data = sse_data(stream)
    assert data[-1] == "[DONE]"
    return [json.loads(item) for item in data[:-1]]


def stream_of(whole, echo=None):
    writer = CHAT_CLIENT.new_writer(settings(echo))
    return writer.feed(unfold(whole)) + writer.finish()


def deltas_of(whole, echo=None):
    return [chunk["choices"][0]["delta"] for chunk in chunks_of(stream_of(whole, echo)) if chunk["choices"]]


def answer_of(whole, echo=None):
    return CHAT_CLIENT.new_writer(settings(echo)).whole(whole)["choices"][0]


def folded(chunks):
    """A message out of its chunks, as a client puts it together."""
    answer = {"content": None, "refusal": None}
    finish = None
    for chunk in chunks:
        for choice in chunk["choices"]:
            finish = choice["finish_reason"] or finish
            for key, value in choice["delta"].items():
                if key == "tool_calls":
                    calls = answer.setdefault("tool_calls", [])
                    for piece in value:
                        index = piece.pop("index")
                        assert index <= len(calls)
                        if index == len(calls):
                            calls.append(piece)
                        else:
                            calls[index]["function"]["arguments"] += piece["function"]["arguments"]
                elif isinstance(value, str) and key != "role":
                    answer[key] = ((answer.get(key) or "") + value) or None
                elif key == "reasoning_details":
                    details = answer.setdefault(key, [])
                    for piece in value:
                        if piece["index"] == len(details):
                            details.append(piece)
                        else:
                            text = details[piece["index"]]["text"] + piece["text"]
                            details[piece["index"]] |= {**piece, "text": text}
                elif isinstance(value, list):
                    answer[key] = answer.get(key, []) + value
                else:
                    answer[key] = value
    return answer, finish


def normal(answer):
    """With arguments parsed: a whole answer may write the same JSON in another way."""
    for call in answer.get("tool_calls", ()):
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return answer


@given(st.data())
def test_a_folded_stream_is_the_whole_answer(data):
    whole, events = data.draw(message_streams())
    writer = CHAT_CLIENT.new_writer(settings({"include_usage": True}))
    stream = b"".join(writer.feed(some) for some in data.draw(batches(events))) + writer.finish()
    *chunks, usage = chunks_of(stream)
    document = writer.whole(whole)
    choice = document["choices"][0]
    answer, finish = folded(chunks)
    assert normal(answer) == normal(choice["message"])
    assert finish == choice["finish_reason"]
    assert (usage["choices"], usage["usage"]) == ([], document["usage"])
    assert {(c["id"], c["created"], c["model"]) for c in chunks} == {("chatcmpl-123", 1_700_000_000, "asked-model")}
    assert answer["content"] == ("".join(b["text"] for b in whole["content"] if b["type"] == "text") or None)


@given(message_streams())
def test_what_the_client_sends_back_is_what_was_answered(drawn):
    whole, _ = drawn
    answer = answer_of(whole)["message"]
    body = CHAT_CLIENT.read({"messages": [USER, answer, USER]}, Losses()).body
    blocks = body["messages"][1]["content"] if len(body["messages"]) == 3 else []
    kinds = ("thinking", "redacted_thinking")
    assert [b for b in blocks if b["type"] in kinds] == [b for b in whole["content"] if b["type"] in kinds]
    calls = [b for b in whole["content"] if b["type"] == "tool_use"]
    assert [b for b in blocks if b["type"] == "tool_use"] == calls
    text = "".join(b["text"] for b in whole["content"] if b["type"] == "text")
    assert "".join(b["text"] for b in blocks if b["type"] == "text") == text


# -- the form of a stream ----------------------------------------------------------------------------------


def test_a_stream_of_text():
    stream = stream_of(message({"type": "text", "text": "Hello"}))
    role, text, end = chunks_of(stream)
    assert role == {
        "id": "chatcmpl-123",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "asked-model",
        "choices": [
            {"index": 0, "delta": {"role": "assistant", "content": ""}, "logprobs": None, "finish_reason": None}
        ],
    }
    assert text["choices"][0]["delta"] == {"content": "Hello"}
    assert (end["choices"][0]["delta"], end["choices"][0]["finish_reason"]) == ({}, "stop")


def test_usage_comes_when_it_is_asked_for():
    whole = message(cache_read_input_tokens=4, cache_creation_input_tokens=2)
    *chunks, last = chunks_of(stream_of(whole, {"include_usage": True}))
    assert all(chunk["usage"] is None for chunk in chunks)
    assert (last["choices"], last["usage"]) == (
        [],
        {
            "prompt_tokens": 15,
            "completion_tokens": 5,
            "total_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2},
        },
    )
    assert all("usage" not in chunk for chunk in chunks_of(stream_of(whole)))


def test_calls_are_counted_and_begin_with_their_name():
    whole = message(
        {"type": "text", "text": "x"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {"p": 1}},
        stop_reason="tool_use",
    )
    events = [
        e for e in unfold(whole) if e.get("delta", {}).get("partial_json") != "{}"
    ]  # as Anthropic: nothing at all
    writer = CHAT_CLIENT.new_writer(settings())
    pieces = [
        piece
        for chunk in chunks_of(writer.feed(events) + writer.finish())
        for piece in chunk["choices"][0]["delta"].get("tool_calls", ())
    ]
    assert pieces == [
        {"index": 0, "id": "a", "type": "function", "function": {"name": "f", "arguments": ""}},
        {"index": 0, "function": {"arguments": "{}"}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "g", "arguments": ""}},
        {"index": 1, "function": {"arguments": '{"p":1}'}},
    ]


def test_a_call_that_comes_whole_in_its_start():
    block = {"type": "tool_use", "id": "a", "name": "f", "input": {"p": 1}}
    start = {"type": "content_block_start", "index": 0, "content_block": block}
    writer = CHAT_CLIENT.new_writer(settings())
    stream = writer.feed([start, {"type": "content_block_stop", "index": 0}])
    assert [json.loads(item)["choices"][0]["delta"]["tool_calls"][0] for item in sse_data(stream)][1] == {
        "index": 0,
        "function": {"arguments": '{"p":1}'},
    }


def test_thinking_is_shown_and_carried():
    whole = message(
        {"type": "thinking", "thinking": "hm", "signature": "Zm9v"},
        {"type": "redacted_thinking", "data": "ccr1.chat.YQ"},
        {"type": "text", "text": "x"},
    )
    deltas = deltas_of(whole)
    piece = {"type": "reasoning.text", "text": "hm", "index": 0}
    seal = {"signature": "Zm9v", "format": "anthropic-claude-v1"}
    redacted = {"type": "reasoning.encrypted", "data": "ccr1.chat.YQ", "format": "unknown", "index": 1}
    assert deltas[1] == {"reasoning_content": "hm", "reasoning_details": [piece]}
    assert deltas[2] == {"reasoning_details": [{**piece, "text": "", **seal}]}
    assert answer_of(whole)["message"]["reasoning_details"] == [{**piece, **seal}, redacted]


def test_a_provider_that_is_a_gateway_itself_shows_its_thinking_once():
    streamed = CHAT_CLIENT.new_writer(settings()).feed(
        unfold(message({"type": "thinking", "thinking": "hm", "signature": "Zm9v"}))
    )
    checked = translate.stream(streamed + b"data: [DONE]\n\n")
    assert checked.thinking == "hm"


def test_every_reason_to_stop_has_its_word():
    reasons = {
        "end_turn": "stop",
        "stop_sequence": "stop",
        "pause_turn": "stop",
        "max_tokens": "length",
        "model_context_window_exceeded": "length",
        "tool_use": "tool_calls",
        "refusal": "content_filter",
    }
    for reason, word in reasons.items():
        assert answer_of(message(stop_reason=reason))["finish_reason"] == word


def test_sources_are_annotations():
    citation = {"type": "web_search_result_location", "url": "u", "title": "T", "cited_text": "q"}
    whole = message(
        *SEARCH, {"type": "text", "text": "ab"}, {"type": "text", "text": "cd", "citations": [citation, citation]}
    )
    said = {"type": "url_citation", "url_citation": {"start_index": 2, "end_index": 4, "title": "T", "url": "u"}}
    said["url_citation"]["content"] = "q"
    assert answer_of(whole)["message"]["annotations"] == [said]
    assert deltas_of(whole)[-2] == {"annotations": [said]}
    uncited = answer_of(message({"type": "text", "text": "ab"}, *SEARCH))["message"]["annotations"]
    assert uncited[0]["url_citation"] == {"start_index": 2, "end_index": 2, "title": "B", "url": "https://b.example/"}


def test_cut_arguments_stay_cut():
    cut = {"type": "tool_use", "id": "a", "name": "f", "input": {"_raw": '{"p": "'}}
    answer = answer_of(message(cut, stop_reason="max_tokens"))
    assert answer["message"]["tool_calls"][0]["function"]["arguments"] == '{"p": "'
    assert answer["finish_reason"] == "length"


def test_functions_for_clients_that_know_no_tools():
    whole = message(
        {"type": "tool_use", "id": "a", "name": "f", "input": {"p": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
        stop_reason="tool_use",
    )
    choice = answer_of(whole, {"legacy": True})
    assert choice["message"]["function_call"] == {"name": "f", "arguments": '{"p":1}'}
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "function_call"
    assert deltas_of(whole, {"legacy": True})[1] == {"function_call": {"name": "f", "arguments": ""}}


def test_a_custom_tool_gets_its_text():
    whole = message(
        {"type": "tool_use", "id": "a", "name": "p", "input": {"input": "aa"}},
        {"type": "tool_use", "id": "b", "name": "f", "input": {}},
        stop_reason="tool_use",
    )
    calls = answer_of(whole, {"custom": ["p"]})["message"]["tool_calls"]
    assert calls[0] == {"id": "a", "type": "custom", "custom": {"name": "p", "input": "aa"}}
    assert calls[1]["function"] == {"name": "f", "arguments": "{}"}
    first = deltas_of(whole, {"custom": ["p"]})[1]["tool_calls"]
    assert first == [{"index": 0, "id": "a", "type": "custom", "custom": {"name": "p", "input": "aa"}}]


def test_a_ping_is_a_comment():
    assert CHAT_CLIENT.new_writer(settings()).feed([{"type": "ping"}]) == b": ping\n\n"


# -- errors ------------------------------------------------------------------------------------------------


def test_a_stream_that_breaks_off():
    writer = CHAT_CLIENT.new_writer(settings())
    (data,) = sse_data(writer.fail(UpstreamBroken("the connection was cut")))
    assert json.loads(data) == {
        "error": {"message": "the connection was cut", "type": "server_error", "param": None, "code": None}
    }


def test_errors_in_words_clients_know():
    def kind(error):
        body = CHAT_CLIENT.error_body(error, "req_1")["error"]
        return body["type"], body["code"]

    assert kind(BadRequest("n: must be 1")) == ("invalid_request_error", None)
    assert kind(BadRequest("prompt is too long: 9 tokens")) == ("invalid_request_error", "context_length_exceeded")
    assert kind(NotAuthenticated("no key")) == ("authentication_error", "invalid_api_key")
    assert kind(NotFound("no such model")) == ("invalid_request_error", "model_not_found")
    assert kind(UpstreamError("slow down", status=429)) == ("rate_limit_error", "rate_limit_exceeded")
    assert kind(UpstreamError("busy", status=529)) == ("server_error", "server_is_overloaded")
    assert kind(UpstreamError("?", status=418)) == ("invalid_request_error", None)
