"""Unified messages to the items of `input`, and the system text to `instructions`.

Thinking, text and calls of an assistant message keep the order they were made in (`UnifiedMessage.order`), because
that is what reasoning models are given back (fixtures facts 45 and 46). Outputs follow their calls (`pairing` sees to
that). Every item is written from its own message, so a conversation that has grown begins with the same bytes (C26).
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, Part, Remembered, ToolCall, UnifiedMessage, in_order, parts_of
from ..format import Recall
from ..phrases import CONTINUE, EMPTY_MESSAGE, MORE_FOLLOWS, NO_OUTPUT, PARAGRAPH, failed, note, reminder, returned_by
from ..tool_names import ToolIds, ToolNames
from .dialect import ResponsesDialect
from .parts import input_text, plain, to_input, to_texts
from .reasoning import remembered_item, text_item, to_item


class ItemWriter:
    """Writes the items of one request. `add` each message in order, then `finish`, then read `instructions`."""

    __slots__ = ("_calls", "_dialect", "_ids", "_losses", "_media", "_names", "_out", "_recall", "_system")

    def __init__(self, dialect: ResponsesDialect, names: ToolNames, recall: Recall, losses: Losses) -> None:
        self._dialect = dialect
        self._names = names
        self._recall = recall
        self._losses = losses
        self._ids = ToolIds(None, dialect.call_id_limit)
        self._out: list[Json] = []
        self._system: list[str] = []
        self._media: list[Json] = []  # of the outputs just written, with what they belong to
        self._calls: dict[str, str] = {}  # call id → name

    def add(self, message: UnifiedMessage) -> None:
        """Write one message."""
        role, content = message["role"], message["content"]
        if role == "tool":
            self._add_output(message)
            return
        self._add_media()
        if role == "assistant":
            self._add_assistant(message)
        elif role == "user":
            parts = to_input(parts_of(content), self._dialect, self._losses)
            self._add_message("user", plain(parts or [input_text(EMPTY_MESSAGE)]))
        else:
            self._add_system(content)

    def finish(self) -> list[Json]:
        """All items. A request ends with something to answer."""
        self._add_media()
        last = self._out[-1] if self._out else None
        if last is None:
            self._add_message("user", EMPTY_MESSAGE)
        elif last.get("role") == "assistant":
            self._losses.add("prefill", "emulated", "The model is asked to continue its last message.")
            self._add_message("user", CONTINUE)
        return self._out

    def instructions(self, notes: list[str]) -> str | None:
        """The system text. `notes`: what else it shall say, at its end."""
        return PARAGRAPH.join([*self._system, *notes]) or self._dialect.default_instructions

    def _add_message(self, role: str, content: str | list[Json]) -> None:
        self._out.append({"type": "message", "role": role, "content": content})

    # -- system ------------------------------------------------------------------------------------------

    def _add_system(self, content: str | list[Part] | None) -> None:
        texts = to_texts(parts_of(content), self._dialect, self._losses)
        if not texts:
            return
        if not self._out:
            self._system += texts
        elif self._dialect.mid_system != "user":
            self._add_message(self._dialect.mid_system, PARAGRAPH.join(texts))
        else:
            self._losses.add("system.mid_conversation", "emulated", "A later system message is sent as user text.")
            self._add_message("user", PARAGRAPH.join(map(reminder, texts)))

    # -- assistant ---------------------------------------------------------------------------------------

    def _add_assistant(self, message: UnifiedMessage) -> None:
        items: list[Json] = []
        held = in_order(message)
        for kind, value in sorted(held, key=_is_call) if self._dialect.calls_last else held:
            if kind == "thinking":
                if item := to_item(value, self._dialect, self._losses):
                    items.append(item)
            elif kind == "call":
                items.append(self._call(value))
            else:
                for text in to_texts([value], self._dialect, self._losses):
                    self._say(text, items)
        while items and items[-1]["type"] == "reasoning":
            items.pop()  # "provided without its required following item" (fact 45)
            self._losses.add("thinking.history", "omitted", "Reasoning with nothing behind it is not taken back.")
        if items and not any(item["type"] == "reasoning" for item in items):
            items = self._with_reasoning(items, message.get("tool_calls", []))
        self._out += items

    def _say(self, text: str, items: list[Json]) -> None:
        """Text of the assistant; what follows other text of its becomes one message with it."""
        last = items[-1] if items else None
        joins = last is not None and last["type"] == "message"
        if self._dialect.assistant_parts:
            part = {"type": "output_text", "text": text}
            if joins and last is not None:
                last["content"].append(part)
            else:
                items.append({"type": "message", "role": "assistant", "content": [part]})
        elif joins and last is not None:
            last["content"] = PARAGRAPH.join((last["content"], text))
        else:
            items.append({"type": "message", "role": "assistant", "content": text})

    def _call(self, call: ToolCall) -> Json:
        name = call["function"]["name"]
        self._calls[call["id"]] = name
        return {
            "type": "function_call",
            "call_id": self._ids.to_wire(call["id"]),
            "name": self._names.to_wire(name),
            "arguments": call["function"]["arguments"] or "{}",
        }

    def _with_reasoning(self, items: list[Json], calls: list[ToolCall]) -> list[Json]:
        """A turn that came back without reasoning, with what is remembered of it: that of the first call stands at the
        beginning, that of a later one, if it is another, before its call."""
        before: dict[str, Json] = {}
        seen: list[Remembered] = []
        for call in calls:
            remembered = self._recall(call["id"])
            if remembered is None or remembered in seen:
                continue
            seen.append(remembered)
            if item := remembered_item(remembered, self._dialect):
                before[self._ids.to_wire(call["id"])] = item
        first = before.pop(self._ids.to_wire(calls[0]["id"]), None) if calls else None
        if first is None and not before and (text := self._dialect.replay_placeholder):
            self._losses.add("thinking.history", "emulated", "A placeholder stands for unknown earlier reasoning.")
            first = text_item(text)
        written = [] if first is None else [first]
        if self._dialect.calls_last:  # nothing may part the calls
            return [*written, *before.values(), *items]
        for item in items:
            if found := before.get(item.get("call_id", "")):
                written.append(found)
            written.append(item)
        return written

    # -- tools -------------------------------------------------------------------------------------------

    def _add_output(self, message: UnifiedMessage) -> None:
        call_id = self._ids.to_wire(message["tool_call_id"])
        parts = to_input(parts_of(message["content"]), self._dialect, self._losses)
        media = [part for part in parts if part["type"] != "input_text"]
        if media and not self._dialect.tool_media:
            self._keep_media(media, message["tool_call_id"], call_id)
            parts = [part for part in parts if part["type"] == "input_text"]
            parts.append(input_text(note(MORE_FOLLOWS)))
        if message.get("is_error"):
            _mark_error(parts)
        parts = parts or [input_text(NO_OUTPUT)]
        only_text = all(part["type"] == "input_text" for part in parts)
        output = PARAGRAPH.join(part["text"] for part in parts) if only_text else parts
        self._out.append({"type": "function_call_output", "call_id": call_id, "output": output})

    def _keep_media(self, media: list[Json], call_id: str, wire_id: str) -> None:
        self._losses.add("tool_result.media", "emulated", "Images and documents of a tool follow in a user message.")
        self._media += [input_text(returned_by(self._calls.get(call_id, ""), wire_id)), *media]

    def _add_media(self) -> None:
        if self._media:
            self._add_message("user", self._media)
            self._media = []


def _is_call(held: tuple[str, object]) -> bool:
    return held[0] == "call"


def _mark_error(parts: list[Json]) -> None:
    """Mark a failed tool's output; the format has no flag for it."""
    if not parts:
        parts.append(input_text(failed(NO_OUTPUT)))
    elif parts[0]["type"] == "input_text":
        parts[0]["text"] = failed(parts[0]["text"])
    else:
        parts.insert(0, input_text("Error:"))
