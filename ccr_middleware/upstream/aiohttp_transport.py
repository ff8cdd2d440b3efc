"""The adapter over aiohttp (extra `speed`): the lean one, a few microseconds over the library itself."""

from __future__ import annotations

import asyncio
import io
import ssl
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar
from weakref import WeakSet

import aiohttp
from aiohttp.tracing import Trace

from ..errors import UpstreamError
from . import failures
from .base import PoolSettings, WireRequest
from .headers import to_headers
from .proxy import ProxyRule
from .tls import tls_context

#: Bytes buffered per connection before reading pauses; large enough that one read takes all that has come.
_READ_BUFFER_BYTES = 256 * 1024

#: aiohttp's default of 8 KiB per header line is less than some providers' policies need.
_HEADER_LINE_BYTES = 64 * 1024

#: aiohttp warns about bytes larger than this; from a file it writes in pieces and lets the loop run in between.
_LARGE_BODY_BYTES = 1024 * 1024

#: Whether the connection that the running request was given had been kept from an earlier one. aiohttp tells nobody but
#: its traces, which cost more than all the rest of this adapter.
_reused: ContextVar[bool] = ContextVar("reused", default=False)


class _Connector(aiohttp.TCPConnector):
    """Connections that are known again. Mutable state: those that were used, as long as they live."""

    def __init__(self, *, limit: int, keepalive_timeout: float) -> None:
        super().__init__(limit=limit, keepalive_timeout=keepalive_timeout)
        self._used: WeakSet[object] = WeakSet()

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        """A connection, kept or new, which is noted."""
        connection = await super().connect(req, traces, timeout)
        _reused.set(connection.protocol in self._used)
        self._used.add(connection.protocol)
        return connection


class AiohttpTransport:
    """Sends requests with aiohttp. Mutable state: one session and one TLS context, both made when first needed.

    `max_keep_alive` has no counterpart in aiohttp: idle connections are bounded by `max_connections` and by age.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._proxy = ProxyRule(settings.proxy_url)
        self._session: aiohttp.ClientSession | None = None
        # A path is checked here, so that a wrong one is an error of the configuration and not of a request.
        self._tls = tls_context(settings.verify) if isinstance(settings.verify, str) else None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: WireRequest) -> AiohttpResponse:
        """Send, and return when the headers of the answer are there. Raises as `base` says."""
        url, body = request.url, request.body
        proxy_url = self._proxy.proxy_for(url)
        _reused.set(False)
        try:
            response = await (self._session or self._open_session()).request(
                request.method,
                url,
                data=(body or None) if len(body) <= _LARGE_BODY_BYTES else io.BytesIO(body),
                headers=request.headers,
                proxy=proxy_url,
                allow_redirects=False,
                # `connect` covers the wait for a free connection, DNS, TCP and TLS together.
                timeout=aiohttp.ClientTimeout(total=None, connect=request.connect_timeout_seconds),
                ssl=self._trust(url) if proxy_url is None else self._trust(url, proxy_url),
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translated(error, request, proxy_url) from error
        return AiohttpResponse(url, response)

    async def aclose(self) -> None:
        """Close every connection."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open_session(self) -> aiohttp.ClientSession:
        settings = self._settings
        self._loop = asyncio.get_running_loop()
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=settings.max_connections, keepalive_timeout=settings.keep_alive_seconds),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"accept-encoding": "identity"},
            skip_auto_headers=("accept", "content-type", "user-agent"),
            read_bufsize=_READ_BUFFER_BYTES,
            max_field_size=_HEADER_LINE_BYTES,
        )
        return self._session

    def _trust(self, *urls: str) -> ssl.SSLContext | bool:
        """The TLS context if one of the URLs is https. Not made before: reading the authorities is slow."""
        if not any(url[:5].lower() == "https" for url in urls):
            return True
        if self._tls is None:
            self._tls = tls_context(self._settings.verify)
        return self._tls

    def __del__(self) -> None:
        """A host without a lifespan ends its loop without `aclose`. aiohttp would log that as an error at exit,
        though the connections died with the loop; while the loop lives, its warning is right and stays."""
        session, loop = getattr(self, "_session", None), getattr(self, "_loop", None)
        if session is None or loop is None or session.closed or not loop.is_closed():
            return
        connector = session.connector
        session.detach()
        if connector is not None:
            # With the loop gone closing only marks the connector closed, and does so in its first step.
            next(connector.close().__await__(), None)


class AiohttpResponse:
    """An answer of aiohttp whose body has not been read yet."""

    __slots__ = ("_headers", "_response", "_url")

    def __init__(self, url: str, response: aiohttp.ClientResponse) -> None:
        self._url = url
        self._response = response
        self._headers: dict[str, str] | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case, the last of equals."""
        if self._headers is None:
            self._headers = to_headers(self._response.raw_headers)
        return self._headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, decompressed. Raises UpstreamBroken when it ends early or cannot be decompressed."""
        read = self._response.content.readany
        try:
            while data := await read():
                yield data
        except (aiohttp.ClientError, OSError) as error:
            raise failures.broken(self._url, error) from error

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end, close it otherwise.

        At the end of a body aiohttp has given the connection back already. Otherwise it is aborted: a polite close
        waits until a provider that is still talking agrees, for TLS up to 30 s.
        """
        connection = self._response.connection
        if connection is not None and connection.transport is not None:
            connection.transport.abort()
        self._response.close()


def _translated(error: Exception, request: WireRequest, proxy_url: str | None) -> UpstreamError:
    """Our error for one of aiohttp's, raised before the headers of an answer came."""
    url = request.url
    match error:
        case aiohttp.ConnectionTimeoutError():
            return failures.connect_timeout(url, request.connect_timeout_seconds, proxy_url)
        case aiohttp.ClientHttpProxyError():
            return failures.unreachable(url, f"the proxy answered {error.status}", proxy_url)
        case aiohttp.ClientConnectorError():
            return failures.unreachable(url, error, proxy_url)
        case aiohttp.NonHttpUrlClientError() | ValueError():  # InvalidURL is a ValueError too
            return failures.unusable(url)
        case _:
            return failures.unanswered(url, error, reused=_reused.get())
