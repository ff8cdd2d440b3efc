"""Agents: which of them work on a request, and where the search agent searches."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PositiveInt

from .section import Section

#: The agents that come with the package.
BUILTIN_AGENTS = ("image", "search")

#: The search engines that are known by a name; any other `backend` is a class of one's own.
SEARCH_BACKENDS = ("searxng", "brave", "tavily")


class AgentUse(Section):
    """One agent: a built-in or installed one by its `name`, or one of one's own.

    - `path`: a file, or a module as in `transformers`; `module`: the dotted name of a module, perhaps with `:Class`.
    - `name`: with a path or module, which of several agents in it.
    - `enabled`: False switches it off, which is how the built-in image agent is.
    """

    name: str = ""
    path: str = ""
    module: str = ""
    options: dict[str, Any] = Field(default_factory=dict)
    enabled: bool = True

    @property
    def reference(self) -> str:
        """Where its code is, "" for one that is known by name."""
        return self.path or self.module


def _by_name(value: object) -> object:
    """A text in the list is the name of an agent."""
    return {"name": value} if isinstance(value, str) else value


AgentUses = tuple[Annotated[AgentUse, BeforeValidator(_by_name)], ...]


class Search(Section):
    """The search agent, which searches the web for providers that cannot.

    - `backend`: `searxng` (an instance at `url`), `brave`, `tavily`, or `package.module:Class` or a file with one.
    - `max_results`: how many pages a search brings; `max_uses`: how many searches one request may make, where the
      client does not limit it itself.
    - `always`: search even where the provider can.
    - `options`: further parameters of the engine's own, as they are.
    """

    backend: str = Field(min_length=1)
    url: str = ""
    api_key: str = Field(default="", repr=False)
    max_results: PositiveInt = 8
    max_uses: PositiveInt = 8
    timeout_seconds: float = Field(default=10.0, gt=0)
    always: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
