"""Names and ids of tools, in a form the provider takes, and back (failure-modes F7).

Both are functions of the name alone: the same name gives the same short name in every request of a conversation, so
history stays what the provider has cached, and nothing has to be remembered between requests.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import NamedTuple, Self

from ..unified import UnifiedRequest

_LEGAL_ID = re.compile(r"[A-Za-z0-9_-]+")
_ALPHANUMERIC = re.compile(r"[A-Za-z0-9]+")


class NameRule(NamedTuple):
    """Which names a provider takes: their greatest length, what they consist of and begin with, both as inside the
    brackets of a regular expression."""

    limit: int = 64
    characters: str = "A-Za-z0-9_-"
    first: str = characters

    def legal(self) -> re.Pattern[str]:
        """Matches the whole of a name that is taken."""
        return re.compile(f"[{self.first}][{self.characters}]{{0,{self.limit - 1}}}")

    def shorten(self, name: str, taken: set[str]) -> str:
        """As much of the name as fits, and a hash of the whole. `taken` can only matter when somebody aims at it."""
        kept = re.sub(f"[^{self.characters}]", "_", name)
        if not re.match(f"[{self.first}]", kept):
            kept = f"_{kept}"
        attempt = name
        while True:
            mark = "_" + _digest(attempt)[:8]
            short = kept[: max(self.limit - len(mark), 1)] + mark
            if short not in taken:
                return short
            attempt += "'"


class ToolNames:
    """The names of one request's tools on the wire."""

    __slots__ = ("_from", "_to")

    def __init__(self, to_wire: dict[str, str]) -> None:
        self._to = to_wire
        self._from = {short: name for name, short in to_wire.items()}

    @classmethod
    def of(cls, request: UnifiedRequest, rule: NameRule) -> Self:
        """The names of a request: of the tools offered, the tool chosen, and the calls in history, which may name
        tools that are not offered any more."""
        names, legal = _names(request), rule.legal()
        taken = {name for name in names if legal.fullmatch(name)}
        changed: dict[str, str] = {}
        for name in sorted(names - taken):
            changed[name] = short = rule.shorten(name, taken)
            taken.add(short)
        return cls(changed)

    def to_wire(self, name: str) -> str:
        """The provider's name of a tool."""
        return self._to.get(name, name)

    def from_wire(self, name: str) -> str:
        """The client's name of a tool the provider calls."""
        return self._from.get(name, name)


def _names(request: UnifiedRequest) -> set[str]:
    names = {tool["function"]["name"] for tool in request.get("tools", ())}
    choice = request.get("tool_choice")
    if isinstance(choice, dict):
        names.add(choice["function"]["name"])
    for message in request["messages"]:
        if "tool_calls" in message:
            for call in message["tool_calls"]:
                names.add(call["function"]["name"])
    return names


class ToolIds:
    """Tool ids as the provider takes them; a call and its result stay together because equal ids stay equal.

    `length`: exactly so many letters and digits. `limit`: at most so many characters, of which only letters, digits,
    `-` and `_` are taken. Ids that fit are left alone.
    """

    __slots__ = ("_known", "_length", "_limit", "_taken")

    def __init__(self, length: int | None, limit: int | None) -> None:
        self._length = length
        self._limit = limit
        self._known: dict[str, str] = {}
        self._taken: set[str] = set()

    def to_wire(self, id: str) -> str:
        """The provider's form of an id."""
        short = self._known.get(id)
        if short is None:
            short = id if self._fits(id) and id not in self._taken else self._make(id)
            self._known[id] = short
            self._taken.add(short)
        return short

    def _fits(self, id: str) -> bool:
        if self._length is not None:
            return len(id) == self._length and _ALPHANUMERIC.fullmatch(id) is not None
        return self._limit is None or (len(id) <= self._limit and _LEGAL_ID.fullmatch(id) is not None)

    def _make(self, id: str) -> str:
        size = self._length or min(self._limit or 32, 32)
        attempt = id
        while (short := _digest(attempt)[:size]) in self._taken:
            attempt += "'"
        return short


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
