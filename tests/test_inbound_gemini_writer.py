"""Answers written for Gemini clients, from streams of Anthropic events and from whole messages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import BadRequest, NotAuthenticated, UpstreamBroken, UpstreamError
from ccr_middleware.losses import Losses
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT
from ccr_middleware.wire.gemini.inbound.thoughts import unseal

from .support.client_streams import SEARCH, batches, message, message_streams, settings, sse_data

USER = {"role": "user", "parts": [{"text": "Hi"}]}
BOTH = pytest.mark.parametrize("sse", [True, False])


def chunks_of(stream, sse):
    return [json.loads(item) for item in sse_data(stream)] if sse else json.loads(stream)


def stream_of(whole, **echo):
    writer = GEMINI_CLIENT.new_writer(settings({"sse": True, **echo}))
    return writer.feed(unfold(whole)) + writer.finish()


def answer_of(whole, **echo):
    return GEMINI_CLIENT.new_writer(settings(echo)).whole(whole)


def parts_of(whole, **echo):
    return answer_of(whole, **echo)["candidates"][0]["content"]["parts"]


def folded(chunks):
    """The parts of all chunks, neighbouring texts together, as the SDK's chats keep them; and the last chunk."""
    parts = []
    for chunk in chunks:
        for part in chunk["candidates"][0]["content"]["parts"]:
            last = parts[-1] if parts else {}
            if part == {"text": ""}:
                continue
            if (
                "text" in part
                and "text" in last
                and "thoughtSignature" not in part
                and last.get("thought") == part.get("thought")
            ):
                last["text"] += part["text"]
            else:
                parts.append(part)
    return parts, chunks[-1]


@given(st.data())
def test_a_folded_stream_is_the_whole_answer(data):
    whole, events = data.draw(message_streams())
    sse, thoughts = data.draw(st.booleans()), data.draw(st.booleans())
    writer = GEMINI_CLIENT.new_writer(settings({"sse": sse, "thoughts": thoughts}))
    stream = b"".join(writer.feed(some) for some in data.draw(batches(events))) + writer.finish()
    chunks = chunks_of(stream, sse)
    document = writer.whole(whole)
    candidate = document["candidates"][0]
    parts, last = folded(chunks)
    assert parts == candidate["content"]["parts"]
    for key in ("finishReason", "groundingMetadata"):
        assert last["candidates"][0].get(key) == candidate.get(key)
    assert last["usageMetadata"] == document["usageMetadata"]
    assert all("finishReason" not in chunk["candidates"][0] for chunk in chunks[:-1])
    text = "".join(part["text"] for part in parts if "text" in part and not part.get("thought"))
    assert text == "".join(block["text"] for block in whole["content"] if block["type"] == "text")
    assert any(part.get("thought") for part in parts) <= thoughts


@given(message_streams(), st.booleans(), st.booleans())
def test_what_the_client_sends_back_is_what_was_answered(drawn, thoughts, keeps_thoughts):
    """Also when it does not give back thoughts, as most clients do."""
    whole, _ = drawn
    content = answer_of(whole, thoughts=thoughts)["candidates"][0]["content"]
    if not keeps_thoughts:
        content["parts"] = [part for part in content["parts"] if not part.get("thought")]
    body = GEMINI_CLIENT.read({"contents": [USER, content, USER]}, Losses()).body
    blocks = body["messages"][1]["content"] if len(body["messages"]) == 3 else []
    for kinds in (("thinking", "redacted_thinking"), ("tool_use",)):
        assert [b for b in blocks if b["type"] in kinds] == [b for b in whole["content"] if b["type"] in kinds]


# -- the form of a stream ----------------------------------------------------------------------------------


def test_a_stream_of_text():
    stream = stream_of(message({"type": "text", "text": "Hello"}, cache_read_input_tokens=4))
    assert stream.endswith(b"\r\n\r\n")
    assert chunks_of(stream, True) == [
        {
            "candidates": [{"content": {"parts": [{"text": "Hello"}], "role": "model"}, "index": 0}],
            "modelVersion": "asked-model",
            "responseId": "123",
        },
        {
            "candidates": [{"content": {"parts": [{"text": ""}], "role": "model"}, "index": 0, "finishReason": "STOP"}],
            "usageMetadata": {
                "promptTokenCount": 13,
                "candidatesTokenCount": 5,
                "totalTokenCount": 18,
                "cachedContentTokenCount": 4,
            },
            "modelVersion": "asked-model",
            "responseId": "123",
        },
    ]


def test_a_stream_that_is_an_array():
    stream = stream_of(message({"type": "text", "text": "Hello"}), sse=False)
    assert [chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in json.loads(stream)] == ["Hello", ""]
    writer = GEMINI_CLIENT.new_writer(settings({"sse": False}))
    assert writer.feed([{"type": "ping"}]) + writer.finish() == b"\r\n[]"


