"""The whole way of a request against scripted providers: ends, errors, silence, leaving (C4-C6, C13, C38-C43)."""

import asyncio
import json

import pytest

from ccr_middleware.errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from ccr_middleware.testing import (
    CUT,
    STALL,
    Script,
    Signal,
    check_error,
    check_message,
    check_stream,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.testing.script import until

from .support import chat, each_feeding
from .support.gateway import FAST, ask, body, gateway

LANE = "claude,claude-sonnet-4-5"

ANTHROPIC_STREAM = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",'
    b'"model":"claude-sonnet-4-5","content":[],"stop_reason":null,"stop_sequence":null,'
    b'"usage":{"input_tokens":9,"output_tokens":1}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":'
    b'{"type":"text","text":""}   }\n\n'
    b'event: ping\ndata: {"type": "ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
    b'{"type":"text_delta","text":"Hi"}      }\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},'
    b'"usage":{"output_tokens":5}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@each_feeding
def test_a_stream_from_a_chat_provider(feeding):
    app, provider = gateway(stream(chat.answer("Hel", "lo"), feeding=feeding))
    reply = run(ask(app))
    checked = check_stream(reply.body)
    assert reply.status == 200
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert (checked.text, checked.message["model"]) == ("Hello", "claude-sonnet-4-5")
    sent = provider.bodies[0]
    assert (sent["model"], sent["stream"], sent["stream_options"]) == ("m1", True, {"include_usage": True})
    assert provider.requests[0].url == "http://chat.test/v1/chat/completions"
    assert provider.requests[0].headers["authorization"] == "Bearer sk-chat-secret"


def test_json_from_a_chat_provider():
    app, provider = gateway(json_answer(chat.whole("Hello", tools=[("c", "f", "{}")], finish="tool_calls")))
    reply = run(ask(app, body(stream=False)))
    checked = check_message(reply.json())
    assert (checked.text, checked.stop_reason) == ("Hello", "tool_use")
    assert provider.bodies[0]["stream"] is False
    assert reply.headers["x-ccr-provider"] == "chat"
    assert reply.headers["x-ccr-model"] == "m1"
    assert reply.headers["x-ccr-scenario"] == "default"
    assert reply.headers["request-id"].startswith("req_")


def test_c4_the_provider_keeps_the_connection_open_after_its_finish():
    data = chat.sse(chat.text("done"), chat.finish("stop"), done=False)
    app, provider = gateway(stream(data, STALL), streaming=FAST)
    checked = check_stream(run(ask(app)).body)
    assert (checked.text, checked.stop_reason) == ("done", "end_turn")
    assert provider.exchanges[0].closed.is_set()


def test_c4_also_after_done():
    app, provider = gateway(stream(chat.answer("done"), STALL), streaming=FAST)

    async def main():
        async with open_stream(app, "/v1/messages", body()) as client:
            checked = check_stream(await client.rest())
            await client.ended(3)
            return checked

    assert run(main()).text == "done"
    assert provider.exchanges[0].closed.is_set()


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("data", [b"", b"data: [DONE]\n\n", b": keep-alive\n\n"])
def test_c5_an_empty_stream_is_a_retryable_error(data, streaming):
    app, _ = gateway(stream(data))
    reply = run(ask(app, body(stream=streaming)))
    assert reply.status == 529
    assert check_error(reply.body)["type"] == "overloaded_error"


@each_feeding
@pytest.mark.parametrize("streaming", [True, False])
def test_c6_an_error_before_content_has_a_status(feeding, streaming):
    data = chat.sse(chat.chunk({"role": "assistant", "content": ""}), chat.error("overloaded", 503))
    app, _ = gateway(stream(data, feeding=feeding))
    reply = run(ask(app, body(stream=streaming)))
    assert reply.status >= 500
    assert "overloaded" in check_error(reply.body)["message"]


@each_feeding
def test_c6_an_error_after_content_is_an_error_event(feeding):
    data = chat.sse(chat.text("half"), chat.error("boom"), chat.text("never"), chat.finish())
    app, _ = gateway(stream(data, feeding=feeding))
    checked = check_stream(run(ask(app)).body)
    assert checked.text == "half"
    assert "boom" in checked.error["message"]


def test_c6_a_json_client_gets_the_error_even_after_content():
    app, _ = gateway(stream(chat.sse(chat.text("half"), chat.error("boom"))))
    reply = run(ask(app, body(stream=False)))
    assert reply.status >= 500
    assert "boom" in check_error(reply.body)["message"]


def test_a_cut_connection_after_content_is_an_error_event():
    app, _ = gateway(Script(steps=[chat.sse(chat.text("half"), done=False), CUT]))
    checked = check_stream(run(ask(app)).body)
    assert checked.error["type"] == "api_error"


def test_a_cut_connection_after_the_finish_is_an_end():
    app, _ = gateway(Script(steps=[chat.sse(chat.text("all"), chat.finish("stop"), done=False), CUT]))
    checked = check_stream(run(ask(app)).body)
    assert (checked.text, checked.stop_reason) == ("all", "end_turn")


def test_c13_json_for_a_stream_and_a_stream_for_json():
    app, _ = gateway(json_answer(chat.whole("Hello")))
    assert check_stream(run(ask(app)).body).text == "Hello"
    app, _ = gateway(stream(chat.answer("Hel", "lo")))
    assert check_message(run(ask(app, body(stream=False))).json()).text == "Hello"


def test_c13_a_provider_that_only_streams_is_asked_to():
    providers = [{"name": "p", "api_base_url": "http://p.test/v1", "api_key": "k", "models": ["m"]}]
    providers[0]["dialect"] = {"streams_only": True}
    app, provider = gateway(stream(chat.answer("Hi")), Providers=providers, Router={"default": "p,m"})
    assert check_message(run(ask(app, body(stream=False))).json()).text == "Hi"
    assert provider.bodies[0]["stream"] is True


@pytest.mark.parametrize("model", ["m", LANE])
def test_c38_pings_while_the_provider_is_silent(model):
    go = Signal()
    opening = ANTHROPIC_STREAM[:300] if model == LANE else chat.sse(chat.text("He"), done=False)
    if model == LANE:
        cut = ANTHROPIC_STREAM.index(b"event: content_block_delta") + 40
        opening, rest = ANTHROPIC_STREAM[:cut], ANTHROPIC_STREAM[cut:]
    else:
        rest = chat.sse(chat.text("llo"), chat.finish())
    app, _ = gateway(Script(steps=[opening, go, rest]), streaming=FAST)

    async def main():
        async with open_stream(app, "/v1/messages", body(model=model)) as client:
            data = await client.read_until(b"message_start")
            data += await client.read_until(b'event: ping\ndata: {"type":"ping"}\n\n')
            go.set()
            return data + await client.rest()

    assert check_stream(run(main())).stop_reason == "end_turn"


def test_c38_a_provider_that_takes_its_time_to_begin():
    go = Signal()
    app, _ = gateway(Script(before=[go], steps=[chat.answer("late")]), streaming=FAST)

    async def main():
        async with open_stream(app, "/v1/messages", body()) as client:
            assert await client.start() == 200
            data = await client.read_until(b"event: ping")
            go.set()
            return data + await client.rest()

    checked = check_stream(run(main()))
    assert checked.text == "late"
    assert checked.names[0] == "message_start"


def test_c38_an_error_after_an_early_start_is_an_event():
    go = Signal()
    failing = json_answer({"error": {"message": "no"}}, 500, before=[go])
    app, _ = gateway(failing, streaming=FAST)

    async def main():
        async with open_stream(app, "/v1/messages", body()) as client:
            data = await client.read_until(b"event: ping")
            go.set()
            return data + await client.rest()

    assert "no" in check_stream(run(main())).error["message"]


@pytest.mark.parametrize("model", ["m", LANE])
def test_c38_silence_beyond_the_idle_limit_is_an_error(model):
    opening = ANTHROPIC_STREAM[:700] if model == LANE else chat.sse(chat.text("He"), done=False)
    app, provider = gateway(Script(steps=[opening, STALL]), streaming=FAST, timeouts={"idle_seconds": 0.2})
    checked = check_stream(run(ask(app, body(model=model))).body)
    assert checked.error["type"] == "timeout_error"
    assert "0.2 seconds" in checked.error["message"]
    assert provider.exchanges[0].closed.is_set()


@pytest.mark.parametrize("limit", ["first_byte_seconds", "total_seconds"])
def test_limits_before_anything_came(limit):
    app, provider = gateway(Script(before=[STALL]), timeouts={limit: 0.1})
    reply = run(ask(app))
    assert reply.status == 504
    assert check_error(reply.body)["type"] == "timeout_error"
    assert provider.exchanges[0].closed.is_set()


@pytest.mark.parametrize("model", ["m", LANE])
@pytest.mark.parametrize("streaming", [True, False])
def test_c39_leaving_before_the_provider_answers(model, streaming):
    app, provider = gateway(Script(before=[STALL]))

    async def main():
        async with open_stream(app, "/v1/messages", body(streaming, model=model)) as client:
            await provider.arrived(1)
            client.disconnect()
            await client.ended(1)
            assert client.sent == []

    run(main())
    assert provider.exchanges[0].closed.is_set()


@pytest.mark.parametrize("send_raises", [True, False])
def test_c39_leaving_in_the_middle(send_raises):
    app, provider = gateway([Script(steps=[chat.sse(chat.text("He"), done=False), STALL]), stream(chat.answer("next"))])

    async def main():
        before = asyncio.all_tasks()
        async with open_stream(app, "/v1/messages", body(), send_raises=send_raises) as client:
            await client.read_until(b"text_delta")
            client.disconnect()
            await client.ended(1)
        assert await until(provider.exchanges[0].closed.is_set, 1)
        assert asyncio.all_tasks() == before
        assert check_stream((await ask(app)).body).text == "next"

    run(main())


def test_c39_a_body_that_never_comes_whole():
    app, provider = gateway([])

    async def main():
        async with open_stream(app, "/v1/messages", json.dumps(body()).encode(), split_body=10) as client:
            client.disconnect()
            await client.ended(1)
            assert client.sent == []

    run(main())
    assert provider.requests == []


@pytest.mark.parametrize(
    ("status", "answer", "expected_status", "expected_type"),
    [
        (400, {"error": {"message": "bad", "type": "x"}}, 400, "invalid_request_error"),
        (403, {"error": {"message": "no"}}, 403, "permission_error"),
        (404, {"error": {"message": "model?"}}, 404, "not_found_error"),
        (413, {"error": {"message": "big"}}, 413, "request_too_large"),
        (422, {"detail": "what"}, 400, "invalid_request_error"),
        (429, {"error": {"message": "slow"}}, 429, "rate_limit_error"),
        (500, {"error": {"message": "oops"}}, 500, "api_error"),
        (503, {"error": {"message": "later"}}, 503, "overloaded_error"),
        (529, {"error": {"message": "full"}}, 529, "overloaded_error"),
        (500, [{"error": {"message": "in a list"}}], 500, "api_error"),
        (502, b"<html><body>Bad gateway</body></html>", 502, "api_error"),
        (500, b"", 500, "api_error"),
    ],
)
@pytest.mark.parametrize("model", ["m", LANE])
def test_c41_errors_of_the_provider(status, answer, expected_status, expected_type, model):
    script = json_answer(answer, status, {"retry-after": "7"})
    app, _ = gateway(script)
    reply = run(ask(app, body(model=model)))
    error = check_error(reply.body)
    assert (reply.status, error["type"]) == (expected_status, expected_type)
    assert reply.headers["retry-after"] == "7"
    assert reply.json()["request_id"] == reply.headers["request-id"]
    assert "Traceback" not in error["message"]


def test_c41_no_key_in_the_text():
    app, _ = gateway(json_answer({"error": {"message": "wrong key sk-chat-secret given"}}, 401))
    reply = run(ask(app))
    assert "sk-chat-secret" not in reply.body.decode()


@pytest.mark.parametrize("status", [400, 413, 502])
def test_c41_a_context_overflow_is_told_so_that_the_client_compacts(status):
    text = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens."
    app, _ = gateway(json_answer({"error": {"message": text}}, status))
    reply = run(ask(app))
    error = check_error(reply.body)
    assert (reply.status, error["type"]) == (400, "invalid_request_error")
    assert error["message"].startswith("prompt is too long")


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (UpstreamUnreachable("cannot connect to chat.test:80: refused"), 502),
        (UpstreamTimeout("chat.test:80 did not take the connection in time"), 504),
        (UpstreamBroken("the connection was cut"), 502),
    ],
)
def test_c41_network_failures(failure, status):
    app, _ = gateway(Script(before=[failure]))
    reply = run(ask(app))
    assert reply.status == status
    assert check_error(reply.body)["message"] == failure.message


