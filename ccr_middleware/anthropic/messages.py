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
from ..unified import Json, Part, TextPart, ThinkingBlock, ToolCall, UnifiedMessage
from .content import Malformed, add_parts, kind_of, mark_cache, string, text_part, to_parts
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
            _add_message(message, index, index < last_user, conversation, losses)
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


def _add_message(message: Any, index: int, followed: bool, conversation: Conversation, losses: Losses) -> None:
    """Convert one message; `followed` says whether a user message comes after it."""
    if not isinstance(message, dict):
        raise Malformed("must be an object with role and content")
    role, content = message.get("role"), message.get("content")
    if content is not None and not isinstance(content, str | list):
        raise Malformed("must be a string or a list", "content")
    if role == "user":
        conversation.messages += _user(content, losses)
    elif role == "assistant":
        conversation.messages += _assistant(content, index, losses)
    elif role == "system" or role == "developer":
        _add_system(message, index, followed, conversation, losses)
    else:
        raise Malformed("must be user, assistant or system", "role")


def _user(content: str | list[Any] | None, losses: Losses) -> list[UnifiedMessage]:
    if not content:
        return []
    if isinstance(content, str):
        return [{"role": "user", "content": content}]
    messages: list[UnifiedMessage] = []
    parts: list[Part] = []
    for position, block in enumerate(content):
        try:
            if kind_of(block) == "tool_result":
                messages.append(_tool_message(block, losses))
            else:
                add_parts(block, parts, losses)
        except Malformed as error:
            error.inside("content", position)
            raise
    if parts:
        messages.append({"role": "user", "content": parts})
    return messages


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


def _assistant(content: str | list[Any] | None, index: int, losses: Losses) -> list[UnifiedMessage]:
    if not content:
        return []
    if isinstance(content, str):
        return [{"role": "assistant", "content": content}]
    turn = _AssistantTurn(losses)
    for position, block in enumerate(content):
        try:
            turn.add(block, f"toolu_{index}_{position}")
        except Malformed as error:
            error.inside("content", position)
            raise
    return turn.messages()


class _AssistantTurn:
    """Collects the blocks of one assistant message."""

    __slots__ = ("_calls", "_cited", "_losses", "_parts", "_results", "_text", "_thinking")

    def __init__(self, losses: Losses) -> None:
        self._losses = losses
        self._parts: list[Part] = []
        self._calls: list[ToolCall] = []
        self._thinking: list[ThinkingBlock] = []
        self._results: list[UnifiedMessage] = []
        self._text: TextPart | None = None  # the part of the block before, if that was text
        self._cited = False

    def add(self, block: Any, spare_id: str) -> None:
        """Take a block. `spare_id` is for a call that has none."""
        kind = kind_of(block)
        if kind == "text":
            self._add_text(block)
            return
        self._text = None
        if kind == "tool_use":
            self._calls.append(_tool_call(block, spare_id))
        elif kind == "thinking":
            self._add_thinking(_thinking(block))
        elif kind == "redacted_thinking":
            self._add_thinking(_redacted(block))
        elif kind == "tool_result":
            self._results.append(_tool_message(block, self._losses))
        else:
            add_parts(block, self._parts, self._losses)

    def _add_text(self, block: Json) -> None:
        """Anthropic cuts a text at every citation (fixtures fact 62); such pieces become one text again."""
        text = string(block, "text")
        if not text:
            return
        cited = bool(block.get("citations"))
        if self._text is not None and (cited or self._cited):
            self._text["text"] += text
            mark_cache([self._text], block)
        else:
            self._text = text_part(text, block)
            self._parts.append(self._text)
        self._cited = cited

    def _add_thinking(self, thinking: ThinkingBlock | None) -> None:
        if thinking is not None:
            self._thinking.append(thinking)

    def messages(self) -> list[UnifiedMessage]:
        """The assistant message, unless it is empty, and the results that stood in it."""
        if not (self._parts or self._calls or self._thinking):
            return self._results
        message: UnifiedMessage = {"role": "assistant", "content": self._parts or None}
        if self._calls:
            message["tool_calls"] = self._calls
        if self._thinking:
            message["thinking"] = self._thinking
        return [message, *self._results]


def _tool_call(block: Json, spare_id: str) -> ToolCall:
    name = string(block, "name")
    if not name:
        raise Malformed("must be a non-empty string", "name")
    given = block.get("input")
    if given is None:
        given = {}
    elif not isinstance(given, dict):
        given = {"input": given}
    arguments = dumps_str(given) if given else "{}"
    return {
        "id": string(block, "id") or spare_id,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def _thinking(block: Json) -> ThinkingBlock | None:
    """A thinking block. `signature` is what its issuer made: our wrapping is taken off."""
    signature = string(block, "signature")
    signed = read_signature(signature)
    thinking: ThinkingBlock = {"text": string(block, "thinking"), "issuer": issuer_of(signature)}
    if payload := signed.payload if signed else signature if thinking["issuer"] else "":
        thinking["signature"] = payload
    return thinking if thinking["text"] or payload else None


def _redacted(block: Json) -> ThinkingBlock | None:
    data = string(block, "data")
    signed = read_signature(data)
    payload = signed.payload if signed else data if issuer_of(data) else ""
    return {"text": "", "redacted": payload, "issuer": issuer_of(data)} if payload else None


def _add_system(message: Json, index: int, followed: bool, conversation: Conversation, losses: Losses) -> None:
    """A system message among the others: text, changes of the tool list, settings from here on (R3)."""
    effort = read_effort(message.get("output_config"), f"messages.{index}.output_config", losses)
    conversation.effort = effort or conversation.effort
    # Text to be cleared at the next user message is not shown any more once there is one.
    cleared = followed and message.get("clear_at") == "next_user_message"
    content = message.get("content")
    text = None if cleared or not isinstance(content, str) else content
    parts = _system_parts(content, cleared, conversation, losses) if isinstance(content, list) else []
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
