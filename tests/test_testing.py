"""The public test kit: one answer said once reads the same in every wire format, in the process and on a socket."""

import asyncio
import json
from typing import Any, get_args

import pytest

from ccr_middleware import testing
from ccr_middleware.errors import UpstreamTimeout
from ccr_middleware.testing import (
    CUT,
    STALL,
    Answer,
    FakeProvider,
    FakeServer,
    Script,
    Signal,
    ToolCall,
    Usage,
    ask,
    check_error,
    check_message,
    check_stream,
    fake_config,
    fake_gateway,
    open_stream,
    post,
)
from ccr_middleware.testing.gateways import PATHS
from ccr_middleware.testing.wires import WRITERS
from ccr_middleware.testing.written import answer_document, answer_events, answer_script
from ccr_middleware.upstream.base import WireRequest
from ccr_middleware.wire.format import WireName

WIRES = get_args(WireName)
each_wire = pytest.mark.parametrize("wire", WIRES)

READ = ToolCall("read", ['{"path": ', '"ünï.py"}'])
FULL = Answer(
    thinking=["Let me ", "see."],
    text=["I ", "read."],
    tool_calls=[READ, ToolCall("now")],
    usage=Usage(input=20, output=9, cached=5, reasoning=4),
)
SAID = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]}


def asked(plan: Any, wire: WireName, **fields: Any) -> testing.Checked:
    """One question to a gateway whose provider plays that plan."""
    return asyncio.run(ask(fake_gateway(FakeProvider(plan), wire), "Hi", **fields))


# -- one answer, four formats ------------------------------------------------------------------------------


@each_wire
@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_is_the_same_in_every_wire_format(wire: WireName, stream: bool) -> None:
    checked = asked(FULL, wire, stream=stream)
    assert [block["type"] for block in checked.blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert (checked.thinking, checked.text, checked.stop_reason) == ("Let me see.", "I read.", "tool_use")
    assert checked.tools == [("call_0001", "read", {"path": "ünï.py"}), ("call_0002", "now", {})]
    assert checked.usage["input_tokens"] == 20
    assert checked.usage["cache_read_input_tokens"] == 5
    assert checked.usage["output_tokens"] == 9


@each_wire
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("finish", ["end_turn", "max_tokens", "refusal"])
def test_why_it_ended_is_the_same_in_every_wire_format(wire: WireName, stream: bool, finish: Any) -> None:
    checked = asked(Answer(text="Hello", finish=finish), wire, stream=stream)
    assert checked.stop_reason == finish
    assert checked.text.startswith("Hello")  # Gemini's refusals tell their reason behind it


@each_wire
def test_pieces_arrive_as_they_were_written(wire: WireName) -> None:
    checked = asked(Answer(text=["a", "", "b ", "c"]), wire)
    deltas = [event["delta"]["text"] for event in checked.events if event["type"] == "content_block_delta"]
    assert deltas == ["a", "b ", "c"]


@pytest.mark.parametrize("wire", ["chat", "responses", "gemini"])  # Anthropic always tells both
def test_an_answer_without_a_finish_or_usage_is_still_one(wire: WireName) -> None:
    checked = asked(Answer(text="Hello", finish=None, usage=None), wire)
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


@each_wire
def test_an_empty_answer_is_one(wire: WireName) -> None:
    checked = asked(Answer(finish="max_tokens"), wire)
    assert (checked.blocks, checked.stop_reason) == ([], "max_tokens")


def test_what_anthropic_would_send_is_held_to_its_own_grammar() -> None:
    assert check_stream(b"".join(answer_events(FULL, "messages"))).tools[0].input == {"path": "ünï.py"}
    assert check_message(answer_document(FULL, "messages")).text == "I read."
    assert check_error(answer_document(Answer(error=529), "messages"))["type"] == "overloaded_error"


# -- failures ----------------------------------------------------------------------------------------------


@each_wire
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(("status", "kind"), [(429, "rate_limit_error"), (400, "invalid_request_error")])
def test_an_error_before_the_content_is_an_http_error(wire: WireName, stream: bool, status: int, kind: str) -> None:
    answer = Answer(error=status, message="not like this", headers={"retry-after": "3"})
    reply = asyncio.run(post(fake_gateway(FakeProvider(answer), wire), "/v1/messages", {**SAID, "stream": stream}))
    assert reply.status == status
    assert check_error(reply.body)["type"] == kind
    assert "not like this" in check_error(reply.body)["message"]
    assert status == 400 or reply.headers["retry-after"] == "3"


@each_wire
def test_an_error_after_content_is_told_in_the_stream(wire: WireName) -> None:
    checked = asked(Answer(text=["Hel", "lo"], error=500, message="it broke"), wire)
    assert checked.text == "Hello"
    assert checked.error is not None
    assert "it broke" in checked.error["message"]


@each_wire
@pytest.mark.parametrize("answer", [Answer(text="Hel", then=CUT), Answer(tool_calls=[READ], then=CUT)])
def test_a_cut_answer_has_no_end(wire: WireName, answer: Answer) -> None:
    checked = asked(answer, wire)
    assert not checked.complete
    assert checked.error is not None
    assert (checked.text or checked.tools[0].name) in ("Hel", "read")


@each_wire
def test_a_document_can_be_cut(wire: WireName) -> None:
    assert asked(Answer(text="Hel", then=CUT), wire, stream=False).error is not None
    assert asked(Answer(text="Hel", then=UpstreamTimeout("late")), wire, stream=False).error["type"] == "timeout_error"


@each_wire
def test_a_document_may_come_in_two_halves(wire: WireName) -> None:
    assert asked(Answer(text="Hello", then=0.01), wire, stream=False).text == "Hello"


def test_a_provider_that_stalls_sees_the_client_leave() -> None:
    provider = FakeProvider([Answer(text="Hel", then=STALL)])

    async def main() -> None:
        async with open_stream(fake_gateway(provider), "/v1/messages", {**SAID, "stream": True}) as stream:
            await stream.read_until(b"Hel")
            stream.disconnect()
            await stream.ended()

    asyncio.run(main())
    assert provider.exchanges[0].closed.is_set()
    assert provider.unreleased == []


def test_an_answer_goes_on_when_the_test_says_so() -> None:
    gate = Signal()
    script = answer_script(Answer(text="Hello", then=gate), "/v1/messages", b'{"stream": true}')
    assert script.steps[-1] is gate
    assert answer_script(Answer(text="a", pace_seconds=0.2), "/x", b'{"stream":true}').steps[1::2] == [0.2] * 5


# -- what is asked -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "wire", "model", "streamed"),
    [
        ("/v1/chat/completions", {"model": "a", "stream": True}, "chat", "a", True),
        ("/anything", {"model": "a"}, "chat", "a", False),
        ("/v1/messages?beta=true", {"model": "a", "stream": False}, "messages", "a", False),
        ("/openai/v1/responses", {"stream": True}, "responses", "test-model", True),
        ("/v1beta/models/gemini-3:streamGenerateContent?alt=sse", {}, "gemini", "gemini-3", True),
        ("/v1beta/models/gemini-3:generateContent", {"stream": True}, "gemini", "gemini-3", False),
        ("/v1/chat/completions", [], "chat", "test-model", False),
    ],
)
def test_format_model_and_stream_are_found_in_the_request(
    path: str, body: Any, wire: WireName, model: str, streamed: bool
) -> None:
    script = answer_script(Answer(text="Hello"), path, json.dumps(body).encode())
    data = b"".join(script.steps)
    expected = [*answer_events(Answer(text="Hello"), wire, model)] if streamed else None
    assert data == (
        b"".join(expected) if expected else json.dumps(answer_document(Answer(text="Hello"), wire, model)).encode()
    )
    assert model.encode() in data
    assert script.headers["content-type"] == ("text/event-stream" if streamed else "application/json")


