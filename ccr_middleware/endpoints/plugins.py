"""What code of one's own there is besides transformers: plugins and agents."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from anyio import to_thread

from ..agents.base import Agent
from ..agents.image import ImageAgent
from ..agents.search import SearchAgent
from ..config.agents import BUILTIN_AGENTS, AgentUse
from ..config.places import quote
from ..config.references import read_reference
from ..extensions.listing import options_schema
from ..http import Request, send_json
from ..plugins.loading import list_plugins
from ..targets import Snapshot
from ..unified import Json
from .visit import Endpoint, Table, Visit


async def plugins(request: Request, visit: Visit) -> None:
    """`GET /api/plugins`: which there are, with their hooks, and what went wrong in them."""
    snapshot = visit.snapshot
    known = await to_thread.run_sync(list_plugins, snapshot.hooks.plugins if snapshot.hooks is not None else ())
    listed = [one.to_json() for one in known]
    for one in listed:
        one["last_error"] = snapshot.mask(one["last_error"]) if one["last_error"] else None
    await send_json(request, {"plugins": listed}, {"request-id": visit.id})


async def agents(request: Request, visit: Visit) -> None:
    """`GET /api/agents`: which there are, and why some cannot be used."""
    await send_json(request, {"agents": list(listed_agents(visit.snapshot))}, {"request-id": visit.id})


def listed_agents(snapshot: Snapshot) -> Iterator[Json]:
    """The agents of a configuration: the built-in ones, those it names, those of the host."""
    own = [agent for agent in snapshot.agents if not isinstance(agent, ImageAgent | SearchAgent)]
    builtin = {agent.name: agent for agent in snapshot.agents if isinstance(agent, ImageAgent | SearchAgent)}
    for name, cls in zip(BUILTIN_AGENTS, (ImageAgent, SearchAgent), strict=True):
        yield _told(name, "builtin", builtin.get(name), _error_of(snapshot, name), cls)
    for use in snapshot.config.agents:
        if not use.reference and use.name.lower() in BUILTIN_AGENTS:
            continue
        error = _error_of(snapshot, use.reference or use.name) if use.enabled else None
        # The others were loaded in this order.
        agent = own.pop(0) if use.enabled and error is None and own else None
        yield _told(use.name or use.reference, _origin(use), agent, error)
    for agent in own:
        yield _told(agent.name, "host", agent, None)


def _told(
    name: str, origin: str, agent: Agent[Any] | None, error: str | None, cls: type[Agent[Any]] | None = None
) -> Json:
    known = type(agent) if agent is not None else cls
    about = inspect.getdoc(known) or ""
    return {
        "name": agent.name if agent is not None else name,
        "description": " ".join(about.split("\n\n")[0].split()),
        "origin": origin,
        "enabled": agent is not None,
        "error": error,
        "options": options_schema(known.Options)[0] if known is not None else None,
    }


def _origin(use: AgentUse) -> str:
    """Where an agent is, as it was written."""
    if not use.reference:
        return f"entry point:{use.name}"
    return f"{'file' if read_reference(use.reference).is_file else 'module'}:{use.reference}"


def _error_of(snapshot: Snapshot, named: str) -> str | None:
    """Why an agent is not used, from the warning that told it."""
    starts = {
        f"the agent {quote(named)} cannot be used: ": "",
        f"the agent {quote(named)} is not used: ": "",
        f"agents: {quote(named)} ": "it ",
    }
    for warning in snapshot.config.warnings:
        for start, instead in starts.items():
            if warning.startswith(start):
                return snapshot.mask(instead + warning.removeprefix(start))
    return None


ENDPOINTS: Table = {
    "/api/agents": {"GET": Endpoint(agents, "admin")},
    "/api/plugins": {"GET": Endpoint(plugins, "admin")},
}
