"""Manifests and the fields of their schema: what is read, what is said of what is wrong, which values will do."""

from typing import Any

import pytest

from ccr_middleware.errors import BadRequest, ConfigError
from ccr_middleware.presets.inputs import choices, effective, holds, problems_of, typed, visible_fields
from ccr_middleware.presets.manifest import parse_manifest
from ccr_middleware.presets.names import check_name, check_new_name, folder_for
from ccr_middleware.presets.schema import Condition, Field, parse_schema

from .support.presets import SIMPLE, answered, manifest


def schema(*fields: dict[str, Any]) -> tuple[Field, ...]:
    """Fields that are written without a mistake."""
    read = parse_schema(list(fields))
    assert not read.problems
    return read.fields


# -- names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a", "my-preset", "My Preset", "gpt_4.1", "预设", "market2", "install"])
def test_names_that_are_ones(name: str) -> None:
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", "  ", "..", ".", "../x", "../../x", "a/b", "a\\b", "/etc", "C:\\x", "c:x", "a\0b", "a\nb", ".git"),
        *("~root", " a", "a.", "x" * 101, "a..b"),
    ],
)
def test_s16_names_that_lead_elsewhere(name: str) -> None:
    with pytest.raises(BadRequest, match="preset name"):
        check_name(name)


@pytest.mark.parametrize("name", ["install", "Export", "market"])
def test_words_of_the_api_are_no_names_of_new_presets(name: str) -> None:
    with pytest.raises(BadRequest, match="word of the API"):
        check_new_name(name)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("My Preset!", "My-Preset"), ("../../etc", "etc"), ("a..b", "a.b"), ("//", ""), ("預設", "預設")],
)
def test_a_folder_for_any_name(name: str, folder: str) -> None:
    assert folder_for(name) == folder


# -- manifests -------------------------------------------------------------------------------------------------


def test_a_manifest_is_json5_and_its_parts_are_told_apart() -> None:
    read = parse_manifest("""{
        // what it is called
        name: 'x', keywords: ["a"], source: "s",
        schema: [{id: "key"}], template: {Router: {default: "a,b"}}, userValues: {key: 1},
        Providers: [], noServer: true,
    }""")
    assert read.name == "x"
    assert dict(read.metadata) == {"name": "x", "keywords": ["a"], "source": "s"}
    assert dict(read.configuration) == {"Providers": [], "noServer": True}
    assert [field.id for field in read.schema] == ["key"]
    assert not read.problems
    assert not read.warnings


def test_metadata_may_stand_in_an_object() -> None:
    read = manifest(metadata={"name": "inner", "version": "2"}, config={"Providers": []})
    assert read.metadata == {"name": "test", "version": "2"}
    assert read.configuration == {"Providers": []}


def test_keys_that_are_answers_are_no_configuration() -> None:
    assert "apiKey" not in answered({"apiKey": "sk-1"}, {**SIMPLE, "apiKey": "old"}).configuration


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "has no configuration; write Providers and a Router"),
        ({"template": []}, "template: must be an object"),
        ({"userValues": [1], "Router": {}}, "userValues: must be an object"),
        ({"configMappings": {}, "Router": {}}, "configMappings: must be a list"),
        ({"configMappings": [{"target": "a[", "value": 1}]}, 'configMappings[0]: "a[" is no path'),
        ({"configMappings": [{"target": "a"}]}, 'configMappings[0]: must be {"target"'),
        (
            {"configMappings": [{"target": "a", "value": 1, "when": {}}]},
            "configMappings[0]: a condition names no field",
        ),
    ],
)
def test_each_mistake_of_a_manifest_is_one_line(members: dict[str, Any], said: str) -> None:
    problems = manifest(**members).problems
    assert any(line.startswith(said) for line in problems), problems


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ({}, "schema[0].id: must be a name"),
        ({"id": "a b"}, "schema[0].id: must be a name"),
        ({"id": "a", "type": "passwd"}, 'no type is called "passwd"; did you mean "password"?'),
        ({"id": "a", "type": "select"}, "has nothing to choose from"),
        ({"id": "a", "type": "select", "options": {"type": "custom"}}, "has nothing to choose from"),
        ({"id": "a", "when": {"field": "b"}}, 'there is no field "b"'),
        ({"id": "a", "dependsOn": ["b"]}, 'there is no field "b"'),
        ({"id": "a", "when": {"field": "a", "operator": "is"}}, 'no operator is called "is"'),
        ({"id": "a", "validator": "("}, "its validator is not used"),
        ({"id": "a", "validator": "(?=x)"}, "its validator is not used"),
        ({"id": "a", "validator": "x" * 1001}, "longer than 1000"),
        ({"id": "a", "min": "1"}, "min must be a number"),
        ("a", "schema[0].id: must be a name"),
    ],
)
def test_each_mistake_of_a_schema_is_one_line(field: Any, said: str) -> None:
    [problem] = parse_schema([field]).problems
    assert said in problem
    assert "\n" not in problem


