"""The grammar of an Anthropic answer, rule by rule. `strict` is the way in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Json = dict[str, Any]

#: Which deltas a block may get. Any other block type comes whole in its content_block_start.
DELTAS = {
    "text": {"text_delta": "text", "citations_delta": "citation"},
    "thinking": {"thinking_delta": "thinking", "signature_delta": "signature"},
    "tool_use": {"input_json_delta": "partial_json"},
    "server_tool_use": {"input_json_delta": "partial_json"},
    "mcp_tool_use": {"input_json_delta": "partial_json"},
}
WHOLE_BLOCKS = re.compile(r"redacted_thinking|container_upload|compaction|fallback|[a-z_]+_tool_result")
TOOL_BLOCKS = frozenset(kind for kind, deltas in DELTAS.items() if "input_json_delta" in deltas)
CUT_SHORT = frozenset({"max_tokens", "refusal", "model_context_window_exceeded"})
STOP_REASONS = CUT_SHORT | {"end_turn", "tool_use", "stop_sequence", "pause_turn", "compaction"}


class Violation(AssertionError):
    """A rule is broken. The text names the event (counted from 0) and the rule."""


class Tool(NamedTuple):
    """A tool_use block. `input` is None when its JSON was cut (max_tokens, an error); equal to a plain tuple."""

    id: str
    name: str
    input: Json | None


@dataclass
class Checked:
    """What a client has after reading everything. `message` is folded from the events, here and not by the package.

    `error` is the `error` object of an `event: error`; then `stop_reason` is None and `message` what came before.
    `usage` is that of message_start, overlaid with that of message_delta.
    """

    events: list[Json] = field(default_factory=list)
    message: Json = field(default_factory=dict)
    error: Json | None = None
    complete: bool = False

    @property
    def names(self) -> list[str]:
        """The types of all events, pings included."""
        return [event["type"] for event in self.events]

    @property
    def blocks(self) -> list[Json]:
        """The content blocks."""
        content: list[Json] = self.message.get("content", [])
        return content

    @property
    def text(self) -> str:
        """All text, joined."""
        return "".join(block["text"] for block in self.blocks if block["type"] == "text")

    @property
    def thinking(self) -> str:
        """All thinking, joined."""
        return "".join(block["thinking"] for block in self.blocks if block["type"] == "thinking")

    @property
    def tools(self) -> list[Tool]:
        """The calls the client has to run."""
        return [Tool(b["id"], b["name"], b["input"]) for b in self.blocks if b["type"] == "tool_use"]

    @property
    def stop_reason(self) -> str | None:
        """Why it stopped."""
        return self.message.get("stop_reason")

    @property
    def usage(self) -> Json:
        """The final usage."""
        usage: Json = self.message.get("usage", {})
        return usage


def _called_by_code(block: Json) -> bool:
    """Programmatic calls come whole, and are not the client's to run (fixtures fact 56)."""
    return str((block.get("caller") or {}).get("type", "")).startswith("code_execution")


