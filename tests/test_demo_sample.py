"""Made-up tool arguments: the smallest value a schema allows."""

from typing import Any

import pytest

from ccr_middleware.demo.sample import Unsatisfiable, sample

TREE = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "type": "object",
            "properties": {
                "value": {"type": "integer"},
                "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
            },
            "required": ["value"],
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "object"}, {}),
        ({"properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, {"a": "demo"}),
        ({"type": "object", "required": ["unknown"]}, {"unknown": "demo"}),
        (
            {"properties": {"a": {}, "b": {"type": "null"}}, "minProperties": 2, "required": ["b"]},
            {"b": None, "a": "demo"},
        ),
        ({"properties": {"command": {"type": "string"}}, "required": ["command"]}, {"command": "echo hello"}),
        ({"enum": ["x", "y"]}, "x"),
        ({"const": {"k": 1}}, {"k": 1}),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "boolean"}, False),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        (
            {"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "items": {"const": 3}, "minItems": 3},
            [1, 2, 3],
        ),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "maximum": 0}, 0),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "integer", "maximum": -5, "multipleOf": 4}, -8),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "number", "minimum": 0.25, "maximum": 0.75}, 0.75),
        ({"type": "string", "minLength": 6}, "demo.."),
        ({"type": "string", "maxLength": 2}, "de"),
        ({"type": "string", "format": "date"}, "2025-01-01"),
        ({"type": "string", "pattern": "^[0-9]+$"}, "1"),
        ({"type": "string", "pattern": "^#[0-9a-f]{6}$"}, "#000000"),
        ({"anyOf": [False, {"type": "string", "pattern": "^never$"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"type": "null"}, {"type": "string"}]}, None),
        (
            {
                "properties": {"a": {"const": 1}, "b": {"const": 2}},
                "required": ["a"],
                "anyOf": [{"required": ["b"]}, {"required": ["c"]}],
            },
            {"a": 1, "b": 2},
        ),
        (
            {
                "allOf": [
                    {"properties": {"a": {"const": 1}}, "required": ["a"]},
                    {"properties": {"b": {}}, "required": ["b"]},
                ]
            },
            {"a": 1, "b": "demo"},
        ),
        (TREE, {"value": 1}),
        (True, "demo"),
        (None, "demo"),
    ],
)
def test_the_smallest_value(schema: Any, expected: Any) -> None:
    value = sample(schema)
    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"enum": []},
        {"type": "never-heard-of"},
        {"type": "integer", "minimum": 2, "maximum": 1},
        {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
        {"type": "integer", "minimum": 10**400},
        {"type": "string", "minLength": 3, "maxLength": 2},
        {"type": "string", "pattern": "^never$"},
        {"type": "string", "pattern": "("},
        {"type": "array", "minItems": 2, "uniqueItems": True},
        {"$ref": "#/$defs/missing"},
        {"$ref": "https://example.com/schema.json"},
        {"$ref": "#"},
        {"allOf": [False]},
        {"type": "object", "properties": {"a": {"anyOf": []}}, "required": ["a"]},
    ],
)
def test_what_cannot_be_satisfied_is_said_to_be_so(schema: Any) -> None:
    with pytest.raises(Unsatisfiable):
        sample(schema)


@pytest.mark.timeout(20)  # without a bound on steps it takes centuries
def test_a_schema_that_branches_for_ever_is_given_up_soon() -> None:
    schema = {"anyOf": [{"$ref": "#"}] * 10}
    with pytest.raises(Unsatisfiable):
        sample(schema)
