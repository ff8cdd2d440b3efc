"""JSON with comments, trailing commas, plain keys and single quotes, read without a library.

It is enough for configurations: what JSON5 knows besides (hexadecimal numbers, escapes of its own) is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]+|//[^\n\r\u2028\u2029]*|/\*.*?\*/)"""
    r"""|(?P<double>"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<single>'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>[A-Za-z_$][\w$]*)"""
    r"""|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"""
    r"""|(?P<mark>[{}\[\]:,])""",
    re.DOTALL,
)

_SIGN = re.compile(r"\\.|\"", re.DOTALL)
_CONTINUED = re.compile(r"\\(?:\r\n|[\n\r\u2028\u2029])")
_LITERALS = frozenset({"true", "false", "null"})


def loads(source: str) -> Any:
    """Parse. Raises ValueError for what it cannot read."""
    try:
        return json.loads(source)
    except ValueError:
        return json.loads("".join(_strict(source)))


def _strict(source: str) -> list[str]:
    """The same in strict JSON, piece by piece."""
    out: list[str] = []
    position = 0
    while position < len(source):
        found = _TOKEN.match(source, position)
        if found is None:
            raise ValueError(f"character {position} cannot be read")
        position = found.end()
        if found.lastgroup == "mark" and found[0] in "}]" and out and out[-1] == ",":
            out.pop()
        if found.lastgroup != "space":
            out.append(_piece(str(found.lastgroup), found[0]))
    return out


def _piece(kind: str, written: str) -> str:
    if kind in ("single", "double"):
        return _CONTINUED.sub("", '"' + _SIGN.sub(_requoted, written[1:-1]) + '"')
    if kind == "word":
        return written if written in _LITERALS else json.dumps(written)
    if kind == "number" and not written.removeprefix("-").isdigit():
        return json.dumps(float(written))
    return written


def _requoted(found: re.Match[str]) -> str:
    """A quote, or an escaped sign, as JSON has it in its texts."""
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])
