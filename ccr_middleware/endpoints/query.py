"""Query parameters read, with errors that name them."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from ..config.operation import moment
from ..errors import BadRequest
from ..http import Request

_NUMBER = re.compile(r"-?[0-9]{1,18}")
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number, `default` when nobody said. Raises `BadRequest`."""
    text = request.query.get(name)
    if not text:
        return default
    if not _NUMBER.fullmatch(text) or not low <= int(text) <= high:
        raise BadRequest(f"{name}: must be a number from {low} to {high}")
    return int(text)


def choice(request: Request, name: str, default: str, choices: Collection[str]) -> str:
    """One of some words. Raises `BadRequest`."""
    text = request.query.get(name) or default
    if text not in choices:
        raise BadRequest(f"{name}: must be one of {', '.join(choices)}")
    return text


def instant(request: Request, name: str, *, ends_day: bool = False) -> float | None:
    """A time in seconds since 1970, given so or as ISO 8601; a bare date is its beginning, or its end (in UTC).

    Raises `BadRequest`.
    """
    text = request.query.get(name, "").strip()
    if not text:
        return None
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        found = moment(text) if ends_day else datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise BadRequest(f"{name}: must be seconds since 1970, or a date such as 2027-01-31T12:00:00Z") from None
