"""What an agent is told of the call it works on, and what it may ask for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..config.schema import Config
from ..unified import Json
from ..upstream.base import WireRequest

#: Asks a model in the same process: a Messages request, its message. Raises `GatewayError`. No agent works on it.
Ask = Callable[[Json], Awaitable[Json]]

#: Sends a small HTTP request and reads the answer: status and body. Raises what a transport raises.
Fetch = Callable[[WireRequest], Awaitable[tuple[int, bytes]]]


class Notes(Protocol):
    """What agents keep from one call to the next: a bounded mapping. Nothing in it may be relied on."""

    def get(self, key: str) -> str | None:
        """What is known, or None."""

    def put(self, key: str, value: str) -> None:
        """Keep it, perhaps in the place of something else."""


@dataclass(slots=True, kw_only=True)
class AgentContext:
    """One call as one agent sees it.

    - `config`: the configuration in use. `provider`, `model`: the target, as configured; `scenario`: why that one.
    - `sees`, `searches`: whether the target understands images and searches the web by itself, as far as is known.
    - `session_id`: the client's session, "" when unknown.
    - `body`: the request as the client sent it. Never to be changed.
    - `ask`, `fetch`: see their types. `new_id`: makes an id with a prefix.
    - `notes`: kept between calls, of all sessions; begin the keys with the agent's name.
    - `kept`: the agent's own, for this call.
    """

    config: Config
    provider: str
    model: str
    scenario: str
    sees: bool
    searches: bool
    session_id: str
    body: Json
    ask: Ask
    fetch: Fetch
    new_id: Callable[[str], str]
    notes: Notes
    kept: dict[str, Any] = field(default_factory=dict)
    shown: list[Json] = field(default_factory=list)
    usage: Json = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The target as it is written in a configuration: `provider,model`."""
        return f"{self.provider},{self.model}"

    def show(self, *blocks: Json) -> None:
        """Show the client whole content blocks. They come where the answer is just then, in one piece."""
        self.shown += blocks

    def count(self, **usage: int) -> None:
        """Add to `usage.server_tool_use` of the answer, e.g. `count(web_search_requests=1)`."""
        for name, number in usage.items():
            self.usage[name] = self.usage.get(name, 0) + number
