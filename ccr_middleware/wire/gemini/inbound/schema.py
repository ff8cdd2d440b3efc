"""Gemini's `Schema`, a part of OpenAPI's in the spelling of protocol buffers, to JSON schema."""

from __future__ import annotations

from typing import Any

from ....unified import Json
from .proto import camel

#: Numbers of 64 bits, which are strings in the JSON of protocol buffers.
_INTEGERS = frozenset({"minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"})
#: Only for Gemini: the order in which it writes properties.
_LEFT_OUT = frozenset({"propertyOrdering", "nullable", "example"})


def to_json_schema(schema: Any) -> Json:
    """Convert a schema. What is already JSON schema stays as it is; names of properties are never touched."""
    if not isinstance(schema, dict):
        return {}
    given = camel(schema)
    converted = {key: _member(key, value) for key, value in given.items() if key not in _LEFT_OUT}
    if converted.get("type") == "type_unspecified":
        del converted["type"]
    if "example" in given:
        converted["examples"] = [given["example"]]
    return _nullable(converted) if given.get("nullable") is True else converted


def _member(key: str, value: Any) -> Any:
    if key == "type":
        return [str(kind).lower() for kind in value] if isinstance(value, list) else str(value).lower()
    if key in ("properties", "$defs", "defs") and isinstance(value, dict):
        return {name: to_json_schema(inner) for name, inner in value.items()}
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return to_json_schema(value)
    if key in ("anyOf", "oneOf", "allOf", "prefixItems") and isinstance(value, list):
        return [to_json_schema(inner) for inner in value]
    if key in _INTEGERS and isinstance(value, str) and value.isdecimal():
        return int(value)
    return value


def _nullable(schema: Json) -> Json:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
    elif isinstance(schema.get("anyOf"), list):
        schema["anyOf"] = [*schema["anyOf"], {"type": "null"}]
    if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    return schema
