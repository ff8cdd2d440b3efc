"""A function call whose arguments come in pieces (fixtures fact 37).

Gemini does so only when the request asks for it, which ours never do; proxies may. A first part has the name and
`willContinue`, further parts have no name and hold `partialArgs`: values, each with the JSON path of its place. The
piece without `willContinue` is the last, and is empty, or missing altogether.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from ...lenient import as_dict, dicts, text_of
from ...unified import Json

#: One step of a JSON path as Gemini writes them: `.name`, `[0]`, `['a name']`, `["a name"]`.
_STEP = re.compile(r"""\.([^.\[\]]+)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]""")
_ESCAPED = re.compile(r"\\(.)")

_VALUES = ("stringValue", "numberValue", "boolValue")


class StreamedCall:
    """One call under construction. `arguments` is what has come so far."""

    __slots__ = ("arguments", "id", "name", "signature")

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.signature = ""
        self.arguments: Json = {}

    @property
    def empty(self) -> bool:
        """Whether it is no call at all: the closing piece of one that was closed already."""
        return not (self.name or self.id or self.arguments)

    def take(self, call: Json, signature: str) -> bool:
        """Add one part's `functionCall`. Returns whether more follows."""
        self.id = self.id or text_of(call.get("id"))
        self.name = self.name or text_of(call.get("name"))
        self.signature = self.signature or signature
        self.arguments |= as_dict(call.get("args"))
        for piece in dicts(call.get("partialArgs")):
            _put(self.arguments, _steps(text_of(piece.get("jsonPath"))), _value(piece))
        return call.get("willContinue") is True


def _value(piece: Json) -> Any:
    """The value of a piece. `nullValue` and anything unknown is null."""
    return next((piece[key] for key in _VALUES if key in piece), None)


def _steps(path: str) -> list[str | int]:
    """The keys and indices of a path. What is no path is one key, so that its value is not lost."""
    steps: list[str | int] = []
    at = 1 if path.startswith("$") else 0
    while at < len(path):
        step = _STEP.match(path, at)
        if step is None:
            return [path]
        name, index, *quoted = step.groups()
        steps.append(int(index) if index else name or _ESCAPED.sub(r"\1", quoted[0] or quoted[1] or ""))
        at = step.end()
    return steps or [path]


def _put(arguments: Json, steps: list[str | int], value: Any) -> None:
    """Put a value in its place, making the objects and lists on the way. Strings are continued."""
    holder: Any = arguments
    for step, following in pairwise(steps):
        holder = _enter(holder, step, [] if isinstance(following, int) else {})
    last = _place(holder, steps[-1])
    before = holder[last]
    holder[last] = before + value if isinstance(before, str) and isinstance(value, str) else value


def _enter(holder: Any, step: str | int, empty: Any) -> Any:
    place = _place(holder, step)
    if type(holder[place]) is not type(empty):
        holder[place] = empty
    return holder[place]


def _place(holder: Any, step: str | int) -> Any:
    """The key or index of a step, which exists after this. A list grows by one at a time: gaps are closed."""
    if isinstance(holder, list):
        index = min(step, len(holder)) if isinstance(step, int) else len(holder)
        holder += [None] * (index == len(holder))
        return index
    holder.setdefault(str(step), None)
    return str(step)
