"""The adapter over httpx.

Of httpx it uses URLs and decoders, and the connections of its engine, httpcore. What `httpx.AsyncClient` adds
(redirects, cookies, default headers, the environment's proxies) is exactly what must not happen here, its objects for
requests and responses cost as much as the connection itself, and why httpcore's pool is not used, `pool` says.
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
from .pool import Lease, Pool
from .proxy import ProxyRule
from .tls import tls_context

#: What httpcore raises (its errors have no common base); errors of TLS in the middle of an answer pass through it.
_ERRORS = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.ConnectionNotAvailable,
    OSError,
)


class HttpxTransport:
    """Sends requests with httpx over HTTP/1.1. Mutable state: the connections, the factories that make them (for each
    of http and https, direct and proxied), and one TLS context, all made when first needed.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._proxy = ProxyRule(settings.proxy_url)
        # A path is checked here, so that a wrong one is an error of the configuration and not of a request.
        self._tls = tls_context(settings.verify) if isinstance(settings.verify, str) else None
        self._pool = Pool(settings)
        self._factories: dict[tuple[bytes, str | None], httpcore.AsyncConnectionPool] = {}

    async def send(self, request: WireRequest) -> HttpxResponse:
        """Send, and return when the headers of the answer are there. Raises as `base` says."""
        proxy_url, reused = self._proxy.proxy_for(request.url), False
        try:
            address = parse_url(request.url)
            outgoing = to_httpcore(request, address)
            lease = await self._lease(address.origin, proxy_url, request.connect_timeout_seconds)
            reused = lease.reused
            try:
                response = await lease.connection.handle_async_request(outgoing)
            except BaseException:
                await lease.end()
                raise
        except (*_ERRORS, httpx.InvalidURL, ValueError) as error:
            raise self._translated(error, request, proxy_url, reused=reused) from error
        return HttpxResponse(request.url, response, lease)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()

    async def _lease(self, origin: httpcore.Origin, proxy_url: str | None, timeout_seconds: float) -> Lease:
        factory = self._factories.get((origin.scheme, proxy_url))
        if factory is None:
            factory = self._factories[origin.scheme, proxy_url] = self._open_factory(origin.scheme, proxy_url)
        connect = factory.create_connection
        return await self._pool.take((str(origin), proxy_url), lambda: connect(origin), timeout_seconds)

    def _open_factory(self, scheme: bytes, proxy_url: str | None) -> httpcore.AsyncConnectionPool:
        """A pool of httpcore that never holds a connection: it only knows how to make the right kind."""
        expiry, backend = self._settings.keep_alive_seconds, httpcore.AnyIOBackend()
        # Reading the authorities is slow, so plain http goes without.
        tls = self._trust() if scheme == b"https" else None
        if proxy_url is None:
            return httpcore.AsyncConnectionPool(tls, keepalive_expiry=expiry, network_backend=backend)
        proxy = httpx.Proxy(proxy_url)
        return httpcore.AsyncHTTPProxy(
            _to_httpcore_url(proxy.url),
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

    def _translated(
        self, error: Exception, request: WireRequest, proxy_url: str | None, *, reused: bool
    ) -> UpstreamError:
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
            case httpcore.LocalProtocolError() | httpx.InvalidURL() | ValueError():
                return failures.unusable(url)
            case _:
                return failures.unanswered(url, error, reused=reused)


class HttpxResponse:
    """An answer whose body has not been read yet."""

    __slots__ = ("_headers", "_lease", "_response", "_url")

    def __init__(self, url: str, response: httpcore.Response, lease: Lease) -> None:
        self._url = url
        self._response = response
        self._lease = lease
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
            raise failures.broken(self._url, error) from error
        finally:
            await self.aclose()

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end, close it otherwise."""
        try:
            with anyio.CancelScope(shield=True):
                await self._response.aclose()
        finally:
            await self._lease.end()

    def _body(self) -> AsyncIterator[bytes]:
        body = self._response.aiter_stream()
        encoding = self.headers.get("content-encoding")
        if encoding is None:
            return body
        return httpx.Response(200, headers={"content-encoding": encoding}, content=body).aiter_bytes()


class Address(NamedTuple):
    """A URL taken apart: httpcore's form of it, where to connect, and the `host` header."""

    url: httpcore.URL
    origin: httpcore.Origin
    host: str


@lru_cache(maxsize=256)
def parse_url(url: str) -> Address:
    """Take a URL apart: slow, but providers have few. Raises httpx.InvalidURL."""
    parsed = httpx.URL(url)
    if not parsed.host or parsed.scheme not in ("http", "https"):
        raise httpx.InvalidURL("neither http nor https, or no host")
    address = _to_httpcore_url(parsed)
    return Address(address, address.origin, parsed.netloc.decode("ascii"))


def _to_httpcore_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def to_httpcore(request: WireRequest, address: Address) -> httpcore.Request:
    """The request in httpcore's form. Raises ValueError for a header name beyond ASCII."""
    headers = {"host": address.host, "accept-encoding": "identity"}
    if request.body or request.method != "GET":
        headers["content-length"] = str(len(request.body))
    headers |= request.headers
    return httpcore.Request(
        request.method,
        address.url,
        headers=[(name.encode("ascii"), value.encode("utf-8", "ignore")) for name, value in headers.items()],
        content=request.body,
        extensions={"timeout": {"connect": request.connect_timeout_seconds}},
    )
