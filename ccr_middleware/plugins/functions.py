"""Plugins that are no class: functions called like hooks, alone or together in a module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ..transformers.base import NoOptions
from .base import HOOKS, Plugin


class FunctionPlugin(Plugin[NoOptions]):
    """A plugin made of functions by the names of hooks: `on_request(context, body)` and so on, without `self`."""

    name = "functions"

    def __init__(self, name: str, functions: Mapping[str, Callable[..., Any]], description: str = "") -> None:
        super().__init__(NoOptions())
        vars(self).update(functions, name=name, description=description)


def functions_of(module: ModuleType, name: str) -> FunctionPlugin | None:
    """The plugin that a module's functions make, None when none of them is called like a hook."""
    functions = {hook: value for hook in HOOKS if callable(value := getattr(module, hook, None))}
    about = (inspect.getdoc(module) or "").partition("\n")[0]
    return FunctionPlugin(name, functions, about) if functions else None