def test_c41_a_web_page_with_status_200():
    app, _ = gateway(stream(b"<!doctype html><html></html>"))
    reply = run(ask(app))
    assert reply.status == 502
    assert "web page" in check_error(reply.body)["message"]


def test_c42_message_start_and_message_delta_have_usage():
    app, _ = gateway(stream(chat.sse(chat.text("hi"), chat.finish(), chat.usage(100, 7, cached=90))))
    reply = run(ask(app))
    checked = check_stream(reply.body)
    counted = run(post(app, "/v1/messages/count_tokens", {"model": "x", "messages": body()["messages"]})).json()
    assert checked.events[0]["message"]["usage"]["input_tokens"] == counted["input_tokens"] > 0
    assert checked.usage == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 90,
        "output_tokens": 7,
    }


def test_c43_two_hundred_streams_do_not_mix():
    def answer(exchange):
        word = exchange.json()["messages"][-1]["content"]
        chunks = [chat.reasoning(f"r{word}"), *(chat.text(f"{word}.") for _ in range(5))]
        chunks += [chat.tool(0, "call_0", f"tool{word}", f'{{"w":"{word}"}}'), chat.finish("tool_calls")]
        return stream(chat.sse(*chunks), feeding="bytes" if int(word) % 10 == 0 else "whole")

    app, _ = gateway(answer)

    async def one(number):
        request = body(messages=[{"role": "user", "content": str(number)}])
        return number, check_stream((await ask(app, request)).body)

    async def main():
        return await asyncio.gather(*(one(number) for number in range(200)))

    seen = set()
    for number, checked in run(main()):
        assert checked.text == f"{number}." * 5
        assert checked.thinking == f"r{number}"
        assert [(t.name, t.input) for t in checked.tools] == [(f"tool{number}", {"w": str(number)})]
        seen.add(checked.message["id"])
    assert len(seen) == 200