class Grammar:
    """Reads events one by one, and keeps what a client has after them.

    `open` is the block being filled (one at most), `seen` the delta types it got, `arguments` its JSON so far,
    `cut_tool` the event that closed a tool call whose JSON does not parse. Every method raises `Violation`.
    """

    def __init__(self, zero_input: bool) -> None:
        self.checked, self.zero_input = Checked(), zero_input
        self.number: int | str = -1
        self.now: Any = None
        self.open: Json | None = None
        self.seen: set[str] = set()
        self.arguments = ""
        self.cut_tool: int | str | None = None
        self.closing = self.stop_seen = False

    @property
    def ended(self) -> bool:
        """Whether nothing more may come."""
        return self.stop_seen or self.checked.error is not None

    def require(self, truth: object, rule: str) -> None:
        """Hold what is read now to a rule."""
        if not truth:
            raise self._violation(rule)

    def _violation(self, rule: str) -> Violation:
        where = self.number if isinstance(self.number, str) else f"event {self.number}"
        return Violation(f"{where}: {rule}; got {json.dumps(self.now)[:400]}")

    def read(self, name: str, event: Any) -> None:
        """Take one event."""
        self.number, self.now = len(self.checked.events), event
        self.require(isinstance(event, dict), "data is an object")
        kind = event.get("type")
        self.require(name == kind, f"the event's name is its type, not {name!r}")
        self.require(self.checked.error is None, "nothing comes after an error event")
        self.require(not self.stop_seen or kind == "ping", "nothing but a ping comes after message_stop")
        self.require(bool(self.checked.events) == (kind != "message_start"), "message_start comes first and once")
        handler: Callable[[Json], None] | None = getattr(self, f"_on_{kind}", None)
        if handler is None:
            raise self._violation("the event type is known")
        self.checked.events.append(event)
        handler(event)

    def _on_ping(self, event: Json) -> None:
        """Allowed anywhere after message_start."""

    def _on_error(self, event: Json) -> None:
        self.checked.error = self.error(event)

    def _on_message_start(self, event: Json) -> None:
        message: Any = event.get("message")
        self.require(isinstance(message, dict), "message_start has a message")
        self.envelope(message)
        self.require(message["content"] == [], "message_start has empty content")
        self.require(message.get("stop_reason", "") is None, "stop_reason is there and null in message_start")
        self.require(message.get("stop_sequence") is None, "stop_sequence is null in message_start")
        self.checked.message = json.loads(json.dumps(message))

    def _on_content_block_start(self, event: Json) -> None:
        self.require(not self.closing, "no block comes after message_delta")
        self.require(self.open is None, "the open block is closed before the next one")
        self._index(event, len(self.checked.blocks))
        block: Any = event.get("content_block")
        self.block_type(block)
        self._opening(block)
        self.open, self.seen, self.arguments = json.loads(json.dumps(block)), set(), ""
        self.checked.blocks.append(self.open)

    def _opening(self, block: Json) -> None:
        """Claude Code ignores what a start already holds: everything has to come as deltas."""
        if block["type"] == "text":
            self.require(block.get("text") == "", "a text block starts with empty text")
        if block["type"] == "thinking":
            self.require(block.get("thinking") == "", "a thinking block starts with empty thinking")
            self.require(block.get("signature", "") == "", "a thinking block starts with an empty signature")
        if block["type"] in TOOL_BLOCKS:
            self.require(block.get("input") == {} or _called_by_code(block), "a tool block starts with input {}")

    def _on_content_block_delta(self, event: Json) -> None:
        block = self._require_open(event)
        delta: Any = event.get("delta")
        self.require(isinstance(delta, dict), "a delta is an object")
        allowed = DELTAS.get(block["type"], {})
        self.require(delta.get("type") in allowed, f"a {block['type']} block takes {sorted(allowed)}")
        key = allowed[delta["type"]]
        self.require(isinstance(delta.get(key), dict if key == "citation" else str), f"the delta has {key}")
        self.require("signature_delta" not in self.seen, "a signature comes once, after all thinking")
        self.seen.add(delta["type"])
        if key == "partial_json":
            self.arguments += delta[key]
        elif key == "citation":
            block["citations"] = [*(block.get("citations") or []), delta[key]]
        else:
            block[key] = block.get(key, "") + delta[key]

    def _on_content_block_stop(self, event: Json) -> None:
        block = self._require_open(event)
        if self.arguments:
            self._set_input(block)
        self.finished_block(block)
        self.open = None

    def _set_input(self, block: Json) -> None:
        """Broken JSON is judged when the stop reason is known: only a cut-short answer may hold it."""
        try:
            block["input"] = json.loads(self.arguments)
        except ValueError:
            block["input"], self.cut_tool = None, self.number
            return
        self.require(isinstance(block["input"], dict), f"arguments are an object, not {self.arguments!r:.200}")

    def _on_message_delta(self, event: Json) -> None:
        self.require(not self.closing, "there is one message_delta")
        self.require(self.open is None, "all blocks are closed before message_delta")
        self.closing = True
        delta: Any = event.get("delta")
        usage: Any = event.get("usage")
        self.require(isinstance(delta, dict) and isinstance(usage, dict), "message_delta has a delta and usage")
        self._counts(usage)
        self.require("output_tokens" in usage, "message_delta's usage has output_tokens")
        self.checked.message |= delta
        self.checked.message["usage"] |= usage
        self.stopped(self.checked.message)

    def _on_message_stop(self, event: Json) -> None:
        self.require(self.closing, "message_delta comes before message_stop")
        self.stop_seen = self.checked.complete = True

    def envelope(self, message: Json) -> None:
        """id, type, role, model, content, usage."""
        for key in ("id", "model"):
            self.require(isinstance(message.get(key), str) and message[key], f"a message has a non-empty {key}")
        self.require(message.get("type") == "message", 'a message has type "message"')
        self.require(message.get("role") == "assistant", 'a message has role "assistant"')
        self.require(isinstance(message.get("content"), list), "content is a list")
        usage: Any = message.get("usage")
        self.require(isinstance(usage, dict), "a message has usage")
        self._counts(usage)
        for key in ("input_tokens", "output_tokens"):
            self.require(key in usage, f"usage has {key}")
        cached = usage.get("cache_read_input_tokens") or usage.get("cache_creation_input_tokens")
        self.require(usage["input_tokens"] or cached or self.zero_input, "input_tokens is above 0")

    def _counts(self, usage: Json) -> None:
        """Numbers of usage, nested ones too, are whole and not negative."""
        for key, value in usage.items():
            if isinstance(value, dict):
                self._counts(value)
            elif key.endswith(("_tokens", "_requests")) and value is not None:
                self.require(type(value) is int and value >= 0, f"usage.{key} is a whole number from 0")
        for key in ("input_tokens", "output_tokens"):
            self.require(usage.get(key, 0) is not None, f"usage.{key} is not null")

    def block_type(self, block: Any) -> None:
        """A block has a known type, and a call a name and an id of its own."""
        self.require(isinstance(block, dict), "a block is an object")
        kind = str(block.get("type"))
        self.require(kind in DELTAS or WHOLE_BLOCKS.fullmatch(kind), f"the block type {kind!r} is known")
        if kind in TOOL_BLOCKS:
            for key in ("id", "name"):
                self.require(isinstance(block.get(key), str) and block[key], f"a tool call has a non-empty {key}")
            used = [one["id"] for one in self.checked.blocks if one["type"] in TOOL_BLOCKS]
            self.require(block["id"] not in used, f"the tool id {block['id']!r} is unique")

    def finished_block(self, block: Json) -> None:
        """A block with nothing in it is refused by the API when the client sends it back (fixtures fact 14)."""
        if block["type"] == "text":
            self.require(block.get("text"), "no text block is empty")
        if block["type"] == "thinking":
            self.require(block.get("thinking") or block.get("signature"), "no thinking block is empty")

    def stopped(self, message: Json) -> None:
        """The stop reason fits the content (R17)."""
        reason = message.get("stop_reason")
        self.require(reason in STOP_REASONS, f"the stop_reason {reason!r} is known")
        has_tool = any(one["type"] == "tool_use" and not _called_by_code(one) for one in message["content"])
        self.require(has_tool or reason != "tool_use", "stop_reason tool_use needs a tool_use block")
        self.require(not has_tool or reason in CUT_SHORT | {"tool_use"}, "a tool_use block makes stop_reason tool_use")
        if self.cut_tool is not None:
            self.require(reason in CUT_SHORT, f"the arguments closed at event {self.cut_tool} are JSON")

    def _index(self, event: Json, expected: int) -> None:
        self.require(type(event.get("index")) is int and event["index"] == expected, f"the index is {expected}")

    def _require_open(self, event: Json) -> Json:
        if self.open is None:
            raise self._violation("a block is open")
        self._index(event, len(self.checked.blocks) - 1)
        return self.open

    def error(self, answer: Any) -> Json:
        """An error body; gives its `error` object."""
        self.require(isinstance(answer, dict) and answer.get("type") == "error", 'an error has type "error"')
        error: Any = answer.get("error")
        self.require(isinstance(error, dict), "an error has an error object")
        for key in ("type", "message"):
            self.require(isinstance(error.get(key), str) and error[key], f"an error has a non-empty {key}")
        found: Json = error
        return found
