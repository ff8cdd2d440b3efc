"""The pages' forms, run by Node where there is one: conditions of rules, agents and plugins, options, presets."""

import pytest

from ccr_middleware.config import Config
from ccr_middleware.extensions.listing import list_transformers
from ccr_middleware.presets.inputs import holds
from ccr_middleware.presets.schema import Condition
from ccr_middleware.transformers.builtin import builtin_registry

from .support.ui_node import needs_node, run

pytestmark = needs_node

# -- conditions of rules ---------------------------------------------------------------------------------------

CONDITIONS = [
    {"header": {"x-team": "legal"}},
    {"header": {"x-team": ["legal", "people"], "x-env": {"exists": True}}, "has_image": True},
    {"any": [{"header": {"x-team": "legal"}}, {"project": {"contains": "/secret/"}, "model": "opus"}]},
    {"time": {"from": "22:00", "to": "06:00", "days": ["mon"], "zone": "Europe/Berlin"}, "not": {"scenario": "think"}},
    [{"tool": {"starts_with": "mcp__"}}, {"tool": {"ends_with": "__write"}}],
    {"token_count": {"gt": 10, "le": 30000}, "body": {"metadata.user_id": {"matches": "^intern-\\d+"}}},
    {"not": [{"model": "a"}, {"model": "b"}]},
]


@pytest.mark.parametrize("when", CONDITIONS)
def test_conditions_are_the_same_after_the_builder(when):
    assert run("writeWhen(parseWhen(when))", when=when) == when


def test_conditions_in_other_spellings_come_out_documented():
    when = {"unless": {"tokenCount": {"gt": 5}}, "hasImage": "true", "model": {"startsWith": "a", "oneOf": ["b"]}}
    assert run("writeWhen(parseWhen(when))", when=when) == {
        "not": {"token_count": {"gt": 5}},
        "has_image": True,
        "model": {"starts_with": "a", "in": ["b"]},
    }


def test_two_rows_of_one_subject_become_two_conditions_that_both_hold():
    row = "{{subject: 'tool', tests: [{{operator: 'equals', value: '{}'}}]}}"
    rows = f"[{row.format('a')}, {row.format('b')}]"
    assert run(f"writeWhen({{kind: 'all', items: {rows}}})") == [{"tool": "a"}, {"tool": "b"}]
    within = run(f"writeWhen({{kind: 'all', items: [{{kind: 'any', items: [{{kind: 'all', items: {rows}}}]}}]}})")
    assert within == {"any": [{"not": {"not": [{"tool": "a"}, {"tool": "b"}]}}]}


@pytest.mark.parametrize(
    ("operator", "text", "value"),
    [
        ("equals", "7", 7),
        ("equals", "007", "007"),
        ("equals", "true", True),
        ("in", "a, 2 ,c", ["a", 2, "c"]),
        ("gt", "1e3", 1000),
        ("matches", "12", "12"),
        ("exists", "false", False),
    ],
)
def test_operands_are_what_was_meant(operator, text, value):
    found = run("operandOf(operator, text)", operator=operator, text=text)
    assert found == value
    assert type(found) is type(value)


# -- agents and plugins ----------------------------------------------------------------------------------------

ROWS = {"agents": {"name": "image", "origin": "builtin"}, "plugins": {"name": "token-speed", "origin": "builtin"}}


@pytest.mark.parametrize(
    ("kind", "before", "change", "after"),
    [
        ("agents", None, {"enabled": False}, [{"name": "image", "enabled": False}]),
        ("agents", ["image"], {"options": {"a": 1}}, [{"name": "image", "options": {"a": 1}}]),
        ("agents", [{"name": "IMAGE", "x": 1}], {"enabled": True}, [{"name": "IMAGE", "x": 1}]),
        ("plugins", None, {"enabled": True}, [{"name": "token-speed", "enabled": True}]),
        ("plugins", ["other", "token-speed"], {"enabled": False}, ["other", {"name": "token-speed"}]),
        (
            "plugins",
            ["token-speed"],
            {"options": {"a": 1}},
            [{"name": "token-speed", "enabled": True, "options": {"a": 1}}],
        ),
        (
            "plugins",
            [{"name": "token-speed", "enabled": True, "options": {"a": 1}, "timeout_seconds": 2}],
            {"options": {}},
            [{"name": "token-speed", "enabled": True, "timeout_seconds": 2}],
        ),
    ],
)
def test_agents_and_plugins_are_switched_and_set_in_their_own_form(kind, before, change, after):
    document = {} if before is None else {kind: before}
    assert (
        run("withExtension(doc, kind, row, change)", doc=document, kind=kind, row=ROWS[kind], change=change)[kind]
        == after
    )


def test_an_agent_in_a_file_is_found_by_where_it_is():
    document = {"agents": [{"path": "terms.py", "options": {"words": {}}}]}
    row = {"name": "terms", "origin": "file:terms.py"}
    assert run("entryOfRow(doc, 'agents', row).index", doc=document, row=row) == 0
    changed = run("withExtension(doc, 'agents', row, {enabled: false})", doc=document, row=row)
    assert changed["agents"] == [{"path": "terms.py", "options": {"words": {}}, "enabled": False}]


# -- options from JSON schemas ---------------------------------------------------------------------------------


