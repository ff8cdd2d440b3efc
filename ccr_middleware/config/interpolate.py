"""`$VAR` and friends: the resolved view of a document.

| written          | becomes                                                                     |
|------------------|-----------------------------------------------------------------------------|
| `$NAME`          | the variable; the name is upper case: `[A-Z_][A-Z0-9_]*`                     |
| `${name}`        | the variable, any name                                                      |
| `${name:-text}`  | the variable, or the text when it is unset or empty                         |
| `$$`             | one `$`                                                                     |

Values are replaced everywhere in objects and arrays, keys nowhere, and what was put in is not looked at again.
A variable that is unset or empty leaves its placeholder as it is, as CCR v2 does, and is reported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .places import Path

_PLACEHOLDER = re.compile(r"\$(?:(?P<escape>\$)|(?P<bare>[A-Z_][A-Z0-9_]*)|\{(?P<braced>[^}]+)\})")


class Unset(NamedTuple):
    """A variable without a value, and where in the document it is asked for."""

    name: str
    path: Path


def interpolate(document: Mapping[Any, Any], env: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Unset, ...]]:
    """A copy of the document with the placeholders filled in from `env`, and the variables that had no value.

    Keys become strings and tuples lists; objects of other types are taken over as they are.
    """
    resolver = _Resolver(env)
    resolved = {str(key): resolver.resolve(value, (str(key),)) for key, value in document.items()}
    return resolved, tuple(resolver.unset)


class _Resolver:
    """One walk through a document."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env = env
        self.unset: list[Unset] = []

    def resolve(self, value: Any, path: Path) -> Any:
        """A copy of the value at a path, filled in."""
        if isinstance(value, str):
            return self._fill_in(value, path) if "$" in value else value
        if isinstance(value, Mapping):
            return {str(key): self.resolve(item, (*path, str(key))) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.resolve(item, (*path, index)) for index, item in enumerate(value)]
        return value

    def _fill_in(self, text: str, path: Path) -> str:
        def replacement(match: re.Match[str]) -> str:
            if match["escape"]:
                return "$"
            name, separator, default = (match["bare"] or match["braced"]).partition(":-")
            value = self.env.get(name)
            if value:
                return value
            if separator:
                return default
            self.unset.append(Unset(name, path))
            return match[0]

        return _PLACEHOLDER.sub(replacement, text)
