"""Clients of OpenAI and Google at the gateway: the same routing, providers, keys and errors, in their own formats."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.testing import CUT, STALL, Script, json_answer, post, stream
from ccr_middleware.testing.asgi import Reply

from .support import chat
from .support.gateway import FAST, config, gateway
from .test_door_bodies import MESSAGE

Json = dict[str, Any]

TOOL = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def chat_request(model: str = "chat,m1", **more: Any) -> Json:
    return {"model": model, "messages": [{"role": "user", "content": "Hello"}], **more}


def responses_request(model: str = "chat,m1", **more: Any) -> Json:
    return {"model": model, "input": "Hello", **more}


def ask_chat(app: Any, request: Json, **options: Any) -> Reply:
    return run(post(app, "/v1/chat/completions", request, **options))


def ask_responses(app: Any, request: Json, **options: Any) -> Reply:
    return run(post(app, "/v1/responses", request, **options))


def data_of(reply: Reply) -> list[Json]:
    """The parsed `data:` lines of a stream."""
    lines = [line[5:].strip() for line in reply.body.decode().splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def text_of_chat(reply: Reply) -> str:
    pieces = [choice["delta"].get("content") or "" for chunk in data_of(reply) for choice in chunk["choices"]]
    return "".join(pieces)


# -- any client, any provider ------------------------------------------------------------------------------


def test_chat_to_chat_as_json_and_as_a_stream() -> None:
    app, provider = gateway([json_answer(chat.whole("Hello")), stream(chat.answer("Hel", "lo"), feeding="bytes")])
    whole = ask_chat(app, chat_request(temperature=0.5))
    assert whole.json()["choices"][0]["message"]["content"] == "Hello"
    assert whole.headers["x-ccr-provider"] == "chat"
    streamed = ask_chat(app, chat_request(stream=True, stream_options={"include_usage": True}))
    assert streamed.headers["content-type"].startswith("text/event-stream")
    assert text_of_chat(streamed) == "Hello"
    assert streamed.body.endswith(b"data: [DONE]\n\n")
    assert provider.bodies[0]["temperature"] == 0.5
    assert provider.bodies[0]["messages"] == [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("streaming", [False, True])
def test_chat_to_an_anthropic_provider(streaming: bool) -> None:
    script = stream(frame(unfold(MESSAGE)), feeding="bytes") if streaming else json_answer(MESSAGE)
    app, provider = gateway(script)
    request = chat_request(
        "claude,claude-sonnet-4-5",
        stream=streaming,
        tools=[{"type": "function", "function": {"name": "read", "parameters": TOOL}}],
        temperature=1.5,
    )
    reply = ask_chat(app, request)
    said = "".join(block.get("text", "") for block in MESSAGE["content"])
    got = text_of_chat(reply) if streaming else reply.json()["choices"][0]["message"]["content"]
    assert got == said
    sent = provider.bodies[0]
    assert (sent["max_tokens"], sent["temperature"]) == (32_000, 1)
    assert sent["tools"] == [{"name": "read", "input_schema": TOOL}]
    assert "temperature=clamped" in reply.headers["x-ccr-loss"]


@pytest.mark.parametrize("streaming", [False, True])
def test_responses_to_chat(streaming: bool) -> None:
    whole = chat.whole("Let me see.", tools=[("call_0001", "read", '{"path": "a"}')], finish="tool_calls")
    pieces = [chat.text("Let me see."), chat.tool(0, "call_0001", "read", '{"path": "a"}'), chat.finish("tool_calls")]
    app, provider = gateway(stream(chat.sse(*pieces)) if streaming else json_answer(whole))
    tools = [{"type": "function", "name": "read", "parameters": TOOL}]
    reply = ask_responses(app, responses_request(stream=streaming, tools=tools, instructions="Be brief."))
    answer = data_of(reply)[-1]["response"] if streaming else reply.json()
    assert answer["status"] == "completed"
    message, function = answer["output"]
    assert message["content"][0]["text"] == "Let me see."
    assert (function["call_id"], json.loads(function["arguments"])) == ("call_0001", {"path": "a"})
    assert provider.bodies[0]["messages"][0] == {"role": "system", "content": "Be brief."}


def test_results_of_tools_reach_anthropic_in_its_order() -> None:
    app, provider = gateway(json_answer(MESSAGE))
    items = [
        {"role": "user", "content": "Read a"},
        {"type": "function_call", "call_id": "call_0001", "name": "read", "arguments": '{"path": "a"}'},
        {"role": "assistant", "content": "I am reading."},
        {"role": "developer", "content": "Hurry."},
        {"type": "function_call_output", "call_id": "call_0001", "output": "content of a"},
    ]
    ask_responses(app, responses_request("claude,claude-sonnet-4-5", input=items))
    sent = provider.bodies[0]["messages"]
    assert [block["type"] for block in sent[1]["content"]] == ["text", "tool_use"]
    assert sent[2]["role"] == "user"
    assert sent[2]["content"][0]["type"] == "tool_result"
    assert sent[3]["role"] == "system"


# -- routing -----------------------------------------------------------------------------------------------


def test_a_client_that_always_offers_search_is_not_routed_for_it() -> None:
    app, provider = gateway(
        lambda exchange: json_answer(chat.whole("x")), Router={"default": "chat,m1", "webSearch": "chat,m2"}
    )
    function = {"type": "function", "name": "read", "parameters": TOOL}
    search = {"type": "web_search"}
    first = ask_responses(app, responses_request("gpt-5", tools=[function, search]))
    second = ask_responses(app, responses_request("gpt-5", tools=[search]))
    assert [first.headers["x-ccr-scenario"], second.headers["x-ccr-scenario"]] == ["default", "web_search"]
    assert [body["model"] for body in provider.bodies] == ["m1", "m2"]


def test_other_clients_have_no_side_requests() -> None:
    router = {"default": "chat,m1", "background": "chat,m2"}
    app, _ = gateway(lambda exchange: json_answer(chat.whole("x")), Router=router)
    reply = ask_chat(app, chat_request("gpt-5", prompt_cache_key="session-1"))
    assert reply.headers["x-ccr-scenario"] == "default"


# -- errors ------------------------------------------------------------------------------------------------


def test_errors_have_the_clients_form() -> None:
    for ask, request in ((ask_chat, chat_request()), (ask_responses, responses_request())):
        app, _ = gateway(json_answer({"error": {"message": "slow down"}}, 429, {"retry-after": "7"}))
        reply = ask(app, request)
        assert (reply.status, reply.headers["retry-after"]) == (429, "7")
        error = reply.json()["error"]
        assert "slow down" in error["message"]
        assert "param" in error


def test_a_wrong_key_and_a_wrong_body_too() -> None:
    app, _ = gateway(json_answer(chat.whole("x")), APIKEY="secret-key")
    refused = ask_chat(app, chat_request())
    assert (refused.status, refused.json()["error"]["code"]) == (401, "invalid_api_key")
    wrong = ask_chat(app, {"model": "m"}, headers={"authorization": "Bearer secret-key"})
    assert wrong.status == 400
    assert "messages" in wrong.json()["error"]["message"]


def test_a_stream_that_breaks_ends_in_an_error() -> None:
    app, _ = gateway(lambda exchange: Script(steps=[chat.sse(chat.text("Hel"), done=False), CUT]))
    reply = ask_chat(app, chat_request(stream=True))
    assert "error" in data_of(reply)[-1]
    assert b"[DONE]" not in reply.body
    failed = ask_responses(app, responses_request(stream=True))
    assert [event["type"] for event in data_of(failed)][-1] in ("error", "response.failed")


def test_silence_is_kept_alive_with_comments() -> None:
    def slow(exchange: Any) -> Script:
        return Script(
            steps=[chat.sse(chat.text("Hel"), done=False), 0.2, chat.sse(chat.text("lo"), chat.finish("stop"))]
        )

    for ask, request in ((ask_chat, chat_request(stream=True)), (ask_responses, responses_request(stream=True))):
        app, _ = gateway(slow, streaming=FAST)
        reply = ask(app, request)
        assert b"\n: " in reply.body or b"\n\n:" in reply.body
        assert "error" not in json.dumps(data_of(reply)[-1].get("type", ""))


def test_a_provider_that_stalls_is_told_in_the_clients_form() -> None:
    document = config()
    document["Providers"][0]["timeouts"] = {"first_byte_seconds": 0.1}
    app, _ = gateway(lambda exchange: Script(before=[STALL]), Providers=document["Providers"])
    reply = ask_chat(app, chat_request(stream=True))
    assert reply.status == 504
    assert "did not begin" in reply.json()["error"]["message"]
