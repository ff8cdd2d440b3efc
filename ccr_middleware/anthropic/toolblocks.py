"""Tool calls of one answer, put together from whatever pieces a provider sends.

Observed (fixtures facts 22 to 28, failure-modes F2): arguments in tokens, whole, only with the finish, as an object,
an empty list, empty, absent; ids that are empty, repeated on every piece, numbered anew in each answer, or missing; an
index that is missing, starts at 1, or stays 0 for several calls; a name repeated with each piece.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress

from ..jsonio import dumps_str, loads
from ..unified import ToolDelta

#: Ids that count anew in each answer (fact 26: `call_0`; fact 24: `0`).
_COUNTED = re.compile(r"call_\d{1,3}|\d+", re.ASCII)


class ToolBlock:
    """One call. `parts` are the fragments of its arguments in order, `sent` how many of them the client has."""

    __slots__ = ("given_id", "id", "name", "opened", "parts", "sent")

    def __init__(self) -> None:
        self.given_id = ""
        self.id = ""
        self.name = ""
        self.parts: list[str] = []
        self.sent = 0
        self.opened = False

    @property
    def ready(self) -> bool:
        """Whether it may be shown: an id is waited for only until arguments come."""
        return bool(self.name) and bool(self.given_id or self.parts)

    def complete(self) -> bool:
        """Whether the arguments so far are a whole JSON value. No arguments at all: more may come."""
        if not self.parts or not self.parts[-1].rstrip().endswith(("}", "]")):
            return False
        return self.valid()

    def valid(self) -> bool:
        """Whether the arguments, taken as final, are JSON (none means `{}`)."""
        text = "".join(self.parts)
        if not text.strip():
            return True
        try:
            loads(text)
        except ValueError:
            return False
        return True

    def unsent(self) -> str:
        """The arguments the client does not have yet. Those that do not begin as an object wait for `rest`."""
        if self.sent == len(self.parts) or not (self.sent or self._begins_as_object()):
            return ""
        text = "".join(self.parts[self.sent :])
        self.sent = len(self.parts)
        return text

    def rest(self) -> str:
        """What is still to be said when the block is closed: all, as an object, where `unsent` gave nothing."""
        return "" if self.sent else _as_object("".join(self.parts))

    def _begins_as_object(self) -> bool:
        return next((part for part in self.parts if not part.isspace()), "").lstrip().startswith("{")


class ToolBlocks:
    """Finds the call a delta belongs to, and gives every call an id of its own."""

    __slots__ = ("_by_index", "_ids", "_new_id", "order")

    def __init__(self, new_id: Callable[[], str]) -> None:
        self.order: list[ToolBlock] = []
        self._by_index: dict[int, ToolBlock] = {}
        self._ids: set[str] = set()
        self._new_id = new_id

    def take(self, delta: ToolDelta) -> ToolBlock:
        """Add a delta to its call, which is made when there is none."""
        index = delta.get("index")
        block = self._find(index, delta)
        if block is None:
            block = ToolBlock()
            self.order.append(block)
        if index is not None:
            self._by_index[index] = block
        block.given_id = block.given_id or delta.get("id", "")
        block.name = block.name or delta.get("name", "")
        if arguments := delta.get("arguments"):
            block.parts.append(arguments)
        return block

    def name_id(self, block: ToolBlock) -> None:
        """Settle the id the client will see: the provider's, or a new one where there is none. One that only counts
        the calls of its answer comes again in the next, so it is made unique."""
        wanted = block.given_id or self._new_id()
        if _COUNTED.fullmatch(block.given_id):
            wanted = f"{block.given_id}_{self._new_id().removeprefix('toolu_')}"
        block.id, count = wanted, 2
        while block.id in self._ids:
            block.id, count = f"{wanted}_{count}", count + 1
        self._ids.add(block.id)

    def _find(self, index: int | None, delta: ToolDelta) -> ToolBlock | None:
        given_id = delta.get("id", "")
        if index is not None:
            block = self._by_index.get(index)
            if block is None and given_id and not delta.get("name"):
                block = self._with_id(given_id)
        elif given_id:
            return self._with_id(given_id)
        else:
            block = self.order[-1] if self.order else None
        return None if block is None or _begins_another(block, delta) else block

    def _with_id(self, given_id: str) -> ToolBlock | None:
        return next((block for block in reversed(self.order) if block.given_id == given_id), None)


def _begins_another(block: ToolBlock, delta: ToolDelta) -> bool:
    """Whether a delta that points at `block` is in truth the first piece of another call.

    A new id decides. Without ids it takes a name: another one, or the same again when the arguments are whole and
    more arrive (a closing piece repeats the name with nothing in it).
    """
    given_id, name = delta.get("id", ""), delta.get("name", "")
    if given_id and block.given_id:
        return given_id != block.given_id
    if not name or not block.name:
        return False
    return name != block.name or (bool(delta.get("arguments")) and block.complete())


def _as_object(text: str) -> str:
    """Arguments of another JSON type as the object clients insist on, and objects that were encoded twice decoded.

    Text that is no JSON stays: it was cut, and `valid` says so.
    """
    try:
        value = loads(text) if text.strip() else None
    except ValueError:
        return text
    if isinstance(value, str):
        with suppress(ValueError):
            value = loads(value)
    if value in (None, "", []):
        return "{}"
    return dumps_str(value if isinstance(value, dict) else {"value": value})
