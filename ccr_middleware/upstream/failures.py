"""What went wrong with a connection, in words for the person at the keyboard.

The HTTP libraries wrap the same handful of causes in many layers and put whole URLs (with keys in the query) into
their texts. So nothing of their texts is used: the chain of causes is searched for the exception of the standard
library that began it, and only host and port of the address are named.
"""

from __future__ import annotations

import os
import socket
import ssl
from urllib.parse import urlsplit

from ..errors import UpstreamBroken, UpstreamTimeout, UpstreamUnreachable
from .base import StaleConnection

_PORTS = {"http": 80, "https": 443}


def address(url: str) -> str:
    """`host:port` of a URL, never more; `the provider` when there is no host to be found."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "the provider"
    if not parts.hostname:
        return "the provider"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}" if port else host


def unreachable(url: str, error: BaseException | str, proxy_url: str | None = None) -> UpstreamUnreachable:
    """No connection: DNS, refused, TLS, proxy. `error` is what was raised, or the reason itself."""
    why = error if isinstance(error, str) else reason(error)
    return UpstreamUnreachable(f"cannot connect to {_way(url, proxy_url)}: {why}")


def connect_timeout(url: str, seconds: float, proxy_url: str | None = None) -> UpstreamTimeout:
    """The connect timeout, in seconds, is over."""
    return UpstreamTimeout(f"cannot connect to {_way(url, proxy_url)}: no connection within {seconds:g} s")


def unusable(url: str) -> UpstreamUnreachable:
    """A URL or header no library sends. The value itself is not shown: it may be the key."""
    return UpstreamUnreachable(
        f"the request to {address(url)} cannot be sent: its URL, key or a header holds something that does not belong "
        "there, such as a line break; check api_base_url, api_key and headers of this provider"
    )


def broken(url: str, error: BaseException) -> UpstreamBroken:
    """The connection was lost in the middle of an answer."""
    return UpstreamBroken(f"{address(url)} broke off its answer: {reason(error)}")


def unanswered(url: str, error: BaseException, *, reused: bool) -> UpstreamBroken:
    """The connection was lost before the answer began. `reused`: it had been kept from an earlier request."""
    kind = StaleConnection if reused else UpstreamBroken
    return kind(f"{address(url)} gave no answer: {reason(error)}")


def reason(error: BaseException) -> str:
    """What began it, as a short phrase in lower case."""
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLError):
            return _tls_reason(cause)
        if isinstance(cause, socket.gaierror):
            return (cause.strerror or "the name cannot be resolved").lower()
    for cause in causes:
        if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
            return os.strerror(cause.errno).lower()
    return "the connection was closed or what came is no valid HTTP"


def _way(url: str, proxy_url: str | None) -> str:
    return f"{address(url)} through the proxy {address(proxy_url)}" if proxy_url else address(url)


def _tls_reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS: certificate verify failed: {error.verify_message}"
    if error.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
        return "TLS: the server does not speak TLS here (is it http:// instead of https://?)"
    return f"TLS: {(error.reason or 'handshake failed').replace('_', ' ').lower()}"


def _causes(error: BaseException) -> list[BaseException]:
    """The exception and what it was raised from, the innermost first; groups (happy eyeballs) are opened.

    httpcore cuts `__cause__` off but keeps the cause as an argument. `__context__` is not followed: it may lead to
    the failure of an earlier attempt.
    """
    found: list[BaseException] = []
    queue = [error]
    while queue:
        cause = queue.pop(0)
        if cause in found:
            continue
        found.insert(0, cause)
        if isinstance(cause, BaseExceptionGroup):
            queue.extend(cause.exceptions)
        queue.extend(one for one in (cause.__cause__, *cause.args) if isinstance(one, BaseException))
    return found
