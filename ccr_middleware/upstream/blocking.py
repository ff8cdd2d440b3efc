"""One request from a worker thread, for libraries that know no event loop (Google's credentials)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import httpx

from ..errors import UpstreamUnreachable


class Answer(NamedTuple):
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    data: bytes


def fetch(url: str, method: str, body: bytes | None, headers: Mapping[str, str], timeout_seconds: float) -> Answer:
    """Send and read everything. The proxies of the environment are used. Raises `UpstreamUnreachable`."""
    try:
        answer = httpx.request(method, url, content=body, headers=headers, timeout=timeout_seconds)
    except httpx.HTTPError as problem:
        raise UpstreamUnreachable(f"{httpx.URL(url).host} cannot be reached ({type(problem).__name__})") from None
    return Answer(answer.status_code, answer.headers, answer.content)