def test_two_fields_with_one_id() -> None:
    read = parse_schema([{"id": "a", "label": "first"}, {"id": "a"}])
    assert [field.label for field in read.fields] == ["first"]
    assert read.problems == ('schema[1].id: another field is called "a" too; rename one',)


def test_what_is_no_json_is_an_error_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"manifest.json: line 1, column"):
        parse_manifest("{name: }")


# -- conditions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "wanted", "value", "holds_"),
    [
        ("eq", True, True, True), ("eq", True, 1, False), ("eq", 1, True, False), ("eq", 1, 1.0, True),
        ("eq", "1", 1, False), ("ne", "a", "b", True), ("ne", "a", None, True), ("eq", None, None, True),
        ("in", ["a", "b"], "b", True), ("in", ["a"], ["x", "a"], True), ("in", [1], True, False),
        ("nin", ["a"], "b", True), ("nin", ["a"], "a", False),
        ("gt", 5, 6, True), ("gt", 5, "6", True), ("gt", 5, 5, False), ("gte", 5, 5, True),
        ("lt", 5, 4, True), ("lte", 5, 5, True), ("lt", 5, "x", False), ("gt", 5, None, False), ("gt", 0, True, False),
        ("exists", None, "", True), ("exists", None, None, False), ("exists", False, None, True),
        ("exists", True, 0, True), ("", None, None, False), ("nonsense", "a", "a", False),
    ],
)  # fmt: skip
def test_conditions(operator: str, wanted: Any, value: Any, holds_: bool) -> None:
    assert holds(Condition("f", operator, wanted), value) is holds_


def test_a_list_of_conditions_holds_when_all_do() -> None:
    fields = schema(
        {"id": "a", "type": "confirm"},
        {"id": "b", "type": "number"},
        {"id": "c", "when": [{"field": "a", "value": True}, {"field": "b", "operator": "gt", "value": 2}]},
    )
    shown = [[field.id for field in visible_fields(fields, values)] for values in ({"a": True, "b": 3}, {"a": True})]
    assert shown == [["a", "b", "c"], ["a", "b"]]


def test_a_hidden_field_has_no_value_for_the_others() -> None:
    fields = schema(
        {"id": "a", "type": "confirm", "defaultValue": False},
        {"id": "b", "type": "input", "defaultValue": "x", "when": {"field": "a", "value": True}},
        {"id": "c", "type": "input", "when": {"field": "b", "operator": "exists"}},
    )
    assert [field.id for field in visible_fields(fields, {"b": "given"})] == ["a"]
    assert effective(fields, {"b": "given", "c": "given"}) == {"a": False, "b": None, "c": None}
    assert effective(fields, {"a": True, "c": "y"}) == {"a": True, "b": "x", "c": "y"}


def test_fields_that_wait_for_each_other_do_not_wait_for_ever() -> None:
    fields = schema(
        {"id": "a", "when": {"field": "b", "operator": "exists"}},
        {"id": "b", "when": {"field": "a", "operator": "exists"}},
    )
    assert isinstance(effective(fields, {"a": "1", "b": "2"}), dict)


# -- values ----------------------------------------------------------------------------------------------------

