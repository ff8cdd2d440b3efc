"""The way out: which requests go through the configured proxy (failure-modes F28).

Only the `proxy_url` of the settings counts. The environment is never read: a gateway inside a host must not be
steered by variables meant for something else.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from ..errors import ConfigError


class ProxyRule:
    """Says for a URL whether it goes through the proxy. Raises ConfigError for a proxy that cannot be used."""

    def __init__(self, proxy_url: str | None) -> None:
        self.proxy_url = _checked(proxy_url) if proxy_url else None

    def proxy_for(self, url: str) -> str | None:
        """The proxy's URL, or None for a direct connection. A proxy cannot reach our own loopback, so it never is
        asked for it."""
        return None if self.proxy_url is None or is_loopback(url) else self.proxy_url


def is_loopback(url: str) -> bool:
    """Whether the URL's host is this machine by its spelling; no name is resolved."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _checked(proxy_url: str) -> str:
    """A proxy without a scheme (`localhost:8080`) is taken for an http one, as curl does."""
    url = proxy_url if "://" in proxy_url else f"http://{proxy_url}"
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ConfigError("PROXY_URL: must be http://host:port or https://host:port, with user:password@ if needed")
    return url
