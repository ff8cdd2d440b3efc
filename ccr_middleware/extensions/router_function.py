"""The function of a custom router: where it is, and how it wants to be called.

x.py, ~/ccr/x.py:choose       a file; relative paths begin at the configuration
package.module:choose         a function of a module that Python can import
choose                        an entry point of the group `ccr_middleware.routers`
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from inspect import Parameter
from types import ModuleType
from typing import Any

from ..config.places import quote
from ..config.references import SCRIPTS, Reference, read_reference
from .modules import LoadError, Modules

GROUP = "ccr_middleware.routers"

#: What to write, in messages.
PYTHON_FORM = 'def route(request, config, context): return "provider,model" or None'

#: Names under which a function is found without being named.
_USUAL_NAMES = ("route", "router", "custom_router")

#: The order in which CCR v2 calls, and what parameters are called: `(config, context)` is what its documentation shows.
_ORDER = ("request", "config", "context")
_MEANINGS = {"request": "request", "req": "request", "config": "config", "context": "context", "ctx": "context"}


@dataclass(frozen=True)
class RouterFunction:
    """A function of the user's own, ready to be called.

    `shown`: its file or module as it was written; `module`: the module's name, by which its lines are found in a
    traceback; `names`: what its parameters mean, None: the first `count` of request, config and context, in order.
    """

    function: Callable[..., Any]
    shown: str
    module: str
    names: Mapping[str, str] | None
    count: int

    @property
    def is_async(self) -> bool:
        """Whether calling it only makes a coroutine, which then runs on the event loop."""
        call = getattr(type(self.function), "__call__", None)  # noqa: B004 - looked up to see what it is
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(call)

    def call(self, values: Mapping[str, Any]) -> Any:
        """What the function returns. `values`: request, config and context by name."""
        if self.names is not None:
            return self.function(**{name: values[meaning] for name, meaning in self.names.items()})
        return self.function(*[values[name] for name in _ORDER[: self.count]])


def load_function(text: str, modules: Modules) -> RouterFunction:
    """The function that a text of the configuration names. Raises LoadError."""
    reference = _installed(text) or read_reference(text)
    if reference.where.lower().endswith(SCRIPTS):
        raise LoadError(
            f"{reference.where}: is a custom router of CCR v2; here they are written in Python: a file router.py with "
            f"{PYTHON_FORM}"
        )
    return ready(_found(modules.load(reference), reference), reference.where)


def ready(function: Callable[..., Any], shown: str = "") -> RouterFunction:
    """A callable, prepared. Raises LoadError when it cannot be called as a router."""
    name = getattr(function, "__name__", type(function).__name__)
    if isinstance(function, type) or not callable(function):
        raise LoadError(f"{shown or 'router'}: {name} is no function; write {PYTHON_FORM}")
    module = str(getattr(function, "__module__", "") or "")
    names, count = _parameters(function, f"{shown or module}: {name}")
    return RouterFunction(function, shown or f"{module}:{name}", module, names, count)


def _installed(text: str) -> Reference | None:
    """What an entry point of that name refers to."""
    point = next((one for one in entry_points(group=GROUP) if one.name.lower() == text.strip().lower()), None)
    return Reference(point.module, point.attr) if point else None


def _found(module: ModuleType, reference: Reference) -> Any:
    """The function that is meant: the one that is named, one with a usual name, or the only one."""
    where, what = reference
    if what:
        if not hasattr(module, what):
            raise LoadError(f"{where}: has no function {quote(what)}; write {PYTHON_FORM}")
        return getattr(module, what)
    for name in _USUAL_NAMES:
        if callable(function := getattr(module, name, None)):
            return function
    own = [value for name, value in vars(module).items() if inspect.isfunction(value) and not name.startswith("_")]
    own = [function for function in own if function.__module__ == module.__name__]
    if len(own) == 1:
        return own[0]
    if own:
        names = ", ".join(function.__name__ for function in own)
        raise LoadError(f"{where}: has several functions ({names}); call one route, or write one behind a colon")
    raise LoadError(f"{where}: has no function; write {PYTHON_FORM}")


def _parameters(function: Callable[..., Any], shown: str) -> tuple[dict[str, str] | None, int]:
    """What the parameters mean by their names, or how many to give in order. Raises LoadError."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # of something built in
        return None, len(_ORDER)
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters):
        return None, len(_ORDER)
    meanings = {one.name: meaning for one in parameters if (meaning := _MEANINGS.get(one.name.lower().lstrip("_")))}
    needed = [one for one in parameters if one.default is Parameter.empty and one.kind is not Parameter.VAR_KEYWORD]
    if all(one.name in meanings and one.kind is not Parameter.POSITIONAL_ONLY for one in needed):
        return meanings, len(meanings)
    if len(needed) > len(_ORDER) or any(one.kind is Parameter.KEYWORD_ONLY for one in needed):
        raise LoadError(f"{shown} takes other parameters than request, config and context; write {PYTHON_FORM}")
    return None, len(needed)
