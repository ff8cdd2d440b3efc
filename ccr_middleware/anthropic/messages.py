"""`messages` to unified messages.

One user message becomes its tool results, then one user message with everything else in order (R3, C22); one
assistant message keeps text, calls and thinking together; system messages stay where they stand. Consecutive
messages of one role are kept apart, a last assistant message stays last (prefill). Messages with nothing in them
are left out: no provider takes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import BadRequest
from ..jsonio import dumps_str
from ..losses import Losses
from ..unified import PLAIN_ORDER, Item, Json, Part, ThinkingBlock, ToolCall, UnifiedMessage
from .content import Malformed, add_parts, mark_cache, string, text_part, to_parts
from .signature import issuer_of, read_signature
from .thinking import read_effort
from .tools import ToolChange, read_tool_change


@dataclass(slots=True)
class Conversation:
    """What `messages` holds: the messages, the tools that came and went, and the last effort asked for."""

    messages: list[UnifiedMessage] = field(default_factory=list)
    tool_changes: list[ToolChange] = field(default_factory=list)
    effort: str | None = None


def to_conversation(messages: Any, losses: Losses) -> Conversation:
    """Convert all messages. Raises BadRequest naming the place."""
    if not isinstance(messages, list):
        raise BadRequest("messages: must be a list")
    conversation = Conversation()
    last_user = _last_user(messages)
    for index, message in enumerate(messages):
        try:
            if not isinstance(message, dict):
                raise Malformed("must be an object with role and content")
            role, content = message.get("role"), message.get("content")
            if role == "user":
                _add_user(content, conversation.messages, losses)
            elif role == "assistant":
                _add_assistant(content, index, conversation.messages, losses)
            elif role == "system" or role == "developer":
                _add_system(message, index, index < last_user, conversation, losses)
            else:
                raise Malformed("must be user, assistant or system", "role")
        except Malformed as error:
            raise BadRequest(error.at("messages", index)) from None
    if not conversation.messages:
        raise BadRequest("messages: at least one message must say something")
    return conversation


def _last_user(messages: list[Any]) -> int:
    """The position of the last user message; -1 when there is none."""
    for index in range(len(messages) - 1, -1, -1):
        message = messages[index]
        if isinstance(message, dict) and message.get("role") == "user":
            return index
    return -1


def _blocks(content: Any) -> list[Any]:
    """The blocks of a message whose content is no string."""
    if content is not None and not isinstance(content, list):
        raise Malformed("must be a string or a list", "content")
    return content or []


def _add_user(content: Any, messages: list[UnifiedMessage], losses: Losses) -> None:
    if isinstance(content, str):
        if content:
            messages.append({"role": "user", "content": content})
        return
    parts: list[Part] = []
    for position, block in enumerate(_blocks(content)):
        try:
            if isinstance(block, dict) and block.get("type") == "tool_result":
                messages.append(_tool_message(block, losses))
            else:
                add_parts(block, parts, losses)
        except Malformed as error:
            error.inside("content", position)
            raise
    if parts:
        messages.append({"role": "user", "content": parts})


def _tool_message(block: Json, losses: Losses) -> UnifiedMessage:
    """A tool's result. A cache mark of the block moves to its last part: a tool message has no place for one."""
    content = block.get("content")
    result: str | list[Part]
    if content is None or isinstance(content, str):
        result = content or ""
        if result and "cache_control" in block:
            result = [text_part(result, block)]
    elif isinstance(content, list):
        try:
            result = to_parts(content, losses)
        except Malformed as error:
            error.inside("content")
            raise
        mark_cache(result, block)
    else:
        raise Malformed("must be a string or a list", "content")
    message: UnifiedMessage = {
        "role": "tool",
        "content": result or "",
        "tool_call_id": string(block, "tool_use_id"),
    }
    if block.get("is_error") is True:
        message["is_error"] = True
    return message


def _add_assistant(content: Any, index: int, messages: list[UnifiedMessage], losses: Losses) -> None:
    if isinstance(content, str):
        if content:
            messages.append({"role": "assistant", "content": content})
        return
    turn = _AssistantTurn(losses)
    for position, block in enumerate(_blocks(content)):
        try:
            turn.add(block, f"toolu_{index}_{position}")
        except Malformed as error:
            error.inside("content", position)
            raise
    messages += turn.messages()


