"""Google's credentials: a service account's file, or what the machine offers (application default credentials).

The work is `google-auth`'s (extra `vertex`). It is synchronous, so it runs in a worker thread.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import anyio.to_thread

from ..errors import UpstreamError, UpstreamUnreachable
from ..jsonio import loads
from .tokens import Token, TokenCache

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
#: Tokens last an hour; this is assumed of one that does not say.
DEFAULT_SECONDS = 3600.0
#: How long Google's token server is waited for.
TIMEOUT_SECONDS = 30.0
#: What a key of which only e-mail address and private key are known lacks.
SERVICE_ACCOUNT = {"type": "service_account", "token_uri": "https://oauth2.googleapis.com/token"}
MISSING = 'Google credentials need the extra "vertex": pip install "ccr_middleware[vertex]"'


class Granted(NamedTuple):
    """A token to send, and the project the credentials belong to ("" when they do not say)."""

    token: str
    project: str


#: A key file's path, or what is in it; empty: what the machine offers.
Source = str | Mapping[str, Any]


class GoogleCredentials:
    """The credentials of one source. Loaded on first use."""

    def __init__(self, source: Source = "") -> None:
        self._source = source
        self._loaded: tuple[Any, str] | None = None
        self._tokens = TokenCache(self._fetch)

    async def get(self) -> Granted:
        """A usable token. Raises `UpstreamError` that says what is missing."""
        token = await self._tokens.get()
        return Granted(token, self._loaded[1] if self._loaded else "")

    async def _fetch(self) -> Token:
        return await anyio.to_thread.run_sync(self._refresh)

    def _refresh(self) -> Token:
        """In a worker thread: load on first use, and ask Google for a token."""
        try:
            from google.auth.exceptions import GoogleAuthError
        except ImportError:
            raise UpstreamError(MISSING, status=500, should_retry=False) from None
        try:
            if self._loaded is None:
                self._loaded = _load(self._source)
            credentials = self._loaded[0]
            credentials.refresh(_request)
        except (GoogleAuthError, OSError, ValueError) as problem:
            source = self._source if isinstance(self._source, str) else "of the configuration"
            source = source or "application default credentials"
            # The first argument is a sentence; others may hold an answer's body.
            said = problem.strerror if isinstance(problem, OSError) else problem.args and problem.args[0]
            text = str(said or problem).partition("\n")[0][:300]
            raise UpstreamError(f"Google credentials ({source}): {text}", status=500, should_retry=False) from None
        return Token(str(credentials.token), _seconds_left(credentials.expiry))


def _load(source: Source) -> tuple[Any, str]:
    """The credentials and their project ("" when they do not say)."""
    import google.auth
    from google.oauth2 import credentials, service_account

    if not source:
        found, project = google.auth.default(scopes=[SCOPE])
        return found, project or ""
    info = {**SERVICE_ACCOUNT, **(_read_key(source) if isinstance(source, str) else source)}
    if info["type"] == "service_account":
        found = service_account.Credentials.from_service_account_info(info, scopes=[SCOPE])
    elif info["type"] == "authorized_user":
        found = credentials.Credentials.from_authorized_user_info(info, scopes=[SCOPE])
    else:
        found, _ = google.auth.load_credentials_from_dict(info, scopes=[SCOPE])
    return found, str(info.get("project_id") or info.get("quota_project_id") or "")


def _read_key(path: str) -> dict[str, Any]:
    """What a key file holds. Raises ValueError, or OSError when it cannot be read."""
    with open(os.path.expanduser(path), "rb") as file:
        key = loads(file.read())
    if not isinstance(key, dict):
        raise ValueError("the file holds no JSON object")
    return key


def _seconds_left(expiry: datetime | None) -> float:
    """google-auth tells UTC without saying so."""
    if expiry is None:
        return DEFAULT_SECONDS
    return (expiry.replace(tzinfo=UTC) - datetime.now(UTC)).total_seconds()


def _request(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **options: Any,
) -> Any:
    """google-auth's transport, on our HTTP client. What it raises google-auth tries again where that makes sense."""
    from google.auth.exceptions import TransportError

    from ..upstream.blocking import fetch

    try:
        return fetch(url, method, body, headers or {}, timeout or TIMEOUT_SECONDS)
    except UpstreamUnreachable as problem:
        raise TransportError(problem.message) from None
