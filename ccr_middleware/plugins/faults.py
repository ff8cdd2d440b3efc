"""Why an object is no plugin, told when it is loaded rather than in the middle of a request."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from ..config.places import did_you_mean
from .base import HOOKS, Plugin, hooks_of


def fault_of(plugin: Any) -> str | None:
    """Why an object is no plugin, None for one that is."""
    if not isinstance(plugin, Plugin):
        return "it is no object of a class that inherits from ccr_middleware.plugins.Plugin"
    what = type(plugin).__name__
    if not (isinstance(getattr(plugin, "name", None), str) and plugin.name.strip()):
        return f'{what} has no name; write name = "my-plugin"'
    for name in HOOKS:
        if not callable(getattr(plugin, name)):
            return f"{what}.{name} is no function"
    return next(filter(None, (_wrong_parameters(plugin, name) for name in hooks_of(plugin))), None)


def _wrong_parameters(plugin: Plugin[Any], name: str) -> str | None:
    wanted = list(inspect.signature(getattr(Plugin, name)).parameters)[1:]
    try:
        inspect.signature(getattr(plugin, name)).bind(*wanted)
    except TypeError:
        return f"{name} must take ({', '.join(wanted)})"
    except ValueError:  # of something built in, nothing is known
        return None
    return None


def misspelt(plugin: Plugin[Any]) -> Iterator[str]:
    """A warning for each method that looks like a hook and is none."""
    for name in dir(plugin):
        if name.startswith("on_") and name not in HOOKS and callable(getattr(plugin, name)):
            hint = did_you_mean(name, HOOKS) or f"; they are {', '.join(HOOKS)}"
            yield f"the plugin {plugin.name}: {name} is no hook and never called{hint}"
