"""Tool arguments that are nearly JSON, made JSON.

Weak models write trailing commas, single quotes, Python's literals, code fences, JSON in a JSON string, and forget to
close brackets. Strict JSON is never touched; what cannot be read with certainty stays as it is.
"""

from __future__ import annotations

import re
from typing import Any

from ..jsonio import dumps_str, loads
from ..unified import Json

#: json5 needs up to 20 µs for each character, so longer texts (in characters) are left to the reader below.
JSON5_LIMIT = 2_000

#: How often JSON may be found in a JSON string.
MAX_UNWRAPPING = 3

_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING = {quote: re.compile(rf"{quote}((?:[^{quote}\\]|\\.)*){quote}", re.DOTALL) for quote in "\"'`"} | {
    "\u201c": re.compile("\u201c((?:[^\u201d\\\\]|\\\\.)*)\u201d", re.DOTALL)
}
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w.])")
_WORD = re.compile(r"[A-Za-z_$][\w$-]*")
_LITERALS = {"true": True, "false": False, "null": None, "none": None, "undefined": None}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\n": ""} | {mark: mark for mark in "\"'`\\/"}
#: What JSON does not take for an escape: a path of Windows or a regular expression. JSON5 would drop the backslash.
_BARE_BACKSLASH = re.compile(r"(?<!\\)(?:\\\\)*+\\[^\"'`\\/bfnrtu\n]")


def repair(text: str, *, close: bool) -> str:
    """The arguments as JSON text of an object, or the text itself when it is one or cannot be made one.

    `close`: missing brackets at the end may be added, since the answer was not cut.
    """
    if not text.strip():
        return "{}"
    inner = text
    for _ in range(MAX_UNWRAPPING):
        try:
            found = loads(inner)
        except ValueError:
            found = _read(_unfenced(inner), close=close)
        else:
            if inner is text and isinstance(found, dict):
                return text
        if isinstance(found, dict):
            return dumps_str(found)
        if not isinstance(found, str):
            break
        inner = found
    return text


def unescape(text: str) -> str:
    """The inside of a JSON string as text. A backslash that begins no escape of JSON is a backslash."""
    if "\\" not in text:
        return text
    plain = _ESCAPE.sub(_escaped, text)
    return plain.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")  # unites pairs


def _escaped(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPED.get(code, match[0])


def _read(text: str, *, close: bool) -> Any:
    """The value of a text that is not strict JSON; None when there is no telling."""
    for read in (loads, _json5):
        try:
            return read(text)
        except (ValueError, RecursionError):
            pass
    try:
        return _Reader(text, close=close).whole()
    except (ValueError, RecursionError):
        return None


def _unfenced(text: str) -> str:
    """What stands between Markdown's fences."""
    stripped = text.strip()
    if not stripped.startswith("```"):
        return text
    return re.sub(r"```[\w-]*", "", stripped, count=1).removesuffix("```")


def _json5(text: str) -> Any:
    if len(text) > JSON5_LIMIT or _BARE_BACKSLASH.search(text):
        raise ValueError("not for json5")
    import json5  # slow to import, and most arguments are JSON

    return json5.loads(text)


class _Reader:
    """Reads one value with the usual mistakes in it. Raises ValueError where more than one meaning is possible."""

    def __init__(self, text: str, *, close: bool) -> None:
        self._text = text
        self._at = 0
        self._close = close

    def whole(self) -> Any:
        """The value, if nothing but brackets too many follows."""
        value = self._value()
        if self._text[self._at :].strip(" \t\r\n,;`}])"):
            raise ValueError("something follows")
        return value

    def _value(self) -> Any:
        first = self._peek()
        if first == "{":
            return self._object()
        if first == "[":
            return self._array()
        if first in _STRING:
            return self._string(first)
        if number := _NUMBER.match(self._text, self._at):
            self._at = number.end()
            return _number(number[0])
        word = _WORD.match(self._text, self._at)
        if word is None or word[0].lower() not in _LITERALS:
            raise ValueError("no value")
        self._at = word.end()
        return _LITERALS[word[0].lower()]

    def _object(self) -> Json:
        found: Json = {}
        self._at += 1
        while self._more("}"):
            key = self._key()
            if self._peek() != ":":
                raise ValueError("no colon")
            self._at += 1
            found[key] = self._value()
        return found

    def _array(self) -> list[Any]:
        found: list[Any] = []
        self._at += 1
        while self._more("]"):
            found.append(self._value())
        return found

    def _key(self) -> str:
        first = self._peek()
        if first in _STRING:
            return self._string(first)
        word = _WORD.match(self._text, self._at)
        if word is None:
            raise ValueError("no key")
        self._at = word.end()
        return word[0]

    def _string(self, quote: str) -> str:
        match = _STRING[quote].match(self._text, self._at)
        if match is None:
            raise ValueError("the string has no end")
        self._at = match.end()
        return unescape(match[1])

    def _more(self, closing: str) -> bool:
        """Whether another member follows; passes commas, too many or too few, and the closing bracket."""
        while self._peek() == ",":
            self._at += 1
        here = self._peek()
        if here == closing:
            self._at += 1
            return False
        if here in ("}", "]") or not here:  # the bracket is missing here
            if not self._close:
                raise ValueError("a bracket is not closed")
            return False
        return True

    def _peek(self) -> str:
        """The next character that means something; "" at the end."""
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]


def _number(text: str) -> int | float:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    if digits[:2] in ("0x", "0X"):
        return sign * int(digits, 16)
    return sign * (int(digits) if digits.isdecimal() else float(digits))
