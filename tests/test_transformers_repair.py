"""Arguments of weak models, made JSON: what is repaired, what is left, and that text between is decoded exactly."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.transformers import repair as repair_module
from ccr_middleware.transformers.exit_text import ExitText
from ccr_middleware.transformers.repair import JSON5_LIMIT, repair, unescape

from .support.generated import JSON, TEXT

MISTAKES = [
    ('{"a": 1,}', {"a": 1}),
    ('{"a": [1, 2,],}', {"a": [1, 2]}),
    ("{'a': 'b'}", {"a": "b"}),
    ("{a: 1}", {"a": 1}),
    ("{'it': \"isn't\"}", {"it": "isn't"}),
    ("{'it': 'isn\\'t'}", {"it": "isn't"}),
    ('{"a": True, "b": None, "c": False}', {"a": True, "b": None, "c": False}),
    ('```json\n{"a": 1}\n```', {"a": 1}),
    ("```\n{'a': 1}```", {"a": 1}),
    ('"{\\"a\\": 1}"', {"a": 1}),
    ('"{\'a\': \\"\\\\n\\"}"', {"a": "\n"}),
    ('{"a": "two\nlines"}', {"a": "two\nlines"}),
    ('{"a": 1 "b": 2}', {"a": 1, "b": 2}),
    ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}),
    ('{"a": 1}}', {"a": 1}),
    ('{"a": 1, // one\n "b": /* two */ 2}', {"a": 1, "b": 2}),
    ('{"a": .5, "b": +1, "c": 0x1F, "d": -2e3}', {"a": 0.5, "b": 1, "c": 31, "d": -2000.0}),
    ("{\u201ca\u201d: \u201cb\u201d}", {"a": "b"}),
    ('{"a": "c:\\path\\d", "b": "\\\\n"}', {"a": "c:\\path\\d", "b": "\\n"}),
    ("", {}),
    (" \n", {}),
]
UNCLOSED = [
    ('{"a": 1', {"a": 1}),
    ('{"a": {"b": [1, 2', {"a": {"b": [1, 2]}}),
    ('{"a": [1, 2}', {"a": [1, 2]}),
    ('{"a": "b",', {"a": "b"}),
]
LEFT = [
    "words",
    '{"a": "cut he',
    '{"a":',
    '{"a": he said so}',
    '{"a": "he said "hi" to"}',
    '{"a": 1} and {"b": 2}',
    '{"a" 1}',
    '{"a": 1, "b"}',
    "[1, 2,",
    "{" * 5000,
    '{"a": ' * 5000,
]


@pytest.mark.parametrize(("text", "value"), MISTAKES)
def test_mistakes_are_repaired(text: str, value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert json.loads(repair(text, close=False)) == value
    monkeypatch.setattr(repair_module, "JSON5_LIMIT", 0)  # long arguments are repaired as well
    assert json.loads(repair(text, close=False)) == value


@pytest.mark.parametrize(("text", "value"), UNCLOSED)
def test_brackets_are_closed_unless_the_answer_was_cut(text: str, value: object) -> None:
    assert json.loads(repair(text, close=True)) == value
    assert repair(text, close=False) == text


@pytest.mark.parametrize("text", LEFT, ids=lambda text: text[:20])
def test_what_has_no_sure_meaning_stays(text: str) -> None:
    assert repair(text, close=True) == text
    assert repair(text, close=False) == text


@pytest.mark.parametrize(
    "text", ['{"a": 1}', ' {"a" : "\\u00e9"}\n', "{}", '{"a": 1e400}', "[1, 2]", "5", "null", '"x"']
)
def test_json_is_never_touched(text: str) -> None:
    assert repair(text, close=True) == text


def test_long_arguments_do_not_take_long() -> None:
    text = "{'path': 'a', 'content': '" + "line 'n\\'t \n".replace("'n", "") * 40_000 + "',}"
    assert len(text) > 50 * JSON5_LIMIT
    assert len(json.loads(repair(text, close=False))["content"]) > 300_000


OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)


@given(OBJECTS)
@settings(max_examples=150, deadline=None)
def test_python_and_json5_spellings_mean_the_same(value: dict) -> None:
    assert json.loads(repair(json.dumps(value, indent=1) + "}", close=False)) == value
    trailing = json.dumps(value)[:-1] + ",}"
    assert json.loads(repair(trailing, close=False)) == value


@given(st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_repairing_never_raises_and_repairs_once(text: str) -> None:
    repaired = repair(text, close=True)
    assert repair(repaired, close=True) == repaired


@given(st.text(st.characters(), max_size=30), st.booleans(), st.lists(st.integers(1, 7), min_size=1, max_size=5))
@settings(max_examples=200, deadline=None)
def test_the_exit_text_is_decoded_exactly_however_it_is_cut(said: str, ascii_only: bool, sizes: list[int]) -> None:
    arguments = json.dumps({"response": said}, ensure_ascii=ascii_only)
    reader, out, at, turn = ExitText(), "", 0, 0
    while at < len(arguments):
        size = sizes[turn % len(sizes)]
        out += reader.feed(arguments[at : at + size])
        at, turn = at + size, turn + 1
    assert out == said  # all of it before the end
    assert reader.finish() == ""


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("plain", "plain"),
        ("a\\nb", "a\nb"),
        ("\\ud83d\\ude00", "\U0001f600"),
        ("\\ud83d", "\ud83d"),
        ("\\q\\/", "\\q/"),
    ],
)
def test_unescaping(inside: str, text: str) -> None:
    assert unescape(inside) == text
