"""Tool ids in a history, as Anthropic takes them: letters, digits, `-` and `_`, none twice in a conversation.

Other providers gave some of them (fixtures facts 24 and 26): `functions.Read:0`, `0`, or `call_0` anew in each answer.
Anthropic refuses the whole conversation for one of these ("String should match pattern '^[a-zA-Z0-9_-]+$'",
"`tool_use` ids must be unique").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..lenient import as_list
from ..unified import Json

_LEGAL = re.compile(r"[A-Za-z0-9_-]+")
_ILLEGAL = re.compile(r"[^A-Za-z0-9_-]")


def with_legal_ids(messages: list[Any]) -> list[Any]:
    """The messages with every id legal and its results pointing to it; the same list when that is so already.

    An id is made of the messages up to its own alone, so that a conversation that has grown begins with the same bytes.
    """
    if _all_legal(messages):
        return messages
    ids = _Ids()
    return [_renamed(message, ids) for message in messages]


def _all_legal(messages: list[Any]) -> bool:
    found = [block.get("id") for message in messages for block in _blocks(message, "assistant", "tool_use")]
    names = [name for name in found if isinstance(name, str)]
    return len(set(names)) == len(names) and all(map(_LEGAL.fullmatch, names))


def _blocks(message: Any, role: str, kind: str) -> Iterator[Json]:
    if isinstance(message, dict) and message.get("role") == role:
        for block in as_list(message.get("content")):
            if isinstance(block, dict) and block.get("type") == kind:
                yield block


class _Ids:
    """Gives out ids. A result belongs to the latest call with its id."""

    __slots__ = ("_latest", "_taken")

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}
        self._taken: set[str] = set()

    def of_call(self, given: str) -> str:
        wanted = _ILLEGAL.sub("_", given) or "_"
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        self._latest[given] = name
        return name

    def of_result(self, given: str) -> str:
        return self._latest.get(given, given)


def _renamed(message: Any, ids: _Ids) -> Any:
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return message
    content = [_rename(block, ids) for block in message["content"]]
    return {**message, "content": content}


def _rename(block: Any, ids: _Ids) -> Any:
    kind = block.get("type") if isinstance(block, dict) else None
    if kind == "tool_use" and isinstance(block.get("id"), str):
        return {**block, "id": ids.of_call(block["id"])}
    if kind == "tool_result" and isinstance(block.get("tool_use_id"), str):
        return {**block, "tool_use_id": ids.of_result(block["tool_use_id"])}
    return block
