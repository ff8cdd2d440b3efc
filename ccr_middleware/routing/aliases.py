"""Names that operators give to targets (F12).

Which alias a name means, in any case and behind `claude:`, the first of:

1. the alias of that very name, then without `[1m]`, then without a date on either side
2. the longest that begins it: `claude-opus-5*`. The name of a family, such as `opus`, counts as `claude-opus*` and
   also means older names (`claude-3-opus-20240229`)
3. the first pattern with `*` or `?` elsewhere that it matches

A name in the form `provider,model` is only ever an alias by its whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from ..config.conditions import searcher
from ..config.rules import Target
from .names import PICKER_PREFIX, key_of, without_date

_WILDCARD = re.compile(r"[*?]")
_FAMILY = re.compile(r"[a-z]+")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")

#: How narrow `*` alone is: it is asked last.
_LAST = -1

#: Longer names are nobody's model, and are not compared with patterns.
_MAX_NAME = 256


class Alias(NamedTuple):
    """A name or pattern as written, and what it stands for."""

    name: str
    target: Target


class Aliases:
    """The aliases of one configuration."""

    __slots__ = ("_exact", "_patterns", "_undated")

    def __init__(self, aliases: Mapping[str, Target]) -> None:
        self._exact: dict[str, Alias] = {}
        self._undated: dict[str, Alias] = {}
        patterns: list[tuple[int, Callable[[str], bool], Alias]] = []
        for name, target in aliases.items():
            alias, text = Alias(name, target), name.strip().lower()
            if not is_pattern(text):
                self._exact.setdefault(text, alias)
                self._undated.setdefault(without_date(text), alias)
            if (pattern := _pattern(text)) is not None:
                patterns.append((*pattern, alias))
        patterns.sort(key=lambda entry: -entry[0])  # which keeps the order of equals
        self._patterns = tuple((accepts, alias) for _, accepts, alias in patterns)

    def find(self, name: str) -> Alias | None:
        """The alias a name means; None: none."""
        if not self._exact and not self._patterns:
            return None
        text = name.strip().lower().removeprefix(PICKER_PREFIX).strip()
        key = key_of(text)
        undated = without_date(key)
        found = self._exact.get(text) or self._exact.get(key) or self._exact.get(undated) or self._undated.get(undated)
        if found or "," in key or not key or len(key) > _MAX_NAME:
            return found
        return next((alias for accepts, alias in self._patterns if accepts(key)), None)


def is_pattern(name: str) -> bool:
    """Whether an alias stands for many names."""
    return _WILDCARD.search(name) is not None


def _pattern(text: str) -> tuple[int, Callable[[str], bool]] | None:
    """How narrow the pattern is, and whether it accepts a name; None: it is none."""
    wildcard = _WILDCARD.search(text)
    if wildcard is None:
        is_family = _FAMILY.fullmatch(text) and text != "claude"
        return (len(f"claude-{text}"), partial(_is_of_family, text)) if is_family else None
    if wildcard[0] == "*" and wildcard.end() == len(text):
        prefix = text[:-1]
        return len(prefix) or _LAST, lambda name: name.startswith(prefix)
    escaped = re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")
    return 0, searcher(f"^{escaped}$")


def _is_of_family(family: str, name: str) -> bool:
    return name.startswith("claude-") and family in _BETWEEN_WORDS.split(name)
