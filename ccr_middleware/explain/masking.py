"""Leaving out what must not be shown: keys wherever they are, credentials of headers and URLs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..config.schema import SECRET_HEADER

#: Query parameters that say nothing secret; of others only the names are shown.
_PLAIN = frozenset({"alt", "api-version", "beta"})


def masked(value: Any, mask: Callable[[str], str]) -> Any:
    """A JSON value with every text masked, those of keys too."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {mask(str(key)): masked(item, mask) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, mask) for item in value]
    return value


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers without the values of those whose names tell that they are secret."""
    return {name: "***" if SECRET_HEADER.search(name) else value for name, value in headers.items()}


def masked_url(url: str) -> str:
    """A URL without user, password, and the values of its query that may be a key."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")
    query = "&".join(_parameter(one) for one in parts.query.split("&")) if parts.query else ""
    return parts._replace(netloc=place[2] if not place[1] else f"***@{place[2]}", query=query).geturl()


def _parameter(text: str) -> str:
    name, equals, _ = text.partition("=")
    return text if not equals or name.lower() in _PLAIN else f"{name}=***"