def test_the_fields_of_every_built_in_transformer_have_a_kind():
    rows = list_transformers(Config(), builtin_registry(), [], str)
    fields = {
        row["name"]: {field["name"]: field for field in run("fieldsOf(schema)", schema=row["options"])}
        for row in rows
        if row["name"] in ("sampling", "maxtoken", "reasoning", "customparams", "vertex-gemini")
    }
    assert fields["maxtoken"]["max_tokens"]["kind"] == "number"
    assert fields["maxtoken"]["max_tokens"]["isRequired"] is True
    assert fields["sampling"]["temperature"]["kind"] == "number"
    assert fields["sampling"]["temperature"]["isRequired"] is False
    assert fields["reasoning"]["enable"]["kind"] == "boolean"
    assert fields["reasoning"]["enable"]["fallback"] is True
    assert fields["customparams"]["params"]["kind"] == "json"
    assert fields["vertex-gemini"]["private_key"]["isSecret"] is True
    assert fields["vertex-gemini"]["credentials"]["kind"] == "json"  # a path or an object
    assert fields["sampling"]["max_tokens"]["isSecret"] is False


def test_u5_options_keep_types_and_those_that_no_field_shows():
    schema = {"properties": {"n": {"type": "integer"}, "how": {"enum": ["a", "b"]}, "l": {"$ref": "#/$defs/L"}}}
    schema["$defs"] = {"L": {"type": "array", "items": {"type": "string"}}}
    assert [field["kind"] for field in run("fieldsOf(schema)", schema=schema)] == ["number", "choice", "texts"]
    options = {"n": 1, "own": {"deep": [1.5, True]}}
    assert run("otherOptions(schema, options)", schema=schema, options=options) == {"own": {"deep": [1.5, True]}}
    assert run("withOption(options, 'n', 8192)", options=options) == {"n": 8192, "own": {"deep": [1.5, True]}}
    assert run("withOption(options, 'n', undefined)", options=options) == {"own": {"deep": [1.5, True]}}
    assert run("withOthers(schema, options, {x: 1})", schema=schema, options=options) == {"n": 1, "x": 1}
    assert run("missingOptions({required: ['n'], properties: {n: {type: 'integer'}}}, {})") == ["n"]


# -- forms of presets ------------------------------------------------------------------------------------------

PRESET = [
    {"id": "key", "label": "Key"},
    {
        "id": "size",
        "type": "select",
        "options": ["small", {"value": "large", "label": "Large"}],
        "defaultValue": "small",
    },
    {"id": "url", "type": "input", "when": {"field": "size", "value": "large"}},
    {"id": "count", "type": "number", "required": False, "when": [{"field": "url", "operator": "exists"}]},
    {"id": "sure", "type": "confirm"},
    {"id": "tags", "type": "multiselect", "options": ["a", "b"], "required": False},
]


def shown(values):
    """The ids of the fields that are asked for with these values."""
    return run("visibleFields(presetFields(schema), values).map((field) => field.id)", schema=PRESET, values=values)


def test_the_fields_of_a_preset_appear_as_their_conditions_say():
    assert run("startValues(presetFields(schema))", schema=PRESET) == {"size": "small", "sure": False, "tags": []}
    assert shown({"size": "small"}) == ["key", "size", "sure", "tags"]
    assert shown({"size": "large"}) == ["key", "size", "url", "sure", "tags"]
    assert shown({"size": "large", "url": ""}) == ["key", "size", "url", "count", "sure", "tags"]
    # What is not asked for has no value for the others.
    assert shown({"size": "small", "url": "x"}) == ["key", "size", "sure", "tags"]


def test_a_preset_is_sent_the_values_it_asked_for():
    values = {"key": "k", "size": "small", "url": "left over", "sure": False, "tags": []}
    assert run("filledValues(presetFields(schema), values)", schema=PRESET, values=values) == {
        "key": "k",
        "size": "small",
        "sure": False,
    }
    assert run("missingFields(presetFields(schema), {size: 'large', sure: false})", schema=PRESET) == ["key", "url"]


CASES = [
    {"operator": operator, "wanted": wanted, "value": value}
    for operator in ("eq", "ne", "in", "nin", "gt", "lt", "gte", "lte", "exists")
    for wanted in ("a", 3, ["a", 3], True, None)
    for value in ("a", "3", 3, 4.5, True, ["a"], "", None)
]


def test_conditions_of_presets_hold_in_the_page_as_they_do_in_the_gateway():
    script = "cases.map((one) => holds({operator: one.operator, value: one.wanted}, one.value))"
    found = run(script, cases=CASES)
    wanted = [holds(Condition("f", case["operator"], case["wanted"]), case["value"]) for case in CASES]
    differing = [case for case, mine, theirs in zip(CASES, found, wanted, strict=True) if mine != theirs]
    assert differing == []


@pytest.mark.parametrize(
    ("when", "complete"),
    [
        ({"header": {"x": "a"}}, True),
        ({"header": {"": "a"}}, False),
        ({"header": {"x": ""}}, False),
        ({"any": [{"model": "a"}, {"tool": []}]}, False),
        ({"has_image": False, "time": {"from": "10:00"}}, True),
        ({"time": {}}, False),
        ([], False),
    ],
)
def test_a_rule_needs_its_conditions_filled_in(when, complete):
    assert run("isComplete(parseWhen(when))", when=when) is complete
