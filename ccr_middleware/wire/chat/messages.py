"""Unified messages to chat messages.

Tool results follow their calls directly (`anthropic.pairing` sees to that); what they hold beside text follows as one
user message, since a tool message is text only (C24). System messages in mid-conversation become user text at their
place, or what the dialect says (C25). Every message is written from its own content and its neighbours', so a
conversation that has grown begins with the same bytes as before (C26).
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, Part, ToolCall, UnifiedMessage, parts_of
from ..earlier_thinking import omit_thinking
from ..format import Recall
from ..phrases import CONTINUE, EMPTY_MESSAGE, MORE_FOLLOWS, NO_OUTPUT, PARAGRAPH, failed, note, reminder, returned_by
from ..tool_names import ToolIds, ToolNames
from .dialect import ChatDialect
from .parts import as_parts, collapse, plain_text, text_part, to_wire_parts, to_wire_text
from .replay import add_reasoning, is_replayed

#: The assistant's answer between a tool's result and the user, for providers that want one (fact 53).
BRIDGE = "OK."


class MessageWriter:
    """Writes the messages of one request. `add` each in order, then `finish`."""

    __slots__ = ("_calls", "_dialect", "_ids", "_losses", "_media", "_names", "_open", "_out", "_recall", "_system")

    def __init__(self, dialect: ChatDialect, names: ToolNames, recall: Recall, losses: Losses) -> None:
        self._dialect = dialect
        self._names = names
        self._recall = recall
        self._losses = losses
        self._ids = ToolIds(dialect.tool_id_length, dialect.tool_id_limit)
        self._out: list[Json] = []
        self._system: list[Json] = []
        self._media: list[Json] = []  # of the tool messages just written, with what they belong to
        self._calls: dict[str, str] = {}  # tool call id → name
        self._open = False  # the last message is a user message of ours, which the user's own may join

    def add(self, message: UnifiedMessage) -> None:
        """Write one message."""
        role = message["role"]
        if role == "tool":
            self._add_tool(message)
            return
        if self._media:
            self._add_media()
        if role == "assistant":
            self._add_assistant(message)
        elif role == "user":
            self._add_user(message["content"])
        else:
            self._add_system(message["content"])

    def finish(self, notes: list[str]) -> list[Json]:
        """All messages. `notes`: what else the system message shall say, at its end."""
        if self._media:
            self._add_media()
        self._end()
        if notes:
            self._system += map(text_part, notes)
        if self._system:
            content = collapse(self._system, self._dialect)
            self._out.insert(0, {"role": self._dialect.system_role, "content": content})
        return self._out

    # -- system ------------------------------------------------------------------------------------------

    def _add_system(self, content: str | list[Part] | None) -> None:
        parts = to_wire_text(parts_of(content), self._dialect, self._losses)
        if not parts:
            return
        if not self._out or self._dialect.mid_system == "first":
            if self._out:
                self._losses.add("system.mid_conversation", "emulated", "A later system message is sent as the first.")
            self._system += parts
        elif self._dialect.mid_system == "keep":
            self._out.append({"role": self._dialect.system_role, "content": collapse(parts, self._dialect)})
            self._open = False
        else:
            self._losses.add("system.mid_conversation", "emulated", "A later system message is sent as user text.")
            self._join_user([{**part, "text": reminder(part["text"])} for part in parts])

    # -- user --------------------------------------------------------------------------------------------

    def _add_user(self, content: str | list[Part] | None) -> None:
        last = self._out[-1] if self._out else None
        joins = last is not None and last["role"] == "user" and (self._open or self._dialect.merge_roles)
        if joins:
            self._join_user(self._user_parts(content))
        elif text := plain_text(content, self._dialect):
            self._append_user(text)
        else:
            self._append_user(collapse(self._user_parts(content), self._dialect))
        self._open = False

    def _user_parts(self, content: str | list[Part] | None) -> list[Json]:
        parts = to_wire_parts(parts_of(content), self._dialect, self._losses)
        return parts or [text_part(EMPTY_MESSAGE)]

    def _append_user(self, content: str | list[Json]) -> None:
        if not self._dialect.tool_then_user and self._out and self._out[-1]["role"] == "tool":
            self._losses.add("messages.order", "emulated", "An assistant message was put between tool and user.")
            self._out.append({"role": "assistant", "content": BRIDGE})
        self._out.append({"role": "user", "content": content})

    def _join_user(self, parts: list[Json]) -> None:
        """Put parts into the user message before, or into one of our own, which the next user message then joins."""
        last = self._out[-1] if self._out else None
        if last is not None and last["role"] == "user":
            last["content"] = collapse([*as_parts(last["content"]), *parts], self._dialect)
        else:
            self._append_user(collapse(parts, self._dialect))
            self._open = True

    # -- assistant ---------------------------------------------------------------------------------------

    def _add_assistant(self, message: UnifiedMessage) -> None:
        content = self._said(message)
        calls = message.get("tool_calls")
        wire: Json = {"role": "assistant", "content": content or None}
        if calls:
            wire["tool_calls"] = self._to_wire_calls(calls)
        if "thinking" in message or self._dialect.replay_field is not None:
            self._add_reasoning(wire, message)
        if not content and not calls:
            return  # nothing but thinking: "either content or tool_calls, but not none"
        self._open = False
        last = self._out[-1] if self._out and self._dialect.merge_roles else None
        if last is not None and last["role"] == "assistant" and not last.get("tool_calls"):
            wire["content"] = PARAGRAPH.join(text for text in (last["content"], content) if text)
            self._out[-1] = last | wire
        else:
            self._out.append(wire)

    def _said(self, message: UnifiedMessage) -> str:
        """The text of a turn."""
        text = plain_text(message["content"], self._dialect)
        if text is not None:
            return text
        parts = to_wire_text(parts_of(message["content"]), self._dialect, self._losses)
        return PARAGRAPH.join(part["text"] for part in parts)

    def _add_reasoning(self, wire: Json, message: UnifiedMessage) -> None:
        add_reasoning(wire, message, self._dialect, self._recall, self._losses)
        says_more = wire["content"] or "tool_calls" in wire  # with thinking alone no message is sent
        if not (says_more and is_replayed(wire, message, self._dialect)):
            for block in message.get("thinking", ()):
                omit_thinking(block, self._losses)

    def _to_wire_calls(self, calls: list[ToolCall]) -> list[Json]:
        wire: list[Json] = []
        for call in calls:
            name, arguments = call["function"]["name"], call["function"]["arguments"] or "{}"
            self._calls[call["id"]] = name
            function = {"name": self._names.to_wire(name), "arguments": arguments}
            wire.append({"id": self._ids.to_wire(call["id"]), "type": "function", "function": function})
        return wire

    # -- tool --------------------------------------------------------------------------------------------

    def _add_tool(self, message: UnifiedMessage) -> None:
        content, call_id = message["content"], message["tool_call_id"]
        wire = plain_text(content, self._dialect) or self._result(parts_of(content), call_id)
        if message.get("is_error"):
            wire = _marked_as_error(wire)
        self._open = False
        self._out.append({"role": "tool", "tool_call_id": self._ids.to_wire(call_id), "content": wire or NO_OUTPUT})

    def _result(self, content: list[Part], call_id: str) -> str | list[Json]:
        """The text of a tool's result. Anything else in it is kept for later."""
        parts = to_wire_parts(content, self._dialect, self._losses)
        media = [part for part in parts if part["type"] != "text"]
        parts = [part for part in parts if part["type"] == "text"]
        if media:
            self._keep_media(media, call_id)
            parts.append(text_part(note(MORE_FOLLOWS)))
        return collapse(parts, self._dialect) if parts else ""

    def _keep_media(self, media: list[Json], call_id: str) -> None:
        self._losses.add("tool_result.media", "emulated", "Images and documents of a tool follow in a user message.")
        label = returned_by(self._calls.get(call_id, ""), self._ids.to_wire(call_id))
        self._media += [text_part(label), *media]

    def _add_media(self) -> None:
        media, self._media = self._media, []
        self._join_user(media)

    # -- the end -----------------------------------------------------------------------------------------

    def _end(self) -> None:
        """A request ends with something to answer."""
        last = self._out[-1] if self._out else None
        if last is None:
            self._out.append({"role": "user", "content": EMPTY_MESSAGE})
        elif last["role"] == "assistant" and "tool_calls" not in last:
            if not self._dialect.prefill:
                self._losses.add("prefill", "emulated", "The model is asked to continue its last message.")
                self._append_user(CONTINUE)
            elif self._dialect.prefill_field:
                last[self._dialect.prefill_field] = True


def _marked_as_error(content: str | list[Json]) -> str | list[Json]:
    """A failed tool's output; the wire format has no flag for it."""
    if isinstance(content, list) and content:
        return [{**content[0], "text": failed(content[0]["text"])}, *content[1:]]
    return failed(str(content or NO_OUTPUT))
