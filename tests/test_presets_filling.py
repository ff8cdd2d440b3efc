"""Placeholders and paths of presets, by examples and by properties."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.places import show_path
from ccr_middleware.presets.config_path import parse_path, set_at
from ccr_middleware.presets.filling import fill

VALUES: dict[str, Any] = {
    "key": "sk-1", "size": 8192, "ratio": 0.5, "on": True, "many": ["a", "b"], "none": None, "whole": 3.0,
    "a-b": "dash",
}  # fmt: skip


@pytest.mark.parametrize("form", ["#{%s}", "{{%s}}", "{{ %s }}", "#{ %s }"])
@pytest.mark.parametrize("name", ["key", "size", "ratio", "on", "many", "a-b"])
def test_e3_a_whole_placeholder_keeps_its_type_in_both_forms(form: str, name: str) -> None:
    filled = fill({"x": form % name}, VALUES)
    assert filled.value == {"x": VALUES[name]}
    assert type(filled.value["x"]) is type(VALUES[name])
    assert not filled.unknown


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("Bearer #{key}", "Bearer sk-1"),
        ("{{key}}/#{size}", "sk-1/8192"),
        ("is #{on}", "is true"),
        ("n=#{whole}", "n=3"),
        ("#{many}!", "a,b!"),
        ("[#{none}]", "[]"),
        ("${HOME}/#{key}", "${HOME}/sk-1"),
        ("$KEY ${x:-#{key}}", "$KEY ${x:-sk-1}"),
        ("{model} #key {{}}", None),
    ],
)
def test_within_text_a_value_is_text(text: str, filled: str | None) -> None:
    assert fill(text, VALUES, ("x",)).value == (text if filled is None else filled)


def test_what_was_put_in_is_not_looked_at_again() -> None:
    assert fill("#{a} #{b}", {"a": "#{b}", "b": "{{a}}"}).value == "#{b} {{a}}"


def test_lists_take_lists_and_leave_out_what_has_no_value() -> None:
    assert fill(["x", "#{many}", "#{none}", "#{size}"], VALUES).value == ["x", "a", "b", 8192]


def test_keys_are_filled_too() -> None:
    assert fill({"#{key}": 1, "#{none}": 2, "p-#{size}": 3}, VALUES).value == {"sk-1": 1, "p-8192": 3}


def test_unknown_ids_are_reported_and_stay() -> None:
    """CCR v2 puts nothing in their place, without a word."""
    filled = fill({"Providers": [{"api_key": "#{kye}", "name": "{{on ? 'a' : 'b'}}"}]}, VALUES)
    assert filled.value["Providers"][0]["api_key"] == "#{kye}"
    assert [one.message for one in filled.unknown] == [
        "Providers[0].api_key: #{kye} names no field of the schema; correct it",
        "Providers[0].name: {{on ? 'a' : 'b'}} is an expression, and only ids of fields can be used; correct it",
    ]


def test_the_status_line_has_variables_of_its_own() -> None:
    style = {"StatusLine": {"default": {"modules": [{"text": "{{model}} {{gitBranch}} #{key}"}]}}}
    filled = fill(style, {**VALUES, "model": "wrong"})
    assert filled.value["StatusLine"]["default"]["modules"][0]["text"] == "{{model}} {{gitBranch}} sk-1"
    assert not filled.unknown


# -- properties ------------------------------------------------------------------------------------------------

ids = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True)
plain = st.text(max_size=12).filter(lambda text: "#{" not in text and "{{" not in text)
leaves = st.none() | st.booleans() | st.integers() | plain
documents = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3), max_leaves=12
)


@given(documents, st.dictionaries(ids, leaves, max_size=3))
def test_documents_without_placeholders_stay_as_they_are(document: Any, values: dict[str, Any]) -> None:
    before = copy.deepcopy(document)
    filled = fill(document, values)
    assert filled == (before, ())
    assert document == before


@given(st.dictionaries(ids, st.integers() | plain, min_size=1, max_size=4), st.data())
def test_every_known_placeholder_is_filled_and_every_other_reported(values: dict[str, Any], data: Any) -> None:
    pieces = data.draw(st.lists(st.sampled_from([*values, "?"]), min_size=2, max_size=5))
    forms = data.draw(st.lists(st.sampled_from(["#{%s}", "{{%s}}"]), min_size=5, max_size=5))
    unknown = "no_such_field_is_there"
    text = "|".join(form % (unknown if piece == "?" else piece) for form, piece in zip(forms, pieces, strict=False))
    filled = fill({"at": text}, values)
    expected = "|".join(
        form % unknown if piece == "?" else str(values[piece]) for form, piece in zip(forms, pieces, strict=False)
    )
    assert filled.value == {"at": expected}
    assert len(filled.unknown) == pieces.count("?")


keys = st.text(min_size=1, max_size=8) | st.sampled_from(["__proto__", "constructor", "__class__", "a.b", 'q"q', "[0]"])
paths = st.tuples(keys, st.lists(keys | st.just(0), max_size=4)).map(lambda parts: (parts[0], *parts[1]))


@given(paths)
def test_a_path_is_read_as_it_is_shown(path: tuple[str | int, ...]) -> None:
    path = ("Providers", *path)
    assert parse_path(show_path(path)) == path


@given(paths, documents)
def test_what_is_set_is_there_and_nothing_else_changes(path: tuple[str | int, ...], value: Any) -> None:
    document: dict[str, Any] = {"other": {"kept": [1]}}
    if path[0] == "other":
        path = ("more", *path)
    set_at(document, path, value)
    found: Any = document
    for part in path:
        found = found[part]
    assert found is value
    assert document.pop("other") == {"kept": [1]}
    assert list(document) == [path[0]]


@given(st.text(max_size=20))
def test_any_text_is_a_path_or_a_value_error(text: str) -> None:
    try:
        path = parse_path(text)
    except ValueError:
        return
    assert isinstance(path[0], str)
    assert all(isinstance(part, str | int) for part in path)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("PROXY_URL", ("PROXY_URL",)),
        ("Providers[0].api_key", ("Providers", 0, "api_key")),
        ("Providers[0].transformer.gpt-4o.use[1][0]", ("Providers", 0, "transformer", "gpt-4o", "use", 1, 0)),
        ('transformer["gpt-4.1"].use', ("transformer", "gpt-4.1", "use")),
        ("__proto__.polluted", ("__proto__", "polluted")),
    ],
)
def test_paths(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "[0]", "a[", "a[-1]", "a[x]", "a]b", "a[99999]", "a[0]b"]
)
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match=r"path|too large"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("Providers.name", "Providers is no object"),
        ("Providers[3]", "Providers has 1 entries, so [3] would leave a gap"),
        ("Router[0]", "Router is no list"),
        ("PORT.x", "PORT is no object"),
        ("new[1]", "new has 0 entries"),
    ],
)
def test_what_stands_in_the_way_is_said(path: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("[", r"\[")):
        set_at({"Providers": [{}], "Router": {}, "PORT": 1}, parse_path(path), 1)


def test_missing_containers_are_made_of_the_right_kind() -> None:
    document: dict[str, Any] = {}
    set_at(document, parse_path("Providers[0].transformer.use[0]"), "x")
    set_at(document, parse_path("Providers[1].name"), "y")
    assert document == {"Providers": [{"transformer": {"use": ["x"]}}, {"name": "y"}]}


def test_s15_names_of_prototypes_are_plain_keys() -> None:
    document: dict[str, Any] = {}
    set_at(document, parse_path("__proto__.polluted"), True)
    set_at(document, parse_path("__class__.__init__"), True)
    assert document == {"__proto__": {"polluted": True}, "__class__": {"__init__": True}}
    assert not hasattr({}, "polluted")