class _AssistantTurn:
    """An assistant message, block by block."""

    __slots__ = ("_before", "_calls", "_losses", "_order", "_parts", "_results", "_thinking")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._parts: list[Part] = []
        self._calls: list[ToolCall] = []
        self._thinking: list[ThinkingBlock] = []
        self._results: list[UnifiedMessage] = []
        self._order: list[Item] = []
        self._before: Json | None = None  # the block before, if it is a text that says something

    def add(self, block: Any, new_id: str) -> None:
        """Read a block. `new_id`: for a call that has none."""
        kind = block.get("type") if isinstance(block, dict) else None
        if kind == "text":
            if text := string(block, "text"):
                self._add_text(text, block)
            return
        self._before = None
        if kind == "tool_use":
            self._calls.append(_tool_call(block, new_id))
            self._order.append("call")
        elif kind == "thinking" or kind == "redacted_thinking":
            thought = _thinking(block) if kind == "thinking" else _redacted(block)
            self._thinking += thought
            self._order += ["thinking"] * len(thought)
        elif kind == "tool_result":
            self._results.append(_tool_message(block, self._losses))
        else:
            known = len(self._parts)
            add_parts(block, self._parts, self._losses)
            self._order += ["content"] * (len(self._parts) - known)

    def _add_text(self, text: str, block: Json) -> None:
        before, self._before = self._before, block
        if block.get("citations"):
            self._losses.add("citations", "omitted", "Which source said what in an earlier answer is not told.")
        if before and (before.get("citations") or block.get("citations")):
            _continue_text(text, block, self._parts)
        else:
            self._parts.append(text_part(text, block))
            self._order.append("content")

    def messages(self) -> list[UnifiedMessage]:
        """The message, if it says anything, and the results that stood in it."""
        if not (self._parts or self._calls or self._thinking):
            return self._results
        message: UnifiedMessage = {"role": "assistant", "content": self._parts or None}
        if self._calls:
            message["tool_calls"] = self._calls
        if self._thinking:
            message["thinking"] = self._thinking
        if self._order != sorted(self._order, key=PLAIN_ORDER.index):
            message["order"] = self._order
        return [message, *self._results]


def _continue_text(text: str, block: Json, parts: list[Part]) -> None:
    """Anthropic cuts a text at every citation (fixtures fact 62); such pieces become one text again."""
    last = parts[-1]
    assert last["type"] == "text"
    last["text"] += text
    mark_cache([last], block)


def _tool_call(block: Json, new_id: str) -> ToolCall:
    name, given = string(block, "name"), block.get("input")
    if not name:
        raise Malformed("must be a non-empty string", "name")
    if not isinstance(given, dict):
        given = {} if given is None else {"input": given}
    return {
        "id": string(block, "id") or new_id,
        "type": "function",
        "function": {"name": name, "arguments": dumps_str(given)},
    }


def _thinking(block: Json) -> list[ThinkingBlock]:
    """A thinking block. `signature` is what its issuer made: our wrapping is taken off."""
    signature = string(block, "signature")
    signed = read_signature(signature)
    thinking: ThinkingBlock = {"text": string(block, "thinking"), "issuer": issuer_of(signature)}
    if payload := signed.payload if signed else signature if thinking["issuer"] else "":
        thinking["signature"] = payload
    return [thinking] if thinking["text"] or payload else []


def _redacted(block: Json) -> list[ThinkingBlock]:
    data = string(block, "data")
    signed = read_signature(data)
    payload = signed.payload if signed else data if issuer_of(data) else ""
    return [{"text": "", "redacted": payload, "issuer": issuer_of(data)}] if payload else []


def _add_system(message: Json, index: int, followed: bool, conversation: Conversation, losses: Losses) -> None:
    """A system message among the others: text, changes of the tool list, settings from here on (R3)."""
    content = message.get("content")
    blocks = [] if isinstance(content, str) else _blocks(content)
    effort = read_effort(message.get("output_config"), f"messages.{index}.output_config", losses)
    conversation.effort = effort or conversation.effort
    # Text to be cleared at the next user message is not shown any more once there is one.
    cleared = followed and message.get("clear_at") == "next_user_message"
    text = content if isinstance(content, str) and not cleared else None
    parts = _system_parts(blocks, cleared, conversation, losses)
    if text or parts:
        conversation.messages.append({"role": "system", "content": text or parts})


def _system_parts(blocks: list[Any], cleared: bool, conversation: Conversation, losses: Losses) -> list[Part]:
    """The parts of a system message. Changes of the tool list hold even when its text is cleared."""
    parts: list[Part] = []
    for position, block in enumerate(blocks):
        try:
            change = read_tool_change(block)
            if change is not None:
                losses.add(f"tool_{change.action}", "emulated", "The tool list is sent as it is now, changes as text.")
                conversation.tool_changes.append(change)
                parts.append(text_part(change.note(), block))
            elif not cleared:
                add_parts(block, parts, losses)
        except Malformed as error:
            error.inside("content", position)
            raise
    return parts
