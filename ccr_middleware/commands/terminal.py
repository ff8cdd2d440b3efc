"""What is written for people: colours and progress on a terminal, plain text everywhere else."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self, TextIO

_STYLES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


def say(text: str = "") -> None:
    """One line for the user, now."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """One line beside the output: on the standard error, so that the output can be piped."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


class Paint:
    """Colours for one stream, when it is a terminal that wants them (https://no-color.org)."""

    def __init__(self, stream: TextIO, env: Mapping[str, str]) -> None:
        self.on = stream.isatty() and not env.get("NO_COLOR") and env.get("TERM") != "dumb"

    def __call__(self, style: str, text: str) -> str:
        """The text in a style: `bold`, `dim`, or a colour."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.on and text else text


def width(text: str) -> int:
    """How many columns a text takes; wide letters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def table(
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    paint: Paint | None = None,
    styles: Mapping[str, str] | None = None,
) -> str:
    """Columns below their heads, two blanks between them. A cell that is a key of `styles` is painted so.

    On a pipe it is the same text without colours. Rows may be shorter than the heads.
    """
    lines = [list(map(str, row)) for row in rows]
    widths = [max(width(line[i]) for line in [list(heads), *lines] if i < len(line)) for i in range(len(heads))]

    def line_of(cells: Sequence[str], style: str = "") -> str:
        last = len(cells) - 1
        parts = []
        for index, cell in enumerate(cells):
            blanks = "" if index == last else " " * (widths[index] - width(cell))
            used = style or (styles or {}).get(cell, "")
            parts.append((paint(used, cell) if paint and used else cell) + blanks)
        return "  ".join(parts).rstrip()

    return "\n".join([line_of(heads, "bold"), *map(line_of, lines)])


class Progress:
    """One line on a terminal's standard error that says what is going on, and is gone afterwards. Nothing in a pipe."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = self._stream.isatty()

    def show(self, text: str) -> None:
        """Show this instead."""
        if self._shown:
            self._stream.write(f"\r\x1b[2K{text}")
            self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.show("")


def ask(question: str) -> str:
    """What the user types at a terminal, stripped. Raises `KeyboardInterrupt` at the end of the input."""
    sys.stdout.write(question)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        raise KeyboardInterrupt
    return line.strip()
