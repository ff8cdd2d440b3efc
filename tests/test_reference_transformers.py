"""Defects of CCR v2's transformers that depend on its configuration (T-1, T-9 to T-12, T-16, T-17; see `RULED_OUT`)."""

import json
from typing import Any

import pytest

from ccr_middleware.testing import check_error, check_message, check_stream, json_answer, stream
from ccr_middleware.testing.answers import Answer, ToolCall
from ccr_middleware.testing.wires import chat, gemini, responses
from ccr_middleware.testing.written import answer_document

from .support.configured import IMAGE, TOOL, answered, asked, call, history
from .support.strict_gemini import check_gemini_request
from .support.strict_responses import check_responses_request

Json = dict[str, Any]


@pytest.mark.parametrize(("bearer", "name"), [(True, "authorization"), (False, "x-api-key")])
def test_t_1_a_provider_with_options_works(bearer: bool, name: str) -> None:
    answer = Answer(text="Hello")
    provider, reply = asked(answer, ["Anthropic", {"UseBearer": bearer}], model="claude-sonnet-4-5")
    assert reply.status == 200
    credentials = {key: value for key, value in provider.requests[0].headers.items() if "secret" in value}
    assert credentials == {name: "Bearer sk-secret" if bearer else "sk-secret"}


SETTINGS = {
    "system": "Be brief.",
    "temperature": 0.3,
    "max_tokens": 5000,
    "stop_sequences": ["END"],
    "thinking": {"type": "enabled", "budget_tokens": 2000},
}


def test_t_9_gemini_is_told_everything() -> None:
    tool = {**TOOL, "input_schema": {**TOOL["input_schema"], "$schema": "x", "additionalProperties": False}}
    provider, reply = asked(Answer(text="Hello"), "gemini", model="gemini-2.5-flash", tools=[tool], **SETTINGS)
    assert reply.status == 200
    sent = provider.bodies[0]
    check_gemini_request(sent, "gemini-2.5-flash")
    assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert sent["contents"] == [{"role": "user", "parts": [{"text": "Hello"}]}]
    assert sent["generationConfig"] == {
        "temperature": 0.3,
        "maxOutputTokens": 5000,
        "stopSequences": ["END"],
        "thinkingConfig": {"thinkingBudget": 2000, "includeThoughts": True},
    }
    assert "_" not in "".join(sent["generationConfig"])


SIGNED = "U2lnbmVkIGJ5IEdlbWluaQ=="
HELD_BACK = [
    gemini.chunk(gemini.text("hm", thought=True)),
    gemini.chunk(gemini.text("The answer.")),
    gemini.chunk(gemini.call("read", {"path": "a"}, SIGNED), finish="STOP"),
]


@pytest.mark.parametrize("chunks", [HELD_BACK, HELD_BACK[1:], HELD_BACK[2:], HELD_BACK[:2]])
def test_t_9_nothing_is_put_into_an_answer_and_nothing_vanishes(chunks: list[Json]) -> None:
    for model in ("gemini-3-pro-preview", "gemini-2.5-pro"):
        checked = answered(gemini.sse(*chunks), "gemini", model=model)
        assert "no content" not in json.dumps(checked.blocks)
        assert checked.text == ("The answer." if HELD_BACK[1] in chunks else "")
        assert [tool.name for tool in checked.tools] == (["read"] if HELD_BACK[2] in chunks else [])


def test_t_9_a_blocked_prompt_is_a_refusal_one_can_read() -> None:
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 5}}
    for data in (gemini.sse(blocked), blocked):
        checked = answered(data, "gemini", model="gemini-2.5-pro")
        assert (checked.stop_reason, "SAFETY" in checked.text) == ("refusal", True)


def test_t_10_vertex_streams_events() -> None:
    provider, reply = asked(
        stream(gemini.sse(gemini.chunk(gemini.text("Hello"), finish="STOP"))),
        ["vertex-gemini", {"project": "p1"}],
        model="gemini-2.5-pro",
        streaming=True,
    )
    assert check_stream(reply.body).text == "Hello"
    url, _, query = provider.requests[0].url.partition("?")
    assert query == "alt=sse"
    assert url.endswith(
        "/projects/p1/locations/us-central1/publishers/google/models/gemini-2.5-pro:streamGenerateContent"
    )


