"""The adapter over httpx.

It uses httpx's transports directly, not `httpx.AsyncClient`: what the client adds (redirects, cookies, default
headers, the environment's proxies) is exactly what must not happen here, and is not free.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping

import httpx

from ..errors import UpstreamError, UpstreamTimeout
from . import failures
from .base import PoolSettings, WireRequest
from .headers import to_headers
from .proxy import ProxyRule
from .tls import tls_context


class HttpxTransport:
    """Sends requests with httpx over HTTP/1.1. Mutable state: the connection pools, opened when first needed.

    There is a pool for each of http and https, direct and proxied; the limits hold for each.
    """

    def __init__(self, settings: PoolSettings) -> None:
        self._settings = settings
        self._proxy = ProxyRule(settings.proxy_url)
        # A path is checked here, so that a wrong one is an error of the configuration and not of a request.
        self._tls = tls_context(settings.verify) if isinstance(settings.verify, str) else None
        self._pools: dict[tuple[str, str | None], httpx.AsyncHTTPTransport] = {}

    async def send(self, request: WireRequest) -> HttpxResponse:
        """Send, and return when the headers of the answer are there. Raises as `base` says."""
        proxy_url = self._proxy.proxy_for(request.url)
        try:
            outgoing = to_httpx(request)
            response = await self._pool(outgoing.url.scheme, proxy_url).handle_async_request(outgoing)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise self._translated(error, request, proxy_url) from error
        return HttpxResponse(request.url, response)

    async def aclose(self) -> None:
        """Close every connection."""
        pools, self._pools = self._pools, {}
        for pool in pools.values():
            await pool.aclose()

    def _pool(self, scheme: str, proxy_url: str | None) -> httpx.AsyncHTTPTransport:
        pool = self._pools.get((scheme, proxy_url))
        if pool is None:
            pool = self._pools[scheme, proxy_url] = self._open_pool(scheme, proxy_url)
        return pool

    def _open_pool(self, scheme: str, proxy_url: str | None) -> httpx.AsyncHTTPTransport:
        settings = self._settings
        secure_proxy = proxy_url is not None and proxy_url.startswith("https:")
        # Reading the authorities is slow, so plain http goes without: False makes an empty context.
        tls = self._trust() if scheme == "https" or secure_proxy else None
        proxy = None if proxy_url is None else httpx.Proxy(proxy_url, ssl_context=tls if secure_proxy else None)
        return httpx.AsyncHTTPTransport(
            verify=tls or False,
            trust_env=False,
            http1=True,
            http2=False,
            proxy=proxy,
            limits=httpx.Limits(
                max_connections=settings.max_connections,
                max_keepalive_connections=settings.max_keep_alive,
                keepalive_expiry=settings.keep_alive_seconds,
            ),
        )

    def _trust(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context(self._settings.verify)
        return self._tls

    def _translated(self, error: Exception, request: WireRequest, proxy_url: str | None) -> UpstreamError:
        """Our error for one of httpx's, raised before the headers of an answer came."""
        url, seconds = request.url, request.connect_timeout_seconds
        match error:
            case httpx.PoolTimeout():
                limit = self._settings.max_connections
                return UpstreamTimeout(
                    f"no connection to {failures.address(url)} became free within {seconds:g} s: "
                    f"all {limit} are in use (pool.max_connections)"
                )
            case httpx.ConnectTimeout():
                return failures.connect_timeout(url, seconds, proxy_url)
            case httpx.ProxyError():
                # httpx gives the proxy's status line; its words are the proxy's, so only the number is told.
                return failures.unreachable(url, f"the proxy answered {str(error)[:3]}", proxy_url)
            case httpx.ConnectError():
                return failures.unreachable(url, error, proxy_url)
            case httpx.LocalProtocolError() | httpx.UnsupportedProtocol() | httpx.InvalidURL() | ValueError():
                return failures.unusable(url)
            case _:
                return failures.broken(url, error, answering=False)


class HttpxResponse:
    """An answer of httpx whose body has not been read yet."""

    __slots__ = ("_headers", "_response", "_url")

    def __init__(self, url: str, response: httpx.Response) -> None:
        self._url = url
        self._response = response
        self._headers: dict[str, str] | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case, the last of equals."""
        if self._headers is None:
            self._headers = to_headers(self._response.headers.raw)
        return self._headers

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, decompressed. Raises UpstreamBroken when it ends early or cannot be decompressed."""
        try:
            async for data in self._response.aiter_bytes():
                yield data
        except httpx.HTTPError as error:
            raise failures.broken(self._url, error, answering=True) from error

    async def aclose(self) -> None:
        """Give the connection back when the body was read to its end, close it otherwise."""
        await self._response.aclose()


def to_httpx(request: WireRequest) -> httpx.Request:
    """The request in httpx's form. Raises httpx.InvalidURL, and ValueError for a header name beyond ASCII."""
    url = httpx.URL(request.url)
    if not url.host:
        raise httpx.InvalidURL("no host")
    headers = [(name.encode("ascii"), value.encode("utf-8", "ignore")) for name, value in request.headers.items()]
    if "accept-encoding" not in request.headers:
        headers.append((b"accept-encoding", b"identity"))
    seconds = request.connect_timeout_seconds
    return httpx.Request(
        request.method,
        url,
        headers=headers,
        content=request.body or None,
        extensions={"timeout": {"connect": seconds, "pool": seconds, "read": None, "write": None}},
    )
