"""The agents of a configuration: the built-in ones, those it names, those of installed packages it names.

    agents: [
      "installed-agent",                              by the name of its entry point (group `ccr_middleware.agents`)
      {path: "clock.py", options: {zone: "UTC"}},     a file; "clock.py:Clock" says which of several
      {module: "package.module:Clock"},
      {name: "image", enabled: false},                a built-in one switched off
    ]

The image agent works unless it is switched off, the search agent when there is a section `search`. What cannot be used
becomes a warning, and requests go on without it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import entry_points
from os.path import dirname
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from ..config.agents import BUILTIN_AGENTS, AgentUse
from ..config.places import did_you_mean, quote
from ..config.references import SCRIPTS, Reference, read_reference
from ..config.schema import Config
from ..extensions.modules import LoadError, Modules, said
from ..extensions.picking import pick_class
from .base import Agent, Tool
from .engines import ENGINES, MakeEngine
from .image import ImageAgent
from .search import SearchAgent

GROUP = "ccr_middleware.agents"

AnyAgent = Agent[Any]

#: What all providers take as the name of a function.
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def load_agents(config: Config, given: Iterable[AnyAgent] = ()) -> tuple[tuple[AnyAgent, ...], list[str]]:
    """The agents in the order in which they are asked, and a warning for each that cannot be used.

    `given`: those that the host made itself, which come last.
    """
    loading = _Loading(config)
    loading.builtin()
    for use in config.agents:
        if use.enabled and (use.reference or (use.name and use.name.lower() not in BUILTIN_AGENTS)):
            loading.add(use)
    for loaded in loading.agents:
        loading.modules.live_with(loaded)
    for made in given:
        loading.keep(made, f"the agent {type(made).__name__}")
    return tuple(loading.agents), loading.warnings


class _Loading:
    """One configuration's agents while they are loaded."""

    def __init__(self, config: Config) -> None:
        self.agents: list[AnyAgent] = []
        self.warnings: list[str] = []
        self.modules = Modules(dirname(config.source))
        self._config = config

    def builtin(self) -> None:
        """The image agent, and the search agent if it has something to search with."""
        named = {use.name.lower(): use for use in self._config.agents if not use.reference}
        image, search = named.get("image", AgentUse()), named.get("search", AgentUse())
        if image.enabled:
            self._make(ImageAgent, image.options, 'the agent "image"')
        if self._config.search is None:
            if "search" in named and search.enabled:
                self.warnings.append('agents: "search" needs a section search; write {"backend": "searxng", "url": …}')
        elif search.enabled:
            try:
                self.agents.append(SearchAgent(self._config.search, self._engine(self._config.search.backend)))
            except LoadError as problem:
                self.warnings.append(f"search.backend cannot be used: {problem}")

    def add(self, use: AgentUse) -> None:
        """One that is not built in."""
        shown = f"the agent {quote(use.reference or use.name)}"
        try:
            reference = _reference(use)
            cls = pick_class(self._load(reference), reference, Agent, "agent", use.name)
            self._make(cls, use.options, shown)
        except LoadError as problem:
            self.warnings.append(f"{shown} cannot be used: {problem}")

    def keep(self, agent: Any, shown: str) -> None:
        """An agent that is made already, if it is one."""
        if fault := _fault_of(agent):
            self.warnings.append(f"{shown} cannot be used: {fault}")
        elif any(agent.name.lower() == other.name.lower() for other in self.agents):
            self.warnings.append(f"{shown} is not used: another agent is called {quote(agent.name)} too")
        else:
            self.agents.append(agent)

    def _make(self, cls: type[AnyAgent], options: Mapping[str, Any], shown: str) -> None:
        try:
            agent = cls(cls.Options.model_validate(options))
        except ValidationError as problem:
            details = problem.errors(include_url=False, include_input=False, include_context=False)
            texts = [f"{'.'.join(map(str, detail['loc'])) or 'options'}: {detail['msg']}" for detail in details]
            self.warnings.append(f"{shown} cannot be used: its options: {'; '.join(texts)}")
        except Exception as problem:
            self.warnings.append(f"{shown} cannot be used: {said(problem)}")
        else:
            self.keep(agent, shown)

    def _engine(self, backend: str) -> MakeEngine:
        known = ENGINES.get(backend.lower())
        if known is not None:
            return known
        reference = read_reference(backend)
        if not reference.what:
            names = ", ".join(ENGINES)
            raise LoadError(f"{quote(backend)} is none of {names}; of one's own it is written package.module:Class")
        made: Any = getattr(self._load(reference), reference.what, None)
        if not callable(made):
            raise LoadError(f"{reference.where}: has no {reference.what}")
        engine: MakeEngine = made
        return engine

    def _load(self, reference: Reference) -> ModuleType:
        if reference.where.lower().endswith(SCRIPTS):
            raise LoadError(f"{reference.where}: agents are written in Python; see docs/agents.md")
        return self.modules.load(reference)


def _reference(use: AgentUse) -> Reference:
    """Where the code of an agent is. Raises LoadError when no package offers one of that name."""
    if use.reference:
        return read_reference(use.reference)
    points = {point.name.lower(): point for point in entry_points(group=GROUP)}
    point = points.get(use.name.lower())
    if point is None:
        nearest = did_you_mean(use.name, [*BUILTIN_AGENTS, *points])
        raise LoadError(f"no agent is called so{nearest or '; for one of your own write its path'}")
    return Reference(point.module, point.attr)


def _fault_of(agent: Any) -> str | None:
    """Why an object is no agent, None for one that is."""
    if not isinstance(agent, Agent):
        return "it is no object of a class that inherits from ccr_middleware.agents.Agent"
    what = type(agent).__name__
    if not (isinstance(getattr(agent, "name", None), str) and agent.name.strip()):
        return f'{what} has no name; write name = "my-agent"'
    if inspect.iscoroutinefunction(agent.should_handle):
        return f"{what}.should_handle must be written without async"
    if not inspect.iscoroutinefunction(agent.prepare):
        return f"{what}.prepare must be written with async def"
    tools: Any = agent.tools
    if not isinstance(tools, list | tuple):
        return f"{what}.tools must be a tuple of tools, such as (MyTool(),)"
    return next(filter(None, map(_fault_of_tool, tools)), None)


def _fault_of_tool(tool: Any) -> str | None:
    if not isinstance(tool, Tool):
        return f"the tool {tool!r:.60} is no object of a class that inherits from ccr_middleware.agents.Tool"
    what = type(tool).__name__
    if not _TOOL_NAME.fullmatch(str(getattr(tool, "name", ""))):
        return f"{what}.name must be 1 to 64 letters, digits, _ or -"
    if not inspect.iscoroutinefunction(tool.run):
        return f"{what}.run must be written with async def"
    try:
        tool.definition()
    except Exception as problem:
        return f"{what}.input has no JSON schema: {said(problem)}"
    return None
