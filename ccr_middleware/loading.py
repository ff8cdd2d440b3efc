"""A configuration made ready to serve: everything it names is loaded, and what is wrong is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .agents.base import Agent
from .agents.loading import load_agents
from .config import Config, load_config
from .config.document import Document
from .config.load import ConfigSource
from .demo import DEMO_URL
from .extensions.router import load_router
from .extensions.transformers import load_transformers
from .plugins.hooks import Hooks
from .plugins.loading import load_plugins
from .projects import open_projects
from .system_prompt import PromptFile
from .targets import Snapshot, with_demo
from .transformers.registry import Registry


class Loader:
    """Makes snapshots of configurations, with what the host gave the gateway besides.

    `adjust` changes a configuration after it was read (flags and environment of a program of its own); `home` is the
    program's folder, None within a host.
    """

    def __init__(
        self,
        registry: Registry,
        env: Mapping[str, str] | None,
        *,
        router: Callable[..., Any] | str | None = None,
        agents: Iterable[Agent[Any]] = (),
        plugins: Iterable[Any] = (),
        adjust: Callable[[Config], Config] | None = None,
        home: str | None = None,
    ) -> None:
        self._registry = registry
        self._env = env
        self._router = router
        self._agents = tuple(agents)
        self._plugins = tuple(plugins)
        self._adjust = adjust
        self._home = home

    def load(self, source: ConfigSource | Document) -> Snapshot:
        """The snapshot of a configuration. Raises `ConfigError` when it cannot be used.

        What can be left out (an agent that cannot be loaded, say) is, with a warning.
        """
        config = load_config(source, env=self._env)
        if self._adjust is not None:
            config = self._adjust(config)
        registry, warnings = load_transformers(config, self._registry)
        custom = load_router(config, router=self._router, env=self._env)
        if custom is not None and custom.report.last_error:
            warnings = [*warnings, f"custom router: {custom.report.last_error}"]
        agents, about_agents = load_agents(config, self._agents)
        plugins, about_plugins = load_plugins(config, self._plugins)
        if warnings := [*warnings, *about_agents, *about_plugins]:
            told = tuple(dict.fromkeys((*config.warnings, *warnings)))
            config = config.model_copy(update={"warnings": told})
        prompt, standalone = config.rewrite_system_prompt, self._home is not None
        env = os.environ if self._env is None else self._env
        snapshot = Snapshot(
            with_demo(config, DEMO_URL),
            registry,
            custom_router=custom,
            projects=open_projects(config, env, standalone=standalone),
            agents=agents,
            prompt_file=PromptFile(prompt, os.path.dirname(config.source)) if prompt else None,
            hooks=Hooks(plugins),
        )
        snapshot.check()
        return snapshot
