"""Where a request goes: the URL of a provider's endpoint from what the configuration says.

CCR v2 takes whole endpoints (`…/chat/completions`), every SDK takes a base (`…/v1`). Both work here.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit

from ..catalogue.table import family_at
from .format import WireName
from .platforms import platform_for

#: The formats whose endpoints have one name; Gemini's depends on the model.
NamedEndpoint = Literal["chat", "messages", "responses"]

_ENDPOINTS: dict[NamedEndpoint, str] = {"chat": "chat/completions", "messages": "messages", "responses": "responses"}

#: A segment that is a version: v1, v4, v1beta, v1beta1.
VERSION = re.compile(r"v\d+(?:(?:alpha|beta)\d*)?")

#: Last segments behind which a version has to be added.
_UNVERSIONED = frozenset({"api", "anthropic", "compatible-mode"})


def endpoint_url(base_url: str, wire: NamedEndpoint) -> str:
    """The URL to post to. A whole endpoint stays, a base gets its end, an unknown deeper path is posted to as given.

    The query is kept. Raises nothing: a text that is no URL fails when it is used.
    """
    url = _split(base_url)
    if url is None:
        return base_url
    path = url.path.rstrip("/")
    if path.lower() in ("", "/openai") and is_azure(base_url):
        path = "/openai/v1"
    end = _end(path, wire)
    return urlunsplit((url.scheme, url.netloc, f"{path}/{end}" if end else path, url.query, ""))


def is_azure(base_url: str) -> bool:
    """Whether this is Azure, where the newer endpoints are below `/openai/v1` and the key goes into `api-key`."""
    family = family_at(base_url)
    return family is not None and family.name == "azure"


def _end(path: str, wire: NamedEndpoint) -> str:
    """What is missing at the end of a path."""
    endpoint = _ENDPOINTS[wire]
    last = path.rpartition("/")[2].lower()
    if path.lower().endswith("/" + endpoint):
        return ""
    if not last or last in _UNVERSIONED:
        return f"v1/{endpoint}"
    if VERSION.fullmatch(last):
        return endpoint
    if last == "openai":  # Gemini has it below a version, others above one
        return endpoint if VERSION.fullmatch(path.lower().split("/")[-2]) else f"v1/{endpoint}"
    return ""


def wire_for(base_url: str) -> WireName:
    """The wire format of a provider, told by its URL: hosts with one format of their own, and paths named after a
    format or its endpoint."""
    url = _split(base_url)
    if url is None:
        return "chat"
    segments = [segment.lower() for segment in url.path.split("/") if segment]
    if segments and VERSION.fullmatch(segments[-1]):
        segments.pop()
    last = segments[-1] if segments else ""
    if url.hostname == "api.anthropic.com" or last in ("messages", "anthropic") or platform_for(base_url) == "bedrock":
        return "messages"
    if last == "responses" or segments[-2:] == ["backend-api", "codex"]:
        return "responses"
    if ":" in last and "generatecontent" in last:
        return "gemini"
    if url.hostname == "generativelanguage.googleapis.com" and "openai" not in segments:
        return "gemini"
    return "chat"


def _split(base_url: str) -> SplitResult | None:
    """The parts of an http(s) URL; None for anything else, such as `demo://`."""
    try:
        url = urlsplit(base_url.strip())
    except ValueError:
        return None
    return url if url.scheme in ("http", "https") and url.netloc else None
