"""The smallest value that a JSON schema allows, for the arguments of a made-up tool call. Pure.

What can be chosen freely is chosen by the property's name, so that a real client can run the call: a harmless
command, a pattern that finds something, a file name nobody uses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: Harmless strings by property name. None may ask for a tool: a prompt may start a session with this model again.
_BY_NAME: Mapping[str, str] = {
    "city": "Berlin",
    "command": "echo hello",
    "content": "Written by the demo model.",
    "description": "Demo call",
    "file_path": "ccr-demo.txt",
    "location": "Berlin",
    "name": "demo",
    "path": ".",
    "pattern": "*.md",
    "prompt": "Say hello.",
    "query": "hello",
    "title": "Demo session",
    "url": "https://example.com/",
}

_BY_FORMAT: Mapping[str, str] = {
    "date": "2025-01-01",
    "date-time": "2025-01-01T00:00:00Z",
    "email": "demo@example.com",
    "hostname": "example.com",
    "ipv4": "127.0.0.1",
    "ipv6": "::1",
    "time": "00:00:00Z",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}

#: Tried where a `pattern` must match, since making text from a pattern is a science of its own.
_CANDIDATES = ("demo", "a", "A", "1", "demo-1", "demo.txt", "/demo", "#000000", "1.0.0", "en-US", "12345", "")

_MAX_DEPTH = 12
_MAX_LENGTH = 1000
#: Schemas may branch and recurse without end; a demo gives up early.
_MAX_STEPS = 2000


class Unsatisfiable(ValueError):
    """No value is known that this schema allows."""


def sample(schema: Any) -> Any:
    """A minimal valid instance: required properties only. Raises Unsatisfiable."""
    try:
        return _Sampler(schema).value(schema, "", 0)
    except OverflowError:  # limits beyond the range of floats
        raise Unsatisfiable("") from None


class _Sampler:
    """One walk through a schema. `name` is the property the value is for, `depth` bounds recursion."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._steps_left = _MAX_STEPS

    def value(self, schema: Any, name: str, depth: int) -> Any:
        self._steps_left -= 1
        if schema is False or depth > _MAX_DEPTH or self._steps_left < 0:
            raise Unsatisfiable(name)
        if not isinstance(schema, dict):
            return _BY_NAME.get(name, "demo")
        if isinstance(schema.get("$ref"), str):
            return self.value(self._resolved(schema["$ref"]), name, depth + 1)
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list):
            return _first(schema["enum"], name)
        if isinstance(schema.get("allOf"), list):
            return self.value(self._all(schema), name, depth + 1)
        for key in ("anyOf", "oneOf"):
            if isinstance(schema.get(key), list):
                return self._any(schema, key, name, depth)
        return self._typed(schema, name, depth)

    def _typed(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        match _type(schema):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number" as kind:
                return _number(schema, name, whole=kind == "integer")
            case "boolean":
                return False
            case "null":
                return None
            case "string":
                return _string(schema, name)
        raise Unsatisfiable(name)

    def _any(self, schema: dict[str, Any], key: str, name: str, depth: int) -> Any:
        """The first branch that can be satisfied, together with what stands beside it."""
        beside = {k: v for k, v in schema.items() if k != key}
        for branch in schema[key]:
            try:
                return self.value(_united(beside, self._followed(branch)), name, depth + 1)
            except Unsatisfiable:
                continue
        raise Unsatisfiable(name)

    def _all(self, schema: dict[str, Any]) -> dict[str, Any]:
        merged = {k: v for k, v in schema.items() if k != "allOf"}
        for part in schema["allOf"]:
            merged = _united(merged, self._followed(part))
        return merged

    def _followed(self, schema: Any) -> dict[str, Any]:
        if schema is False:
            raise Unsatisfiable("")
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            schema = self._resolved(schema["$ref"])
        return schema if isinstance(schema, dict) else {}

    def _resolved(self, reference: str) -> Any:
        """A JSON pointer into the same document."""
        if not reference.startswith("#"):
            raise Unsatisfiable(reference)
        target = self._root
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, dict) or key not in target:
                raise Unsatisfiable(reference)
            target = target[key]
        return target

    def _object(self, schema: dict[str, Any], depth: int) -> dict[str, Any]:
        properties = schema.get("properties")
        if not isinstance(properties, dict):
            properties = {}
        required = schema.get("required")
        names = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
        at_least = schema.get("minProperties")
        if isinstance(at_least, int):
            names += [name for name in properties if name not in names][: max(0, at_least - len(names))]
        return {name: self.value(properties.get(name, True), name, depth + 1) for name in names}

    def _array(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        count = schema.get("minItems")
        count = count if isinstance(count, int) else 0
        if count > _MAX_LENGTH or (count > 1 and schema.get("uniqueItems")):
            raise Unsatisfiable(name)
        kinds = schema.get("prefixItems")
        kinds = list(kinds) if isinstance(kinds, list) else []
        kinds += [schema.get("items", True)] * (count - len(kinds))
        return [self.value(kind, name, depth + 1) for kind in kinds[:count]]


def _type(schema: dict[str, Any]) -> Any:
    """The type asked for, or the one its keywords speak of. Of several the first that says something."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((one for one in kind if one != "null"), "null")
    if kind is None:
        if "properties" in schema or "required" in schema:
            return "object"
        return "array" if "items" in schema else "string"
    return kind


def _first(values: list[Any], name: str) -> Any:
    if not values:
        raise Unsatisfiable(name)
    return values[0]


def _united(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """Both schemas at once: properties and required are joined, of other keywords in both the right one wins."""
    united = left | right
    if isinstance(left.get("properties"), dict) and isinstance(right.get("properties"), dict):
        united["properties"] = left["properties"] | right["properties"]
    if isinstance(left.get("required"), list) and isinstance(right.get("required"), list):
        united["required"] = [*left["required"], *right["required"]]
    return united


def _number(schema: dict[str, Any], name: str, whole: bool) -> int | float:
    """1, or the nearest number to it inside the limits."""
    low, high = _limit(schema, "minimum", -math.inf), _limit(schema, "maximum", math.inf)
    above, below = _limit(schema, "exclusiveMinimum", -math.inf), _limit(schema, "exclusiveMaximum", math.inf)
    step = _limit(schema, "multipleOf", 0.0) or float(whole)
    nearest = min(max(1.0, low, above), high, below)
    tries = [nearest, nearest + 1, nearest - 1, (max(low, above) + min(high, below)) / 2]
    if step:
        tries = [turn(nearest / step) * step + more for turn in (math.ceil, math.floor) for more in (0.0, step, -step)]
    for value in tries:
        if low <= value <= high and above < value < below:
            return int(value) if value.is_integer() else value
    raise Unsatisfiable(name)


def _limit(schema: dict[str, Any], key: str, otherwise: float) -> float:
    value = schema.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise


def _string(schema: dict[str, Any], name: str) -> str:
    wish = _BY_FORMAT.get(str(schema.get("format"))) or _BY_NAME.get(name, "demo")
    least, most = schema.get("minLength"), schema.get("maxLength")
    least = least if isinstance(least, int) else 0
    most = most if isinstance(most, int) else _MAX_LENGTH
    if least > min(most, _MAX_LENGTH):
        raise Unsatisfiable(name)
    pattern = schema.get("pattern")
    if not isinstance(pattern, str):
        return wish.ljust(least, ".")[:most]
    try:
        allowed = re.compile(pattern)
    except re.error:
        raise Unsatisfiable(name) from None
    for candidate in (wish, *_CANDIDATES):
        if least <= len(candidate) <= most and allowed.search(candidate):
            return candidate
    raise Unsatisfiable(name)