@each_feeding
def test_the_lane_passes_bytes_unchanged(feeding):
    app, provider = gateway(stream(ANTHROPIC_STREAM, feeding=feeding))
    raw = b'{ "model" : "claude,claude-sonnet-4-5",  "messages":[{"role":"user","content":"\\u00e9 hi"}],'
    raw += b' "max_tokens": 10, "stream":true, "new_field": {"a": 1.0} }'
    headers = {"anthropic-version": "2026-10-21", "anthropic-beta": "a-1,b-2", "x-api-key": "client", "cookie": "c=1"}
    reply = run(ask(app, raw, headers=headers))
    expected = ANTHROPIC_STREAM.replace(b"\n", b"\r\n") if feeding == "crlf" else ANTHROPIC_STREAM
    assert reply.body == expected
    sent = provider.requests[0]
    assert sent.body == raw.replace(b"claude,claude-sonnet-4-5", b"claude-sonnet-4-5")
    assert sent.headers["anthropic-version"] == "2026-10-21"
    assert sent.headers["anthropic-beta"] == "a-1,b-2"
    assert sent.headers["x-api-key"] == "sk-claude-secret"
    assert "authorization" not in sent.headers
    assert "cookie" not in sent.headers


def test_the_lane_cut_in_the_middle_is_an_error_event():
    cut = ANTHROPIC_STREAM.index(b"event: content_block_delta") + 50
    app, _ = gateway(stream(ANTHROPIC_STREAM[:cut]))
    checked = check_stream(run(ask(app, body(model=LANE))).body)
    assert checked.error is not None


def test_the_lane_turns_a_stream_into_json_and_back():
    app, _ = gateway(stream(ANTHROPIC_STREAM))
    message = run(ask(app, body(stream=False, model=LANE))).json()
    assert check_message(message).text == "Hi"
    app, _ = gateway(json_answer(message))
    assert check_stream(run(ask(app, body(model=LANE))).body).message == message


def test_the_lane_tells_an_early_error_by_status():
    data = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    app, _ = gateway(stream(data))
    reply = run(ask(app, body(model=LANE)))
    assert (reply.status, check_error(reply.body)["message"]) == (529, "Overloaded")


def test_the_lane_relays_a_late_error_once():
    late = b'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n'
    cut = ANTHROPIC_STREAM.index(b"event: content_block_stop")
    app, _ = gateway(stream(ANTHROPIC_STREAM[:cut] + late))
    checked = check_stream(run(ask(app, body(model=LANE))).body)
    assert checked.error["message"] == "Overloaded"
