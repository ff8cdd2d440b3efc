"""Calls of agents that the client has never seen, put back where they were.

An answer may hold calls of agents and calls of the client. The client answers its own in its next request, and sends
back an answer in which the agents' are missing; the model must find both. So the rounds of such an answer are
remembered, under the ids of the client's calls. What is forgotten costs the model a look at what it did, never a
request.

Ids of calls are not unique (`call_0` comes with every answer of some providers), and conversations of others are none
of this one's business. Hence a memory belongs to a session, or without one to exactly the same conversation, and
holds only for the same call.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from ..jsonio import dumps
from ..lenient import dicts, text_of
from ..unified import Json
from .body import blocks_of
from .rounds import Placed


class KeptRound(NamedTuple):
    """The calls of one round, their results, and how many of the client's blocks there were when it ended."""

    calls: tuple[Placed, ...]
    results: tuple[Json, ...]
    end: int


class Kept(NamedTuple):
    """One answer: how many blocks the client has of it, its calls, and the rounds."""

    blocks: int
    client_calls: tuple[Json, ...]
    rounds: tuple[KeptRound, ...]

    def is_of(self, content: Sequence[Json]) -> bool:
        """Whether a message of the history is this answer."""
        calls = [_called(block) for block in content if block.get("type") == "tool_use"]
        return calls == [_called(block) for block in self.client_calls]


class Memory(Protocol):
    """Where answers are kept: a bounded mapping."""

    def get(self, key: str) -> Kept | None:
        """The answer, or None."""

    def put(self, key: str, value: Kept) -> None:
        """Keep an answer."""


def remember(memory: Memory, session_id: str, messages: Any, kept: Kept) -> None:
    """Keep the answer to these messages."""
    scope = _Scope(session_id)
    for message in dicts(messages):
        scope.add(message)
    for call in kept.client_calls:
        memory.put(scope.key(call), kept)


def restore(memory: Memory, session_id: str, messages: Any, tools: Callable[[str], bool]) -> list[Json]:
    """The messages with what is remembered of their answers. `tools`: whether a tool is offered this time; an answer
    with the call of another stays as the client has it. Messages that need no change are the same objects."""
    scope = _Scope(session_id)
    restored: list[Json] = []
    results: list[Json] = []  # of an answer, for the message behind it
    for message in dicts(messages):
        if results and message.get("role") == "user":
            restored.append({**message, "content": [*results, *blocks_of(message)]})
            results = []
        else:
            if results:
                restored.append(_user(results))
            kept = _find(memory, scope, message, tools)
            parts, results = _taken_apart(message, kept) if kept else ([message], [])
            restored += parts
        scope.add(message)
    return [*restored, _user(results)] if results else restored


def _find(memory: Memory, scope: _Scope, message: Json, tools: Callable[[str], bool]) -> Kept | None:
    if message.get("role") != "assistant":
        return None
    content = dicts(message.get("content"))
    call = next((block for block in content if block.get("type") == "tool_use"), None)
    kept = memory.get(scope.key(call)) if call else None
    if kept is None or not kept.is_of(content):
        return None
    names = {text_of(placed.block.get("name")) for one in kept.rounds for placed in one.calls}
    return kept if all(map(tools, names)) else None


def _taken_apart(message: Json, kept: Kept) -> tuple[list[Json], list[Json]]:
    """The messages that an answer was, and the results for the message behind it.

    A client that has left something out of it (thinking, say) has lost the places; then it stays one message, with all
    calls in front of the client's own.
    """
    content = dicts(message.get("content"))
    if len(content) != kept.blocks:
        own = next(index for index, block in enumerate(content) if block.get("type") == "tool_use")
        calls = [placed.block for one in kept.rounds for placed in one.calls]
        whole = {**message, "content": [*content[:own], *calls, *content[own:]]}
        return [whole], [result for one in kept.rounds for result in one.results]
    *earlier, last = kept.rounds
    parts, start = [], 0
    for one in earlier:
        parts += [{**message, "content": _with_calls(content, start, one.end, one.calls)}, _user(one.results)]
        start = one.end
    parts.append({**message, "content": _with_calls(content, start, len(content), last.calls)})
    return parts, list(last.results)


def _with_calls(content: list[Json], start: int, end: int, calls: Sequence[Placed]) -> list[Json]:
    """A part of the content with calls put back."""
    blocks: list[Json] = []
    for index in range(start, end):
        blocks += [*(placed.block for placed in calls if placed.place == index), content[index]]
    return [*blocks, *(placed.block for placed in calls if placed.place >= end)]


def _user(results: Sequence[Json]) -> Json:
    return {"role": "user", "content": list(results)}


def _called(block: Json) -> tuple[Any, ...]:
    return block.get("id"), block.get("name"), block.get("input")


class _Scope:
    """Whose a call is: that of a session, or of a conversation as far as it has gone."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._digest = hashlib.sha256()

    def add(self, message: Json) -> None:
        """The conversation goes on. Cache marks wander from request to request, so they do not count."""
        if not self._session_id:
            self._digest.update(dumps(_unmarked(message)))

    def key(self, call: Json) -> str:
        """Under which key the answer with this call is kept."""
        return f"{self._session_id or self._digest.hexdigest()}\n{text_of(call.get('id'))}"


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(member) for key, member in value.items() if key != "cache_control"}
    return [_unmarked(member) for member in value] if isinstance(value, list) else value
