"""Where in the document something was written, and the words in which warnings and errors speak of it.

A path is a tuple of keys and indices. There are two kinds: paths of fields (`("providers", 0, "base_url")`, the
Python names of `config.schema`) and paths as written (`("Providers", 0, "HOST")`). Users only ever see the latter.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

Path = tuple[str | int, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def show_path(path: Path) -> str:
    """A path as one writes it: `Providers[0].transformer["gpt-4o"].use[1]`."""
    text = ""
    for part in path:
        if isinstance(part, str) and _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{quote(part)}]"
    return text


def quote(value: object) -> str:
    """A value on one line, in JSON's quotes."""
    return json.dumps(value, ensure_ascii=False, default=str)


def did_you_mean(word: str, known: Iterable[str], cutoff: float = 0.7) -> str:
    """`; did you mean "x"?` for the known word nearest to one, in any case (of equals the first), or nothing."""
    from difflib import get_close_matches

    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    nearest = get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return f"; did you mean {quote(by_lower[nearest[0]])}?" if nearest else ""


class Places:
    """Field path → path as written; and the warnings gathered while reading, each one line."""

    def __init__(self) -> None:
        self._written: dict[Path, Path] = {}
        self.warnings: list[str] = []

    def add(self, field: Path, written: Path) -> None:
        """Remember where a field was written, or where it would be if it were."""
        self._written[field] = written

    def written(self, field: Path) -> Path:
        """The path as written; parts below a known place are taken as they are."""
        for length in range(len(field), 0, -1):
            known = self._written.get(field[:length])
            if known is not None:
                return known + field[length:]
        return field

    def show(self, field: Path) -> str:
        """The path as written, as text."""
        return show_path(self.written(field))

    def warn(self, written: Path, text: str) -> None:
        """Add a warning about a place as written."""
        self.warnings.append(f"{show_path(written)}: {text}")
