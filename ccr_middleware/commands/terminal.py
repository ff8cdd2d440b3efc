"""What is written for people: colours and progress on a terminal, plain text everywhere else."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self, TextIO

#: No column of a table is folded to less.
_NARROWEST = 12

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
    """How one stream shows things: with colours when it is a terminal that wants them (https://no-color.org).

    `columns`: how wide the terminal is; None for anything else.
    """

    def __init__(self, stream: TextIO, env: Mapping[str, str]) -> None:
        self.columns = shutil.get_terminal_size().columns if stream.isatty() else None
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

    What is too wide for a terminal is folded within its column; in a pipe a row is one line. Rows may be shorter than
    the heads.
    """
    shown = [list(heads), *(list(map(str, row)) for row in rows)]
    widths = _fitting(
        [max(width(cells[i]) for cells in shown if i < len(cells)) for i in range(len(heads))],
        paint.columns if paint else None,
    )

    def lines_of(cells: Sequence[str], style: str = "") -> Iterator[str]:
        columns = [
            [_cell(part, widths[i], style or (styles or {}).get(cell, ""), paint) for part in folded(cell, widths[i])]
            for i, cell in enumerate(cells)
        ]
        blanks = [" " * widths[i] for i in range(len(cells))]
        for number in range(max(map(len, columns))):
            line = (column[number] if number < len(column) else blanks[i] for i, column in enumerate(columns))
            yield "  ".join(line).rstrip()

    return "\n".join([*lines_of(shown[0], "bold"), *(line for cells in shown[1:] for line in lines_of(cells))])


def _cell(text: str, columns: int, style: str, paint: Paint | None) -> str:
    return (paint(style, text) if paint and style else text) + " " * (columns - width(text))


def _fitting(widths: list[int], columns: int | None) -> list[int]:
    """The widths of columns that fit a terminal, taken from the widest; none becomes too narrow to be read."""
    while columns is not None and sum(widths) + 2 * (len(widths) - 1) > columns and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def folded(text: str, columns: int) -> list[str]:
    """A text as lines of at most so many columns, broken at blanks where there are any."""
    lines = []
    while width(text) > columns:
        fits = next(end for end in range(len(text), 0, -1) if end == 1 or width(text[:end]) <= columns)
        blank = text.rfind(" ", 1, fits + 1)
        cut = blank if blank > 0 else fits
        lines.append(text[:cut].rstrip())
        text = text[cut:].lstrip()
    return [*lines, text] if text or not lines else lines


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
