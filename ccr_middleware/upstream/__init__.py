"""The way to the providers: one small contract (`base`), an adapter per HTTP library, and one without a network.

Nothing else in the package knows an HTTP library. The libraries are imported when the first transport is opened:
together they cost more start-up time than all the rest.
"""

from __future__ import annotations

from typing import Literal

from .base import PoolSettings, StaleConnection, Transport, WireRequest, WireResponse
from .in_process import InProcessTransport

Library = Literal["auto", "httpx", "aiohttp"]

__all__ = [
    "InProcessTransport",
    "Library",
    "PoolSettings",
    "StaleConnection",
    "Transport",
    "WireRequest",
    "WireResponse",
    "open_transport",
    "preload",
]


def open_transport(settings: PoolSettings, library: Library = "auto") -> Transport:
    """A transport for the running event loop. `auto` takes aiohttp (extra `speed`) when it is installed.

    Raises ConfigError for a proxy or certificates that cannot be used, ImportError when aiohttp is asked for and not
    installed.
    """
    if library != "httpx":
        try:
            from .aiohttp_transport import AiohttpTransport

            return AiohttpTransport(settings)
        except ImportError:
            if library == "aiohttp":
                raise
    from .httpx_transport import HttpxTransport

    return HttpxTransport(settings)


def preload() -> None:
    """Import the HTTP library that `open_transport` would take, so that the first request does not have to."""
    try:
        from . import aiohttp_transport as library
    except ImportError:
        from . import httpx_transport as library  # type: ignore[no-redef]
    del library
