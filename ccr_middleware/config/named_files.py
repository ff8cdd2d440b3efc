"""What of a document names files and code, in any spelling.

Whoever manages the gateway over HTTP, and whoever wrote a preset, must neither have code run on its machine nor have
other files sent to a provider (`REWRITE_SYSTEM_PROMPT`) unless the operator allows it, so every such place is known
here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from .agents import SEARCH_BACKENDS
from .places import Path, show_path
from .references import SCRIPTS, find_reference, read_reference
from .schema import Config, Provider
from .spelling import is_blank, spellings
from .transformer_lists import TRANSFORMER_KEYS

#: `code` is loaded by the gateway, a `script` run for the status line, a `text` sent to providers, `data` only read.
Kind = Literal["code", "script", "text", "data"]

#: Under which keys a provider names transformers, in every spelling.
_USES = tuple(dict.fromkeys(name for key in TRANSFORMER_KEYS for name in spellings(Provider, key)))

#: Members of an entry in a list of transformers that name no transformers.
_NO_USES = frozenset({"options", "providers", "provider", "models", "model"})


class Named(NamedTuple):
    """A text in `container[key]`, at a place of the document, that names a file, or a module for code."""

    container: Any
    key: Any
    at: Path
    kind: Kind

    @property
    def text(self) -> str:
        """What is written there."""
        return str(self.container[self.key])

    @property
    def is_file(self) -> bool:
        """Whether it is a file and no module."""
        return self.kind != "code" or read_reference(self.text).is_file

    @property
    def is_variable(self) -> bool:
        """Whether the environment decides what it is."""
        return "$" in self.text

    @property
    def is_foreign_script(self) -> bool:
        """Whether it is code for CCR v2, which is written in JavaScript."""
        return read_reference(self.text).where.lower().endswith(SCRIPTS)

    @property
    def shown(self) -> str:
        """The place, for messages."""
        return show_path(self.at)


def named_files(document: Mapping[str, Any]) -> Iterator[Named]:
    """Every place of a document, in any spelling, that names a file or code."""
    yield from _members(document, (), Config, "custom_router", "code")
    yield from _members(document, (), Config, "rewrite_system_prompt", "text")
    yield from _uses(document.get("transformers"), ("transformers",))
    for key in ("agents", "plugins"):
        for index, item in enumerate(_list(document.get(key))):
            yield from _keys(item, (key, index), ("path", "module"), "code")
    search = document.get("search")
    if isinstance(search, dict) and str(search.get("backend")).lower() not in SEARCH_BACKENDS:
        yield from _keys(search, ("search",), ("backend",), "code")
    for key in ("StatusLine", "status_line", "statusLine"):
        yield from _deep(document.get(key), (key,), "scriptPath", "script")
    for key in spellings(Config, "providers"):
        for index, provider in enumerate(_list(document.get(key))):
            if isinstance(provider, dict):
                yield from _in_provider(provider, (key, index))


def _in_provider(provider: dict[str, Any], at: Path) -> Iterator[Named]:
    for key in _USES:
        yield from _uses(provider.get(key), (*at, key))
    yield from _deep(provider.get("tokenizer"), (*at, "tokenizer"), "path", "data")
    for key in spellings(Provider, "vertex"):
        yield from _keys(provider.get(key), (*at, key), ("credentials",), "data")


def _uses(value: Any, at: Path) -> Iterator[Named]:
    """What is code in a list of transformers: `"x.py"`, `["x.py", options]`, `{path}`, `{name}`, and lists of them by
    model. Options are the transformer's own business; a variable may become anything."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(_list(value)):
        if isinstance(item, str):
            if key in ("path", "module") or find_reference(item) or "$" in item:
                yield Named(value, key, (*at, key), "code")
        elif key not in _NO_USES and not (
            isinstance(value, list) and key and isinstance(item, dict) and _is_pair(value)
        ):
            yield from _uses(item, (*at, key))


def _is_pair(value: list[Any]) -> bool:
    """Whether a list is a name with its options."""
    return len(value) == 2 and isinstance(value[0], str)


def _members(document: Any, at: Path, model: Any, field: str, kind: Kind) -> Iterator[Named]:
    yield from _keys(document, at, spellings(model, field), kind)


def _keys(value: Any, at: Path, keys: tuple[str, ...], kind: Kind) -> Iterator[Named]:
    for key in keys if isinstance(value, dict) else ():
        if isinstance(value.get(key), str) and not is_blank(value[key]):
            yield Named(value, key, (*at, key), kind)


def _deep(value: Any, at: Path, key: str, kind: Kind) -> Iterator[Named]:
    yield from _keys(value, at, (key,), kind)
    inside = value.items() if isinstance(value, dict) else enumerate(_list(value))
    for name, item in inside:
        if isinstance(item, dict | list):
            yield from _deep(item, (*at, name), key, kind)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
