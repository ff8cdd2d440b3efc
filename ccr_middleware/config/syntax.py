"""JSON and JSON5 text → a tree that knows where everything stands, for editing, masking and pointing at places.

It takes what `document.parse_document` takes and gives the same values, in half a millisecond for each KB. Two escapes
that are the halves of one character are one wherever they stand, as in JSON.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

#: Deeper documents are no configurations.
MAX_DEPTH = 200

_LINE_ENDS = "\n\r\u2028\u2029"
_SPACES = " \t\v\f\u00a0\ufeff\u1680\u2000-\u200a\u202f\u205f\u3000" + _LINE_ENDS
_COMMENT = rf"//[^{_LINE_ENDS}]*|/\*[\s\S]*?\*/"
_TRIVIA = re.compile(rf"(?:[{_SPACES}]++|{_COMMENT})*+")
_COMMENTS = re.compile(_COMMENT)
_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
_NAME_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_NUMBER = re.compile(
    r"([+-]?)(?:(0[xX][0-9a-fA-F]+)|(Infinity|NaN)"
    r"|((?:0(?![0-9])|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?))"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(0)(?![0-9])|(\r\n|[\n\r\u2028\u2029])|([^0-9xu]))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_STRINGS = {quote: re.compile(rf"{quote}(?:[^{quote}\\\r\n]++|\\(?:\r\n|[\s\S]))*+") for quote in "\"'"}
_WORDS: dict[str, Any] = {"null": None, "true": True, "false": False}

#: Unicode categories of what a name may begin with, and of what it may go on with.
_BEGINNING = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"})
_CONTINUED = _BEGINNING | {"Mn", "Mc", "Nd", "Pc"}


class SyntaxProblem(ValueError):
    """Something no value can go on with, at `position`: an index into the text, its length when the end came too
    soon."""

    def __init__(self, position: int, message: str = "unexpected character") -> None:
        super().__init__(message)
        self.position = position


@dataclass(frozen=True, slots=True)
class Entry:
    """A member of an object or an item of a list.

    `start`: where its key begins, or without one its value. `comma`: where the comma behind it stands, None: there is
    none. `key` and `key_end` are those of a member.
    """

    start: int
    node: Node
    comma: int | None
    key: str = ""
    key_end: int = 0


@dataclass(frozen=True, slots=True)
class Node:
    """One value: `text[start:end]`. Of two members with one key the last one counts for `value`."""

    start: int
    end: int
    value: Any
    kind: Literal["object", "array", "scalar"] = "scalar"
    entries: tuple[Entry, ...] = ()

    def members(self) -> dict[str, Entry]:
        """The members that count, by key."""
        return {entry.key: entry for entry in self.entries}

    def walk(self) -> Iterator[Node]:
        """This value and all below it."""
        yield self
        for entry in self.entries:
            yield from entry.node.walk()


class Tree(NamedTuple):
    """A whole text: its value, and (start, end) of every comment in order."""

    root: Node
    comments: tuple[tuple[int, int], ...]


def parse(text: str) -> Tree:
    """Read a text. Raises SyntaxProblem."""
    reader = _Reader(text)
    root = reader.node(reader.skip(0), 0)
    end = reader.skip(root.end)
    if end < len(text):
        raise SyntaxProblem(end)
    return Tree(root, tuple(reader.comments))


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Where a position is, both counted from 1; a byte order mark is no column."""
    before = text[:position].removeprefix("\ufeff")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


