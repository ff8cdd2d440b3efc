"""The URL of a Gemini endpoint from what the configuration says.

CCR v2 takes `…/v1beta/models/`, SDKs take the host, Vertex has a path with project and location, and some people paste
a whole endpoint. All of these work.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from ..format import Endpoint
from ..urls import VERSION


def endpoint_url(endpoint: Endpoint) -> str:
    """The URL to post to: `…/models/<model>:streamGenerateContent?alt=sse` or `…:generateContent`.

    The query of the base is kept. Raises nothing: a text that is no URL fails when it is used.
    """
    base = endpoint.base_url.strip()
    try:
        url = urlsplit(base)
    except ValueError:
        return base
    if url.scheme not in ("http", "https") or not url.netloc:
        return base
    action = "streamGenerateContent" if endpoint.stream else "generateContent"
    path = f"{_resource(url.path.rstrip('/'), endpoint.model)}:{action}"
    query = [(name, value) for name, value in parse_qsl(url.query, keep_blank_values=True) if name != "alt"]
    if endpoint.stream:
        query.append(("alt", "sse"))
    return urlunsplit((url.scheme, url.netloc, path, urlencode(query), ""))


def _resource(path: str, model: str) -> str:
    """The path of the model. A whole endpoint gives its place and the model is put there, but for a tuned model on
    Vertex (`…/endpoints/123:generateContent`), which is the model itself."""
    parent, _, last = path.rpartition("/")
    if ":" in last and parent:
        if parent.rpartition("/")[2] != "models":
            return path.rpartition(":")[0]
        path, last = parent, "models"
    if last != "models":
        path += _missing(path, last)
    return f"{path}/{quote(_bare(model), safe='@', errors='replace')}"


def _missing(path: str, last: str) -> str:
    """What lacks between a base path and the model."""
    if path.endswith("/publishers/google") or VERSION.fullmatch(last):
        return "/models"
    if "/projects/" in path:
        return "/publishers/google/models"
    return "/v1beta/models"


def _bare(model: str) -> str:
    """`models/x` and `publishers/google/models/x` are other names of `x`."""
    return model.rpartition("models/")[2]
