"""Plugins at work without a gateway: hooks over plugins made on the spot."""

from __future__ import annotations

from typing import Any

from ccr_middleware.access.principal import Principal
from ccr_middleware.plugins import HookContext, NoOptions, Plugin
from ccr_middleware.plugins.base import AnyPlugin
from ccr_middleware.plugins.hooks import Hooks
from ccr_middleware.plugins.loaded import LoadedPlugin


def context(**facts: Any) -> HookContext:
    """A call of somebody."""
    return HookContext(**{"request_id": "req_1", "caller": Principal("somebody")} | facts)


def plugin(name: str = "own", **members: Any) -> AnyPlugin:
    """A plugin with these methods and attributes."""
    made: type[AnyPlugin] = type(name.title(), (Plugin,), {"name": name, "__module__": __name__, **members})
    return made(NoOptions())


def hooks(*plugins: AnyPlugin, timeout_seconds: float = 5.0) -> Hooks:
    """The hooks of these plugins."""
    return Hooks([LoadedPlugin(one.name, one, timeout_seconds=timeout_seconds) for one in plugins])


def report(made: Hooks, index: int = 0) -> dict[str, Any]:
    """What `GET /api/plugins` tells of one."""
    return made.plugins[index].to_json()
