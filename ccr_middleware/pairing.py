"""Tool calls and their results, brought into the order strict providers insist on.

Chat-like APIs refuse a conversation in which an assistant's tool calls are not followed at once by exactly one result
each (failure-modes F11). Histories of real clients have results in another order, spread over several messages, with
text or system messages in between (C22), calls that were interrupted, and results whose call was compacted away (C23).
"""

from __future__ import annotations

from .losses import Losses
from .unified import Part, ToolCall, UnifiedMessage

MISSING_RESULT = "This tool call was interrupted before it gave a result."


def pair_tools(messages: list[UnifiedMessage], losses: Losses) -> list[UnifiedMessage]:
    """The same conversation with each call followed by its result, in the order of the calls.

    - A result belongs to the nearest call before it with its id that has none yet (ids like `call_0` come back in
      later turns); it moves up to that call, and what stood between moves behind the results.
    - A call without a result gets an error in its place.
    - A result without a call becomes a user message at its place.
    - Equal ids within one assistant message are told apart by a suffix.

    Messages that need no change are the same objects, and so is the list when that holds for all.
    """
    if _is_paired(messages):
        return messages
    answers = _Answers()
    for position, message in enumerate(messages):
        if message["role"] == "assistant" and message.get("tool_calls"):
            answers.expect(position, message["tool_calls"])
        elif message["role"] == "tool":
            answers.give(position, message)
    paired: list[UnifiedMessage] = []
    for position, message in enumerate(messages):
        if message["role"] == "tool":
            if position in answers.orphans:
                losses.add("tool_result.orphan", "emulated", "A result without a call is sent as user text.")
                paired.append(_as_user(message))
        elif position in answers.by_call:
            paired += _with_results(message, answers.by_call[position], losses)
        else:
            paired.append(message)
    return paired


def _is_paired(messages: list[UnifiedMessage]) -> bool:
    """Whether nothing is to be done, which is so for nearly every request."""
    awaited: list[str] = []  # the last call first
    for message in messages:
        role = message["role"]
        if role == "tool":
            if not awaited or message.get("tool_call_id") != awaited.pop():
                return False
        elif awaited:
            return False
        elif role == "assistant" and (calls := message.get("tool_calls")):
            awaited = [call["id"] for call in calls]
            if len(awaited) > 1:
                awaited.reverse()
                if len(set(awaited)) < len(awaited):
                    return False
    return not awaited


class _Answers:
    """Which result answers which call. `by_call`: the results of each assistant message, by its position."""

    __slots__ = ("_open", "by_call", "orphans")

    def __init__(self) -> None:
        self.by_call: dict[int, list[UnifiedMessage | None]] = {}
        self.orphans: set[int] = set()
        self._open: dict[str, list[tuple[int, int]]] = {}

    def expect(self, position: int, calls: list[ToolCall]) -> None:
        """An assistant message makes calls."""
        self.by_call[position] = [None] * len(calls)
        # Backwards, so that the end of each list is the first unanswered call of the nearest message.
        for number in range(len(calls) - 1, -1, -1):
            self._open.setdefault(calls[number]["id"], []).append((position, number))

    def give(self, position: int, message: UnifiedMessage) -> None:
        """A result comes."""
        waiting = self._open.get(message.get("tool_call_id", ""))
        if waiting:
            call, number = waiting.pop()
            self.by_call[call][number] = message
        else:
            self.orphans.add(position)


def _with_results(
    message: UnifiedMessage, results: list[UnifiedMessage | None], losses: Losses
) -> list[UnifiedMessage]:
    """An assistant message and one result per call."""
    calls = _with_distinct_ids(message["tool_calls"])
    if calls is not message["tool_calls"]:
        message = {**message, "tool_calls": calls}
    paired = [message]
    for call, result in zip(calls, results, strict=True):
        if result is None:
            losses.add("tool_result.missing", "emulated", "A call without a result got an error in its place.")
            result = {"role": "tool", "content": MISSING_RESULT, "is_error": True}
        if result.get("tool_call_id") != call["id"]:
            result = {**result, "tool_call_id": call["id"]}
        paired.append(result)
    return paired


def _with_distinct_ids(calls: list[ToolCall]) -> list[ToolCall]:
    """The calls with no id twice; the same list when that is so already."""
    taken = {call["id"] for call in calls}
    if len(taken) == len(calls):
        return calls
    seen: set[str] = set()
    distinct: list[ToolCall] = []
    for call in calls:
        identifier, number = call["id"], 1
        while identifier in seen or (number > 1 and identifier in taken):
            number += 1
            identifier = f"{call['id']}_{number}"
        seen.add(identifier)
        distinct.append(call if identifier == call["id"] else {**call, "id": identifier})
    return distinct


def _as_user(message: UnifiedMessage) -> UnifiedMessage:
    """A result whose call is not there, as a user message with the same parts."""
    state = "failed tool call" if message.get("is_error") else "tool call"
    heading = f"[Result of an earlier {state} {message.get('tool_call_id', '')}]"
    content = message["content"]
    if not isinstance(content, list):
        return {"role": "user", "content": f"{heading}\n{content or ''}"}
    parts: list[Part] = [{"type": "text", "text": heading}, *content]
    return {"role": "user", "content": parts}
