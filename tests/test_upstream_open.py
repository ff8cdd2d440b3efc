"""Choosing an adapter, the transport without a network, and what is left behind by a host that never closes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import pytest

from ccr_middleware.testing import FakeServer, json_answer
from ccr_middleware.upstream import InProcessTransport, PoolSettings, WireRequest, open_transport

REQUEST = WireRequest("demo://model/v1", {}, b"{}")


def python(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in an interpreter of its own, with warnings as Python has them by default."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)


@pytest.fixture
def without_aiohttp(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the extra `speed` were not installed."""
    monkeypatch.setitem(sys.modules, "aiohttp", None)
    monkeypatch.delitem(sys.modules, "ccr_middleware.upstream.aiohttp_transport", raising=False)


def test_aiohttp_is_taken_when_installed() -> None:
    assert type(open_transport(PoolSettings())).__name__ == "AiohttpTransport"
    assert type(open_transport(PoolSettings(), "httpx")).__name__ == "HttpxTransport"


@pytest.mark.usefixtures("without_aiohttp")
def test_httpx_is_taken_otherwise() -> None:
    assert type(open_transport(PoolSettings())).__name__ == "HttpxTransport"
    with pytest.raises(ImportError):
        open_transport(PoolSettings(), "aiohttp")


def test_no_library_is_imported_before_it_is_needed() -> None:
    code = "import sys, ccr_middleware.upstream; print([m for m in ('httpx', 'aiohttp') if m in sys.modules])"
    assert python(code).stdout.strip() == "[]"


@pytest.mark.parametrize("library", ["httpx", "aiohttp"])
def test_a_host_that_never_closes_sees_no_complaint(library: str) -> None:
    code = """
import asyncio, sys
from ccr_middleware.upstream import PoolSettings, WireRequest, open_transport

async def main():
    response = await transport.send(WireRequest({url!r}, {{}}, b"{{}}"))
    async for _ in response.chunks():
        pass
    await response.aclose()

async def opened():
    return open_transport(PoolSettings(), {library!r})

loop = asyncio.new_event_loop()
transport = loop.run_until_complete(opened())
loop.run_until_complete(main())
loop.close()
print("done")
"""
    with FakeServer(json_answer({})) as provider:
        ended = python(code.format(url=provider.url, library=library))
    assert (ended.stdout, ended.stderr) == ("done\n", "")


# In the process


def test_in_process_gives_what_the_handler_gives() -> None:
    async def handler(request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        async def body() -> AsyncIterator[bytes]:
            yield request.body
            yield b"!"

        return 201, {"x-a": "1"}, body()

    async def main() -> None:
        transport = InProcessTransport(handler)
        response = await transport.send(REQUEST)
        assert (response.status, response.headers["x-a"]) == (201, "1")
        assert [chunk async for chunk in response.chunks()] == [b"{}", b"!"]
        await response.aclose()
        await transport.aclose()

    asyncio.run(main())


def test_in_process_closing_ends_the_body_at_once_also_in_a_cancelled_scope() -> None:
    ended: list[str] = []

    async def handler(request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        async def body() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                await anyio.sleep_forever()
            finally:
                await anyio.lowlevel.checkpoint()  # clean-up that awaits must get through
                ended.append("closed")

        return 200, {}, body()

    async def main() -> None:
        transport = InProcessTransport(handler)
        with anyio.CancelScope() as scope:
            response = await transport.send(REQUEST)
            assert await anext(response.chunks()) == b"first"
            scope.cancel()
            await response.aclose()
            await response.aclose()
        assert ended == ["closed"]

    asyncio.run(main())


def test_in_process_a_body_that_cannot_be_closed_is_no_problem() -> None:
    class Body:
        def __aiter__(self) -> "Body":
            return self

        async def __anext__(self) -> bytes:
            raise StopAsyncIteration

    async def handler(request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        return 200, {}, Body()

    async def main() -> None:
        response = await InProcessTransport(handler).send(REQUEST)
        assert [chunk async for chunk in response.chunks()] == []
        await response.aclose()

    asyncio.run(main())
