"""What is most likely a mistake about agents: one line each."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from .agents import SEARCH_BACKENDS, Search
from .places import Places, did_you_mean, quote
from .references import find_reference
from .schema import Config


def check_agents(config: Config, places: Places) -> Iterator[str]:
    """Every warning about `agents`, `search` and what belongs to them."""
    for index, use in enumerate(config.agents):
        if not (use.name or use.reference):
            yield f"{places.show(('agents', index))}: names no agent; write a name, a path or a module"
    disabled = any(use.name.lower() == "image" and not use.enabled for use in config.agents)
    if config.force_use_image_agent and (config.router.image is None or disabled):
        fix = "set Router.image" if config.router.image is None else "enable the image agent"
        yield f"{places.show(('force_use_image_agent',))}: has no effect; {fix}, or take it out"
    if config.search is not None:
        yield from _check_search(config.search, places)


def _check_search(search: Search, places: Places) -> Iterator[str]:
    backend = search.backend.lower()
    if backend == "searxng":
        if "$" not in search.url and not _is_address(search.url):
            yield f"{places.show(('search', 'url'))}: is no address; write that of the SearXNG instance"
    elif backend in SEARCH_BACKENDS:
        if not search.api_key:
            yield f"{places.show(('search', 'api_key'))}: is missing; write the key of {search.backend}"
    elif find_reference(search.backend) is None:
        known = did_you_mean(search.backend, SEARCH_BACKENDS) or f"; known are {', '.join(SEARCH_BACKENDS)}"
        yield f"{places.show(('search', 'backend'))}: no backend is called {quote(search.backend)}{known}"


def _is_address(url: str) -> bool:
    try:
        return url.lower().startswith(("http://", "https://")) and bool(urlsplit(url).hostname)
    except ValueError:
        return False
