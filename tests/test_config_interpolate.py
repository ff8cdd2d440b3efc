"""Placeholders: what is replaced, what is not, and what is reported."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.config.interpolate import Unset, interpolate

ENV = {"KEY": "sk-1", "EMPTY": "", "_A1": "under", "lower": "low", "NESTED": "$KEY ${KEY} $$", "K": "wrong"}


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("$KEY", "sk-1"),
        ("${KEY}", "sk-1"),
        ("Bearer $KEY.", "Bearer sk-1."),
        ("$KEY$KEY", "sk-1sk-1"),
        ("${KEY}S", "sk-1S"),
        ("$_A1", "under"),
        ("${lower}", "low"),
        ("$lower", "$lower"),
        ("${EMPTY:-fallback}", "fallback"),
        ("${NONE:-https://a.b/c?d=1}", "https://a.b/c?d=1"),
        ("${NONE:-}", ""),
        ("${KEY:-fallback}", "sk-1"),
        ("${NONE:-$KEY}", "$KEY"),
        ("$NESTED", "$KEY ${KEY} $$"),
        ("$$KEY", "$KEY"),
        ("$${KEY}", "${KEY}"),
        ("$$$KEY", "$sk-1"),
        ("pa$$word", "pa$word"),
        ("5$", "5$"),
        ("$1 ${} ${", "$1 ${} ${"),
    ],
)
def test_placeholders(written: str, resolved: str):
    assert interpolate({"a": written}, ENV) == ({"a": resolved}, ())


@pytest.mark.parametrize("written", ["$NONE", "${NONE}", "$EMPTY", "x ${EMPTY} y", "$KEYS"])
def test_an_unset_or_empty_variable_stays_as_written_and_is_reported(written: str):
    resolved, unset = interpolate({"a": [{"b": written}]}, ENV)
    assert resolved == {"a": [{"b": written}]}
    name = next(name for name in ("NONE", "EMPTY", "KEYS") if name in written)
    assert unset == (Unset(name, ("a", 0, "b")),)


def test_keys_and_other_values_are_untouched_and_the_document_is_not_changed():
    document: dict[str, Any] = {"$KEY": {"x": ["$KEY", 1, None, True]}, "t": ("$KEY",)}
    resolved, unset = interpolate(document, ENV)
    assert resolved == {"$KEY": {"x": ["sk-1", 1, None, True]}, "t": ["sk-1"]}
    assert unset == ()
    assert document == {"$KEY": {"x": ["$KEY", 1, None, True]}, "t": ("$KEY",)}


def json_of(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | texts
    return st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=15)


DOCUMENTS_WITHOUT_DOLLAR = st.dictionaries(st.text(), json_of(st.text().map(lambda text: text.replace("$", ""))))


@given(DOCUMENTS_WITHOUT_DOLLAR)
def test_without_a_dollar_nothing_changes(document: dict[str, Any]):
    assert interpolate(document, ENV) == (document, ())


@given(st.text())
def test_a_text_with_every_dollar_doubled_comes_out_as_it_was(text: str):
    assert interpolate({"a": text.replace("$", "$$")}, ENV) == ({"a": text}, ())


@given(st.text(), st.text())
def test_a_value_is_put_in_as_it_is(value: str, around: str):
    around = around.replace("$", "")
    resolved, unset = interpolate({"a": f"{around}${{V}}{around}"}, {"V": value})
    assert resolved == {"a": f"{around}{value or '${V}'}{around}"}
    assert len(unset) == (not value)
