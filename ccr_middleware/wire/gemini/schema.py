"""JSON schemas reduced to the subset of OpenAPI that Gemini's `Schema` knows (acceptance C19, fixtures fact 41).

Anything else is a 400 "Unknown name …: Cannot find field". The output is written from a white list; references are
put in place, unions become `anyOf`, and a constraint without a field is told in the description, so that the model
still knows of it.

What is known of `Schema` beyond its reference: enums are of strings only and none may be empty; strings have the
formats `enum` and `date-time` only; arrays need `items`; beside `anyOf` nothing else may stand; every schema needs a
type.
"""

from __future__ import annotations

from typing import Any

from ...jsonio import dumps_str
from ...lenient import as_dict, as_list, text_of
from ...unified import Json
from .schema_merge import References, merged

_TYPES = {
    "string": "STRING",
    "number": "NUMBER",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
    "array": "ARRAY",
    "object": "OBJECT",
}
_FORMATS = {
    "STRING": frozenset({"date-time"}),
    "NUMBER": frozenset({"float", "double"}),
    "INTEGER": frozenset({"int32", "int64"}),
}
#: Counts, by the type they belong to.
_COUNTS = {
    "STRING": ("minLength", "maxLength"),
    "ARRAY": ("minItems", "maxItems"),
    "OBJECT": ("minProperties", "maxProperties"),
}
#: Words that say something about values and have no field of their own. `additionalProperties` only as a schema.
_TOLD = (
    *("multipleOf", "uniqueItems", "contains", "minContains", "maxContains", "not", "if", "then", "else"),
    *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "contentEncoding"),
    *("contentMediaType", "contentSchema"),
)
#: How deep a schema may be, and how many schemas there may be in it once references are put in place.
_MAX_DEPTH, _MAX_NODES = 24, 2000
#: How long, in characters, what is told in a description may be.
_MAX_TOLD = 400


def to_parameters(schema: Any) -> tuple[Json | None, bool]:
    """The `parameters` of a function, and whether something is told in text only. None when it takes nothing: an
    object without properties is refused by older models, no `parameters` at all by none."""
    cleaner = _Cleaner(schema)
    cleaned = cleaner.object_schema()
    return (cleaned if cleaned.get("properties") else None), cleaner.told


def to_response_schema(schema: Any) -> tuple[Json, bool]:
    """The `responseSchema` for a whole answer, and whether something is told in text only."""
    cleaner = _Cleaner(schema)
    return cleaner.clean(schema), cleaner.told


def any_value() -> Json:
    """A schema for any value: Gemini has no word for it."""
    items = {"type": "ARRAY", "items": {"type": "STRING"}}
    return {"anyOf": [*({"type": name} for name in ("STRING", "NUMBER", "BOOLEAN", "OBJECT")), items]}


