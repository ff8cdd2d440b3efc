"""Our own JSON5 reader: the values that the JSON5 library gives, and where they stand."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import json5
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.alignment import same
from ccr_middleware.config.syntax import MAX_DEPTH, SyntaxProblem, line_and_column, parse

from .support.json5_texts import Value, Writer

VALID = [
    "{}", "{a:1,}", '{"a":[1,2,],}', "/*x*/{}//y", "\u2028{\u00a0a:1}", "{a:NaN}", "{a:-Infinity,b:+Infinity}",
    "{a:+1,b:-0x1F,c:.5,d:5.,e:1e3,f:0,g:-0,h:1E-2,i:0XaB}", "{a:\"x\\\ny\",b:'it\\'s',c:'\"'}", "{a:\"\\\r\nb\"}",
    "{$a:2,_b:3,\\u0061b:4,ünï:5,a\u200c:6,a\u0301:7}", "{null:1,true:2,'':3}", '{a:"\\q\\x41\\u0041\\0\\v\\b"}',
    '{a:"\t\u2028"}', "{a:[[],{},null,true,false]}", '{"a": "\\ud83d\\ude00 \\ud83d"}', "{a:1,b:2,a:3}", "{a:1e999}",
    "{a: /* b */ 1 // c\n}", "{\ufeffa:1}",
]  # fmt: skip
INVALID = [
    "", " ", "{", "{a}", "{a:}", "{a:01}", '{a:"\\1"}', '{a:"\\01"}', '{a:"\\x4"}', '{a:"\\u12"}', '{a:"\n"}',
    "{a:nul}", "{a:nulll}", "{a:1e}", "{a b:1}", "{,}", "{a:[,]}", "{a:[1,,2]}", "{a:1 b:2}", "{a:0x}", "{a:.}",
    "{a:-}", "{a:--1}", "{a:+ 1}", "{a:1.5.5}", "{a:1_000}", "{}x", "{1a:1}", "{\u200ca:1}", "{a:'x", "{a:1/*",
    "/", "{a:/}", "{٣:1}", "{a:٣}", "\x85{}", "\x1c{}", "{a:" + "1" * 5000 + "}", "{a:True}", "{'a' 1}", "{-a:1}",
]  # fmt: skip


#: What the library says of a text that is none.
REFUSED = object()


def by_the_library(text: str) -> Any:
    """What the standard library and `json5` make of a text."""
    for loads in (json.loads, json5.loads):
        with suppress(ValueError):
            return loads(text)
    return REFUSED


@pytest.mark.parametrize("text", VALID)
def test_it_gives_the_values_of_the_json5_library(text: str):
    assert same(parse(text).root.value, by_the_library(text))


@pytest.mark.parametrize("text", INVALID)
def test_it_refuses_what_the_json5_library_refuses(text: str):
    assert by_the_library(text) is REFUSED
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert 0 <= caught.value.position <= len(text)


@given(st.integers(0, 2**32))
def test_random_documents(seed: int):
    writer = Writer(seed)
    text = writer.write(Value(is_object=True, entries=[writer.entry(1, True) for _ in range(3)]))
    tree = parse(text)
    assert same(tree.root.value, by_the_library(text))
    for node in tree.root.walk():
        assert same(parse(text[node.start : node.end]).root.value, node.value)
    for start, end in tree.comments:
        assert text[start:end].startswith(("//", "/*"))
        assert "not" in text[start:end]


@given(st.text(alphabet="{}[]:,'\"\\/*ab1-.e\n \t", max_size=12))
def test_it_agrees_about_any_text(inner: str):
    text = "{" + inner + "}"
    expected = by_the_library(text)
    if expected is REFUSED:
        with pytest.raises(SyntaxProblem):
            parse(text)
    else:
        assert same(parse(text).root.value, expected)


def test_escaped_halves_of_a_character_are_one_in_json5_too():
    assert parse("{a: '\\ud83d\\ude00'}").root.value == {"a": "😀"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{\n  "a": 1\n  "b": 2\n}', (3, 3)),
        ("{a: tru}", (1, 8)),
        ("{a: 1,,}", (1, 7)),
        ("{\n # note\n a: 1}", (2, 2)),
        ("{a = 1}", (1, 4)),
        ("{a: 'x\n  y'}", (1, 7)),
        ('{"a": [1, 2', (1, 12)),
        ("\ufeff{a: @}", (1, 5)),
        ("{a: 1 /* x", (1, 11)),
        ("{a: 'x\\1y'}", (1, 8)),
    ],
)
def test_where_a_syntax_error_is(text: str, place: tuple[int, int]):
    with pytest.raises(SyntaxProblem) as caught:
        parse(text)
    assert line_and_column(text, caught.value.position) == place


def test_a_text_that_is_nested_too_deeply():
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH).root.kind == "array"
    with pytest.raises(SyntaxProblem, match="nested too deeply"):
        parse("[" * 100_000)
