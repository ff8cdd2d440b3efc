"""Bodies of every kind at the door: what is wrong with one is said, and the next request works."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware.testing import check_error, check_message, check_stream, json_answer, open_stream, post, stream
from ccr_middleware.testing.asgi import Reply

from .support import chat
from .support.gateway import ask, body, gateway
from .test_door import assert_error

LANE = "claude,claude-sonnet-4-5"
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-4-5",
    "content": [{"type": "text", "text": "Hello"}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 3, "output_tokens": 1},
}
MODELS = {"chat,m1": json_answer(chat.whole("Hello")), LANE: json_answer(MESSAGE)}
each_model = pytest.mark.parametrize("model", list(MODELS))
each_path = pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def nested(depth: int, inside: str = "") -> str:
    return "[" * depth + inside + "]" * depth


def with_tool(schema: str) -> bytes:
    tools = f'[{{"name": "f", "input_schema": {{"type": "object", "x": {schema}}}}}]'
    return json.dumps(body(stream=False, tools="HERE")).replace('"HERE"', tools).encode()


# -- what is no request ------------------------------------------------------------------------------------


@each_path
@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (b"", "no body"),
        (b"  ", "not JSON"),
        (b"{", "not JSON"),
        (b"hello", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        (b'{"messages": [NaN]}', "not JSON"),
        (b'{"messages": [Infinity]}', "not JSON"),
        (b'{"messages": [], }', "not JSON"),
        (b"[]", "JSON object"),
        (b'"text"', "JSON object"),
        (b"null", "JSON object"),
        (b"{}", "messages"),
        (b'{"messages": null}', "messages"),
        (b'{"messages": "Hello"}', "messages"),
        (b'{"messages": {}}', "messages"),
        (nested(10_000).encode(), "nested too deeply"),
        (b'{"messages": [], "x": ' + nested(10_000).encode() + b"}", "nested too deeply"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested too deeply"),
    ],
)
def test_what_is_no_request(path: str, raw: bytes, says: str) -> None:
    app, provider = gateway(MODELS["chat,m1"])
    assert says in assert_error(run(post(app, path, raw)), 400, "invalid_request_error")
    assert provider.requests == []
    assert run(ask(app, body(stream=False))).status == 200


@pytest.mark.parametrize(
    "change",
    [
        {"model": 5},
        {"model": ["m"]},
        {"stream": "yes"},
        {"max_tokens": "many"},
        {"max_tokens": -1},
        {"max_tokens": True},
        {"temperature": "hot"},
        {"top_k": 1.5},
        {"stop_sequences": "END"},
        {"stop_sequences": [1]},
        {"system": 5},
        {"tools": {}},
        {"tools": [5]},
        {"tool_choice": "auto"},
        {"thinking": True},
        {"metadata": []},
        {"messages": []},
        {"messages": [5]},
        {"messages": [{"role": "robot", "content": "x"}]},
        {"messages": [{"role": "user", "content": 5}]},
        {"messages": [{"role": "user", "content": [5]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": 5}]}]},
    ],
    ids=json.dumps,
)
def test_wrong_types_are_named_with_their_place(change: dict[str, Any]) -> None:
    app, provider = gateway(MODELS["chat,m1"])
    request = {**body(stream=False), "model": "chat,m1", **change}
    assert next(iter(change)) in assert_error(run(ask(app, request)), 400, "invalid_request_error")
    assert provider.requests == []
    counted = run(post(app, "/v1/messages/count_tokens", request))
    assert counted.status == 200, "what can be counted is counted"
    assert run(ask(app, body(stream=False))).status == 200


@each_model
@pytest.mark.parametrize("depth", [100, 253, 254, 255, 300, 500, 700, 900, 1000, 1020, 1024])
def test_nesting_is_carried_or_refused_and_never_a_fault(model: str, depth: int) -> None:
    app, _ = gateway(MODELS[model])
    raw = with_tool(nested(depth)).replace(b'"claude-sonnet-4-5"', json.dumps(model).encode())
    reply = run(ask(app, raw))
    if reply.status != 200:
        assert "nested too deeply" in assert_error(reply, 400, "invalid_request_error")
    assert reply.status == 200 or depth > 250


# -- what is odd and passes --------------------------------------------------------------------------------


@each_model
@pytest.mark.parametrize(
    "change",
    [
        {"max_tokens": None},
        {"from_the_future": {"a": [1, None]}},
        {"messages": [{"role": "user", "content": [{"type": "hologram", "data": "x"}, {"type": "text", "text": "y"}]}]},
        {"messages": [{"role": "user", "content": "half an emoji \ud83d"}]},
        {"messages": [{"role": "user", "content": "\u0000\u2028\x7f"}]},
        {"system": [{"type": "text", "text": ""}], "tools": []},
        {"temperature": 10**30},
        {"metadata": {"user_id": "\udc00"}},
    ],
    ids=ascii,
)
def test_what_is_odd_passes(model: str, change: dict[str, Any]) -> None:
    app, provider = gateway(MODELS[model])
    reply = run(ask(app, {**body(stream=False, model=model), **change}))
    assert check_message(reply.json()).text == "Hello"
    json.loads(provider.requests[0].body)
    assert run(post(app, "/v1/messages/count_tokens", body(model=model) | change)).json()["input_tokens"] > 0


@pytest.mark.parametrize(
    "model", ["chat,m\x00\x1f\n\x7f", "chat, 模型 ", "chat,\ud83d", "chat," + "m" * 3000, "chat,é"]
)
def test_a_strange_model_name_makes_a_clean_header(model: str) -> None:
    """The name a client chose comes back in a header, where servers take no control characters."""
    app, _ = gateway(stream(chat.answer("Hello")))
    reply = run(ask(app, body(model=model)))
    assert check_stream(reply.body).text == "Hello"
    value = reply.headers["x-ccr-model"]
    assert value == value.strip()
    assert not any(ord(character) < 32 or ord(character) == 127 for character in value)


def test_an_error_with_a_strange_name_is_one_too() -> None:
    app, _ = gateway([])
    assert "no provider" in assert_error(run(ask(app, body(model="no\nbody\ud83d,x"))), 404, "not_found_error")


# -- size --------------------------------------------------------------------------------------------------


def large(size: int) -> bytes:
    """A request of so many bytes."""
    raw = json.dumps(body(stream=False)).encode()
    return raw.replace(b"Hello", b"H" * (size - len(raw) + 5))


@each_path
@pytest.mark.parametrize("how", ["declared", "declared wrong", "chunked", "at once"])
def test_a_body_over_the_limit(path: str, how: str) -> None:
    app, provider = gateway(MODELS["chat,m1"], max_body_bytes=1000)
    headers = {"declared": {}, "declared wrong": {"content-length": "10"}}.get(how, {"transfer-encoding": "chunked"})

    async def main() -> Reply:
        options = {"headers": headers, "split_body": 0 if how == "at once" else 100}
        async with open_stream(app, path, large(1001), **options) as client:
            await client.start()
            assert (len(client._body) == 11) == (how == "declared"), "a declared size is enough, no byte is read"
            return Reply(client.status or 0, client.headers, [chunk async for chunk in client])

    reply = run(main())
    message = assert_error(reply, 413, "request_too_large")
    assert "1000 bytes" in message
    assert "max_body_bytes" in message
    assert provider.requests == []
    assert run(post(app, path, large(1000))).status == 200


@pytest.mark.parametrize("declared", ["9" * 5000, "-5", "x", ""])
def test_a_declared_length_of_any_form(declared: str) -> None:
    app, _ = gateway(MODELS["chat,m1"])
    reply = run(post(app, "/v1/messages", body(stream=False), headers={"content-length": declared}))
    assert reply.status == (413 if declared.startswith("9") else 200)


def test_the_limit_is_64_megabytes_unless_configured() -> None:
    app, _ = gateway([])
    assert app.config.max_body_bytes == 64 * 1024 * 1024
    limit = str(64 * 1024 * 1024 + 1)
    message = assert_error(run(ask(app, b"{}", headers={"content-length": limit})), 413, "request_too_large")
    assert "64 MB" in message


# -- bodies that do not come -------------------------------------------------------------------------------


@each_path
@pytest.mark.parametrize("pieces", [0, 1])
def test_c39_a_half_sent_body_is_dropped_quietly(path: str, pieces: int, caplog: pytest.LogCaptureFixture) -> None:
    app, provider = gateway(MODELS["chat,m1"])

    async def main() -> None:
        raw = json.dumps(body(stream=False)).encode()
        async with open_stream(app, path, raw, split_body=20) as client:
            del client._body[pieces:]  # the rest is never sent
            await asyncio.sleep(0.01)
            client.disconnect()
            await client.ended(1)
            assert client.sent == []
        assert (await ask(app, body(stream=False))).status == 200

    run(main())
    assert len(provider.requests) == 1
    assert not caplog.records


@pytest.mark.parametrize("size", [1, 7])
def test_a_body_in_many_pieces(size: int) -> None:
    app, provider = gateway(MODELS["chat,m1"])
    reply = run(ask(app, body(stream=False, system="größer"), split_body=size))
    assert reply.status == 200
    assert provider.bodies[0]["messages"][0]["content"] == "größer"


def test_errors_are_anthropic_errors_for_stream_requests_too() -> None:
    app, _ = gateway([])
    reply = run(ask(app, body(max_tokens="x")))
    assert reply.headers["content-type"] == "application/json"
    assert check_error(reply.body)["message"].startswith("max_tokens")
