"""Fixtures for pytest; they are there as soon as the package is installed.

- `fake_provider`: a provider in this process that plays what it is told: `fake_provider.play(Answer(text="Hello"))`.
- `fake_server`: the same on a real socket, at `fake_server.url`.
- `ccr_gateway`: makes gateways in front of the fake provider: `ccr_gateway("gemini")`, `ccr_gateway(strict=True)`,
  `ccr_gateway(upstream=fake_server)`.

A test fails when its fake provider was asked more often than it has answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

# Loaded at every start of pytest: what the fixtures consist of is imported when a test first wants one.
if TYPE_CHECKING:
    from ..gateway import Gateway
    from ..wire.format import WireName
    from .provider import FakeProvider
    from .server import FakeServer


@pytest.fixture
def fake_provider() -> Iterator[FakeProvider]:
    """A provider in this process that plays what it is told. `fake_provider.bodies`: what it was asked."""
    from .provider import FakeProvider

    provider = FakeProvider()
    yield provider
    provider.verify()


@pytest.fixture
def fake_server() -> Iterator[FakeServer]:
    """A provider on a socket of this machine that plays what it is told."""
    from .server import FakeServer

    with FakeServer() as server:
        yield server


@pytest.fixture
def ccr_gateway(request: pytest.FixtureRequest) -> Callable[..., Gateway]:
    """Makes gateways: `ccr_gateway(wire="chat", *, upstream=None, **settings)`. Without an upstream the `fake_provider`
    of the test answers; `settings` as for `gateways.fake_config`."""
    from .gateways import fake_gateway

    def make(wire: WireName = "chat", *, upstream: FakeProvider | FakeServer | None = None, **settings: Any) -> Gateway:
        return fake_gateway(upstream or request.getfixturevalue("fake_provider"), wire, **settings)

    return make
