"""C34 to C36 through the whole gateway, over real sockets: the next target, the next key, and when nobody is asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from contextlib import ExitStack
from functools import cache
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.resilience import Resilience
from ccr_middleware.testing import CUT, STALL, Answer, FakeServer, Script, check_error, check_stream, open_stream
from ccr_middleware.testing.asgi import Reply
from ccr_middleware.testing.provider import Exchange
from ccr_middleware.testing.script import until

from .support.failing import FAULTS, Place, error_event, gateway
from .support.gateway import FAST, ask, body
from .support.resilient import HandClock

Json = dict[str, Any]

#: With something in it that every wire format says in its own way.
RICH = body(
    system=[{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    tools=[{"name": "read", "description": "Reads", "input_schema": {"type": "object", "properties": {"path": {}}}}],
    tool_choice={"type": "auto"},
    stop_sequences=["END"],
    messages=[
        {"role": "user", "content": "Read a.py"},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "toolu_1", "name": "read", "input": {"path": "a"}}],
        },
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "1 + 1"}]},
    ],
)

#: The wire formats of the first and the second target.
WIRES = [
    ("chat", "messages"),
    ("chat", "gemini"),
    ("chat", "responses"),
    ("messages", "chat"),
    ("messages", "messages"),
    ("gemini", "responses"),
    ("responses", "gemini"),
]
each_pair = pytest.mark.parametrize(("one", "other"), WIRES)

GOOD = Answer(thinking="Hm.", text=["Hel", "lo"])


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to its end, which must come soon."""
    return asyncio.run(asyncio.wait_for(coroutine, 10))


async def once(app: Gateway, request: Json) -> Reply:
    """One question; the connections are closed afterwards."""
    async with app.lifespan():
        return await ask(app, request)


def told(reply: Any) -> tuple[str, str]:
    """Who answered, and with which attempt."""
    return reply.headers["x-ccr-provider"], reply.headers["x-ccr-attempts"]


def secret(exchange: Exchange) -> str:
    """The key a provider was sent."""
    headers = exchange.headers
    return headers.get("x-api-key") or headers.get("x-goog-api-key") or headers["authorization"].split()[1]


@cache
def asked_first(wire: Any) -> tuple[str, Json]:
    """The path and body that a target of this format gets when nobody was asked before it."""
    with FakeServer([GOOD]) as server:
        run(once(gateway(Place(server.url, wire)), RICH))
        return server.exchanges[0].path, server.exchanges[0].json()


# -- C34: the next target ----------------------------------------------------------------------------------


@each_pair
@pytest.mark.parametrize(
    "fault",
    ["refused", "DNS", "connect timeout", "TLS", "429", "500", "529", "error event after the opening", "empty stream"],
)
def test_c34_the_second_target_gets_the_original_request(one: Any, other: Any, fault: str) -> None:
    with ExitStack() as held:
        first, _ = FAULTS[fault].serve(held, one)
        second = held.enter_context(FakeServer([GOOD]))
        reply = run(once(gateway(first, Place(second.url, other)), RICH))
    checked = check_stream(reply.body)
    assert (checked.thinking, checked.text, checked.stop_reason) == ("Hm.", "Hello", "end_turn")
    assert told(reply) == ("second", "2")
    assert reply.headers["x-ccr-model"] == "m"
    (exchange,) = second.exchanges
    assert (exchange.path, exchange.json()) == asked_first(other)
    assert secret(exchange) == "sk-second"


def test_c34_each_target_once_and_the_first_error_when_nobody_is_left() -> None:
    with (
        FakeServer([Answer(error=503, message="first down")]) as first,
        FakeServer([error_event("gemini")]) as second,
        FakeServer([Answer(error=529, message="third down")]) as third,
    ):
        places = [Place(first.url, "chat"), Place(second.url, "gemini"), Place(third.url, "messages")]
        reply = run(once(gateway(*places), RICH))
    assert [len(server.exchanges) for server in (first, second, third)] == [1, 1, 1]
    assert reply.status == 503
    assert "first down" in check_error(reply.body)["message"]
    assert reply.headers["x-ccr-attempts"] == "3"


