"""The scripted providers and the ASGI driver do what they say."""

import asyncio
import http.client
import json
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
import pytest

from ccr_middleware.errors import UpstreamBroken, UpstreamTimeout
from ccr_middleware.testing import (
    CUT,
    RESET,
    STALL,
    FakeProvider,
    FakeServer,
    Script,
    Signal,
    get,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.testing.ports import refusing, unanswering
from ccr_middleware.testing.script import FEEDINGS, feed
from ccr_middleware.upstream.base import Transport, WireRequest

from .support import chat

REQUEST = WireRequest("http://provider.test/v1/chat/completions?a=b", {"x-a": "b"}, b'{"model":"m"}')


async def read(transport: Transport, request: WireRequest = REQUEST) -> bytes:
    response = await transport.send(request)
    try:
        return b"".join([chunk async for chunk in response.chunks()])
    finally:
        await response.aclose()


# In the process.


@pytest.mark.parametrize("feeding", FEEDINGS)
def test_transport_plays_scripts_in_order(feeding: str) -> None:
    data = chat.answer("Grüße")
    transport = FakeProvider([stream(data, feeding=feeding), json_answer({"a": 1}, 429, {"Retry-After": "3"})])

    async def main() -> None:
        assert (await read(transport)).replace(b"\r\n", b"\n") == data
        second = await transport.send(REQUEST)
        assert (second.status, second.headers["retry-after"]) == (429, "3")
        await second.aclose()
        assert (await transport.send(REQUEST)).status == 500

    asyncio.run(main())
    first, second, third = transport.exchanges
    assert (first.path, first.json()) == ("/v1/chat/completions?a=b", {"model": "m"})
    assert (first.answered.is_set(), first.closed.is_set(), first.releases) == (True, False, 1)
    assert second.closed.is_set()
    assert transport.unreleased == [third]
    assert transport.requests == [REQUEST] * 3
    with pytest.raises(AssertionError, match="request 2"):
        transport.verify()


def test_transport_raises_what_the_script_says() -> None:
    plan = [Script(before=[UpstreamTimeout("late")]), stream(b"data: 1\n\n", CUT), stream(b"", UpstreamTimeout("idle"))]
    transport = FakeProvider(plan)
    for expected in (UpstreamTimeout, UpstreamBroken, UpstreamTimeout):
        with pytest.raises(expected):
            asyncio.run(read(transport))
    assert all(exchange.closed.is_set() for exchange in transport.exchanges)
    assert transport.unreleased == []


def test_transport_stalls_until_cancelled_and_waits_for_signals() -> None:
    signal = Signal()
    transport = FakeProvider(lambda exchange: Script([b"a", signal, b"b", STALL]))

    async def main() -> None:
        response = await transport.send(REQUEST)
        chunks = response.chunks()
        assert await anext(chunks) == b"a"
        signal.set()
        assert await anext(chunks) == b"b"
        with anyio.move_on_after(0.02) as scope:
            await anext(chunks)
        assert scope.cancelled_caught
        await response.aclose()

    asyncio.run(main())
    assert transport.exchanges[0].closed.is_set()


# On a socket.


def ask(provider: FakeServer, path: str = "/v1") -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", provider.port, timeout=5)
    connection.request("POST", path, b'{"model":"m"}', {"Content-Type": "application/json"})
    return connection


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("feeding", FEEDINGS)
def test_provider_answers_on_a_socket(framing: Any, feeding: str) -> None:
    data = chat.answer("Grüße 🎉")
    with FakeServer(stream(data, feeding=feeding, framing=framing)) as provider:
        connection = ask(provider)
        response = connection.getresponse()
        assert response.getheader("content-type") == "text/event-stream"
        assert response.read() == b"".join(feed(data, feeding))
        connection.close()
    exchange = provider.exchanges[0]
    assert (exchange.method, exchange.path, exchange.json()) == ("POST", "/v1", {"model": "m"})
    assert exchange.headers["content-type"] == "application/json"
    assert exchange.answered.is_set()
    assert not exchange.closed.is_set()


def test_provider_keeps_connections_and_counts_them() -> None:
    with FakeServer([json_answer({"n": 1}), json_answer({"n": 2}, 529)]) as provider:
        connection = ask(provider)
        assert json.loads(connection.getresponse().read()) == {"n": 1}
        connection.request("GET", "/models")
        response = connection.getresponse()
        assert (response.status, response.reason, json.loads(response.read())) == (529, "Overloaded", {"n": 2})
        connection.close()
    assert [exchange.connection for exchange in provider.exchanges] == [0, 0]
    assert provider.connections == 1


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (stream(b"data: 1\n\n", CUT), http.client.IncompleteRead),
        (json_answer({}, 200), None),
        (Script([b"{", CUT], framing="length"), http.client.IncompleteRead),
        (stream(b"data: 1\n\n", RESET), (ConnectionResetError, http.client.IncompleteRead)),
        (Script(before=[CUT]), http.client.RemoteDisconnected),
        (Script(before=[RESET]), ConnectionResetError),
    ],
)
def test_provider_misbehaves(script: Script, error: Any) -> None:
    with FakeServer([script]) as provider:
        connection = ask(provider)
        if error is None:
            assert connection.getresponse().read() == b"{}"
        else:
            with pytest.raises(error):
                connection.getresponse().read()
            assert not provider.exchanges[0].closed.is_set()
        connection.close()


