"""Presets from the web: a zip archive or a manifest, over https (http only from this machine)."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import quote as percent
from urllib.parse import urljoin, urlsplit

from ..errors import BadRequest, NotFound, RequestTooLarge, UpstreamError, UpstreamTimeout
from ..upstream import Transport, WireRequest
from ..upstream.proxy import is_loopback
from .archive import MAX_ARCHIVE_BYTES

MAX_REDIRECTS = 5
TIMEOUT_SECONDS = 60.0

_GITHUB = re.compile(r"https://(?:www\.)?github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?(?:/tree/(?P<branch>[^?#]+?))?/?")
_SHORT = re.compile(r"[\w.-]+/[\w.-]+")


def is_url(text: str) -> bool:
    """Whether a text is an address rather than a path."""
    return "://" in text


def is_repository(text: str) -> bool:
    """Whether a text is `owner/name`."""
    return bool(_SHORT.fullmatch(text.strip())) and not text.strip().startswith((".", "~"))


def archive_url(text: str) -> str:
    """The address to download: of a GitHub repository (also as `owner/name`) the archive of the branch that is named,
    else of the default one (E-5). Raises `BadRequest` for what is not downloaded."""
    url = f"https://github.com/{text.strip()}" if is_repository(text) else text.strip()
    match = _GITHUB.fullmatch(url)
    if match:
        ref = percent(match["branch"], safe="/") if match["branch"] else "HEAD"
        return f"https://github.com/{match[1]}/{match[2]}/archive/{ref}.zip"
    return _checked(url)


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadRequest("the address of the preset is none; write one that begins with https://") from None
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))):
        raise BadRequest("presets are only downloaded over https; write an address that begins with https://")
    return url


async def download(transport: Transport, url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> bytes:
    """What is at an address, at most `MAX_ARCHIVE_BYTES`. Redirects are followed where downloads are allowed.

    Raises `BadRequest`, `NotFound`, `RequestTooLarge`, `UpstreamError`.
    """
    address = archive_url(url)
    try:
        async with asyncio.timeout(timeout_seconds):
            for _ in range(MAX_REDIRECTS + 1):
                found = await _get(transport, address)
                if isinstance(found, bytes):
                    return found
                address = _redirected(address, found)
    except TimeoutError:
        raise UpstreamTimeout(f"{_host(address)} did not send the preset within {timeout_seconds:g} s") from None
    raise UpstreamError(f"{_host(address)} redirects too often")


def _redirected(address: str, location: str) -> str:
    """Where a redirect leads. From https there is no way back to http."""
    try:
        target = _checked(urljoin(address, location))
    except ValueError:
        raise BadRequest(f"{_host(address)} redirects to what is no address") from None
    if address.startswith("https:") and not target.startswith("https:"):
        raise BadRequest(f"{_host(address)} redirects to an address without https")
    return target


async def _get(transport: Transport, url: str) -> bytes | str:
    """The body, or where it is instead."""
    headers = {"user-agent": "ccr_middleware", "accept": "application/zip, application/json, */*"}
    response = await transport.send(WireRequest(url, headers, b"", method="GET"))
    try:
        location = response.headers.get("location")
        if response.status in (301, 302, 303, 307, 308) and location:
            return location
        if response.status in (404, 410):
            raise NotFound(f"there is no preset at {_host(url)}{urlsplit(url).path}; correct the address")
        if response.status != 200:
            raise UpstreamError(f"{_host(url)} answered with status {response.status}")
        body = bytearray()
        async for data in response.chunks():
            body += data
            if len(body) > MAX_ARCHIVE_BYTES:
                raise RequestTooLarge(f"the preset has more than {MAX_ARCHIVE_BYTES // 1_048_576} MB")
        return bytes(body)
    finally:
        await response.aclose()


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the server"