class _Reader:
    """One pass over a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.comments: list[tuple[int, int]] = []

    def skip(self, position: int) -> int:
        """Behind white space and comments."""
        match = _TRIVIA.match(self.text, position)
        end = match.end() if match else position
        if "/" in self.text[position:end]:
            self.comments.extend(found.span() for found in _COMMENTS.finditer(self.text, position, end))
        if self.text.startswith("/*", end):
            raise SyntaxProblem(len(self.text), "a comment is not closed")
        return end

    def node(self, start: int, depth: int) -> Node:
        """The value that begins here."""
        if depth > MAX_DEPTH:
            raise SyntaxProblem(start, "is nested too deeply")
        first = self.text[start : start + 1]
        if first == "{":
            return self.object(start, depth)
        if first == "[":
            return self.array(start, depth)
        if first in ('"', "'"):
            value, end = self.string(start)
            return Node(start, end, value)
        if number := _NUMBER.match(self.text, start):
            return Node(start, number.end(), _number(number))
        return self.word(start)

    def object(self, start: int, depth: int) -> Node:
        """The object whose brace is here."""
        entries: list[Entry] = []
        position = self.skip(start + 1)
        while not self.text.startswith("}", position):
            key, key_end = self.key(position)
            colon = self.skip(key_end)
            if not self.text.startswith(":", colon):
                raise SyntaxProblem(colon)
            node = self.node(self.skip(colon + 1), depth + 1)
            behind, comma = self.behind(node.end, "}")
            entries.append(Entry(position, node, comma, key, key_end))
            position = behind
        value = {entry.key: entry.node.value for entry in entries}
        return Node(start, position + 1, value, "object", tuple(entries))

    def array(self, start: int, depth: int) -> Node:
        """The list whose bracket is here."""
        entries: list[Entry] = []
        position = self.skip(start + 1)
        while not self.text.startswith("]", position):
            node = self.node(position, depth + 1)
            behind, comma = self.behind(node.end, "]")
            entries.append(Entry(position, node, comma))
            position = behind
        return Node(start, position + 1, [entry.node.value for entry in entries], "array", tuple(entries))

    def behind(self, end: int, closing: str) -> tuple[int, int | None]:
        """Where the next entry or the closing bracket stands, and the comma before it."""
        position = self.skip(end)
        if self.text.startswith(",", position):
            return self.skip(position + 1), position
        if not self.text.startswith(closing, position):
            raise SyntaxProblem(position)
        return position, None

    def key(self, start: int) -> tuple[str, int]:
        """The key that begins here, and where it ends."""
        if self.text[start : start + 1] in ('"', "'"):
            return self.string(start)
        match = _NAME.match(self.text, start)
        end = match.end() if match else start
        name = match[0] if match else ""
        while end < len(self.text):
            character = self.text[end]
            escape = _NAME_ESCAPE.match(self.text, end)
            if not escape and not _belongs_to_name(character, first=not name):
                break
            name += chr(int(escape[1], 16)) if escape else character
            end = escape.end() if escape else end + 1
        if not name:
            raise SyntaxProblem(start)
        return name, end

    def string(self, start: int) -> tuple[str, int]:
        """The text whose quote is here, and where it ends."""
        quote = self.text[start]
        match = _STRINGS[quote].match(self.text, start)
        end = match.end() if match else start + 1
        if not self.text.startswith(quote, end):
            raise SyntaxProblem(end, "a quote is not closed")
        written = self.text[start + 1 : end]
        return _unescaped(written, start + 1) if "\\" in written else written, end + 1

    def word(self, start: int) -> Node:
        """`null`, `true` or `false`."""
        furthest = start
        for word, value in _WORDS.items():
            if self.text.startswith(word, start):
                return Node(start, start + len(word), value)
            common = next(i for i in range(len(word)) if not self.text.startswith(word[: i + 1], start))
            furthest = max(furthest, start + common)
        raise SyntaxProblem(furthest)


def _belongs_to_name(character: str, first: bool) -> bool:
    if character in "$_\u200c\u200d":
        return not (first and character > "\x7f")
    return unicodedata.category(character) in (_BEGINNING if first else _CONTINUED)


def _number(match: re.Match[str]) -> Any:
    sign, hexadecimal, constant, decimal = match.groups()
    try:
        value: Any
        if hexadecimal:
            value = int(hexadecimal, 16)
        elif constant:
            value = float(constant)
        elif any(mark in decimal for mark in ".eE"):
            value = float(decimal)
        else:
            value = int(decimal)
    except ValueError:  # Python reads no integer of thousands of digits
        raise SyntaxProblem(match.start(), "a number is too long") from None
    return -value if sign == "-" else value


def _unescaped(written: str, start: int) -> str:
    """What a quoted text says; `start` is where it begins."""
    parts: list[str] = []
    position = 0
    while (backslash := written.find("\\", position)) >= 0:
        match = _ESCAPE.match(written, backslash)
        if match is None:
            raise SyntaxProblem(start + backslash + 1, "no such escape")
        code, null, _, character = match[1] or match[2], match[3], match[4], match[5]
        said = chr(int(code, 16)) if code else "\0" if null else _ESCAPED.get(character or "", character or "")
        parts += [written[position:backslash], said]
        position = match.end()
    text = "".join([*parts, written[position:]])
    return whole_characters(text)


def whole_characters(text: str) -> str:
    """The text with two halves of one character (surrogates) that follow each other made into it."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
