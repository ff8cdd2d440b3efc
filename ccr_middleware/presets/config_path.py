"""Places in a document as `configMappings` write them: `Providers[0].transformer["gpt-4o"].use[1]`.

A path is words with dots between them, `[n]` behind a list, and `["any text"]` for keys with dots or brackets in them.
Keys are only ever keys: `__proto__` and the like mean nothing (S-15).
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..config.places import Path, quote, show_path

#: Longer lists are not made by naming one of their places.
MAX_INDEX = 10_000

_PART = re.compile(r'(?P<dot>\.)?(?:(?P<word>[^.\[\]"]+)|\[(?P<index>\d+)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\])')


def parse_path(text: str) -> Path:
    """The path that a text is. Raises ValueError, which says what is wrong with it."""
    parts: list[str | int] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or bool(match["dot"]) != (bool(parts) and match["word"] is not None):
            raise ValueError(f'{quote(text)} is no path; write one such as "Providers[0].api_key"')
        parts.append(_part(match, text))
        position = match.end()
    if not parts or not isinstance(parts[0], str):
        raise ValueError(f"{quote(text)} is no path; begin with a key of the configuration")
    return tuple(parts)


def _part(match: re.Match[str], text: str) -> str | int:
    if match["word"] is not None:
        return match["word"]
    if match["index"] is None:
        try:
            return str(json.loads(match["quoted"]))
        except ValueError:
            raise ValueError(f"{quote(text)} is no path; the text in brackets is not quoted correctly") from None
    if len(match["index"]) > 5 or int(match["index"]) > MAX_INDEX:
        raise ValueError(f"{quote(text)}: the number {match['index'][:20]} is too large")
    return int(match["index"])


def set_at(document: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value in place. Objects and lists on the way are made where there is nothing; a list grows by one at its
    end. Raises ValueError when something else stands in the way."""
    container: Any = document
    inner: Any
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        _fits(container, part, path[:depth])
        if isinstance(container, list) and part == len(container):
            container.append(None)
        if last:
            container[part] = value
            return
        inner = container.get(part) if isinstance(part, str) else container[part]
        if inner is None:
            inner = container[part] = [] if isinstance(path[depth + 1], int) else {}
        container = inner


def _fits(container: Any, part: str | int, at: Path) -> None:
    """Raise ValueError unless a container can have such a part."""
    there = show_path(at) or "the configuration"
    if isinstance(part, str) and not isinstance(container, dict):
        raise ValueError(f"{there} is no object, so it has no {quote(part)}")
    if isinstance(part, int) and not isinstance(container, list):
        raise ValueError(f"{there} is no list, so it has no [{part}]")
    if isinstance(part, int) and part > len(container):
        raise ValueError(f"{there} has {len(container)} entries, so [{part}] would leave a gap")
