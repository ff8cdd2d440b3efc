"""Putting JSON schemas together: references in place, `allOf` and the surroundings of alternatives as one schema."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote

from ...lenient import as_dict, as_list
from ...unified import Json

#: How many references and pieces one document may have put in place; small documents can ask for billions.
_MAX_PIECES = 4000


class Resolved(NamedTuple):
    """A schema without `$ref` and `allOf`, and the references that lead to what is in it."""

    schema: Json
    stack: frozenset[str]


class References:
    """The references within one document."""

    __slots__ = ("_left", "_root")

    def __init__(self, root: Any) -> None:
        self._root = root
        self._left = _MAX_PIECES

    def resolve(self, schema: Json, stack: frozenset[str]) -> Resolved | None:
        """A schema with its `$ref` and `allOf` put in place; `stack` are the references that lead here.

        None for a reference to itself, to another document or to nothing, and when it is too much.
        """
        if "$ref" not in schema and "allOf" not in schema:
            return Resolved(schema, stack)
        self._left -= 1
        pieces = [piece for piece in as_list(schema.get("allOf")) if isinstance(piece, dict)]
        if "$ref" in schema:
            name = schema["$ref"]
            target = self._target(name) if isinstance(name, str) and name not in stack else None
            if target is None or self._left < 0:
                return None
            stack |= {name}
            pieces.insert(0, target)
        found: Json = {}
        led = stack
        for piece in pieces:
            part = self.resolve(piece, stack)
            if part is None:
                return None
            found, led = merged(found, part.schema), led | part.stack
        rest = {key: value for key, value in schema.items() if key not in ("$ref", "allOf")}
        return Resolved(merged(found, rest), led)

    def _target(self, reference: str) -> Json | None:
        """What a reference points to (`#`, `#/$defs/node`)."""
        if reference == "#":
            return as_dict(self._root) or None
        if not reference.startswith("#/"):
            return None
        found = self._root
        for step in reference[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = found.get(key)
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                return None
        return found if isinstance(found, dict) else None


def merged(base: Json, over: Json) -> Json:
    """One schema for both; where they disagree `over` wins. Properties and required names are those of both."""
    both = {**base, **over}
    if isinstance(base.get("properties"), dict) and isinstance(over.get("properties"), dict):
        properties = dict(base["properties"])
        for name, inner in over["properties"].items():
            known = properties.get(name)
            properties[name] = {**known, **inner} if isinstance(known, dict) and isinstance(inner, dict) else inner
        both["properties"] = properties
    if "required" in base and "required" in over:
        both["required"] = [*as_list(base["required"]), *as_list(over["required"])]
    return both
