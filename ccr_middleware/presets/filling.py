"""Placeholders of a preset: `#{id}` and `{{id}}` become the values of its fields (E-3).

A text that is nothing but a placeholder becomes the value itself, so numbers stay numbers; within other text a value
is text. What was put in is not looked at again. `${VAR}` is none of these: it is for the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config.places import Path, show_path

_PLACEHOLDER = re.compile(r"#\{\s*(?P<hash>[A-Za-z_][\w-]*)\s*\}|\{\{\s*(?P<braces>[^{}]*?)\s*\}\}")
_ID = re.compile(r"[A-Za-z_][\w-]*")

#: The status line has variables of its own, which look the same.
_OTHER_BRACES = frozenset({"statusline", "status_line"})


class Unknown(NamedTuple):
    """A placeholder that no field is meant by: its text, and where in the document it stands."""

    text: str
    path: Path

    @property
    def message(self) -> str:
        """One line for people."""
        what = (
            "names no field of the schema"
            if self.text.startswith("#") or _ID.fullmatch(self.text[2:-2].strip())
            else ("is an expression, and only ids of fields can be used")
        )
        return f"{show_path(self.path)}: {self.text} {what}; correct it"


class Filled(NamedTuple):
    """A value with its placeholders filled in, and those that nobody knew, which are still in it."""

    value: Any
    unknown: tuple[Unknown, ...] = ()


def fill(value: Any, values: Mapping[str, Any], at: Path = ()) -> Filled:
    """A copy of a value with placeholders filled in, in keys too.

    `values` has every known id. One whose value is None leaves nothing behind: no text, null in an object, no entry in
    a list or of a key. A list in place of an entry of a list becomes several entries.
    """
    filler = _Filler(values)
    filled = filler.value(value, at)
    return Filled(filled, tuple(filler.unknown))


class _Filler:
    """One walk through a value."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values
        self.unknown: list[Unknown] = []

    def value(self, value: Any, at: Path) -> Any:
        if isinstance(value, str):
            return self._text(value, at)
        if isinstance(value, Mapping):
            members = {self._key(str(key), at): self.value(item, (*at, str(key))) for key, item in value.items()}
            return {key: item for key, item in members.items() if key is not None}
        if isinstance(value, list):
            return [one for index, item in enumerate(value) for one in self._entries(item, (*at, index))]
        return value

    def _entries(self, item: Any, at: Path) -> list[Any]:
        """What an entry of a list becomes."""
        filled = self.value(item, at)
        if isinstance(item, str) and filled is not item and not isinstance(filled, str):
            return [] if filled is None else filled if isinstance(filled, list) else [filled]
        return [filled]

    def _key(self, key: str, at: Path) -> str | None:
        """A key; None for one that was nothing but a placeholder without a value."""
        filled = self._text(key, (*at, key))
        return None if filled is None else _as_text(filled)

    def _text(self, text: str, at: Path) -> Any:
        if "#{" not in text and "{{" not in text:
            return text
        match = _PLACEHOLDER.fullmatch(text)
        if match is not None and (name := self._id(match, at)) is not None:
            return self._values[name]

        def replacement(match: re.Match[str]) -> str:
            name = self._id(match, at)
            if name is not None:
                return _as_text(self._values[name])
            if match["hash"] or not _has_own_braces(at):
                self.unknown.append(Unknown(match[0], at))
            return match[0]

        return _PLACEHOLDER.sub(replacement, text)

    def _id(self, match: re.Match[str], at: Path) -> str | None:
        """The known id of a placeholder."""
        if match["braces"] is not None and _has_own_braces(at):
            return None
        name = match["hash"] or match["braces"]
        return name if name in self._values else None


def _has_own_braces(at: Path) -> bool:
    return bool(at) and str(at[0]).lower() in _OTHER_BRACES


def _as_text(value: Any) -> str:
    """A value within a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return ",".join(map(_as_text, value)) if isinstance(value, list) else str(value)
