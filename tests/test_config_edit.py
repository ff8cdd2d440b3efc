"""Editing a configuration text: what is written for each kind of change, character by character."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import editing
from ccr_middleware.config.alignment import align, same
from ccr_middleware.config.document import parse_document
from ccr_middleware.config.editing import edit_text, new_text, patch
from ccr_middleware.errors import ConfigError

PEOPLE = """\
// mine
{
  // the key of clients
  APIKEY: "$CCR_KEY", // secret

  // --- providers ---

  Providers: [
    // cheap
    {
      name: "deepseek", // from China
      api_key: '${DEEPSEEK:-none}',
      models: ["chat", "reasoner"],
      transformer: { use: ["deepseek", ["maxtoken", { max_tokens: 8192 }]] },
    }, // end of deepseek
    // local
    { name: "ollama", models: ["a", /* bb */ "b"], "x-mine": 0x1F },
  ],
  Router: {},
  // at the end
}
"""


def edited(changes: dict[str, Any], text: str = PEOPLE) -> str:
    """The text after a merge patch."""
    wanted = patch(parse_document(text).value, changes)
    result = edit_text(text, wanted)
    assert same(parse_document(result).value, wanted)
    return result


def replaced(*pairs: tuple[str, str], text: str = PEOPLE) -> str:
    """The text with some parts replaced, each of which is there once."""
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def providers() -> list[Any]:
    """The providers of the text, to be changed."""
    found: list[Any] = parse_document(PEOPLE).value["Providers"]
    return found


def test_nothing_wanted_changes_nothing():
    assert edited({}) == PEOPLE
    assert edit_text("\ufeff{a: 1.0,}\r\n", {"a": 1}) == "\ufeff{a: 1.0,}\r\n"


def test_a_value_is_changed_in_its_quotes_and_its_comment_stays():
    assert edited({"APIKEY": 'it\'s "x"'}) == replaced(('"$CCR_KEY"', r'"it' + r"'s \"x\"" + '"'))
    changed = providers()
    changed[0]["api_key"] = "it's"
    assert edited({"Providers": changed}) == replaced(("'${DEEPSEEK:-none}'", r"'it\'s'"))


def test_a_member_goes_with_its_comments_and_what_stands_alone_stays():
    assert edited({"APIKEY": None}) == replaced(
        ('  // the key of clients\n  APIKEY: "$CCR_KEY", // secret\n\n', ""),
    )
    assert edited({"Router": None}) == replaced(("  Router: {},\n", ""))


def test_a_new_member_comes_last_and_before_the_comments_at_the_end():
    assert edited({"PORT": 4000, "a-b": [1, "x"]}) == replaced(
        ("  Router: {},\n", '  Router: {},\n  PORT: 4000,\n  "a-b": [1, "x"],\n')
    )


def test_an_empty_object_is_filled_as_others_are_written():
    assert edited({"Router": {"default": "deepseek,chat"}}) == replaced(
        ("Router: {}", 'Router: {\n    default: "deepseek,chat",\n  }')
    )


def test_providers_move_with_their_comments():
    first = PEOPLE[PEOPLE.index("    // cheap") : PEOPLE.index("    // local")]
    second = PEOPLE[PEOPLE.index("    // local") : PEOPLE.index("  ],")]
    assert edited({"Providers": providers()[::-1]}) == PEOPLE.replace(first + second, second + first)


def test_a_provider_is_taken_out_from_before_another():
    first = PEOPLE[PEOPLE.index("    // cheap") : PEOPLE.index("    // local")]
    assert edited({"Providers": providers()[1:]}) == PEOPLE.replace(first, "")


def test_a_renamed_provider_is_still_the_same():
    changed = providers()
    changed[0]["name"] = "renamed"
    assert edited({"Providers": changed}) == replaced(('"deepseek", // from', '"renamed", // from'))


def test_a_new_provider_looks_like_the_one_beside_it():
    new = {"name": "new", "models": ["q"], "transformer": {"use": [["maxtoken", {"max_tokens": 1}]]}}
    line = '{ name: "new", models: ["q"], transformer: { use: [["maxtoken", { max_tokens: 1 }]] } },\n'
    assert edited({"Providers": [*providers(), new]}) == replaced(("0x1F },\n", "0x1F },\n    " + line))


def test_a_value_deep_inside_is_all_that_changes():
    changed = providers()
    changed[0]["transformer"]["use"][1][1]["max_tokens"] = 4096
    changed[1]["models"].append("c")
    assert edited({"Providers": changed}) == replaced(("8192", "4096"), ('/* bb */ "b"', '/* bb */ "b", "c"'))


# Text before, what is wanted, text after.
TABLE: list[tuple[str, Any, str]] = [
    # one line
    ("{}", {"a": 1}, '{\n  "a": 1\n}'),
    ('{"a":1}', {"a": 1, "b": {"c": [1]}}, '{"a":1,"b":{"c":[1]}}'),
    ('{"a":1,"b":2}', {"a": 1, "b": 2, "c": "d"}, '{"a":1,"b":2,"c":"d"}'),
    ("{ a: 1 }", {"a": 1, "b": 'x"y'}, '{ a: 1, b: "x\\"y" }'),
    ("{ a: 1 }", {}, "{}"),
    ("{a: 1, b: 2, c: 3}", {"a": 1, "c": 3}, "{a: 1, c: 3}"),
    ("{a: 1, b: 2, c: 3}", {"b": 2, "c": 3}, "{b: 2, c: 3}"),
    ("{a: 1, b: 2, c: 3}", {"a": 1, "b": 2}, "{a: 1, b: 2}"),
    ("{a: 1, b: 2, c: 3,}", {"a": 1}, "{a: 1,}"),
    ("{a: [1, 2, 3]}", {"a": [3, 1]}, "{a: [3, 1]}"),
    ("{a: [1, /* two */ 2, 3]}", {"a": [0, 1, 2, 3]}, "{a: [0, 1, /* two */ 2, 3]}"),
    # numbers and words
    ("{a: 0x10, b: +1, c: .5, d: 1e2}", {"a": 16, "b": 1, "c": 0.5, "d": 100}, "{a: 0x10, b: +1, c: .5, d: 1e2}"),
    ("{a: 1, b: true}", {"a": True, "b": 1}, "{a: true, b: 1}"),
    ("{a: 'x', b: null}", {"a": None, "b": "y"}, "{a: null, b: 'y'}"),
    # trailing commas and their absence, and line comments that are in the way
    ("{\n  a: 1\n}", {"a": 1, "b": 2}, "{\n  a: 1,\n  b: 2\n}"),
    ("{\n  a: 1 // one\n}", {"a": 1, "b": 2}, "{\n  a: 1, // one\n  b: 2\n}"),
    ("{\n  a: 1, // one\n  b: 2 // two\n}", {"a": 1}, "{\n  a: 1 // one\n}"),
    ("{\n  a: 1, // one\n  b: 2 // two\n}", {"b": 2}, "{\n  b: 2 // two\n}"),
    ("{ a: 1, b: 2 // two\n}", {"a": 1, "b": 2, "c": 3}, "{ a: 1, b: 2, // two\n c: 3\n}"),
    ("{a: [1, // one\n 2]}", {"a": [1]}, "{a: [1 // one\n]}"),
    ("{a: [1, // one\n 2]}", {"a": [2, 1]}, "{a: [2,\n 1 // one\n]}"),
    # where nothing is but a comment
    ("{ // none yet\n}", {"a": 1}, '{ // none yet\n  "a": 1\n}'),
    ("{\n  // none yet\n}", {"a": 1}, '{\n  "a": 1\n  // none yet\n}'),
    ("{\n  a: 1, // one\n  // end\n}", {}, "{\n  // end\n}"),
    # blank lines
    ("{\n  a: 1,\n\n  b: 2,\n  c: 3,\n}", {"a": 1, "c": 3}, "{\n  a: 1,\n\n  c: 3,\n}"),
    ("{\n  a: 1,\n\n  b: 2,\n}", {"b": 2}, "{\n  b: 2,\n}"),
    ("{\n\n  // alone\n\n  a: 1,\n  b: 2,\n}", {"b": 2}, "{\n\n  // alone\n\n  b: 2,\n}"),
    # CR LF, tabs, four spaces, single quotes
    (
        "{\r\n\ta: {\r\n\t}\r\n}\r\n",
        {"a": {"b": {"c": 1}}},
        "{\r\n\ta: {\r\n\t\tb: {\r\n\t\t\tc: 1\r\n\t\t}\r\n\t}\r\n}\r\n",
    ),
    ("{\n    'a': 'b'\n}", {"a": "b", "c": ["d"]}, "{\n    'a': 'b',\n    'c': ['d']\n}"),
    ('{\n "a": [\n  "b"\n ]\n}', {"a": ["b"], "c": ["d"]}, '{\n "a": [\n  "b"\n ],\n "c": [\n  "d"\n ]\n}'),
    # braces that hug, and commas that come first
    ("{a: [{\n  b: 1\n}]}", {"a": [{"b": 1}, {"c": 2}]}, "{a: [{\n  b: 1\n}, {\n  c: 2\n}]}"),
    ("{\n  a: 1\n, b: 2\n}", {"a": 1}, "{\n  a: 1\n}"),
    # a key that is there twice
    ("{a: 1, b: 2, a: 3}", {"a": 4, "b": 2}, "{a: 1, b: 2, a: 4}"),
    ("{a: 1, b: 2, a: 3}", {"b": 2}, "{b: 2}"),
    # what surrounds the whole, line separators, and characters outside
    ("\ufeff// top\n{a: 1}// end", {"a": 2}, "\ufeff// top\n{a: 2}// end"),
    ("{a: 'x\\\ny'}", {"a": "xy", "ü": "\u2028😀"}, "{a: 'x\\\ny', 'ü': '\u2028😀'}"),
    ("{a: 1}", {"a": "\ud800"}, '{a: "\\ud800"}'),
    # other kinds
    ("{a: {b: 1 /* c */}, d: 1}", {"a": [1], "d": {"e": 2}}, "{a: [1], d: {e: 2}}"),
]


@pytest.mark.parametrize(("before", "wanted", "after"), TABLE)
def test_small_texts(before: str, wanted: Any, after: str):
    result = edit_text(before, wanted)
    assert same(parse_document(result).value, wanted)
    assert result == after


def test_what_cannot_be_changed_in_place_is_written_as_a_whole(monkeypatch: pytest.MonkeyPatch):
    real = editing._Editor._object

    def spoilt(self: Any, node: Any, wanted: Any, depth: int) -> str:
        return "{" if "broken" in wanted else real(self, node, wanted, depth)

    monkeypatch.setattr(editing._Editor, "_object", spoilt)
    before = "{ // top\n  a: { /* gone */ broken: 1 },\n  b: 2, // kept\n}"
    after = edit_text(before, {"a": {"broken": 2}, "b": 2})
    assert parse_document(after).value == {"a": {"broken": 2}, "b": 2}
    assert "// top" in after
    assert "// kept" in after
    assert "gone" not in after


def test_a_text_that_is_none_and_a_document_that_cannot_be_written():
    with pytest.raises(ConfigError, match="line 1, column 5: unexpected"):
        edit_text("{a: @}", {"a": 1})
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        edit_text('{"a": 1}', {"a": "\ud83d" + "\ude00"})


def test_the_examples_of_the_documentation():
    page = (Path(__file__).parents[1] / "docs" / "editing.md").read_text(encoding="utf-8")
    before, after, _ = re.findall(r"```json5\n(.*?)```", page, re.DOTALL)
    assert edit_text(before, parse_document(after).value) == after
    call, shown = re.findall(r"^(edit_text\(.*\))  # '(.*)'$", page, re.MULTILINE)[0]
    text = "{ // mine\n  PORT: 3456,\n}"
    assert 'text = "{ // mine\\n  PORT: 3456,\\n}"' in page
    assert repr(eval(call, {"edit_text": edit_text, "patch": patch, "text": text})) == f"'{shown}'"


def test_strict_json_stays_strict():
    before = new_text({"PORT": 3456, "Providers": [], "Router": {}})
    wanted = {"PORT": 3456, "Providers": [{"name": "a", "models": ["m"], "x": {}}], "Router": {"default": "a,m"}}
    assert json.loads(edit_text(before, wanted)) == wanted


def test_merge_patches_as_rfc_7396_has_them():
    table: list[tuple[Any, Any, Any]] = [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ]
    for document, changes, expected in table:
        assert patch(document, changes) == expected


def test_a_patch_leaves_the_document_as_it_was():
    document = {"a": {"b": [1]}}
    patched = patch(document, {"a": {"c": 1}})
    assert document == {"a": {"b": [1]}}
    assert patched == {"a": {"b": [1], "c": 1}}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (["a", "b", "c"], ["c", "a"], [2, 0]),
        (["a", "b", "c"], ["a", "x", "c"], [0, 1, 2]),
        (["a", "b"], ["a", "b", "x"], [0, 1, None]),
        ([1, 1, 1], [1, 1], [0, 1]),
        ([[1], []], [[], []], [0, 1]),
        ([{"name": "a", "x": 1}, {"name": "b"}], [{"name": "b", "y": 1}, {"name": "a"}], [1, 0]),
        ([{"name": "a", "x": 1, "y": 2}], [{"name": "b", "x": 1, "y": 2}], [0]),
        ([{"name": "a", "x": 1, "y": 2}], [{"name": "b", "z": 1}], [None]),
        ([["tool", 1]], [["other"], ["tool", 2]], [None, 0]),
        (["a"], [{"a": 1}], [None]),
    ],
)
def test_which_item_is_which(old: Any, new: Any, expected: Any):
    assert align(old, new) == expected


def test_equal_means_equal_in_json():
    assert same({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not same(True, 1)
    assert not same(0, False)
    assert not same("1", 1)
    assert not same([], {})
    assert same(float("nan"), float("nan"))
