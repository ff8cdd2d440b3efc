"""What `GET /api/transformers` says: every transformer that a configuration could use."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from itertools import chain

from pydantic import BaseModel

from ..config.schema import Config
from ..transformers.base import NoOptions, WireName
from ..transformers.registry import AnyTransformer, BrokenTransformer, Entry, Registry
from ..unified import Json
from .modules import said
from .transformers import installed_transformers

#: The path at which clients and providers speak a wire format, as CCR v2 names it.
PATHS: dict[WireName, str] = {
    "messages": "/v1/messages",
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/:modelAndAction",
}


def list_transformers(
    config: Config, registry: Registry, broken: Iterable[BrokenTransformer], mask: Callable[[str], str]
) -> list[Json]:
    """One object for each transformer: those of the registry, then those that installed packages offer besides.

    - `name`, `aliases`: how a `use` list calls it; `used_by`: the providers that do.
    - `endpoint`: the path of the wire format that it stands for, or null; `level`: which body it sees.
    - `options`: the JSON schema of its options; `description`: the first line of its documentation.
    - `origin`: `builtin`, `file:…`, `module:…` or `entry point:…`; `error`: why it cannot be used, or null.

    Imports what is installed, so it is no work for an event loop.
    """
    uses = _uses(config, registry)
    failures = {problem.transformer.lower(): problem.message for problem in reversed(list(broken))}
    listed = []
    for entry in (*registry.entries(), *installed_transformers(registry)):
        names = [name.lower() for name in (entry.name, *entry.aliases)]
        error = entry.error or next((failures[name] for name in names if name in failures), None)
        listed.append(_described(entry, error and mask(error), uses.get(entry, [])))
    return listed


def _uses(config: Config, registry: Registry) -> dict[Entry, list[str]]:
    """The names of the providers that use each entry."""
    found: dict[Entry, dict[str, None]] = {}
    for provider in config.providers:
        for use in chain(provider.use, *provider.use_by_model.values()):
            if (entry := registry.entry(use.name)) is not None:
                found.setdefault(entry, {})[provider.name] = None
    return {entry: list(names) for entry, names in found.items()}


def _described(entry: Entry, error: str | None, used_by: list[str]) -> Json:
    cls = entry.cls
    schema, problem = options_schema(cls.Options) if cls else (None, None)
    return {
        "name": entry.name,
        "aliases": list(entry.aliases),
        "endpoint": PATHS.get(cls.wire) if cls and cls.wire else None,
        "level": cls.level if cls else None,
        "options": schema,
        "origin": entry.origin,
        "error": error or problem,
        "description": _first_line(cls) if cls else "",
        "used_by": used_by,
    }


def options_schema(options: type[BaseModel]) -> tuple[Json | None, str | None]:
    """The JSON schema of options, or why there is none."""
    try:
        schema = options.model_json_schema()
    except Exception as problem:
        return None, f"its options cannot be shown: {said(problem)}"
    if options is NoOptions:
        schema.pop("description", None)  # it is for those who write some
    return schema, None


def _first_line(cls: type[AnyTransformer]) -> str:
    return (inspect.cleandoc(cls.__doc__) if cls.__doc__ else "").partition("\n")[0]