@pytest.mark.parametrize("too_long", [False, True])
def test_a_fallbacks_400_does_not_hide_that_trying_again_may_help(too_long: bool) -> None:
    """Unless it is that of a prompt that is too long, which Claude Code makes shorter by itself."""
    refusal = "prompt is too long: 9 tokens > 8 maximum" if too_long else "temperature is deprecated"
    with (
        FakeServer([Answer(error=503, message="first down")]) as first,
        FakeServer([Answer(error=400, message=refusal)]) as second,
    ):
        reply = run(once(gateway(Place(first.url, "chat"), Place(second.url, "messages")), RICH))
    error = check_error(reply.body)
    assert (reply.status, error["type"]) == ((400, "invalid_request_error") if too_long else (503, "overloaded_error"))
    assert refusal in error["message"]
    assert ("first down" in error["message"]) is not too_long
    assert reply.headers["x-ccr-attempts"] == "2"


def test_c34_nothing_of_the_first_answer_is_seen() -> None:
    """A document that breaks off, and an opening with the first target's ids."""
    for streaming, wire in ((False, "chat"), (False, "messages"), (True, "messages")):
        answer = Answer(text="" if streaming else "first", then=CUT)
        with FakeServer([answer]) as first, FakeServer([GOOD]) as second:
            app = gateway(Place(first.url, wire), Place(second.url, "responses"))
            reply = run(once(app, RICH | {"stream": streaming}))
        assert told(reply) == ("second", "2")
        assert b"first" not in reply.body
        assert b'"msg_1"' not in reply.body


# -- C35: keys ---------------------------------------------------------------------------------------------

KEYS: Json = {"api_keys": [{"key": "sk-1", "priority": 2}, {"key": "sk-2", "priority": 1}]}


def timed(app: Gateway) -> HandClock:
    """Set the gateway's clock by hand."""
    clock = HandClock()
    app._state.resilience = Resilience(clock=clock, chance=lambda: 0.5)
    return clock


@pytest.mark.parametrize("wire", ["chat", "messages", "gemini", "responses"])
@pytest.mark.parametrize(
    ("error", "rest_seconds"),
    [
        (Answer(error=429), 30),
        (Answer(error=429, headers={"retry-after": "7"}), 7),
        (Answer(error=401), 300),
        (Answer(error=403), 300),
    ],
)
def test_c35_the_next_key_at_once_and_the_first_again_after_its_rest(
    wire: Any, error: Answer, rest_seconds: int
) -> None:
    async def main(app: Gateway) -> list[tuple[str, str]]:
        clock, seen = timed(app), []
        async with app.lifespan():
            for pause in (0, rest_seconds - 1, 2):
                clock.sleep(pause)
                seen.append(told(await ask(app)))
        return seen

    with FakeServer([error, GOOD, GOOD, GOOD]) as server:
        seen = run(main(gateway(Place(server.url, wire, KEYS), health={"key_rest_seconds": 30})))
    assert [secret(one) for one in server.exchanges] == ["sk-1", "sk-2", "sk-2", "sk-1"]
    assert seen == [("first", "2"), ("first", "1"), ("first", "1")]


