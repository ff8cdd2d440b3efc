"""The adapter over httpx.

It uses httpx's URLs and decoders, and the connections of httpcore, its engine. What `httpx.AsyncClient` adds
(redirects, cookies, default headers, the environment's proxies) is exactly what must not happen here; its request and
response objects cost more than the connection itself, and about httpcore's pool see `pool`.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from functools import lru_cache
from typing import NamedTuple

import anyio
import httpcore
import httpx

from ..errors import UpstreamError, UpstreamTimeout
from . import failures
from .base import PoolSettings, WireRequest
from .headers import to_headers
from .pool import Connection, Pool, Route
from .proxy import ProxyRule
from .tls import tls_context

#: What httpcore raises; it has no common base. TLS errors in the middle of an answer it lets through.
_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
    OSError,
)


class HttpxTransport:
    """Sends requests with httpx over HTTP/1.1. Mutable state: the connections, the makers of connections (one for
    each of http and https, direct and proxied), and one TLS context; all made when first needed.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._proxy = ProxyRule(settings.proxy_url)
        # A path is checked here, so that a wrong one is an error of the configuration and not of a request.
        self._tls = tls_context(settings.verify) if isinstance(settings.verify, str) else None
        self._makers: dict[tuple[bytes, str | None], httpcore.AsyncConnectionPool] = {}
        self._pool = Pool(settings)

    async def send(self, request: WireRequest) -> HttpxResponse:
        """Send, and return when the headers of the answer are there. Raises as `base` says."""
        proxy_url = self._proxy.proxy_for(request.url)
        try:
            address = parse_url(request.url)
            outgoing = to_httpcore(request, address)
            route: Route = (str(address.origin), proxy_url)
            make = self._maker(address.origin.scheme, proxy_url).create_connection
            connection = await self._pool.take(route, lambda: make(address.origin), request.connect_timeout_seconds)
            try:
                response = await connection.handle_async_request(outgoing)
            except BaseException:
                await self._pool.give_back(route, connection)
                raise
        except (*_ERRORS, httpx.InvalidURL, ValueError) as error:
            raise self._translated(error, request, proxy_url) from error
        return HttpxResponse(request.url, response, self._pool, route, connection)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    def _maker(self, scheme: bytes, proxy_url: str | None) -> httpcore.AsyncConnectionPool:
        """Only makes connections, of the right kind and with the right settings; they are kept in our pool."""
        maker = self._makers.get((scheme, proxy_url))
        if maker is None:
            maker = self._makers[scheme, proxy_url] = self._open_maker(scheme, proxy_url)
        return maker

    def _open_maker(self, scheme: bytes, proxy_url: str | None) -> httpcore.AsyncConnectionPool:
        expiry, backend = self._settings.keep_alive_seconds, httpcore.AnyIOBackend()
        # Reading the authorities is slow, so plain http goes without.
        tls = self._trust() if scheme == b"https" else None
        if proxy_url is None:
            return httpcore.AsyncConnectionPool(tls, keepalive_expiry=expiry, network_backend=backend)
        proxy = httpx.Proxy(proxy_url)
        return httpcore.AsyncHTTPProxy(
            httpcore.URL(
                scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=proxy.url.raw_path
            ),
            proxy_auth=proxy.raw_auth,
            ssl_context=tls,
            proxy_ssl_context=self._trust() if proxy.url.scheme == "https" else None,
            keepalive_expiry=expiry,
            network_backend=backend,
        )

    def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context(self._settings.verify)
        return self._tls

    def _translated(self, error: Exception, request: WireRequest, proxy_url: str | None) -> UpstreamError:
        """Our error for one of httpcore's, raised before the headers of an answer came."""
        url, seconds = request.url, request.connect_timeout_seconds
        match error:
            case httpcore.PoolTimeout():
                limit = self._settings.max_connections
                return UpstreamTimeout(
                    f"no connection to {failures.address(url)} became free within {seconds:g} s: "
                    f"all {limit} are in use (pool.max_connections)"
                )
            case httpcore.ConnectTimeout():
                return failures.connect_timeout(url, seconds, proxy_url)
            case httpcore.ProxyError():
                # httpcore gives the proxy's status line; its words are the proxy's, so only the number is told.
                return failures.unreachable(url, f"the proxy answered {str(error)[:3]}", proxy_url)
            case httpcore.ConnectError():
                return failures.unreachable(url, error, proxy_url)
            case httpcore.LocalProtocolError() | httpcore.UnsupportedProtocol() | httpx.InvalidURL() | ValueError():
                return failures.unusable(url)
            case _:
                return failures.broken(url, error, answering=False)


class HttpxResponse:
    """An answer whose body has not been read yet."""

    __slots__ = ("_connection", "_headers", "_pool", "_response", "_route", "_url")

    def __init__(self, url: str, response: httpcore.Response, pool: Pool, route: Route, connection: Connection) -> None:
        self._url = url
        self._response = response
        self._pool = pool
        self._route = route
        self._connection: Connection | None = connection
        self._headers: dict[str, str] | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case, the last of equals."""
        if self._headers is None:
            self._headers = to_headers(self._response.headers)
        return self._headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, decompressed. Raises UpstreamBroken when it ends early or cannot be decompressed."""
        try:
            async for data in self._body():
                yield data
        except (*_ERRORS, httpx.DecodingError) as error:
            raise failures.broken(self._url, error, answering=True) from error
        await self.aclose()

    def _body(self) -> AsyncIterator[bytes]:
        encoding = self.headers.get("content-encoding")
        if encoding is None:
            return self._response.aiter_stream()
        return httpx.Response(
            200, headers={"content-encoding": encoding}, content=self._response.aiter_stream()
        ).aiter_bytes()

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end, close it otherwise."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with anyio.CancelScope(shield=True):
                await self._response.aclose()
        finally:
            await self._pool.give_back(self._route, connection)


class Address(NamedTuple):
    """A URL taken apart: the form httpcore has for it, where to connect, and the `host` header."""

    url: httpcore.URL
    origin: httpcore.Origin
    host: bytes


@lru_cache(maxsize=256)
def parse_url(url: str) -> Address:
    """Taking a URL apart is slow, and providers have few. Raises httpx.InvalidURL."""
    parsed = httpx.URL(url)
    if not parsed.host or parsed.scheme not in ("http", "https"):
        raise httpx.InvalidURL("no host, or neither http nor https")
    raw = httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path)
    return Address(raw, raw.origin, parsed.netloc)


def to_httpcore(request: WireRequest, address: Address) -> httpcore.Request:
    """The request in httpcore's form. Raises ValueError for a header name beyond ASCII."""
    headers = [(name.encode("ascii"), value.encode("utf-8", "ignore")) for name, value in request.headers.items()]
    if "host" not in request.headers:
        headers.insert(0, (b"host", address.host))
    if "accept-encoding" not in request.headers:
        headers.append((b"accept-encoding", b"identity"))
    if request.body or request.method == "POST":
        headers.append((b"content-length", b"%d" % len(request.body)))
    return httpcore.Request(
        request.method,
        address.url,
        headers=headers,
        content=request.body,
        extensions={"timeout": {"connect": request.connect_timeout_seconds}},
    )
