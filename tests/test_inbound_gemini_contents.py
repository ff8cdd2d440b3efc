"""Contents of Gemini requests read into messages: parts, calls, thinking."""

from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.wire.format import recall_nothing
from ccr_middleware.wire.formats import wire_format
from ccr_middleware.wire.gemini.inbound.thoughts import seal, unseal

from .support.gemini_client import USER, answered, called, messages, model, read, text, user

# -- contents ----------------------------------------------------------------------------------------------


def test_the_plainest_request():
    inbound, losses = read({"parts": [{"text": "Hi"}]}, model="models/gemini-x", stream=True, alt="sse")
    assert inbound.body == {
        "model": "gemini-x",
        "stream": True,
        "messages": [{"role": "user", "content": [text("Hi")]}],
    }
    assert inbound.echo == {"sse": True, "thoughts": False}
    assert not len(losses)


def test_single_entries_need_no_list_and_names_may_have_underscores():
    inbound, losses = read(
        contents={"parts": {"text": "Hi"}},
        system_instruction={"parts": {"text": "S"}},
        tools={"function_declarations": {"name": "f"}},
        generation_config={"max_output_tokens": 5, "stop_sequences": ["E"], "thinking_config": {"thinking_budget": 9}},
        tool_config={"function_calling_config": {"mode": "any"}},
    )
    body = inbound.body
    assert body["messages"] == [{"role": "user", "content": [text("Hi")]}]
    assert body["system"] == [text("S")]
    assert (body["max_tokens"], body["stop_sequences"], body["tool_choice"]) == (5, ["E"], {"type": "any"})
    assert body["thinking"] == {"type": "enabled", "budget_tokens": 9}
    assert body["tools"][0]["name"] == "f"
    assert not len(losses)


def test_media():
    data = urlsafe_b64encode(b"\xfb\xff\xfe").decode()  # -__-, as the SDKs write it
    assert messages(
        user(
            {"inlineData": {"mimeType": "image/png", "data": data}},
            {"inline_data": {"mime_type": "application/pdf", "data": "JVBE", "display_name": "a.pdf"}},
            {"inlineData": {"mimeType": "text/plain", "data": b64encode("héy".encode()).decode()}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://x.example/a.jpg"}},
        )
    )[0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "+//+"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
            "title": "a.pdf",
        },
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "héy"}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.jpg"}},
    ]


def test_calls_and_their_responses():
    _, calls, results = messages(
        USER,
        model({"text": "so"}, called("f", args={"a": 1}), called("f", args={"a": 2}), called("g")),
        user(
            {"text": "and"},
            answered("g", {"error": "boom"}),
            answered("f", {"result": 1}),
            answered("f", {"x": 1, "y": 2}),
        ),
    )
    ids = [block["id"] for block in calls["content"][1:]]
    assert len(set(ids)) == 3
    assert calls["content"][1] == {"type": "tool_use", "id": ids[0], "name": "f", "input": {"a": 1}}
    assert results["content"] == [
        {"type": "tool_result", "tool_use_id": ids[2], "content": [text("boom")], "is_error": True},
        {"type": "tool_result", "tool_use_id": ids[0], "content": [text("1")]},
        {"type": "tool_result", "tool_use_id": ids[1], "content": [text('{"x":1,"y":2}')]},
        text("and"),
    ]


def test_given_ids_decide():
    _, calls, results = messages(
        USER,
        model(called("f", id="a"), called("f", id="b")),
        user(answered("f", id="b")),
        {"role": "function", "parts": [answered("f", id="a")]},
    )
    assert [block["id"] for block in calls["content"]] == ["a", "b"]
    assert [block["tool_use_id"] for block in results["content"]] == ["b", "a"]


def test_ids_of_the_client_for_calls_that_had_none():
    _, calls, results = messages(
        USER, model(called("f"), called("f")), user(answered("f", id="x1"), answered("f", id="x2"))
    )
    assert [b["id"] for b in calls["content"]] == [b["tool_use_id"] for b in results["content"]]


