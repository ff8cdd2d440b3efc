"""A JSON Schema validator of one page: the keywords our schema uses, and an error for any other."""

from __future__ import annotations

import re
from typing import Any

_ANNOTATIONS = frozenset({"$schema", "$defs", "title", "description", "default"})
_TYPES: dict[str, Any] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "integer": lambda value: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


class Validator:
    """Says where a value does not match a schema."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.root = schema

    def errors(self, value: Any, schema: Any = None, path: str = "") -> list[str]:
        """One line for each mismatch."""
        schema = self.root if schema is None else schema
        if isinstance(schema, bool):
            return [] if schema else [f"{path}: is not allowed"]
        found: list[str] = []
        for keyword, wanted in schema.items():
            if keyword not in _ANNOTATIONS:
                check = getattr(self, "check_" + keyword.strip("$"))
                found += check(value, wanted, path, schema)
        return found

    def check_ref(self, value: Any, wanted: str, path: str, schema: Any) -> list[str]:
        target = self.root
        for part in wanted.removeprefix("#/").split("/"):
            target = target[part]
        return self.errors(value, target, path)

    def check_type(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:
        names = wanted if isinstance(wanted, list) else [wanted]
        return [] if any(_TYPES[name](value) for name in names) else [f"{path}: is not {wanted}"]

    def check_enum(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:
        same = any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in wanted)
        return [] if same else [f"{path}: is none of {wanted}"]

    def check_anyOf(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:  # noqa: N802
        tried = [self.errors(value, option, path) for option in wanted]
        return [] if any(not errors for errors in tried) else [error for errors in tried for error in errors]

    def check_allOf(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:  # noqa: N802
        return [error for option in wanted for error in self.errors(value, option, path)]

    def check_required(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:
        missing = [name for name in wanted if isinstance(value, dict) and name not in value]
        return [f"{path}.{name}: is missing" for name in missing]

    def check_properties(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:
        members = value.items() if isinstance(value, dict) else ()
        return [e for key, item in members if key in wanted for e in self.errors(item, wanted[key], f"{path}.{key}")]

    def check_patternProperties(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:  # noqa: N802
        pairs = [(key, pattern) for key in (value if isinstance(value, dict) else ()) for pattern in wanted]
        matching = [(key, wanted[pattern]) for key, pattern in pairs if re.search(pattern, key)]
        return [error for key, inner in matching for error in self.errors(value[key], inner, f"{path}.{key}")]

    def check_additionalProperties(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:  # noqa: N802
        patterns = schema.get("patternProperties", {})
        others = [
            key
            for key in (value if isinstance(value, dict) else ())
            if key not in schema.get("properties", {}) and not any(re.search(pattern, key) for pattern in patterns)
        ]
        return [error for key in others for error in self.errors(value[key], wanted, f"{path}.{key}")]

    def check_items(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:
        items = enumerate(value if isinstance(value, list) else ())
        return [error for index, item in items for error in self.errors(item, wanted, f"{path}[{index}]")]

    def check_prefixItems(self, value: Any, wanted: Any, path: str, schema: Any) -> list[str]:  # noqa: N802
        pairs = zip(value, wanted, strict=False) if isinstance(value, list) else ()
        return [error for item, inner in pairs for error in self.errors(item, inner, path)]

    def check_pattern(self, value: Any, wanted: str, path: str, schema: Any) -> list[str]:
        return [f"{path}: does not match"] if isinstance(value, str) and not re.search(wanted, value) else []

    def check_minLength(self, value: Any, wanted: int, path: str, schema: Any) -> list[str]:  # noqa: N802
        return [f"{path}: is too short"] if isinstance(value, str) and len(value) < wanted else []

    def check_minItems(self, value: Any, wanted: int, path: str, schema: Any) -> list[str]:  # noqa: N802
        return [f"{path}: is too short"] if isinstance(value, list) and len(value) < wanted else []

    def check_maxItems(self, value: Any, wanted: int, path: str, schema: Any) -> list[str]:  # noqa: N802
        return [f"{path}: is too long"] if isinstance(value, list) and len(value) > wanted else []

    def check_minimum(self, value: Any, wanted: float, path: str, schema: Any) -> list[str]:
        return [f"{path}: is too small"] if _TYPES["number"](value) and value < wanted else []

    def check_maximum(self, value: Any, wanted: float, path: str, schema: Any) -> list[str]:
        return [f"{path}: is too large"] if _TYPES["number"](value) and value > wanted else []

    def check_exclusiveMinimum(self, value: Any, wanted: float, path: str, schema: Any) -> list[str]:  # noqa: N802
        return [f"{path}: is too small"] if _TYPES["number"](value) and value <= wanted else []
