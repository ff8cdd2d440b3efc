"""What the tests of the HTTP adapters share.

library = libraries()                                # a fixture: the test runs with httpx and with aiohttp
run(library, scenario, max_connections=1)            # scenario(transport), then the transport is closed
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from ccr_middleware.testing import FakeServer
from ccr_middleware.upstream import Library, PoolSettings, Transport, WireRequest, WireResponse, open_transport

BODY = b'{"model":"m","messages":[]}'
HEADERS = {"content-type": "application/json", "authorization": "Bearer sk-secret"}


def libraries() -> Callable[..., Library]:
    """A fixture with which a test runs once with each library."""

    def library(request: pytest.FixtureRequest) -> Library:
        return request.param

    return pytest.fixture(params=["httpx", "aiohttp"])(library)


def run(library: Library, scenario: Callable[[Transport], Awaitable[None]], **settings: object) -> None:
    """Run a scenario with a transport of its own."""

    async def main() -> None:
        transport = open_transport(PoolSettings(**settings), library)
        try:
            await scenario(transport)
        finally:
            await transport.aclose()

    asyncio.run(main())


def request_to(provider: FakeServer, path: str = "/v1/chat/completions", **fields: object) -> WireRequest:
    """A request to a provider, with any field replaced."""
    return WireRequest(**{"url": provider.url + path, "headers": dict(HEADERS), "body": BODY, **fields})


async def read(response: WireResponse) -> bytes:
    """The whole body."""
    return b"".join([chunk async for chunk in response.chunks()])
