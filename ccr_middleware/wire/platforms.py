"""Clouds that serve other people's formats under URLs of their own: Google's Vertex AI and Amazon Bedrock.

A platform changes where a request goes and a little of an Anthropic body; the formats stay what they are. Azure needs
none of this: its URLs are written with `{model}` in the configuration.

Sources: the Anthropic SDK's own clients for both clouds, and Google's and Amazon's API references.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from .format import Endpoint, WireName

PlatformName = Literal["vertex", "bedrock"]

_GLOBAL = "aiplatform.googleapis.com"


class Place(NamedTuple):
    """Where on a platform: Google's project and location. Empty where a platform knows no such thing, and with an API
    key, which belongs to a project by itself."""

    project: str = ""
    location: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """One cloud.

    - `url(endpoint, wire, place)`: where to post.
    - `anthropic_version`: the member of a Messages body that stands for the model, which is in the URL.
    - `keeps_stream`: whether a Messages body says `stream`, or the URL alone.
    - `betas_in_body`: `anthropic-beta` is a member of the body and no header.
    - `event_stream`: streams come in Amazon's binary framing.
    """

    name: PlatformName
    url: Callable[[Endpoint, WireName, Place], str]
    anthropic_version: str
    keeps_stream: bool
    betas_in_body: bool = False
    event_stream: bool = False


def platform_for(base_url: str) -> PlatformName | None:
    """The platform a URL belongs to, told by its host. Bedrock's endpoints below
    `/openai` and `/anthropic` are ordinary ones."""
    try:
        url = urlsplit(base_url)
        host = url.hostname or ""
    except ValueError:
        return None
    if host.endswith("aiplatform.googleapis.com") or (
        host.startswith("aiplatform.") and host.endswith("googleapis.com")
    ):
        return "vertex"
    ordinary = {"openai", "anthropic"} & set(url.path.split("/"))
    if host.startswith("bedrock-runtime") and host.endswith("amazonaws.com") and not ordinary:
        return "bedrock"
    return None


def vertex_host(location: str) -> str:
    """The base URL of a location: one of Google's regions, `global`, or the multi-regions `us` and `eu`."""
    if location == "global":
        return f"https://{_GLOBAL}"
    if location in ("us", "eu"):
        return f"https://aiplatform.{location}.rep.googleapis.com"
    return f"https://{location}-aiplatform.googleapis.com"


def place_in(base_url: str) -> Place:
    """The project and location that a Vertex URL names, in its path or its host."""
    url = urlsplit(base_url)
    segments = url.path.split("/")
    named = dict(pairwise(segments))
    host = url.hostname or ""
    location = named.get("locations", "")
    if not location and host.endswith("-aiplatform.googleapis.com"):
        location = host.removesuffix("-aiplatform.googleapis.com")
    return Place(named.get("projects", ""), location)


def _vertex_url(endpoint: Endpoint, wire: WireName, place: Place) -> str:
    """`…/v1/projects/P/locations/L/publishers/google|anthropic/models/M:action`, or the OpenAI-compatible endpoint."""
    url = urlsplit(endpoint.base_url)
    if url.hostname == _GLOBAL and place.location:  # the host that names no location
        url = urlsplit(vertex_host(place.location) + url.path)
    version = next((segment for segment in url.path.split("/") if segment.startswith("v1")), "v1")
    root = f"/{version}/projects/{place.project}/locations/{place.location}" if place.project else f"/{version}"
    model, query = quote(endpoint.model, safe="@.-_~", errors="replace"), url.query
    if wire == "chat":
        path = f"{root}/endpoints/openapi/chat/completions"
    elif wire == "messages":
        action = "streamRawPredict" if endpoint.stream else "rawPredict"
        path = f"{root}/publishers/anthropic/models/{model}:{action}"
    else:
        action = "streamGenerateContent" if endpoint.stream else "generateContent"
        path = f"{root}/publishers/google/models/{model}:{action}"
        query = "alt=sse" if endpoint.stream else ""
    return urlunsplit((url.scheme, url.netloc, path, query, ""))


def _bedrock_url(endpoint: Endpoint, wire: WireName, place: Place) -> str:
    """`…/model/M/invoke`; a model's name may be an ARN, with slashes and colons."""
    url = urlsplit(endpoint.base_url)
    action = "invoke-with-response-stream" if endpoint.stream else "invoke"
    return urlunsplit(
        (url.scheme, url.netloc, f"/model/{quote(endpoint.model, safe='', errors='replace')}/{action}", url.query, "")
    )


PLATFORMS: dict[PlatformName, Platform] = {
    "vertex": Platform("vertex", _vertex_url, "vertex-2023-10-16", keeps_stream=True),
    "bedrock": Platform(
        "bedrock", _bedrock_url, "bedrock-2023-05-31", keeps_stream=False, betas_in_body=True, event_stream=True
    ),
}
