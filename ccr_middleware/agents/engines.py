"""Search engines: SearXNG, Brave and Tavily over HTTP, and the protocol for others."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

from ..config.agents import Search
from ..jsonio import dumps, loads
from ..lenient import as_dict, dicts, text_of
from ..unified import Json
from ..upstream.base import WireRequest
from .context import Fetch

#: The codes that Anthropic's own search fails with.
Code = Literal["unavailable", "too_many_requests", "max_uses_exceeded", "invalid_tool_input", "query_too_long"]

#: Brave and Tavily refuse longer queries (characters), and more results.
_MAX_QUERY, _MAX_RESULTS = 400, 20

_TAG = re.compile(r"</?\w[^<>]*>")


class SearchFailed(Exception):
    """A search that gave nothing. `code` is what the client is told, the text what the model is told."""

    def __init__(self, text: str, code: Code = "unavailable") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for. `allowed`, `blocked`: domains, perhaps with a path (`example.org/docs`); results are
    filtered again, so an engine need not be exact."""

    text: str
    limit: int = 8
    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()


class Found(NamedTuple):
    """A page. `age`: when it was written, in any words; `text`: what it says about the query."""

    url: str
    title: str
    text: str = ""
    age: str = ""


class Engine(Protocol):
    """A search engine."""

    async def search(self, query: Query) -> Sequence[Found]:
        """The best pages first. Raises `SearchFailed`, or what `fetch` raises."""


#: Makes an engine of the configuration and a way to fetch.
MakeEngine = Callable[[Search, Fetch], Engine]


class _HTTPEngine:
    """What the three have in common: one request, one JSON answer."""

    name = ""

    def __init__(self, settings: Search, fetch: Fetch) -> None:
        self._settings = settings
        self._fetch = fetch

    async def _json(self, request: WireRequest) -> Json:
        status, body = await self._fetch(request)
        if status == 429:
            raise SearchFailed(f"{self.name} allows no more searches now", "too_many_requests")
        if status >= 400:
            raise SearchFailed(f"{self.name} answered with status {status}{self._hint(status)}")
        try:
            return as_dict(loads(body))
        except ValueError:
            raise SearchFailed(f"{self.name} answered with something else than JSON") from None

    def _hint(self, status: int) -> str:
        return "; check search.api_key" if status in (401, 403) else ""

    def _get(self, url: str, parameters: Mapping[str, Any], headers: Mapping[str, str]) -> WireRequest:
        query = urlencode({**parameters, **self._settings.options})
        return WireRequest(f"{url}?{query}", {"accept": "application/json", **headers}, b"", method="GET")


class SearXNG(_HTTPEngine):
    """An instance of SearXNG, whose settings must allow the format `json` (docs.searxng.org, Search API)."""

    name = "SearXNG"

    async def search(self, query: Query) -> list[Found]:
        """Ask `/search`. How many results come is up to the instance."""
        url = f"{self._settings.url.rstrip('/').removesuffix('/search')}/search"
        answer = await self._json(self._get(url, {"q": _with_sites(query), "format": "json"}, {}))
        return list(_pages(answer.get("results"), text="content", age="publishedDate"))

    def _hint(self, status: int) -> str:
        return "; its settings.yml must have json among search.formats" if status == 403 else ""


class Brave(_HTTPEngine):
    """Brave's Web Search API."""

    name = "Brave"

    async def search(self, query: Query) -> list[Found]:
        """Ask `web/search`."""
        url = self._settings.url or "https://api.search.brave.com/res/v1/web/search"
        parameters = {
            "q": _cut(_with_sites(query)),
            "count": min(query.limit, _MAX_RESULTS),
            "text_decorations": "false",
        }
        answer = await self._json(self._get(url, parameters, {"x-subscription-token": self._settings.api_key}))
        return list(_pages(as_dict(answer.get("web")).get("results"), text="description", age="page_age"))


class Tavily(_HTTPEngine):
    """Tavily's search API, which knows domains by itself."""

    name = "Tavily"

    async def search(self, query: Query) -> list[Found]:
        """Ask `/search`."""
        url = self._settings.url or "https://api.tavily.com/search"
        body: Json = {"query": _cut(query.text), "max_results": min(query.limit, _MAX_RESULTS)}
        if query.allowed:
            body["include_domains"] = [_domain(site) for site in query.allowed]
        if query.blocked:
            body["exclude_domains"] = [_domain(site) for site in query.blocked if "/" not in site]
        headers = {"authorization": f"Bearer {self._settings.api_key}", "content-type": "application/json"}
        answer = await self._json(WireRequest(url, headers, dumps({**body, **self._settings.options})))
        return list(_pages(answer.get("results"), text="content", age="published_date"))


ENGINES: Mapping[str, MakeEngine] = {"searxng": SearXNG, "brave": Brave, "tavily": Tavily}


# -- results -----------------------------------------------------------------------------------------------


def _pages(results: Any, *, text: str, age: str) -> Iterator[Found]:
    for result in dicts(results):
        if url := text_of(result.get("url")):
            title = _plain(result.get("title")) or url
            yield Found(url, title, _plain(result.get(text)), text_of(result.get(age)))


def _plain(value: Any) -> str:
    """A text without the marks of HTML that some engines leave in."""
    return html.unescape(_TAG.sub("", text_of(value))).strip()


def admitted(found: Iterable[Found], query: Query) -> list[Found]:
    """The pages that the query's domains allow, each once, and no more than its limit."""
    pages = {page.url: page for page in found if _is_admitted(page.url, query)}
    return list(pages.values())[: query.limit]


def _is_admitted(url: str, query: Query) -> bool:
    if query.allowed and not any(_is_in(url, site) for site in query.allowed):
        return False
    return not any(_is_in(url, site) for site in query.blocked)


def _is_in(url: str, site: str) -> bool:
    """Whether a page is below a domain, its subdomains included, and below its path if that is given."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    domain, slash, path = _without_scheme(site).lower().partition("/")
    inside = host == domain or host.endswith(f".{domain}")
    return inside and (not slash or f"{parts.path}/".lower().startswith(f"/{path.strip('/')}/"))


def _without_scheme(site: str) -> str:
    return site.partition("://")[2] or site


def _domain(site: str) -> str:
    return _without_scheme(site).partition("/")[0]


# -- queries -----------------------------------------------------------------------------------------------


def _with_sites(query: Query) -> str:
    """The query with the operators most engines know for domains."""
    wanted = " OR ".join(f"site:{_without_scheme(site)}" for site in query.allowed)
    unwanted = " ".join(f"-site:{_without_scheme(site)}" for site in query.blocked)
    return " ".join(part for part in (query.text, wanted, unwanted) if part)


def _cut(text: str) -> str:
    """A query of legal length; words at its end go first."""
    return (
        text if len(text) <= _MAX_QUERY else text[: _MAX_QUERY + 1].rpartition(" ")[0][:_MAX_QUERY] or text[:_MAX_QUERY]
    )