CHOICE = {"options": [{"value": "a"}, {"value": 2, "label": "two"}, "c", {"value": "d", "disabled": True}]}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ({}, None, "is required"),
        ({}, "", "is required"),
        ({"required": False}, None, None),
        ({"defaultValue": "x"}, None, None),
        ({"validator": "^sk-"}, "sk-1", None),
        ({"validator": "^sk-"}, "x", 'does not match "^sk-"'),
        ({"validator": "/^SK-/i"}, "sk-1", None),
        ({"validator": {"pattern": "^a$"}}, "b", "does not match"),
        ({}, 5, "must be a text"),
        ({}, "x" * 100_001, "is longer than"),
        ({"type": "number", "min": 1, "max": 10}, 5, None),
        ({"type": "number", "min": 1}, 0, "must be at least 1"),
        ({"type": "number", "max": 10}, 10.5, "must be at most 10"),
        ({"type": "number"}, "8192", None),
        ({"type": "number"}, "many", "must be a number"),
        ({"type": "number"}, True, "must be a number"),
        ({"type": "number"}, float("nan"), "must be a number"),
        ({"type": "confirm"}, None, None),
        ({"type": "confirm"}, "yes", None),
        ({"type": "confirm"}, "perhaps", "must be true or false"),
        ({"type": "select", **CHOICE}, "a", None),
        ({"type": "select", **CHOICE}, "2", None),
        ({"type": "select", **CHOICE}, "z", "is none of"),
        ({"type": "select", **CHOICE}, "d", "is none of"),
        ({"type": "select", "options": {"type": "models"}}, "unlisted", None),
        ({"type": "multiselect", **CHOICE}, ["a", "c"], None),
        ({"type": "multiselect", **CHOICE}, "a, c", None),
        ({"type": "multiselect", **CHOICE}, ["z"], "is none of"),
        ({"type": "multiselect", **CHOICE}, [], "is required"),
        ({"type": "multiselect", "max": 1, **CHOICE}, ["a", "c"], "must be at most 1 values"),
        ({"type": "multiselect", **CHOICE}, 7, "must be a list"),
        ({"type": "editor"}, "two\nlines", None),
    ],
)
def test_which_values_will_do(field: dict[str, Any], value: Any, said: str | None) -> None:
    problems = problems_of(schema({"id": "f", **field}), {} if value is None else {"f": value})
    assert bool(problems) is (said is not None), problems
    assert said is None or (said in problems[0] and problems[0].startswith("f: "))


def test_a_hidden_field_may_hold_anything() -> None:
    fields = schema(
        {"id": "a", "type": "confirm"}, {"id": "b", "type": "number", "when": {"field": "a", "value": True}}
    )
    assert problems_of(fields, {"b": "nonsense"}) == []
    assert problems_of(fields, {"a": True, "b": "nonsense"}) == ["b: must be a number"]


def test_no_validator_holds_up_the_process() -> None:
    [field] = schema({"id": "f", "validator": "^(a+)+$"})
    # An engine that goes back and tries again would still be at it when the universe ends.
    assert problems_of((field,), {"f": "a" * 50_000 + "!"})


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        *(("number", "8192", 8192), ("number", "0.5", 0.5), ("number", "1e3", 1000.0), ("number", "x", "x")),
        *(("confirm", "No", False), ("confirm", "on", True), ("multiselect", "a,b", ["a", "b"])),
        ("input", "8192", "8192"),
    ],
)
def test_texts_become_what_the_field_is(kind: Any, text: str, value: Any) -> None:
    got = typed(Field("f", kind), text)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("reference", ["#{p}", "{{p}}", "{{ p }}", "p"])
def test_models_of_the_provider_that_was_chosen(reference: str) -> None:
    """CCR v2's page knows only one form of the reference, its command line only the other."""
    _, model = schema(
        {"id": "p", "type": "select", "options": {"type": "providers"}},
        {"id": "m", "type": "select", "options": {"type": "models", "providerField": reference}},
    )
    providers = [{"name": "One", "models": ["a", "b"]}, {"NAME": "two", "MODELS": ["c"]}, "nonsense"]
    assert [one.value for one in choices(model, {"p": "one"}, providers)] == ["a", "b"]
    assert [one.value for one in choices(model, {"p": "two"}, providers)] == ["c"]
    assert [one.value for one in choices(model, {}, providers)] == []


def test_providers_to_choose_from() -> None:
    [field] = schema({"id": "p", "type": "select", "options": {"type": "providers"}})
    assert [one.value for one in choices(field, {}, [{"name": "a"}, {"name": "a"}, {"name": "b"}])] == ["a", "b"]
