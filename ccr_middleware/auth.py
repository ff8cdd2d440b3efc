"""Who calls."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping

from .errors import NotAuthenticated


def check_key(headers: Mapping[str, str], key: str) -> None:
    """Let a client with the key pass. Raises `NotAuthenticated`.

    The key may come as `x-api-key` or as `Authorization: Bearer`, and either one right is enough: clients send the
    one they were configured with, and some send both. Without a configured key everybody passes.
    """
    if not key:
        return
    offered = list(_offered(headers))
    wanted = key.encode("utf-8")
    # Every offered key is compared, so that the time taken tells nothing about which was right.
    if sum(hmac.compare_digest(candidate, wanted) for candidate in offered):
        return
    if offered:
        raise NotAuthenticated("the API key is not the one this gateway expects (APIKEY in its configuration)")
    raise NotAuthenticated("an API key is needed: send it as x-api-key or as Authorization: Bearer")


def _offered(headers: Mapping[str, str]) -> Iterable[bytes]:
    """The keys in the headers, as the bytes that came over the wire."""
    # Blanks as HTTP knows them: `strip()` would take bytes off a key that look like blanks in latin-1.
    api_key = headers.get("x-api-key", "").strip(" \t")
    if api_key:
        yield api_key.encode("latin-1", "replace")
    scheme, _, token = headers.get("authorization", "").strip(" \t").partition(" ")
    if scheme.lower() == "bearer" and token:
        yield token.strip(" \t").encode("latin-1", "replace")
    elif scheme and not token:
        yield scheme.encode("latin-1", "replace")  # CCR v2 took the bare key as well
