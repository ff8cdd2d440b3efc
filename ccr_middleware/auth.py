"""Who calls."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

from .errors import NotAuthenticated


def check_key(headers: Mapping[str, str], query: Mapping[str, str], key: str) -> None:
    """Let a client with the key pass. Raises `NotAuthenticated`.

    The key may come as `x-api-key`, as `Authorization: Bearer`, or as Google's clients send it (`x-goog-api-key`,
    `?key=`). One right is enough: clients send the one they were configured with, and some send several. Without a
    configured key everybody passes.
    """
    if not key:
        return
    offered = list(_offered(headers, query))
    wanted = key.encode("utf-8")
    # Every offered key is compared, so that the time taken tells nothing about which was right.
    if sum(hmac.compare_digest(candidate, wanted) for candidate in offered):
        return
    if offered:
        raise NotAuthenticated("the API key is not the one this gateway expects (APIKEY in its configuration)")
    raise NotAuthenticated("an API key is needed: send it as x-api-key or as Authorization: Bearer")


def _offered(headers: Mapping[str, str], query: Mapping[str, str]) -> Iterable[bytes]:
    """The keys of a request, as the bytes that came over the wire."""
    # Blanks as HTTP knows them: `strip()` would take bytes off a key that look like blanks in latin-1.
    for name in ("x-api-key", "x-goog-api-key"):
        if api_key := headers.get(name, "").strip(" \t"):
            yield api_key.encode("latin-1", "replace")
    if api_key := query.get("key", ""):
        yield api_key.encode("utf-8", "replace")
    scheme, _, token = headers.get("authorization", "").strip(" \t").partition(" ")
    if scheme.lower() == "bearer" and token:
        yield token.strip(" \t").encode("latin-1", "replace")
    elif scheme and not token:
        yield scheme.encode("latin-1", "replace")  # CCR v2 took the bare key as well