def test_t_11_claude_on_vertex_is_sent_the_whole_conversation() -> None:
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": [IMAGE]}
    request = {"system": "Be brief.", "tools": [TOOL], "messages": history(call(1), results=[result])}
    document = answer_document(Answer(tool_calls=[ToolCall("read", {"path": "b"})]), "messages")
    provider, reply = asked(
        json_answer(document), ["vertex-claude", {"project": "p1"}], model="claude-sonnet-4-5", **request
    )
    sent = provider.bodies[0]
    assert {key: sent[key] for key in request} == request
    assert check_message(reply.json()).tools == [("call_0001", "read", {"path": "b"})]


def test_t_12_a_turn_for_responses_is_whole(capfd: pytest.CaptureFixture[str]) -> None:
    messages = history({"type": "text", "text": "Look."}, call(1), call(2))
    messages[2]["content"].append(IMAGE)
    choice = {"type": "tool", "name": "read"}
    provider, _ = asked(
        Answer(text="Hi"), "openai-responses", model="gpt-4.1", messages=messages, tools=[TOOL], tool_choice=choice
    )
    sent = provider.bodies[0]
    check_responses_request(sent)
    kinds = ["message", "message", "function_call", "function_call", *["function_call_output"] * 2, "message"]
    assert [item["type"] for item in sent["input"]] == kinds
    assert "Look." in json.dumps(sent["input"][1])
    assert sent["tool_choice"] == {"type": "function", "name": "read"}
    assert sent["max_output_tokens"] == 100
    assert capfd.readouterr() == ("", "")


CALLS = [responses.call_item("read", f'{{"n": {n}}}', f"call_000{n}", f"fc_{n}") for n in (1, 2)]
CALLED = [responses.message_item("Look."), *CALLS]


@pytest.mark.parametrize(
    "answer",
    [
        responses.response(CALLED),
        responses.sse(
            *responses.message("Look."),
            *responses.call(CALLS[0], '{"n": 1}', index=1),
            *responses.call(CALLS[1], '{"n": 2}', index=2),
            responses.completed(CALLED),
        ),
    ],
    ids=["json", "stream"],
)
def test_t_12_an_answer_of_responses_is_whole(answer: Any) -> None:
    checked = answered(answer, "openai-responses", model="gpt-4.1")
    assert (checked.text, checked.tools) == ("Look.", [(f"call_000{n}", "read", {"n": n}) for n in (1, 2)])
    assert (checked.usage["input_tokens"], checked.usage["output_tokens"]) == (12, 3)


@pytest.mark.parametrize("kind", ["failed", "incomplete", "refusal"])
def test_t_12_no_failure_of_responses_is_a_silent_empty_answer(kind: str) -> None:
    if kind == "failed":
        about = {"code": "server_error", "message": "broke"}
        last = responses.event("failed", response=responses.response(status="failed", error=about))
        _, reply = asked(stream(responses.sse(last)), "openai-responses", streaming=True)
        assert (reply.status, "broke" in check_error(reply.body)["message"]) == (500, True)
    elif kind == "incomplete":
        details = {"reason": "max_output_tokens"}
        data = responses.sse(
            *responses.message("cut"), responses.completed([], "incomplete", incomplete_details=details)
        )
        assert answered(data, "openai-responses").stop_reason == "max_tokens"
    else:
        data = responses.sse(responses.delta("refusal", "I cannot."), responses.completed())
        checked = answered(data, "openai-responses")
        assert (checked.text, checked.stop_reason) == ("I cannot.", "refusal")


def test_t_16_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    data = chat.sse(chat.reasoning("hm"), chat.text("hi"), chat.finish("stop")).replace(b"data: ", b"data:")
    for use in ("reasoning", "deepseek", "tooluse", "enhancetool", "groq", "openrouter", "vercel"):
        checked = answered(data.removesuffix(b"\n\n"), use)
        assert (checked.thinking, checked.text, checked.stop_reason) == ("hm", "hi", "end_turn")
    assert capfd.readouterr() == ("", "")


CLAUDES = "RXFRQkNrWUlCeGdDS2tEc2lnbmVkIGJ5IENsYXVkZQ=="


@pytest.mark.parametrize("use", ["gemini", "openai-responses", "deepseek", "openrouter"])
def test_t_17_what_claude_signed_is_sent_to_nobody_else(use: str) -> None:
    thought = {"type": "thinking", "thinking": "Claude thought so.", "signature": CLAUDES}
    provider, reply = asked(Answer(text="Hello"), use, messages=history(thought, call(1)), tools=[TOOL])
    assert reply.status == 200
    assert CLAUDES.encode() not in provider.requests[0].body
