"""What the gateway asks of an HTTP client. The adapters beside this file are the only code that knows a library.

Contract of an adapter:
- `send` returns as soon as status and headers are there; the body is read by iterating `chunks()`.
- Only `UpstreamUnreachable`, `UpstreamTimeout` and `UpstreamBroken` leave it. A body that ends before the peer said
  it would end raises `UpstreamBroken`; an orderly end just ends.
- No redirect is followed, no cookie kept, no header added but host, content-length and `accept-encoding: identity`
  (unless the request has one of its own: compression is asked of nobody, since compressing proxies hold streams back).
- Header values beyond ASCII leave as UTF-8; those of an answer are read as Latin-1, byte for byte.
- `aclose()` of a response gives the connection back when the body was read to its end and closes it otherwise. It is
  safe to call twice and inside a cancelled scope.
- Bodies arrive decompressed all the same; `content-encoding` and `content-length` stay in `headers` and speak of the
  wire, so they are not to be relayed.
- The texts of errors name host and port, never a URL, a key or the library's words.
- The only timeout is the one for connecting. First byte, idle and total are the caller's, who cancels.
- A connection kept from an earlier request that breaks before the headers of an answer came gives `StaleConnection`
  from `send`; nothing is sent twice here.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..errors import UpstreamBroken


class StaleConnection(UpstreamBroken):
    """A connection kept from an earlier request broke before the headers of an answer came.

    Most likely the provider closed it in the same moment, as it does with idle ones, and never read the request.
    """


@dataclass(slots=True)
class WireRequest:
    """A request ready to be sent: `headers` with lower-case names, `body` in bytes, the timeout in seconds."""

    url: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"
    connect_timeout_seconds: float = 10.0


class WireResponse(Protocol):
    """An answer whose body has not been read yet. `headers` has lower-case names, the last of equals."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes. May be iterated once."""

    async def aclose(self) -> None:
        """Let go of the connection."""


class Transport(Protocol):
    """Sends requests. One transport belongs to one event loop."""

    async def send(self, request: WireRequest) -> WireResponse:
        """Send, and return when the headers of the answer are there."""

    async def aclose(self) -> None:
        """Close every connection."""


class PoolSettings(NamedTuple):
    """Connections kept by a transport. `proxy_url` None: direct. `keep_alive_seconds`: how long an idle one lives."""

    max_connections: int = 1000
    max_keep_alive: int = 100
    keep_alive_seconds: float = 30.0
    proxy_url: str | None = None
    verify: bool | str = True
