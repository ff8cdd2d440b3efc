"""What stands between the entries of an object or a list, and to which of them it belongs.

    { // of the object
      // stands alone: there is a blank line below it

      // of a, as many lines as follow each other
      a: 1, // of a too
      b: 2, /* of c */ c: 3
      // at the end, of the object
    }

An entry that goes takes its comments with it, one that moves too. What stands alone stays where it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .syntax import Entry, Node

_TOKEN = re.compile(r"//[^\n\r\u2028\u2029]*|/\*[\s\S]*?\*/|\r\n|[\n\r\u2028\u2029]|[^\n\r\u2028\u2029/]+")
_LINE_END = re.compile(r"\r\n|[\n\r\u2028\u2029]")
_ENDS_LINE = re.compile(r"[^\S\n\r\u2028\u2029]*[\n\r\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry with all that belongs to it.

    `alone`: comments that stand alone before it. `gap`: the white space before it and its `comments`, which go up to
    its `body`. `before_comma`, `behind`: what stands before the comma, and behind it on the same line.
    """

    gap: str
    body: str
    alone: str = ""
    comments: str = ""
    before_comma: str = ""
    behind: str = ""


@dataclass(frozen=True, slots=True)
class Spacing:
    """What is written where nothing tells: `eol` ends a line, `unit` is one step of indentation, `gap` follows a
    comma on one line."""

    eol: str = "\n"
    unit: str = "  "
    gap: str = " "


@dataclass(frozen=True, slots=True)
class Layout:
    """An object or a list in pieces.

    `head` and `tail` stand behind its first bracket and before its last one; `comma`: whether one stands behind the
    last entry; `indent`: of the line it begins on.
    """

    brackets: str
    head: str
    pieces: tuple[Piece, ...]
    tail: str
    comma: bool
    indent: str

    @property
    def has_lines(self) -> bool:
        """Whether its entries begin on lines of their own."""
        return any("\n" in gap or "\r" in gap for gap in ([piece.gap for piece in self.pieces] or [self.tail]))

    def arranged(self, entries: Sequence[tuple[int | None, str]], spacing: Spacing) -> Layout:
        """The same with other entries: each its text, and which of the pieces it was, None for a new one."""
        kept = {index for index, _ in entries if index is not None}
        pieces: list[Piece] = []
        shown = 0  # so many pieces have had what stands alone before them written
        for position, (index, body) in enumerate(entries):
            if index is None:
                pieces.append(Piece(self._new_gap(position, spacing), body))
                continue
            alone = "".join(piece.alone for piece in self.pieces[shown : index + 1])
            shown = max(shown, index + 1)
            gap = self._gap(position, index, kept, spacing)
            if not pieces:
                alone = _without_blank_line(alone, self.pieces[0])
            if alone and _LINE_END.search(gap) and not _blank(gap):
                gap = spacing.eol + gap
            pieces.append(replace(self.pieces[index], body=body, alone=alone, gap=gap))
        tail = "".join(piece.alone for piece in self.pieces[shown:]) + self.tail
        return replace(self, pieces=tuple(pieces), tail=tail)

    def _gap(self, position: int, index: int, kept: set[int], spacing: Spacing) -> str:
        """The white space before an entry that was there before."""
        own = self.pieces[index].gap
        if position == 0:
            return own if self.pieces[index].alone else self.pieces[0].gap
        if index == 0:
            return own if _LINE_END.search(own) else self._new_gap(position, spacing)
        before = index - 1
        while before >= 0 and before not in kept:  # the blank line before what has gone
            if _blank(self.pieces[before].gap) and _LINE_END.search(own) and not _blank(own):
                return self.pieces[before].gap if before else own
            before -= 1
        return own

    def _new_gap(self, position: int, spacing: Spacing) -> str:
        """The white space before a new entry."""
        if not self.pieces:
            lines = _LINE_END.search(self.tail)
            return f"{spacing.eol}{self.indent}{spacing.unit}" if lines else spacing.gap
        first, last = self.pieces[0].gap, self.pieces[-1].gap
        if position == 0 or _LINE_END.search(first):
            return _one_line_end(first if position == 0 or len(self.pieces) == 1 else last)
        return _one_line_end(last) if len(self.pieces) > 1 else spacing.gap

    def text(self, eol: str) -> str:
        """The whole, from bracket to bracket."""
        if not self.pieces and not (self.head + self.tail).strip():
            return self.brackets
        written = _Written(eol + self.indent)
        written.trivia(self.brackets[0])
        written.trivia(self.head)
        for index, piece in enumerate(self.pieces):
            written.trivia(piece.alone)
            written.trivia(piece.gap)
            written.trivia(piece.comments)
            written.code(piece.body)
            has_comma = self.comma or index < len(self.pieces) - 1
            written.trivia(piece.before_comma if has_comma or piece.before_comma.strip() else "")
            written.code("," if has_comma else "")
            written.trivia(piece.behind)
        written.trivia(self.tail)
        written.code(self.brackets[1])
        return "".join(written.parts)