def test_a_response_without_a_call_is_told():
    inbound, losses = read(USER, user(answered("f", {"output": "late"})))
    assert inbound.body["messages"][1]["content"] == [text("[Result of an earlier call of f]"), text("late")]
    assert losses.header() == "tool_result.orphan=emulated"


def test_pictures_in_a_response():
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    result = messages(USER, model(called("f")), user(answered("f", parts=[picture])))[2]["content"][0]
    assert [block["type"] for block in result["content"]] == ["text", "image"]


def test_text_behind_a_call_moves_in_front():
    assert [
        b["type"] for b in messages(USER, model(called("f"), {"text": "x"}), user(answered("f")))[1]["content"]
    ] == [
        "text",
        "tool_use",
    ]


def test_what_googles_tools_did_is_told():
    inbound, losses = read(
        USER,
        model(
            {"executableCode": {"language": "PYTHON", "code": "1+1"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
            {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        ),
    )
    told = "".join(block["text"] for block in inbound.body["messages"][1]["content"])
    assert "```python\n1+1\n```" in told
    assert "OUTCOME_OK]\n2" in told
    assert {loss.feature: loss.action for loss in losses} == {
        "part.executableCode": "emulated",
        "part.codeExecutionResult": "emulated",
        "part.media": "dropped",
    }


# -- thinking ----------------------------------------------------------------------------------------------

THOUGHTS = [
    {"type": "thinking", "thinking": "hm", "signature": "ccr1.chat.YQ"},
    {"type": "redacted_thinking", "data": "Zm9v"},
]


@given(st.lists(st.builds(lambda t: {"type": "thinking", "thinking": t, "signature": t}, st.text()), max_size=3))
def test_a_signature_carries_thinking(blocks):
    signature = seal(blocks)
    assert unseal(signature) == blocks
    as_bytes = signature.replace("+", "-").replace("/", "_").rstrip("=")
    assert unseal(as_bytes) == blocks


@given(st.text())
def test_other_signatures_carry_nothing(signature):
    assert unseal(signature) is None


@pytest.mark.parametrize("shown", [True, False])
def test_our_signature_gives_the_thinking_back(shown):
    thoughts = [{"text": "h", "thought": True}, {"text": "m", "thought": True}] if shown else []
    carrier = {**called("f", id="a"), "thoughtSignature": seal(THOUGHTS)}
    content = messages(USER, model(*thoughts, carrier), user(answered("f", id="a")))[1]["content"]
    assert content == [*THOUGHTS, {"type": "tool_use", "id": "a", "name": "f", "input": {}}]


def test_thoughts_without_a_signature():
    content = messages(USER, model({"text": "h", "thought": True}, {"text": "m", "thought": True}, {"text": "x"}))[1]
    assert content["content"] == [{"type": "thinking", "thinking": "hm", "signature": ""}, text("x")]


def test_c18_googles_own_signatures_reach_google_again():
    parts = [
        {"text": "first", "thoughtSignature": "Rmlyc3Q="},
        {**called("f", id="a", args={"x": 1}), "thoughtSignature": "Q2FsbA=="},
        called("g", id="b", args={}),
    ]
    inbound, _ = read(USER, model(*parts), user(answered("f", id="a"), answered("g", id="b")))
    gemini = wire_format("gemini")
    dialect = gemini.dialect_for("https://generativelanguage.googleapis.com", "gemini-3-pro", {}, None)
    built = gemini.build(to_unified(inbound.body, Losses()), "gemini-3-pro", dialect, Losses(), recall_nothing)
    sent = next(content for content in built.body["contents"] if content["role"] == "model")["parts"]
    assert [(part.get("text"), part.get("thoughtSignature")) for part in sent] == [
        ("first", "Rmlyc3Q="),
        (None, "Q2FsbA=="),
        (None, None),
    ]