class _Cleaner:
    """Cleans one schema. `told`: something could only be said in a description."""

    def __init__(self, root: Any) -> None:
        self.told = False
        self._root = root
        self._references = References(root)
        self._nodes = 0

    def object_schema(self) -> Json:
        """The root as an object, which the parameters of a function must be; of alternatives all properties."""
        cleaned = self.clean(self._root) if self._root and isinstance(self._root, dict) else {}
        if "anyOf" not in cleaned:
            return cleaned if cleaned.get("type") == "OBJECT" else {"type": "OBJECT"}
        self.told = True
        variants = [variant for variant in cleaned["anyOf"] if variant.get("properties")]
        properties: Json = {}
        for variant in variants:
            properties = {**variant["properties"], **properties}
        required = [
            name for name in properties if variants and all(name in v.get("required", ()) for v in cleaned["anyOf"])
        ]
        found: Json = {"type": "OBJECT", "properties": properties}
        return found | ({"required": required} if required else {})

    def clean(self, schema: Any, stack: frozenset[str] = frozenset(), depth: int = 0) -> Json:
        """A schema, whatever it is."""
        self._nodes += 1
        if not isinstance(schema, dict):
            return any_value()
        if depth > _MAX_DEPTH or self._nodes > _MAX_NODES:
            return self._cut(schema)
        resolved = self._references.resolve(schema, stack)
        if resolved is None:
            return self._cut(schema)
        cleaned = self._clean_union(*resolved, depth)
        return self._clean_one(*resolved, depth) if cleaned is None else cleaned

    def _cut(self, schema: Json) -> Json:
        """Stands for what is too deep, refers to itself or to nothing."""
        self.told = True
        text = text_of(schema.get("description"))
        return {"type": "OBJECT", **({"description": text} if text else {})}

    # -- unions ------------------------------------------------------------------------------------------

    def _clean_union(self, schema: Json, stack: frozenset[str], depth: int) -> Json | None:
        """A schema that names alternatives; None when it names none."""
        variants = _alternatives(schema)
        if variants is None:
            return None
        base = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "description")}
        if all(_is_constraint(variant) for variant in variants):
            return self._clean_one(self._tell(base | _kept(schema), {"anyOf": variants}), stack, depth)
        values = [variant for variant in variants if as_dict(variant).get("type") != "null"]
        nullable = len(values) < len(variants) or schema.get("nullable") is True
        if isinstance(schema.get("type"), list):
            base.pop("type", None)
        found: list[Json] = []
        for variant in values:
            whole = merged(base, variant) if isinstance(variant, dict) else dict(base)
            found += _flat(self.clean(whole, stack, depth + 1))
        return _union(found, nullable, text_of(schema.get("description")))

    # -- one schema --------------------------------------------------------------------------------------

    def _clean_one(self, schema: Json, stack: frozenset[str], depth: int) -> Json:
        name = _type_of(schema)
        if name is None:
            return _union(any_value()["anyOf"], False, text_of(self._tell_rest(schema, "").get("description")))
        out: Json = {"type": name}
        schema = self._tell_rest(schema, name)
        if text := text_of(schema.get("description")):
            out["description"] = text
        if schema.get("nullable") is True or schema.get("type") == "null" or None in _values(schema):
            out["nullable"] = True
        self._add_values(schema, name, out)
        if name == "OBJECT":
            self._add_properties(schema, stack, depth, out)
        elif name == "ARRAY":
            out["items"] = self._items(schema, stack, depth)
        return out

    def _add_values(self, schema: Json, name: str, out: Json) -> None:
        """`enum`, `format`, `pattern`, and the limits of numbers and sizes."""
        values = list(dict.fromkeys(value for value in _values(schema) if isinstance(value, str) and value))
        if name == "STRING" and values:
            out["enum"] = values
        if text_of(schema.get("format")) in _FORMATS.get(name, ()):
            out["format"] = schema["format"]
        pattern = schema.get("pattern")
        if name == "STRING" and isinstance(pattern, str) and "(?" not in pattern:
            out["pattern"] = pattern
        for key in _COUNTS.get(name, ()):
            if _is_whole(schema.get(key)) and 0 <= schema[key] < 2**31:
                out[key] = int(schema[key])
        if name in ("NUMBER", "INTEGER"):
            _add_range(schema, name, out)

    def _add_properties(self, schema: Json, stack: frozenset[str], depth: int, out: Json) -> None:
        properties = {
            name: self.clean(inner, stack, depth + 1) for name, inner in as_dict(schema.get("properties")).items()
        }
        required = list(dict.fromkeys(name for name in as_list(schema.get("required")) if isinstance(name, str)))
        for name in required:
            if name not in properties:
                properties[name] = any_value()
        if properties:
            out["properties"] = properties
        if required:
            out["required"] = required

    def _items(self, schema: Json, stack: frozenset[str], depth: int) -> Json:
        """The schema of an array's elements; of a tuple: any of its elements."""
        listed = as_list(schema.get("prefixItems")) or as_list(schema.get("items"))
        if not listed:
            return self.clean(schema.get("items"), stack, depth + 1)
        self.told = True
        found: list[Json] = []
        for item in listed:
            found += _flat(self.clean(item, stack, depth + 1))
        return _union(found, False, "")

    # -- what is told ------------------------------------------------------------------------------------

    def _tell_rest(self, schema: Json, name: str) -> Json:
        """The schema with what has no field told in its description."""
        rest = {key: schema[key] for key in _TOLD if key in schema}
        if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
            rest["additionalProperties"] = schema["additionalProperties"]
        if "format" in schema and schema["format"] not in (*_FORMATS.get(name, ()), "enum"):
            rest["format"] = schema["format"]
        if name == "STRING" and "(?" in text_of(schema.get("pattern")):
            rest["pattern"] = schema["pattern"]
        if name == "NUMBER":
            rest |= {key: schema[key] for key in ("exclusiveMinimum", "exclusiveMaximum") if key in schema}
        values = _values(schema)
        if values and not (name == "STRING" and all(value is None or (value and _is_text(value)) for value in values)):
            rest["enum"] = values
        return self._tell(schema, rest) if rest else schema

    def _tell(self, schema: Json, rest: Json) -> Json:
        self.told = True
        told = dumps_str(rest)
        if len(told) > _MAX_TOLD:
            told = told[: _MAX_TOLD - 1] + "…"
        text = text_of(schema.get("description"))
        return {**schema, "description": f"{text} (JSON schema: {told})".lstrip()}


