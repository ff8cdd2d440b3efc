"""Text → document: strict JSON first, JSON5 (comments, trailing commas, single quotes) when that fails.

The JSON5 parser is slow (some 15 ms per KB), so it is imported and run only for files that need it. Everything that
can be wrong with a file becomes a `ConfigError` of one line: `<file>: line L, column C: <what>; <fix>`.
"""

from __future__ import annotations

import json
import os
import re
from typing import Any, NamedTuple

from ..errors import ConfigError
from .places import quote

#: Larger files are not taken for a configuration; the JSON5 parser would be busy with them for minutes.
MAX_BYTES = 2 * 1024 * 1024

#: What `json5` says: `<string>:3 Unexpected "@" at column 6`, where the character may be a line break.
_JSON5_ERROR = re.compile(r"<string>:(\d+) Unexpected (end of input|\"(.)\") at column (\d+)", re.DOTALL)

_VALUE_WANTED = "a value is missing or misspelt just before it"
_FIXES = {
    "": "close the brace, bracket, quote or comment that is still open",
    "\n": r"close the quote before the line ends, or write \n for a line break",
    "}": _VALUE_WANTED,
    "]": _VALUE_WANTED,
    ",": "take the comma out, or put a value before it",
    "#": "begin comments with //",
    "=": "write a colon between key and value",
}
_STARTS_A_VALUE = re.compile(r"[\"'{\[\w$/]")
_TYPOGRAPHIC_QUOTES = "“”„\u2018\u2019«»"


class Document(NamedTuple):
    """A configuration as written. `source` is the file's path, or ""; `repeated_keys` are those an object has twice
    (the last one counts)."""

    value: dict[str, Any]
    source: str = ""
    repeated_keys: tuple[str, ...] = ()


def read_document(path: str | os.PathLike[str]) -> Document:
    """Read a file; `~` is the user's home. Raises ConfigError when it is missing, unreadable or not a configuration."""
    name = os.fspath(path)
    if not name.strip():
        raise ConfigError("configuration: the path is empty; name the file")
    full_path = os.path.abspath(os.path.expanduser(name))
    data = _read(full_path, name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{name}: line {line}: is not UTF-8; save the file with UTF-8 encoding") from None
    return parse_document(text, name=name, source=full_path)


def _read(path: str, name: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(
            f'{name}: no such file; create it with {{"Providers": [], "Router": {{}}}}, or name another with --config'
        ) from None
    except IsADirectoryError:
        raise ConfigError(f"{name}: is a directory; name the file in it, such as config.json") from None
    except PermissionError:
        raise ConfigError(f"{name}: may not be read; give the user of this process the right to read it") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise ConfigError(f"{name}: cannot be read ({reason}); name another file") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{name}: is larger than {MAX_BYTES} bytes; name the configuration file")
    return data


def parse_document(text: str, *, name: str = "configuration", source: str = "") -> Document:
    """Parse JSON or JSON5 text whose top level is an object. `name` is what errors call it. Raises ConfigError."""
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise ConfigError(f"{name}: line 1, column 1: there is nothing in it; write {{}} for an empty configuration")
    repeated: list[str] = []

    def to_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated.extend(key for key in members if keys.count(key) > 1)
        return members

    try:
        value = json.loads(text, object_pairs_hook=to_object)
    except (ValueError, RecursionError):
        repeated.clear()
        value = _parse_json5(text, name, to_object)
    if not isinstance(value, dict):
        raise ConfigError(f"{name}: line 1, column 1: the top level is not an object; put everything between {{ and }}")
    return Document(value, source, tuple(dict.fromkeys(repeated)))


def _parse_json5(text: str, name: str, to_object: Any) -> Any:
    import json5

    try:
        return json5.loads(text, object_pairs_hook=to_object)
    except RecursionError:
        raise ConfigError(f"{name}: is nested too deeply; take some levels out") from None
    except ValueError as error:
        raise ConfigError(f"{name}: {_explain(str(error), text)}") from None


def _explain(error: str, text: str) -> str:
    """The parser's message as `line L, column C: what; fix`."""
    match = _JSON5_ERROR.search(error)
    if match is None:
        return f"{' '.join(error.split())}; correct it"
    line, column, character = int(match[1]), int(match[4]), match[3] or ""
    before = text.split("\n")[line - 1][: column - 1].rstrip()[-1:]
    found = {"": "end of the text", "\n": "line break", '"': "'\"'"}.get(character) or quote(character)
    return f"line {line}, column {column}: unexpected {found}; {_fix(character, before)}"


def _fix(character: str, before: str) -> str:
    """What probably mends a syntax error at a character ("" at the end), given the one before it on the line.

    Of a key the parser takes one wrong character before it stops, so that one counts too.
    """
    if character and before and (character in _TYPOGRAPHIC_QUOTES or before in _TYPOGRAPHIC_QUOTES):
        return "use straight quotes"
    if before == "," and character in "}]":
        return "there is a comma too many before it"
    if before == "#":
        return _FIXES[before]
    if character in _FIXES:
        return _FIXES[character]
    return "put a comma before it, or correct it" if _STARTS_A_VALUE.match(character) else "take it out, or quote it"