@BOTH
def test_pings_are_empty_lines(sse):
    writer = GEMINI_CLIENT.new_writer(settings({"sse": sse}))
    events = unfold(message({"type": "text", "text": "a"}))
    stream = b"".join(writer.feed([event, {"type": "ping"}]) for event in events) + writer.finish()
    if sse:
        assert all(line == b"" or line.startswith(b"data: ") for line in stream.split(b"\r\n"))
    else:
        assert len(json.loads(stream)) == 2


def test_calls_come_whole_and_the_first_part_behind_thinking_carries_it():
    thinking = {"type": "thinking", "thinking": "hm", "signature": "ccr1.chat.YQ"}
    whole = message(
        thinking,
        {"type": "tool_use", "id": "a", "name": "f", "input": {"p": 1}},
        {"type": "tool_use", "id": "b", "name": "g", "input": {}},
        stop_reason="tool_use",
    )
    first, second = parts_of(whole)
    assert unseal(first.pop("thoughtSignature")) == [thinking]
    assert first == {"functionCall": {"id": "a", "name": "f", "args": {"p": 1}}}
    assert second == {"functionCall": {"id": "b", "name": "g", "args": {}}}
    assert parts_of(whole, thoughts=True)[0] == {"text": "hm", "thought": True}
    assert answer_of(whole)["candidates"][0]["finishReason"] == "STOP"


def test_thinking_at_the_end_is_carried_by_an_empty_text():
    last = parts_of(message({"type": "text", "text": "x"}, {"type": "redacted_thinking", "data": "Zm9v"}))[-1]
    assert unseal(last.pop("thoughtSignature")) == [{"type": "redacted_thinking", "data": "Zm9v"}]
    assert last == {"text": ""}


def test_a_call_that_was_cut_is_left_out():
    cut = {"type": "tool_use", "id": "a", "name": "f", "input": {"_raw": '{"p": "'}}
    candidate = answer_of(message({"type": "text", "text": "x"}, cut, stop_reason="max_tokens"))["candidates"][0]
    assert candidate["content"]["parts"] == [{"text": "x"}]
    assert candidate["finishReason"] == "MAX_TOKENS"


def test_every_reason_to_stop_has_its_word():
    words = {"end_turn": "STOP", "stop_sequence": "STOP", "pause_turn": "STOP", "tool_use": "STOP"}
    words |= {"max_tokens": "MAX_TOKENS", "model_context_window_exceeded": "MAX_TOKENS", "refusal": "SAFETY"}
    for reason, word in words.items():
        assert answer_of(message(stop_reason=reason))["candidates"][0]["finishReason"] == word


def test_sources_are_grounding():
    citation = {"type": "web_search_result_location", "url": "u", "title": "T", "cited_text": "q"}
    whole = message(*SEARCH, {"type": "text", "text": "hé"}, {"type": "text", "text": "cd", "citations": [citation]})
    assert answer_of(whole)["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "u", "title": "T"}}],
        "groundingSupports": [{"segment": {"startIndex": 3, "endIndex": 5}, "groundingChunkIndices": [0]}],
        "webSearchQueries": ["cats"],
    }
    assert answer_of(message(*SEARCH))["candidates"][0]["groundingMetadata"]["groundingChunks"] == [
        {"web": {"uri": "https://b.example/", "title": "B"}}
    ]


# -- errors ------------------------------------------------------------------------------------------------


@BOTH
def test_a_stream_that_breaks_off(sse):
    writer = GEMINI_CLIENT.new_writer(settings({"sse": sse}))
    stream = writer.feed(unfold(message({"type": "text", "text": "a"}))[:3])
    stream += writer.fail(UpstreamBroken("the connection was cut"))
    assert chunks_of(stream, sse)[-1] == {
        "error": {"code": 502, "message": "the connection was cut", "status": "UNAVAILABLE"}
    }


def test_errors_in_words_clients_know():
    def status(error):
        return GEMINI_CLIENT.error_body(error, "req_1")["error"]["status"]

    assert status(BadRequest("contents: ")) == "INVALID_ARGUMENT"
    assert status(NotAuthenticated("no key")) == "UNAUTHENTICATED"
    assert status(UpstreamError("busy", status=529)) == "UNAVAILABLE"
    assert status(UpstreamError("?", status=418)) == "INVALID_ARGUMENT"
    limited = UpstreamError("slow down", status=429, headers={"retry-after": "30"})
    assert GEMINI_CLIENT.error_body(limited, None)["error"]["details"][0]["retryDelay"] == "30s"
