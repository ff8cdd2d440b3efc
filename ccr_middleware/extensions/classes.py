"""Which classes of a module are transformers, and whether they can be."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel

from ..config.places import quote
from ..config.references import Reference
from ..transformers.base import Level, Platform, Transformer, WireName
from .modules import LoadError


def transformers_in(module: ModuleType, reference: Reference, name: str = "") -> list[Any]:
    """The transformers of a module that are meant: the one the reference names, or all; of several the one of that
    name, if it is given. Raises LoadError when there is none."""
    where, what = reference
    named = getattr(module, what, None) if what else None
    if isinstance(named, type):
        return [named]
    found = list(_transformers_of(module, where))
    wanted = (what or (name if len(found) > 1 else "")).lower()
    chosen = [cls for cls in found if not wanted or wanted in (name_of(cls).lower(), cls.__name__.lower())]
    if chosen:
        return chosen
    if found:
        names = ", ".join(name_of(cls) for cls in found)
        raise LoadError(f"{where}: has no transformer {quote(what or name)}; it has {names}")
    raise LoadError(
        f"{where}: has no transformer; write a class that inherits from ccr_middleware.transformers.Transformer"
    )


def _transformers_of(module: ModuleType, where: str) -> Iterator[Any]:
    """What the list `transformers` of a module has, or the classes that are written in it."""
    listed = getattr(module, "transformers", None)
    if isinstance(listed, list | tuple):
        for item in listed:
            if not isinstance(item, type):
                raise LoadError(
                    f"{where}: the list transformers has something else than classes; write [MyTransformer]"
                )
            yield item
        return
    classes = [value for value in vars(module).values() if isinstance(value, type)]
    own = [cls for cls in classes if cls.__module__ == module.__name__ and _is_meant(cls)]
    yield from [cls for cls in own if hasattr(cls, "name")] or own  # beside others, one without a name is their base


def _is_meant(cls: type) -> bool:
    """Whether a class is or tries to be a transformer for others to use."""
    tries = issubclass(cls, Transformer) or callable(getattr(cls, "transform_request_in", None))
    return tries and not cls.__name__.startswith("_")


def name_of(cls: Any) -> str:
    """The transformer's name; the class's own when it has none."""
    name = getattr(cls, "name", None)
    return name.strip() if isinstance(name, str) and name.strip() else str(cls.__name__)


def fault_of(cls: Any, where: str) -> str | None:
    """Why a class is no transformer, None for one that is."""
    what = f"{where}: {cls.__name__}"
    if not (issubclass(cls, Transformer) and cls is not Transformer):
        return f"{what} does not inherit from ccr_middleware.transformers.Transformer"
    if not (isinstance(cls.Options, type) and issubclass(cls.Options, BaseModel)):
        return f"{what}.Options must be a class that inherits from ccr_middleware.transformers.NoOptions"
    if not (isinstance(cls.aliases, list | tuple) and all(isinstance(alias, str) and alias for alias in cls.aliases)):
        return f'{what}.aliases must be a tuple of names, such as ("other-name",)'
    for fact, known in (("level", Level), ("wire", WireName), ("platform", Platform)):
        value = getattr(cls, fact)
        if value not in get_args(known) and (value is not None or fact == "level"):
            return f"{what}.{fact} must be one of {', '.join(map(quote, get_args(known)))}"
    return None