def test_c35_all_keys_resting_is_the_next_target_or_429_with_the_earliest_moment() -> None:
    limits = [Answer(error=429, headers={"retry-after": after}) for after in ("40", "20")]

    async def main(app: Gateway) -> list[Reply]:
        clock, replies = timed(app), []
        async with app.lifespan():
            replies.append(await ask(app))
            clock.sleep(5)
            replies.append(await ask(app))
        return replies

    with FakeServer(limits) as first, FakeServer([GOOD, GOOD]) as second:
        app = gateway(Place(first.url, "chat", KEYS), Place(second.url, "messages"))
        replies = run(main(app))
    assert [told(reply) for reply in replies] == [("second", "3"), ("second", "1")]
    assert (len(first.exchanges), len(second.exchanges)) == (2, 2)

    with FakeServer(limits) as first:
        replies = run(main(gateway(Place(first.url, "chat", KEYS))))
    assert [(reply.status, reply.headers["retry-after"]) for reply in replies] == [(429, "20"), (429, "15")]
    assert "rests after 429" in check_error(replies[1].body)["message"]
    assert len(first.exchanges) == 2


# -- C36: nobody is asked --------------------------------------------------------------------------------------


def test_c36_the_client_that_leaves_during_a_pause_ends_it() -> None:
    async def main(app: Gateway, first: FakeServer) -> None:
        app._state.resilience = Resilience(chance=lambda: 0.99)
        async with app.lifespan(), open_stream(app, "/v1/messages", body()) as client:
            await first.arrived()
            assert first.exchanges[0].answered.wait(1)
            await asyncio.sleep(0.1)  # the failure is read, and the pause of eight seconds has begun
            client.disconnect()
            await client.ended(1)
        assert [row["in_flight"] for row in app._state.resilience.snapshot(app.config)] == [0, 0]

    pause = {"attempts": 3, "base_seconds": 8, "max_seconds": 8}
    with FakeServer([Answer(error=500)]) as first, FakeServer() as second:
        run(main(gateway(Place(first.url, "chat"), Place(second.url, "chat"), retry=pause), first))
    assert (len(first.exchanges), len(second.exchanges)) == (1, 0)


def test_c36_the_client_that_leaves_the_line_is_not_asked_for() -> None:
    async def main(app: Gateway, first: FakeServer) -> None:
        async with app.lifespan(), open_stream(app, "/v1/messages", body()) as busy:
            await first.arrived()
            async with open_stream(app, "/v1/messages", body()) as waiting:
                assert await until(lambda: app._state.resilience.slots.queued("first") == 1)
                await asyncio.sleep(0.1)  # its leaving is watched by now
                waiting.disconnect()
                await waiting.ended(1)
            assert app._state.resilience.slots.queued("first") == 0
            busy.disconnect()
            await busy.ended(1)
            assert told(await ask(app)) == ("first", "1")  # the place is free again

    with FakeServer([Script(before=[STALL]), GOOD]) as first, FakeServer() as second:
        limited = {"max_parallel": 1, "queue_size": 5, "queue_seconds": 8}
        run(main(gateway(Place(first.url, "chat", limited), Place(second.url, "chat")), first))
    assert (len(first.exchanges), len(second.exchanges)) == (2, 0)


def test_c36_the_client_that_leaves_while_a_target_is_silent() -> None:
    async def main(app: Gateway, first: FakeServer) -> None:
        async with app.lifespan(), open_stream(app, "/v1/messages", body()) as client:
            exchange = await first.arrived()
            await asyncio.sleep(0.1)
            client.disconnect()
            await client.ended(1)
            assert await exchange.closed.reached(1)

    with FakeServer([Script(before=[STALL])]) as first, FakeServer() as second:
        run(main(gateway(Place(first.url, "messages"), Place(second.url, "chat"), retry={"attempts": 2}), first))
    assert (len(first.exchanges), len(second.exchanges)) == (1, 0)


# -- a silent target that fails afterwards -------------------------------------------------------------------------


def late(fault: str, wire: Any) -> Script:
    """A fault after a silence that is longer than `FAST` bears."""
    script = FAULTS[fault].answer(wire)  # type: ignore[misc]
    if isinstance(script, Answer):
        return Script([b"{}"], int(fault), {"content-type": "application/json"}, before=[0.12])
    return Script([*script.steps[:1], 0.12, *script.steps[1:]], script.status, script.headers)


