"""Where a Responses request goes."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from .. import urls
from ..format import Endpoint

_CHAT = "/chat/completions"
_RESPONSES = "/responses"


def endpoint_url(endpoint: Endpoint) -> str:
    """The URL to post to. A whole endpoint stays, a base gets its end, an unknown deeper path is posted to as given.

    A chat endpoint means the responses beside it. The query is kept. Never raises: a text that is no URL fails when it
    is used.
    """
    try:
        return urls.endpoint_url(_completed(endpoint.base_url.strip()), "responses")
    except ValueError:
        return endpoint.base_url


def _completed(base_url: str) -> str:
    """The base URL with what only this format needs."""
    url = urlsplit(base_url)
    path, host = url.path.rstrip("/"), url.hostname or ""
    if path.lower().endswith(_CHAT):
        path = path[: -len(_CHAT)] + _RESPONSES
    elif host == "chatgpt.com" and path.lower().endswith("/codex"):
        path += _RESPONSES
    else:
        return base_url
    return urlunsplit(url._replace(path=path))
