"""Which class of a module is meant, where it may hold several of a kind."""

from __future__ import annotations

from types import ModuleType
from typing import TypeVar

from ..config.places import quote
from ..config.references import Reference
from .modules import LoadError

Base = TypeVar("Base")


def pick_class(module: ModuleType, reference: Reference, base: type[Base], kind: str, name: str = "") -> type[Base]:
    """The class of a module that inherits from `base`: the one the reference or the `name` means (by its own name, in
    any case, or its attribute `name`), or the only one written there.

    `kind`: what it is called in texts. Raises LoadError when there is none, or more than one.
    """
    where, what = reference
    wanted = what or name
    found = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, base)]
    found = [cls for cls in dict.fromkeys(found) if cls is not base]
    if not what:
        found = [cls for cls in found if cls.__module__ == module.__name__ and not cls.__name__.startswith("_")]
    chosen = [cls for cls in found if wanted.lower() in (cls.__name__.lower(), str(getattr(cls, "name", "")).lower())]
    if len(found) == 1 and not what:
        return found[0]
    if len(chosen) == 1:
        return chosen[0]
    names = ", ".join(cls.__name__ for cls in found)
    if not found:
        raise LoadError(f"{where}: has no {kind}; write a class that inherits from {_import_name(base)}")
    if wanted:
        raise LoadError(f"{where}: has no {kind} {quote(wanted)}; it has {names}")
    raise LoadError(f"{where}: has several {kind}s ({names}); write one behind a colon")


def _import_name(base: type) -> str:
    """Where users import a base class from: the package above the module it is written in."""
    return f"{base.__module__.rpartition('.')[0]}.{base.__name__}"
