"""Both HTTP adapters against real sockets: how connections are made, kept and let go."""

import asyncio
import socket
from collections.abc import Awaitable

import anyio
import pytest

from ccr_middleware.errors import UpstreamTimeout
from ccr_middleware.testing import STALL, FakeServer, Script, stream
from ccr_middleware.upstream import Library, PoolSettings, Transport, WireRequest, open_transport

from .support.adapters import libraries, read, request_to, run

library = libraries()


def test_nagle_is_off(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[socket.socket] = []
    connect = socket.socket.connect

    def spy(self: socket.socket, address: object) -> None:
        connected.append(self)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", spy)

    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        assert connected[-1].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await response.aclose()

    with FakeServer(stream(b"x", STALL)) as provider:
        run(library, scenario)


def test_a_connection_is_used_again_after_a_whole_answer(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(3):
            response = await transport.send(request_to(provider))
            await read(response)
            await response.aclose()

    with FakeServer(stream(b"data: 1\n\n")) as provider:
        run(library, scenario)
    assert provider.connections == 1


def test_c39_an_unread_answer_closes_its_connection(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        assert await anext(response.chunks()) == b"data: 1\n\n"
        await response.aclose()
        assert await provider.exchanges[0].closed.reached(1)
        await response.aclose()  # twice does no harm
        again = await transport.send(request_to(provider))
        assert await read(again) == b"ok"

    with FakeServer([stream(b"data: 1\n\n", STALL), stream(b"ok")]) as provider:
        run(library, scenario, max_connections=1)
    assert provider.connections == 2


def test_c39_an_answer_left_while_the_provider_pours_is_closed(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        await anext(response.chunks())
        await response.aclose()
        assert await provider.exchanges[0].closed.reached(1)

    with FakeServer(Script([b"x" * 65536] * 400)) as provider:
        run(library, scenario)


def test_c39_an_answer_left_while_the_request_is_not_read_is_closed() -> None:
    """Only aiohttp reads an answer before the request is out. A polite close would wait for the peer to read on."""
    closed = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)  # until every buffer on the way is full
        writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 1000000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.005)
        except ConnectionError:
            closed.set()
        writer.close()

    async def scenario(transport: Transport) -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
            response = await transport.send(WireRequest(url, {}, b"x" * 32 * 2**20))
            await anext(response.chunks())
            await response.aclose()
            await asyncio.wait_for(closed.wait(), 2)

    run("aiohttp", scenario)


@pytest.mark.parametrize("cancel", ["task", "scope"])
def test_c39_a_cancelled_read_closes_the_connection(library: Library, cancel: str) -> None:
    async def consume(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        try:
            async for _ in response.chunks():
                pass
        finally:
            await response.aclose()

    async def scenario(transport: Transport) -> None:
        await _cancelled(cancel, consume(transport), provider)
        assert await provider.exchanges[0].closed.reached(1)
        assert await read(await transport.send(request_to(provider))) == b"ok"

    with FakeServer([stream(b"data: 1\n\n", STALL), stream(b"ok")]) as provider:
        run(library, scenario, max_connections=1)


@pytest.mark.parametrize("cancel", ["task", "scope"])
def test_c39_a_request_cancelled_before_the_headers_closes_the_connection(library: Library, cancel: str) -> None:
    async def scenario(transport: Transport) -> None:
        await _cancelled(cancel, transport.send(request_to(provider)), provider)
        assert await provider.exchanges[0].closed.reached(1)
        assert await read(await transport.send(request_to(provider))) == b"ok"

    with FakeServer([Script(before=[STALL]), stream(b"ok")]) as provider:
        run(library, scenario, max_connections=1)


async def _cancelled(how: str, work: Awaitable[object], provider: FakeServer) -> None:
    """Begin the work and cancel it once the provider has the request: the asyncio way or anyio's."""
    if how == "task":
        task = asyncio.ensure_future(work)
        await provider.arrived()
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    else:

        async def wait() -> None:
            await work

        async with anyio.create_task_group() as group:
            group.start_soon(wait)
            await provider.arrived()
            await anyio.sleep(0.02)
            group.cancel_scope.cancel()


def test_a_full_pool_is_a_timeout_and_leaks_nothing(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        first = await transport.send(request_to(provider))
        with pytest.raises(UpstreamTimeout, match=r"127\.0\.0\.1:\d+.* within 0\.1 s"):
            await transport.send(request_to(provider, connect_timeout_seconds=0.1))
        await first.aclose()
        assert await read(await transport.send(request_to(provider))) == b"ok"

    with FakeServer([stream(b"x", STALL), stream(b"ok")]) as provider:
        run(library, scenario, max_connections=1)


def test_closing_the_transport_closes_idle_connections(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        await read(await transport.send(request_to(provider)))
        assert provider.live
        await transport.aclose()
        with anyio.fail_after(2):
            while provider.live:  # noqa: ASYNC110 - another thread empties it
                await anyio.sleep(0.005)

    with FakeServer(stream(b"ok")) as provider:
        run(library, scenario)


def test_two_transports_share_nothing(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        other = open_transport(PoolSettings(), library)
        await read(await transport.send(request_to(provider)))
        await read(await other.send(request_to(provider)))
        await other.aclose()
        await read(await transport.send(request_to(provider)))

    with FakeServer(stream(b"ok")) as provider:
        run(library, scenario)
    assert [seen.connection for seen in provider.exchanges] == [0, 1, 0]
