"""The fault table: what comes of each failure, over real sockets, with the exact outcome.

Columns: another try at the same target (`retry`), another key (`key`), another target (`target`), and what the client
is told when there is none of them. See `docs/resilience.md`.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import Any, NamedTuple

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, FakeServer, check_error, check_message, check_stream
from ccr_middleware.testing.asgi import Reply

from .support.failing import FAULTS, LATE, Place, gateway
from .support.gateway import ask, body


class Outcome(NamedTuple):
    """Which of the three ways make it good, and the status and type of the error when there is none of them."""

    retry: bool
    key: bool
    target: bool
    status: int
    type: str


NETWORK = Outcome(True, False, True, 502, "api_error")
TIMEOUT = Outcome(False, False, True, 504, "timeout_error")

TABLE = {
    "refused": NETWORK,
    "DNS": NETWORK,
    "TLS": NETWORK,
    "connect timeout": TIMEOUT,
    "first-byte timeout": TIMEOUT,
    "idle stall": TIMEOUT,
    "cut in headers": NETWORK,
    "cut before content": NETWORK,
    "error event first": Outcome(True, False, True, 529, "overloaded_error"),
    "error event after the opening": Outcome(True, False, True, 529, "overloaded_error"),
    "empty stream": Outcome(True, False, True, 529, "overloaded_error"),
    "HTML 502": Outcome(True, False, True, 502, "api_error"),
    "HTML 200": Outcome(True, False, True, 502, "api_error"),
    "400": Outcome(False, False, False, 400, "invalid_request_error"),
    "401": Outcome(False, True, True, 401, "authentication_error"),
    "402": Outcome(False, True, True, 402, "billing_error"),
    "403": Outcome(False, True, True, 403, "permission_error"),
    "404": Outcome(False, False, False, 404, "not_found_error"),
    "408": Outcome(True, False, True, 408, "timeout_error"),
    "409": Outcome(True, False, True, 409, "invalid_request_error"),
    "413": Outcome(False, False, False, 413, "request_too_large"),
    "429": Outcome(True, True, True, 429, "rate_limit_error"),
    "500": Outcome(True, False, True, 500, "api_error"),
    "503": Outcome(True, False, True, 503, "overloaded_error"),
    "529": Outcome(True, False, True, 529, "overloaded_error"),
}

GOOD = Answer(text=["Hel", "lo"])

each_fault = pytest.mark.parametrize("fault", TABLE)
#: Both lanes, and an answer that is no stream.
each_lane = pytest.mark.parametrize(("wire", "streaming"), [("chat", True), ("chat", False), ("messages", True)])


def call(app: Gateway, streaming: bool) -> Reply:
    """One question; the connections are closed afterwards."""

    async def main() -> Reply:
        async with app.lifespan():
            return await ask(app, body(stream=streaming))

    return asyncio.run(asyncio.wait_for(main(), 10))


def is_hello(reply: Reply, streaming: bool) -> None:
    """The good answer, whole and once."""
    assert reply.status == 200, reply.body
    checked = check_stream(reply.body) if streaming else check_message(reply.json())
    assert (checked.text, checked.stop_reason, checked.error) == ("Hello", "end_turn", None)


def is_failure(reply: Reply, outcome: Outcome) -> None:
    """The error, with its status: nothing was sent before it."""
    assert (reply.status, check_error(reply.body)["type"]) == (outcome.status, outcome.type)


def told(reply: Reply) -> tuple[str, str, str]:
    """What the headers tell of who answered."""
    return tuple(reply.headers.get(f"x-ccr-{name}", "") for name in ("provider", "model", "attempts"))  # type: ignore[return-value]


def test_the_table_has_every_fault() -> None:
    assert set(TABLE) == set(FAULTS)


@each_lane
@each_fault
def test_fault_and_nobody_else(fault: str, wire: Any, streaming: bool) -> None:
    with ExitStack() as held:
        first, server = FAULTS[fault].serve(held, wire)
        reply = call(gateway(first), streaming)
    is_failure(reply, TABLE[fault])
    assert told(reply) == ("first", "m", "1")
    assert server is None or len(server.exchanges) == 1


@each_lane
@each_fault
def test_fault_and_another_try(fault: str, wire: Any, streaming: bool) -> None:
    outcome = TABLE[fault]
    with ExitStack() as held:
        first, server = FAULTS[fault].serve(held, wire, GOOD)
        reply = call(gateway(first, retry={"attempts": 1}), streaming)
    assert told(reply) == ("first", "m", "2" if outcome.retry else "1")
    if server is None or not outcome.retry:
        is_failure(reply, outcome)
    else:
        is_hello(reply, streaming)
        assert len(server.exchanges) == 2


@pytest.mark.parametrize(("wire", "streaming"), [("chat", False), ("messages", True)])
@each_fault
def test_fault_and_another_key(fault: str, wire: Any, streaming: bool) -> None:
    outcome = TABLE[fault]
    keys = {"api_keys": [{"key": "sk-1", "priority": 1}, "sk-2"]}
    with ExitStack() as held:
        first, server = FAULTS[fault].serve(held, wire, GOOD, **keys)
        reply = call(gateway(first), streaming)
    if not outcome.key:
        is_failure(reply, outcome)
        assert told(reply) == ("first", "m", "1")
        return
    is_hello(reply, streaming)
    assert told(reply) == ("first", "m", "2")
    assert server is not None
    sent = [one.headers.get("x-api-key") or one.headers["authorization"].split()[1] for one in server.exchanges]
    assert sent == ["sk-1", "sk-2"]


@each_lane
@each_fault
def test_fault_and_another_target(fault: str, wire: Any, streaming: bool) -> None:
    outcome = TABLE[fault]
    other = "messages" if wire == "chat" else "chat"
    with ExitStack() as held:
        first, server = FAULTS[fault].serve(held, wire)
        second = held.enter_context(FakeServer([GOOD]))
        reply = call(gateway(first, Place(second.url, other)), streaming)
    assert server is None or len(server.exchanges) == 1
    assert len(second.exchanges) == outcome.target
    if outcome.target:
        is_hello(reply, streaming)
        assert told(reply) == ("second", "m", "2")
    else:
        is_failure(reply, outcome)
        assert told(reply) == ("first", "m", "1")


@pytest.mark.parametrize("wire", ["chat", "messages", "gemini", "responses"])
@pytest.mark.parametrize("fault", LATE)
def test_c36_fault_after_content(fault: str, wire: Any) -> None:
    """Neither another try, nor another key, nor another target: what came, and an honest error."""
    more = {"api_keys": ["sk-1", "sk-2"], "timeouts": {"idle_seconds": 0.1}}
    with FakeServer([LATE[fault]]) as server, FakeServer() as second:
        app = gateway(Place(server.url, wire, more), Place(second.url, "messages"), retry={"attempts": 3})
        reply = call(app, streaming=True)
    checked = check_stream(reply.body)
    assert (reply.status, checked.text, checked.complete) == (200, "Hel", False)
    assert checked.error is not None
    assert checked.error["type"] == ("timeout_error" if "stall" in fault else "api_error")
    assert told(reply) == ("first", "m", "1")
    assert (len(server.exchanges), len(second.exchanges)) == (1, 0)