class _Written:
    """Text that is put together so that nothing gets into a comment that ends with its line."""

    def __init__(self, new_line: str) -> None:
        self.parts: list[str] = []
        self._new_line = new_line
        self._in_comment = False

    def trivia(self, text: str) -> None:
        """Append white space and comments."""
        self.code(text)
        if text:
            self._in_comment = _TOKEN.findall(text)[-1].startswith("//")

    def code(self, text: str) -> None:
        """Append what is no trivia, on a new line if that is needed."""
        if text and self._in_comment and not _ENDS_LINE.match(text):
            self.parts.append(self._new_line)
        if text:
            self.parts.append(text)
            self._in_comment = False


def layout_of(text: str, node: Node) -> Layout:
    """The pieces of an object or a list of a text."""
    brackets = text[node.start] + text[node.end - 1]
    indent = indent_at(text, node.start)
    if not node.entries:
        head, tail = _split_behind(text[node.start + 1 : node.end - 1], is_last=False)
        return Layout(brackets, head, (), tail, False, indent)
    head, before = _split_behind(text[node.start + 1 : node.entries[0].start], is_last=False)
    pieces = []
    for index, entry in enumerate(node.entries):
        is_last = index == len(node.entries) - 1
        until = node.end - 1 if is_last else node.entries[index + 1].start
        before_comma, rest = _around_comma(text, entry, until)
        behind, rest = _split_behind(rest, is_last)
        pieces.append(_piece(before, text[entry.start : entry.node.end], before_comma, behind))
        before = rest
    return Layout(brackets, head, tuple(pieces), before, node.entries[-1].comma is not None, indent)


def _around_comma(text: str, entry: Entry, until: int) -> tuple[str, str]:
    if entry.comma is None:
        return "", text[entry.node.end : until]
    return text[entry.node.end : entry.comma], text[entry.comma + 1 : until]


def _split_behind(trivia: str, is_last: bool) -> tuple[str, str]:
    """What belongs to the entry before it, since it is on the same line; and the rest.

    On a line that goes on with another entry, a comment belongs to that one.
    """
    end = 0
    for token in _TOKEN.finditer(trivia):
        if _LINE_END.match(token[0]):
            return trivia[: token.start()], trivia[token.start() :]
        if token[0].startswith("/"):
            end = token.end()
    return (trivia[:end], trivia[end:]) if is_last else ("", trivia)


def _piece(before: str, body: str, before_comma: str, behind: str) -> Piece:
    """The piece of an entry, given all that stands before it from the end of the piece before."""
    start, line_ends = len(before), 0
    for token in reversed(list(_TOKEN.finditer(before))):
        if token[0].startswith("/"):
            start, line_ends = token.start(), 0
        elif _LINE_END.match(token[0]):
            line_ends += 1
            if line_ends > 1:
                break
    alone = before[:start].rstrip()
    return Piece(before[len(alone) : start], body, alone, before[start:], before_comma, behind)


def _one_line_end(gap: str) -> str:
    """White space without its blank lines."""
    ends = list(_LINE_END.finditer(gap))
    return gap[ends[-1].start() :] if ends else gap


def _without_blank_line(alone: str, first: Piece) -> str:
    """What stands alone at the top, where a blank line is only left if there was one."""
    leading = alone[: len(alone) - len(alone.lstrip())]
    is_new = not _blank(first.gap) and not first.alone
    return _one_line_end(leading) + alone[len(leading) :] if is_new else alone


def _blank(gap: str) -> bool:
    """Whether white space has a blank line in it."""
    return len(_LINE_END.findall(gap)) > 1


def indent_at(text: str, position: int) -> str:
    """The white space that the line of a position begins with."""
    start = max(text.rfind(end, 0, position) for end in "\n\r\u2028\u2029") + 1
    match = re.compile(r"[ \t]*").match(text, start)
    return match[0] if match else ""
