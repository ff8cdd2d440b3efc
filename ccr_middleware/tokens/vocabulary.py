"""What counts the tokens of texts, and what counts them where that cannot."""

from __future__ import annotations

from typing import Protocol


class EncodingUnavailable(RuntimeError):
    """What is needed to count is missing or damaged. The text says what, and what to do."""


class EncodingNotReady(EncodingUnavailable):
    """It is still being loaded, and has been waited for long enough."""


class Vocabulary(Protocol):
    """What counts the tokens of texts. Safe from several threads."""

    @property
    def name(self) -> str:
        """What the log calls it."""

    @property
    def byte_level(self) -> bool:
        """Whether no text has more tokens than bytes of UTF-8."""

    @property
    def inline_chars(self) -> int:
        """So many characters of code are counted in about 3 ms."""

    def is_loaded(self) -> bool:
        """Whether `count` begins to count at once."""

    def count(self, text: str) -> int:
        """The tokens of `text`. The first call may load, and block. Raises EncodingUnavailable."""


class Estimate:
    """A guess without any vocabulary."""

    name = "an estimate"
    byte_level = True
    inline_chars = 1_000_000

    def is_loaded(self) -> bool:
        """Always."""
        return True

    def count(self, text: str) -> int:
        """`estimate_tokens`."""
        return estimate_tokens(text)


def estimate_tokens(text: str) -> int:
    """A guess without the encoding: 3.5 bytes of UTF-8 a token, which lies between code (3.3) and prose (4.2)."""
    return -(-utf8_length(text) * 2 // 7)


def utf8_length(text: str) -> int:
    """The length of `text` in bytes; no text has more tokens. A lone surrogate counts as the three bytes of U+FFFD."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
