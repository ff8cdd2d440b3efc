"""Cutting long texts where every encoding's pattern cuts them in any case."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Longer texts are encoded in pieces of about so many characters: the list of tokens takes 36 bytes for each of them.
PIECE_CHARS = 256_000
#: Whitespace of so many characters is cut off by itself: a million overflow the stack of tiktoken's regex engine,
#: which comes out as a panic that `except Exception` does not see.
GAP_CHARS = 500_000

# A word's end before a space always ends a piece of the pattern, and nothing before it looks past it.
_WORD_END = re.compile(r"\S(?= )")
# Whitespace as tiktoken's regex engine knows it, without line breaks (Python's \s has four control characters more).
_BLANK = r"[^\S\r\n\x1c-\x1f]"


def pieces(text: str, size: int = PIECE_CHARS, gap: int = GAP_CHARS) -> Iterator[str]:
    """Cut `text` where the pattern cuts it in any case, so that the counts of the pieces add up to the whole's.

    A piece is about `size` characters, or as long as it takes where there are no words, and never has `gap` blanks
    in front of something else.
    """
    start = 0
    while start < len(text):
        end = _WORD_END.search(text, start + size)
        stop = end.end() if end else len(text)
        piece = text[start:stop]
        if len(piece) < gap:
            yield piece
        else:
            yield from _split_at_gaps(piece, gap)
        start = stop


def _split_at_gaps(text: str, gap: int) -> Iterator[str]:
    # The pattern makes one piece of all blanks but the last, which belongs to what follows them. Blanks before a line
    # break or the end are matched without backtracking and can stay.
    start = 0
    for blanks in re.finditer(rf"(?<!{_BLANK}){_BLANK}{{{gap},}}+(?![\r\n]|\Z)", text):
        yield text[start : blanks.start()]
        yield text[blanks.start() : blanks.end() - 1]
        start = blanks.end() - 1
    yield text[start:]