@pytest.mark.parametrize(("one", "other"), WIRES[3:6] + WIRES[:1])
@pytest.mark.parametrize("fault", ["500", "cut before content", "error event first", "empty stream"])
def test_silence_then_failure_then_the_second_answer_in_the_same_message(one: Any, other: Any, fault: str) -> None:
    with FakeServer([late(fault, one)]) as first, FakeServer([GOOD]) as second:
        app = gateway(Place(first.url, one), Place(second.url, other), streaming=FAST)
        reply = run(once(app, RICH))
    checked = check_stream(reply.body)
    assert reply.status == 200
    assert checked.names.count("message_start") == 1
    assert (checked.thinking, checked.text, checked.stop_reason) == ("Hm.", "Hello", "end_turn")
    assert told(reply) == ("first", "1") if fault != "error event first" else ("second", "2")
    assert (len(first.exchanges), len(second.exchanges)) == (1, 1)


@pytest.mark.parametrize("form", ["as it is", "no space", "crlf"])
def test_a_relayed_message_continues_one_that_silence_has_opened(form: str) -> None:
    """Whatever way the second target writes its events, its message_start is left out."""
    events = b"".join(
        b"event: %b\ndata: %b\n\n" % (event["type"].encode(), json.dumps(event).encode())
        for event in check_stream(relayed()).events
    )
    if form == "no space":
        events = events.replace(b"event: ", b"event:")
    script = Script([events.replace(b"\n", b"\r\n") if form == "crlf" else events])
    with FakeServer([late("500", "chat")]) as first, FakeServer([script]) as second:
        app = gateway(Place(first.url, "chat"), Place(second.url, "messages"), streaming=FAST)
        checked = check_stream(run(once(app, RICH)).body)
    assert checked.names.count("message_start") == 1
    assert checked.names.count("ping") >= 1
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


def relayed() -> bytes:
    """The stream of a target that speaks Messages."""
    with FakeServer([GOOD]) as server:
        return bytes(run(once(gateway(Place(server.url, "messages")), RICH)).body)


def test_silence_then_nobody_left_is_an_error_event() -> None:
    with FakeServer([late("500", "chat")]) as first, FakeServer([Answer(error=503)]) as second:
        app = gateway(Place(first.url, "chat"), Place(second.url, "messages"), streaming=FAST)
        reply = run(once(app, RICH))
    checked = check_stream(reply.body)
    assert (reply.status, checked.blocks) == (200, [])
    assert checked.error is not None
    assert checked.error["type"] == "api_error"


def test_silence_of_a_relayed_target_then_nobody_left_is_an_error_event_and_nothing_else() -> None:
    """Only the provider itself may open its message; until then comments keep the client waiting."""
    with FakeServer([late("500", "messages")]) as first, FakeServer([Answer(error=503)]) as second:
        app = gateway(Place(first.url, "messages"), Place(second.url, "messages"), streaming=FAST)
        reply = run(once(app, RICH))
    events = [block for block in reply.body.split(b"\n\n") if block and not block.startswith(b":")]
    assert reply.status == 200
    assert [event.partition(b"\n")[0] for event in events] == [b"event: error"]


def test_silence_and_the_time_limit_in_the_same_moment_give_one_answer() -> None:
    """The first sign of life may be on its way when the failure is told: the client gets one answer, not two."""
    with FakeServer(Script(before=[STALL])) as first:
        limits = {"timeouts": {"first_byte_seconds": 0.05}}
        app = gateway(Place(first.url, "chat", limits), streaming={"commit_seconds": 0.05, "ping_seconds": 0.05})

        async def main() -> list[str]:
            async with app.lifespan(), open_stream(app, "/v1/messages", body()) as client:
                await client.ended()
                await asyncio.sleep(0.01)  # whatever was still on its way has been sent
                return [message["type"] for message in client.sent]

        for _ in range(3):
            sent = run(main())
            assert sent[0] == "http.response.start"
            assert sent.count("http.response.start") == 1
