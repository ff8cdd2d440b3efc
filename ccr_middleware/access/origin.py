"""Where a request was made: what a browser says of the page that made it, and under which name it reached us.

A web page that somebody has open anywhere can make their browser call a gateway on their machine (CSRF), and with a
host name that it lets point there even read the answer (DNS rebinding). Browsers give both away: by `Origin` and
`Sec-Fetch-Site`, which no page can change, and by `Host`. Programs send neither `Origin` nor a foreign `Host`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

#: Methods that change nothing (RFC 9110 §9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

_DEFAULT_PORTS = {"http": 80, "https": 443}


class Place(NamedTuple):
    """A host name in lower case (no brackets, no dot at the end), and its port; None: the default of its scheme."""

    host: str
    port: int | None


def parse_host(text: str) -> Place | None:
    """A `Host` header, or the part of a URL that looks like one; None when it is none."""
    try:
        parts = urlsplit(f"//{text.strip()}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host or parts.path or parts.query or parts.fragment or parts.username is not None:
        return None
    return Place(host.removesuffix("."), port)


@lru_cache(maxsize=256)
def is_loopback_host(host: str) -> bool:
    """Whether a `Host` header names this machine: `localhost`, `*.localhost`, 127.0.0.0/8, `[::1]`, any port.

    No other name does, wherever it points: that is up to whoever owns it.
    """
    place = parse_host(host)
    if place is None:
        return False
    return place.host == "localhost" or place.host.endswith(".localhost") or is_loopback_address(place.host)


@lru_cache(maxsize=256)
def is_loopback_address(address: str) -> bool:
    """Whether an IP address is one of this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def allowed_host(host: str, allowed_hosts: Collection[str]) -> bool:
    """Whether a `Host` header is a name of this machine or one of `allowed_hosts` (those without a port: any port)."""
    if is_loopback_host(host):
        return True
    place = parse_host(host)
    return place is not None and any(
        named is not None and named.host == place.host and named.port in (None, place.port)
        for named in map(parse_host, allowed_hosts)
    )


def same_origin(headers: Mapping[str, str], allowed_hosts: Collection[str] = ()) -> bool:
    """Whether the `Origin` of a request is a page of the host it was sent to, or of one of `allowed_hosts`.

    `X-Forwarded-Host` counts as the host only if `allowed_hosts` has it; of those, the ones without a port are meant
    with the default port: another port is another application. The scheme is not compared, because proxies that end
    TLS seldom tell. Without `Origin` this is False.
    """
    page = urlsplit_origin(headers.get("origin", ""))
    if page is None:
        return False
    scheme, place = page
    forwarded = headers.get("x-forwarded-host", "").partition(",")[0]
    names = [headers.get("host", ""), *allowed_hosts]
    if forwarded and allowed_host(forwarded, allowed_hosts):
        names.append(forwarded)
    default = _DEFAULT_PORTS[scheme]
    wanted = (place.host, place.port or default)
    return any(named and (named.host, named.port or default) == wanted for named in map(parse_host, names))


def urlsplit_origin(origin: str) -> tuple[str, Place] | None:
    """The scheme and place of an `Origin`; None for `null`, for what is no web page, and for none."""
    scheme, _, rest = origin.strip().lower().partition("://")
    place = parse_host(rest) if scheme in _DEFAULT_PORTS else None
    return None if place is None else (scheme, place)


def is_foreign(headers: Mapping[str, str], allowed_hosts: Collection[str] = ()) -> bool:
    """Whether a page of somewhere else made the request. Programs and pages of our own are not foreign."""
    if "origin" in headers:
        return not same_origin(headers, allowed_hosts)
    return headers.get("sec-fetch-site", "") in ("cross-site", "same-site")


def is_own_page(headers: Mapping[str, str], allowed_hosts: Collection[str] = ()) -> bool:
    """Whether a page of this gateway's own host made the request, or the user did without any page."""
    if "origin" in headers:
        return same_origin(headers, allowed_hosts)
    return headers.get("sec-fetch-site", "") in ("same-origin", "none")


def arrived_on_loopback(scope: Mapping[str, Any]) -> bool:
    """Whether the request came in at a loopback address, which only this machine can reach (directly, that is)."""
    server = scope.get("server")
    address = str(server[0]) if server else ""
    return address == "localhost" or is_loopback_address(address)


def is_secure(scope: Mapping[str, Any], headers: Mapping[str, str]) -> bool:
    """Whether the browser reached us by HTTPS, as far as anybody tells: the server, the proxy, or the page itself."""
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    return "https" in (scope.get("scheme"), forwarded) or headers.get("origin", "").lower().startswith("https://")