def test_the_format_may_be_told() -> None:
    provider = FakeProvider(Answer(text="Hello"), wire="responses")
    response = asyncio.run(provider.send(WireRequest("http://a.test/odd", {}, b"{}")))
    assert response.status == 200
    assert b'"object": "response"' in b"".join(answer_script(Answer(text="a"), "/odd", b"", "responses").steps)


def test_answers_and_scripts_are_played_in_their_order() -> None:
    provider = FakeProvider([Answer(text="one")])
    provider.play(Script([b"data: nonsense\n\n"]), Answer(text="three"))
    gateway = fake_gateway(provider)
    texts = [asyncio.run(ask(gateway, word)).text for word in ("1", "2", "3")]
    assert texts == ["one", "", "three"]
    assert [body["messages"][-1]["content"] for body in provider.bodies] == ["1", "2", "3"]
    provider.verify()
    asyncio.run(ask(gateway, "4"))
    with pytest.raises(AssertionError, match="request 3"):
        provider.verify()


def test_a_plan_may_be_a_function_and_then_takes_no_more() -> None:
    provider = FakeProvider(lambda exchange: Answer(text=exchange.json()["messages"][0]["content"].upper()))
    assert asyncio.run(ask(fake_gateway(provider), "loud")).text == "LOUD"
    with pytest.raises(TypeError, match="list"):
        provider.play(Answer())


@each_wire
def test_a_socket_answers_in_every_wire_format(wire: WireName) -> None:
    async def main(server: FakeServer) -> testing.Checked:
        gateway = fake_gateway(server, wire)
        async with gateway.lifespan():
            return await ask(gateway, "Hi")

    with FakeServer([FULL]) as server:
        checked = asyncio.run(main(server))
    assert checked.tools == [("call_0001", "read", {"path": "ünï.py"}), ("call_0002", "now", {})]
    assert server.exchanges[0].path.startswith(PATHS[wire])
    assert server.exchanges[0].answered.is_set()


# -- the rest ----------------------------------------------------------------------------------------------


def test_every_wire_format_has_a_writer_and_a_path() -> None:
    assert set(WRITERS) == set(PATHS) == set(WIRES)


def test_the_configuration_takes_more_keys() -> None:
    config = fake_config("http://a.test", "gemini", provider={"models": ["x"]}, strict=True)
    assert config["Providers"][0]["models"] == ["x"]
    assert config["Providers"][0]["api_base_url"] == "http://a.test/v1beta/models/"
    assert config["strict"] is True


def test_a_gateway_takes_keys_of_its_provider() -> None:
    upstream = FakeProvider(Answer(text="Hello"))
    gateway = fake_gateway(upstream, provider={"transformer": {"use": [["maxtoken", {"max_tokens": 9}]]}})
    assert asyncio.run(ask(gateway, "Hi")).text == "Hello"
    assert upstream.bodies[0]["max_tokens"] == 9


def test_ask_takes_a_whole_body() -> None:
    provider = FakeProvider(Answer(text="Hello"))
    checked = asyncio.run(ask(fake_gateway(provider), {**SAID, "temperature": 0.5}, stream=False))
    assert checked.text == "Hello"
    assert provider.bodies[0]["temperature"] == 0.5


def test_every_name_of_the_kit_is_there() -> None:
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = testing.nothing
