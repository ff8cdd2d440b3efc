"""The `cl100k_base` encoding, built from the ranks that ship with the package. Never touches the network.

`tiktoken.get_encoding` would fetch the ranks at first use, which hangs a server in a closed network (F14), and looks
at the environment and a folder for temporary files on the way. Here they are a file of the package, checked by hash.

The encoding is kept once per process, not per gateway: it is a table that nobody can change, it takes about 0.1 s
and 25 MB to build, and two gateways cannot see each other through it.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import re
import threading
from binascii import a2b_base64
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tiktoken import Encoding

RANKS_FILE = "cl100k_base.tiktoken"
RANKS_SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"

# The pattern that cuts text into the pieces byte pairs are merged in (tiktoken, MIT).
_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)
_SPECIAL_TOKENS = {
    "<|endoftext|>": 100257,
    "<|fim_prefix|>": 100258,
    "<|fim_middle|>": 100259,
    "<|fim_suffix|>": 100260,
    "<|endofprompt|>": 100276,
}

#: Longer texts are encoded in pieces of about so many characters: the list of tokens takes 36 bytes for each of them.
PIECE_CHARS = 256_000
#: Whitespace of so many characters is cut off by itself: a million overflow the stack of tiktoken's regex engine,
#: which comes out as a panic that `except Exception` does not see.
GAP_CHARS = 500_000

# A word's end before a space always ends a piece of the pattern, and nothing before it looks past it.
_WORD_END = re.compile(r"\S(?= )")
# Whitespace as tiktoken's regex engine knows it, without line breaks (Python's \s has four control characters more).
_BLANK = r"[^\S\r\n\x1c-\x1f]"

_lock = threading.Lock()


class EncodingUnavailable(RuntimeError):
    """The ranks are missing or damaged, or tiktoken cannot be imported. The text says which, and what to do."""


def load_encoding() -> Encoding:
    """The encoding; the first call builds it and blocks for about 0.1 s. Raises EncodingUnavailable."""
    with _lock:
        return _build_encoding()


def is_loaded() -> bool:
    """Whether `load_encoding` returns at once."""
    return _build_encoding.cache_info().currsize > 0


def count_tokens(text: str) -> int:
    """The tokens of `text`, where `<|endoftext|>` and its like are text too (R-1), and so are lone surrogates.

    Loads the encoding when needed (raises EncodingUnavailable); holds the GIL only to hand the text over and the
    tokens back. About 0.15 s for a megabyte of code, 0.6 s at worst.
    """
    encoding = load_encoding()
    if len(text) <= PIECE_CHARS:
        return len(encoding.encode_ordinary(text))
    return sum(len(encoding.encode_ordinary(piece)) for piece in pieces(text))


def estimate_tokens(text: str) -> int:
    """A guess without the encoding: 3.5 bytes of UTF-8 a token, which lies between code (3.3) and prose (4.2)."""
    return -(-utf8_length(text) * 2 // 7)


def utf8_length(text: str) -> int:
    """The length of `text` in bytes; no text has more tokens. A lone surrogate counts as the three bytes of U+FFFD."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


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


@functools.cache
def _build_encoding() -> Encoding:
    ranks = _read_ranks()
    try:
        import tiktoken
    except ImportError as error:
        raise EncodingUnavailable(f"tiktoken cannot be imported ({error}): install tiktoken>=0.13") from error
    encoding = tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens=_SPECIAL_TOKENS)
    # The encoder has its own copy. The dict, which the Encoding keeps only to be inspected, would stay for good: 17 MB.
    ranks.clear()
    return encoding


def _read_ranks() -> dict[bytes, int]:
    try:
        data = importlib.resources.files(__package__).joinpath(RANKS_FILE).read_bytes()
    except OSError as error:
        raise EncodingUnavailable(f"{RANKS_FILE} is missing from ccr_middleware: install the package again") from error
    if hashlib.sha256(data).hexdigest() != RANKS_SHA256:
        raise EncodingUnavailable(f"{RANKS_FILE} of ccr_middleware is damaged (sha256): install the package again")
    # Each line is a token in base64 and its rank, and the ranks of this file (hence the hash) are the line numbers.
    return {a2b_base64(token): rank for rank, token in enumerate(data.split()[::2])}
