"""JSON schemas in the subset that Gemini takes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.wire.gemini.schema import any_value, to_parameters, to_response_schema

from .support.strict_gemini import check_gemini_schema

Json = dict[str, Any]

STRING, NULLABLE = {"type": "STRING"}, {"type": "STRING", "nullable": True}


def clean(schema: Any) -> tuple[Json, bool]:
    """A cleaned schema, and whether something is only told; the given one stays as it is."""
    before = json.dumps(schema)
    cleaned, told = to_response_schema(schema)
    assert json.dumps(schema) == before
    check_gemini_schema(cleaned)
    return cleaned, told


@pytest.mark.parametrize(
    ("schema", "cleaned"),
    [
        ({"type": "string", "title": "T", "$comment": "c", "default": "d"}, STRING),
        ({"type": "String"}, STRING),
        ({"type": ["string", "null"]}, NULLABLE),
        ({"type": ["null"]}, NULLABLE),
        ({"type": "null"}, NULLABLE),
        ({"type": "string", "nullable": True}, NULLABLE),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, NULLABLE),
        ({"oneOf": [{"type": "string"}, {"type": "string"}]}, STRING),
        ({"const": "a"}, {**STRING, "enum": ["a"]}),
        ({"enum": ["a", "b", "a"]}, {**STRING, "enum": ["a", "b"]}),
        ({"enum": ["a", None]}, {**NULLABLE, "enum": ["a"]}),
        ({"type": "string", "format": "date-time"}, {**STRING, "format": "date-time"}),
        ({"type": "string", "minLength": 1, "pattern": "^a"}, {**STRING, "minLength": 1, "pattern": "^a"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "INTEGER", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": True, "maximum": 9}, {"type": "INTEGER", "maximum": 8}),
        ({"type": "number", "minimum": 0.5, "maximum": 2}, {"type": "NUMBER", "minimum": 0.5, "maximum": 2}),
        ({"type": "array"}, {"type": "ARRAY", "items": any_value()}),
        ({"items": {"type": "string"}, "minItems": 1}, {"type": "ARRAY", "items": STRING, "minItems": 1}),
        ({"type": "object"}, {"type": "OBJECT"}),
        ({"type": "object", "additionalProperties": False}, {"type": "OBJECT"}),
        ({"properties": {"a": True}}, {"type": "OBJECT", "properties": {"a": any_value()}}),
        ({}, any_value()),
        (True, any_value()),
        (
            {"type": ["string", "integer"], "description": "d"},
            {"anyOf": [{**STRING, "description": "d"}, {"type": "INTEGER", "description": "d"}]},
        ),
        (
            {"anyOf": [{"type": "string", "description": "s"}, {"type": "boolean"}, {"type": "null"}]},
            {"anyOf": [{**NULLABLE, "description": "s"}, {"type": "BOOLEAN", "nullable": True}]},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "a", 5]},
            {"type": "OBJECT", "properties": {"a": STRING}, "required": ["a"]},
        ),
        (
            {"type": "object", "required": ["a"]},
            {"type": "OBJECT", "properties": {"a": any_value()}, "required": ["a"]},
        ),
        (
            {"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}], "title": "x"},
            {"type": "OBJECT", "properties": {"a": STRING}, "required": ["a"]},
        ),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"properties": {"b": {"type": "string"}}}]},
            {"type": "OBJECT", "properties": {"a": STRING, "b": STRING}},
        ),
    ],
)
def test_c19_a_schema_holds_only_what_gemini_knows(schema: Any, cleaned: Json) -> None:
    assert clean(schema) == (cleaned, False)


@pytest.mark.parametrize(
    ("schema", "cleaned"),
    [
        ({"type": "string", "format": "uri", "description": "Where."}, ('Where. (JSON schema: {"format":"uri"})', {})),
        ({"type": "string", "pattern": "(?=a)"}, ('(JSON schema: {"pattern":"(?=a)"})', {})),
        ({"type": "string", "enum": ["", "a"]}, ('(JSON schema: {"enum":["","a"]})', {"enum": ["a"]})),
        ({"type": "integer", "enum": [1, 2]}, ('(JSON schema: {"enum":[1,2]})', {"type": "INTEGER"})),
        ({"const": True}, ('(JSON schema: {"enum":[true]})', {"type": "BOOLEAN"})),
        (
            {"type": "number", "exclusiveMinimum": 0},
            ('(JSON schema: {"exclusiveMinimum":0})', {"type": "NUMBER", "minimum": 0}),
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            ('(JSON schema: {"additionalProperties":{"type":"string"}})', {"type": "OBJECT"}),
        ),
        (
            {"type": "object", "propertyNames": {"pattern": "^a"}},
            ('(JSON schema: {"propertyNames":{"pattern":"^a"}})', {"type": "OBJECT"}),
        ),
    ],
)
def test_c19_what_has_no_field_is_told_in_words(schema: Any, cleaned: tuple[str, Json]) -> None:
    description, rest = cleaned
    assert clean(schema) == ({**STRING, **rest, "description": description}, True)


def test_what_is_told_has_an_end() -> None:
    cleaned, _ = clean({"type": "integer", "enum": list(range(1000))})
    assert len(cleaned["description"]) < 500


def test_alternatives_of_requirements_only() -> None:
    """Common in MCP servers: one of several properties must be given."""
    one_of = [{"required": ["a"]}, {"required": ["b"]}]
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "anyOf": one_of}
    cleaned, told = clean(schema)
    assert cleaned["properties"] == {"a": STRING, "b": STRING}
    assert "required" not in cleaned
    assert '{"required":["a"]}' in cleaned["description"]
    assert told


def test_alternatives_have_what_surrounds_them() -> None:
    schema = {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "oneOf": [{"properties": {"a": {"type": "string"}}, "required": ["a"]}, {"properties": {"b": {}}}],
    }
    cleaned, _ = clean(schema)
    assert [set(variant["properties"]) for variant in cleaned["anyOf"]] == [{"kind", "a"}, {"kind", "b"}]
    assert [variant["required"] for variant in cleaned["anyOf"]] == [["kind", "a"], ["kind"]]


def test_a_tuple_is_a_list_of_any_of_its_elements() -> None:
    cleaned, told = clean({"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]})
    assert cleaned["items"] == {"anyOf": [STRING, {"type": "INTEGER"}]}
    assert told


def test_properties_may_be_named_like_words_of_the_schema() -> None:
    names = ["properties", "type", "items", "$ref", "required", "anyOf", "description", "enum"]
    cleaned, _ = clean({"type": "object", "properties": {name: {"type": "string"} for name in names}})
    assert cleaned["properties"] == dict.fromkeys(names, STRING)


# -- references ----------------------------------------------------------------------------------------------


def test_references_are_put_in_place() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/$defs/x~1y", "description": "An a."},
            "b": {"type": "array", "items": {"$ref": "#/definitions/z"}},
        },
        "$defs": {"x/y": {"type": "string", "description": "Any."}},
        "definitions": {"z": {"allOf": [{"$ref": "#/$defs/x~1y"}, {"$ref": "#/$defs/x~1y"}]}},
    }
    cleaned, told = clean(schema)
    assert cleaned["properties"] == {
        "a": {**STRING, "description": "An a."},
        "b": {"type": "ARRAY", "items": {**STRING, "description": "Any."}},
    }
    assert not told


def test_references_to_oneself_are_cut() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}, "other": {"$ref": "#"}}}
    cleaned, told = clean(
        {"type": "object", "properties": {"first": {"$ref": "#/$defs/node"}}, "$defs": {"node": node}}
    )
    first = cleaned["properties"]["first"]["properties"]
    assert first["next"] == {"type": "OBJECT"}
    assert first["other"]["properties"]["first"] == {"type": "OBJECT"}
    assert told


@pytest.mark.parametrize("reference", ["#", "#/$defs/a", "#/nothing", "https://example.com/x.json", "#/items/7", 5])
def test_references_that_lead_nowhere(reference: Any) -> None:
    schema = {"$ref": reference, "description": "d", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert clean(schema) == ({"type": "OBJECT", "description": "d"}, True)


@pytest.mark.parametrize("wrap", ["allOf", "anyOf", "items"])
def test_a_small_schema_that_means_a_huge_one(wrap: str) -> None:
    definitions = {
        f"d{n}": {wrap: [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}, {"type": "integer"}]}
        for n in range(60)
    }
    cleaned, told = clean({"$ref": "#/$defs/d0", "$defs": {**definitions, "d60": {"type": "string"}}})
    assert told
    assert len(json.dumps(cleaned)) < 200_000


def test_a_deep_schema_has_an_end() -> None:
    schema: Json = {"type": "string"}
    for _ in range(80):
        schema = {"type": "object", "properties": {"a": schema}}
    assert clean(schema)[1]


# -- parameters ----------------------------------------------------------------------------------------------


def test_parameters_of_a_function() -> None:
    assert to_parameters({}) == (None, False)
    assert to_parameters({"type": "object", "properties": {}}) == (None, False)
    assert to_parameters(None) == (None, False)
    alternatives = {
        "anyOf": [
            {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]},
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        ]
    }
    expected = {"type": "OBJECT", "properties": {"a": STRING, "b": STRING}, "required": ["a"]}
    assert to_parameters(alternatives) == (expected, True)


WORDS = st.sampled_from(
    [
        *("type", "properties", "items", "required", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "$defs"),
        *("format", "pattern", "description", "nullable", "minimum", "exclusiveMinimum", "exclusiveMaximum", "maximum"),
        *("minItems", "maxLength", "additionalProperties", "prefixItems", "not", "propertyNames", "x-y", "a"),
    ]
)
LEAVES = (
    st.sampled_from(["string", "object", "array", "integer", "number", "null", "a", "", "#", "#/$defs/a", "uri"])
    | st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
)
SCHEMAS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5), max_leaves=25
)


@given(SCHEMAS)
def test_c19_whatever_comes_gemini_takes_what_leaves(schema: Any) -> None:
    clean(schema)
    parameters, _ = to_parameters(schema)
    if parameters is not None:
        check_gemini_schema(parameters)
        assert parameters["type"] == "OBJECT"
        assert parameters["properties"]
