"""A thousand random edits of random files: nothing is lost that was not taken out, and the file says what is wanted."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.config.alignment import same
from ccr_middleware.config.document import parse_document
from ccr_middleware.config.editing import edit_text

from .support.json5_texts import Changes, Value, Writer

EDITS = 5


def comments_in(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"/[/*] c(\d+), \{not\}", text)]


def scalars_in(value: Value) -> list[str]:
    """How the texts and numbers that are one of a kind are written."""
    return [one.written for one in value.walk() if isinstance(one.said, str)]


@settings(max_examples=200)
@given(st.integers(0, 2**32))
def test_random_edits_keep_comments_placeholders_and_unknown_keys(seed: int) -> None:
    writer = Writer(seed)
    root = Value(is_object=True, entries=[writer.entry(1, True) for _ in range(4)])
    top: list[int] = []
    text = writer.comment(top) + writer.eol if writer.maybe(0.5) else ""
    text += writer.write(root) + writer.eol
    assert parse_document(text).value == root.plain()
    changes = Changes(writer, root)
    for _ in range(EDITS):
        before, was = text, root.plain()
        changes.change()
        text = edit_text(text, root.plain())
        assert same(parse_document(text).value, root.plain())
        assert (text == before) == same(was, root.plain())
        left = comments_in(text)
        assert len(left) == len(set(left))
        assert set(left) >= {*top, *root.comments()}
        missing = [written for written in scalars_in(root) if written in before and written not in text]
        assert not missing
        assert writer.eol == "\n" or not re.search(r"(?<!\r)\n", text)