def _alternatives(schema: Json) -> list[Any] | None:
    """The alternatives of a schema: of `anyOf` or `oneOf`, or one for each of several types."""
    for key in ("anyOf", "oneOf"):
        if variants := as_list(schema.get(key)):
            return variants
    types = schema.get("type")
    if isinstance(types, list) and types:
        return [{"type": name} for name in types]
    return None


def _kept(schema: Json) -> Json:
    return {"description": schema["description"]} if "description" in schema else {}


def _is_constraint(variant: Any) -> bool:
    """Whether an alternative says nothing about the shape of a value, like `{"required": ["a"]}`."""
    return isinstance(variant, dict) and not {
        *("type", "properties", "items", "prefixItems", "enum", "const", "$ref", "anyOf", "oneOf", "allOf"),
        *("description", "title", "format", "pattern"),
    }.intersection(variant)


def _flat(cleaned: Json) -> list[Json]:
    variants: list[Json] = cleaned.get("anyOf", [cleaned])
    return variants


def _union(variants: list[Json], nullable: bool, description: str) -> Json:
    """Any of these. Beside `anyOf` nothing may stand, so what belongs to all is put into each."""
    distinct: list[Json] = []
    for variant in variants:
        if description:
            own = variant.get("description")
            variant = {**variant, "description": f"{description}\n{own}" if own else description}
        if nullable:
            variant = {**variant, "nullable": True}
        if variant not in distinct:
            distinct.append(variant)
    if not distinct:  # nothing but null
        return {"type": "STRING", "nullable": True, **({"description": description} if description else {})}
    return distinct[0] if len(distinct) == 1 else {"anyOf": distinct}


def _type_of(schema: Json) -> str | None:
    """The type of a schema: what it says, or what it must be."""
    given = schema.get("type")
    if isinstance(given, str) and given.lower() in _TYPES:
        return _TYPES[given.lower()]
    if given == "null":
        return "STRING"
    if isinstance(schema.get("properties"), dict) or as_list(schema.get("required")):
        return "OBJECT"
    if "items" in schema or "prefixItems" in schema:
        return "ARRAY"
    found = {_type_of_value(value) for value in _values(schema) if value is not None}
    return found.pop() if len(found) == 1 else None


def _type_of_value(value: Any) -> str:
    for kind, name in ((str, "STRING"), (bool, "BOOLEAN"), (int, "INTEGER"), (float, "NUMBER"), (list, "ARRAY")):
        if isinstance(value, kind):
            return name
    return "OBJECT"


def _values(schema: Json) -> list[Any]:
    """The values allowed one by one."""
    return [schema["const"]] if "const" in schema else as_list(schema.get("enum"))


def _add_range(schema: Json, name: str, out: Json) -> None:
    """`minimum` and `maximum`. An exclusive limit of whole numbers is the next one; of others it is told in text."""
    for key, exclusive, step in (("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)):
        limit, beyond = schema.get(key), schema.get(exclusive)
        if beyond is True:  # draft 4
            beyond = limit
        if isinstance(beyond, int | float) and _is_number(beyond):
            limit = int(beyond) + step if name == "INTEGER" and _is_whole(beyond) else beyond
        if _is_number(limit):
            out[key] = limit


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return _is_number(value) and value == value // 1


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