@pytest.mark.parametrize("script", [stream(b"data: 1\n\n", STALL), Script(before=[STALL]), stream(b"", 30.0)])
def test_provider_sees_the_client_leave(script: Script) -> None:
    async def main() -> None:
        async with FakeServer([script]) as provider:
            connection = await asyncio.to_thread(ask, provider)
            exchange = await provider.arrived()
            assert not exchange.closed.is_set()
            connection.close()
            assert await exchange.closed.reached(2)
            assert not exchange.answered.is_set()

    asyncio.run(main())


def test_provider_waits_for_a_signal() -> None:
    signal = Signal()
    with FakeServer([stream(b"a", signal, b"b")]) as provider:
        connection = ask(provider)
        response = connection.getresponse()
        assert response.read(1) == b"a"
        assert not provider.exchanges[0].answered.is_set()
        signal.set()
        assert response.read() == b"b"
        connection.close()


def test_provider_fails_the_test_on_an_unexpected_request() -> None:
    provider = FakeServer([])
    provider.__enter__()
    connection = ask(provider)
    assert connection.getresponse().status == 500
    connection.close()
    with pytest.raises(AssertionError, match="request 0: POST /v1"):
        provider.__exit__(None, None, None)


def test_ports_that_do_not_answer() -> None:
    with refusing() as url, pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=1)
    with unanswering() as url, pytest.raises(TimeoutError):
        socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=0.1)


# The ASGI driver.


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers what it was asked, in two pieces."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    names = {key: scope[key] for key in ("method", "path", "root_path")}
    headers = [(b"content-type", b"application/json"), (b"x-query", scope["query_string"])]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(names).encode(), "more_body": True})
    await send({"type": "http.response.body", "body": b"\n" + body})


def test_driver_posts_and_gets() -> None:
    async def main() -> None:
        reply = await post(echo, "/llm/v1?a=b", {"c": 1}, root_path="/llm", split_body=2)
        assert (reply.status, reply.headers["x-query"]) == (201, "a=b")
        head, body = reply.body.split(b"\n")
        assert json.loads(head) == {"method": "POST", "path": "/llm/v1", "root_path": "/llm"}
        assert (json.loads(body), len(reply.chunks)) == ({"c": 1}, 2)
        assert json.loads((await get(echo, "/")).chunks[0])["method"] == "GET"

    asyncio.run(main())


async def ticking(scope: Any, receive: Any, send: Any) -> None:
    """Sends until the client leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    gone = asyncio.ensure_future(wait_for_disconnect(receive))
    number = 0
    while not gone.done():
        await send({"type": "http.response.body", "body": b"%d" % number, "more_body": True})
        number += 1
        await asyncio.sleep(0)
    scope["sent"] = number


async def wait_for_disconnect(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def test_driver_reads_one_message_at_a_time_and_leaves() -> None:
    async def main() -> None:
        counted: dict[str, int] = {}

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await ticking(scope, receive, send)
            counted.update(sent=scope["sent"])

        async with open_stream(app, "/", lockstep=True) as client:
            assert await client.start() == 200
            assert [await client.next(), await client.next()] == [b"0", b"1"]
            assert len(client.sent) == 3
            client.disconnect()
            await client.ended(1)
        assert 2 <= counted["sent"] <= 4

    asyncio.run(main())


def test_driver_raises_on_send_when_asked() -> None:
    async def main() -> None:
        async with open_stream(ticking, "/", send_raises=True) as client:
            await client.start()
            client.disconnect()
            with pytest.raises(OSError, match="the client has left"):
                await client.ended(1)

    asyncio.run(main())


BODY = {"type": "http.response.body", "body": b"x"}
START = {"type": "http.response.start", "status": 200, "headers": []}


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        ([BODY], "before http.response.start"),
        ([START, START], "a second"),
        ([START, BODY, BODY], "after the last body"),
        ([{**START, "headers": [(b"X-A", b"b")]}], "not lower case"),
        ([{**START, "headers": [(b"x-a", b"b\r\nc: d")]}], "line end"),
        ([{"type": "http.response.end"}], "unknown message"),
        ([], "without an answer"),
    ],
)
def test_driver_holds_the_application_to_asgi(messages: list[Any], reason: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    with pytest.raises(AssertionError, match=reason):
        asyncio.run(post(app, "/"))


@pytest.mark.parametrize("read_some", [True, False])
def test_driver_raises_what_the_application_raises(read_some: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(START)
        raise KeyError("broken")

    async def main(act: Callable[[Any], Any]) -> None:
        async with open_stream(app, "/") as client:
            await client.start()
            await act(client)

    act = (lambda client: client.next()) if read_some else (lambda client: asyncio.sleep(0))
    with pytest.raises(KeyError, match="broken"):
        asyncio.run(main(act))
