"""Anthropic events to the deltas of a chat completion: what one choice says, piece by piece.

| block                      | deltas                                                                                |
|----------------------------|---------------------------------------------------------------------------------------|
| text                       | `content`                                                                             |
| thinking                   | `reasoning_content` and the same in `reasoning_details`, at its end the signature     |
| redacted thinking          | an entry of `reasoning_details`                                                       |
| tool use                   | `tool_calls`: id and name first, then pieces of the arguments, `{}` when there are none |
| web search                 | `annotations`, all at the end: the OpenAI SDK cannot add to that list later           |
| any other                  | nothing; it is between Anthropic and its own tools                                    |

A custom tool's call comes in one piece, since its text is inside the JSON of the arguments. For clients that know
only functions, the first call is a `function_call`; they have no way to hear of another.
"""

from __future__ import annotations

from typing import Any

from ....jsonio import dumps_str, loads
from ....lenient import as_dict, as_list, text_of
from ....unified import Event, Json
from .reasoning import join_details, redacted_detail, thinking_detail
from .sources import Sources

_FINISH = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Deltas:
    """The deltas of one answer. `finish_reason` is set by the event that ends it; `usage` holds the latest counts, with
    Anthropic's names. `custom`, `legacy`: see `tools.Tools`."""

    def __init__(self, custom: list[str], legacy: bool) -> None:
        self.finish_reason: str | None = None
        self.usage: Json = {}
        self._custom = frozenset(custom)
        self._legacy = legacy
        self._sources = Sources()
        self._length = 0  # characters of text so far
        self._details = -1  # the index of the last entry of reasoning_details
        self._calls = -1  # the index of the last call
        self._block: Json = {}  # the open block, as it began
        self._parts: list[str] = []  # arguments of the open block
        self._signature = ""
        self._text_start = 0

    def feed(self, event: Event) -> list[Json]:
        """The deltas of one event, possibly none."""
        kind = event.get("type")
        if kind == "content_block_delta":
            return self._delta(as_dict(event.get("delta")))
        if kind == "content_block_start":
            return self._start(as_dict(event.get("content_block")))
        if kind == "content_block_stop":
            return self._stop()
        if kind == "message_start":
            self._count(as_dict(event.get("message")).get("usage"))
            return [{"role": "assistant", "content": ""}]
        return self._end(event) if kind == "message_delta" else []

    def _count(self, usage: Any) -> None:
        self.usage |= {key: value for key, value in as_dict(usage).items() if value is not None}

    def _end(self, event: Event) -> list[Json]:
        self._count(event.get("usage"))
        reason = _FINISH.get(text_of(as_dict(event.get("delta")).get("stop_reason")), "stop")
        self.finish_reason = "function_call" if reason == "tool_calls" and self._legacy else reason
        annotations = [
            {
                "type": "url_citation",
                "url_citation": {"start_index": start, "end_index": end, "title": title, "url": url}
                | ({"content": quote} if quote else {}),
            }
            for url, title, start, end, quote in self._sources.all()
        ]
        return [{"annotations": annotations}] if annotations else []

    # -- blocks ------------------------------------------------------------------------------------------

    def _start(self, block: Json) -> list[Json]:
        self._block, self._parts, self._signature = dict(block), [], ""
        kind = block.get("type")
        if kind == "text":
            self._text_start = self._length
            return self._text(text_of(block.get("text")))
        if kind == "thinking":
            self._details += 1
            self._signature = text_of(block.get("signature"))
            return self._thinking(text_of(block.get("thinking")))
        if kind == "redacted_thinking":
            self._details += 1
            return [{"reasoning_details": [redacted_detail(self._details, text_of(block.get("data")))]}]
        if kind == "tool_use":
            return self._call(block)
        if kind == "web_search_tool_result":
            self._sources.find(block, self._length)
        return []

    def _delta(self, delta: Json) -> list[Json]:
        kind = delta.get("type")
        if kind == "text_delta":
            return self._text(text_of(delta.get("text")))
        if kind == "thinking_delta":
            return self._thinking(text_of(delta.get("thinking")))
        if kind == "signature_delta":
            self._signature += text_of(delta.get("signature"))
        elif kind == "input_json_delta" and self._block.get("type") == "tool_use":
            return self._arguments(text_of(delta.get("partial_json")))
        elif kind == "citations_delta":
            self._block["citations"] = [*as_list(self._block.get("citations")), delta.get("citation")]
        return []

    def _stop(self) -> list[Json]:
        block, self._block = self._block, {}
        kind = block.get("type")
        if kind == "text":
            for citation in as_list(block.get("citations")):
                self._sources.cite(as_dict(citation), self._text_start, self._length)
        elif kind == "thinking" and self._signature:
            return [{"reasoning_details": [thinking_detail(self._details, "", self._signature)]}]
        elif kind == "tool_use":
            return self._end_call(block)
        return []

    def _text(self, text: str) -> list[Json]:
        self._length += len(text)
        return [{"content": text}] if text else []

    def _thinking(self, text: str) -> list[Json]:
        """Both spellings in one chunk, as OpenRouter has it: readers of the second know not to add the first."""
        if not text:
            return []
        return [{"reasoning_content": text, "reasoning_details": [thinking_detail(self._details, text, "")]}]

    # -- calls -------------------------------------------------------------------------------------------

    def _call(self, block: Json) -> list[Json]:
        self._calls += 1
        name, given = text_of(block.get("name")), as_dict(block.get("input"))
        first: list[Json] = []
        if self._legacy:
            first = [{"function_call": {"name": name, "arguments": ""}}] if not self._calls else []
        elif name not in self._custom:
            function = {"name": name, "arguments": ""}
            entry = {"index": self._calls, "id": text_of(block.get("id")), "type": "function", "function": function}
            first = [{"tool_calls": [entry]}]
        return first + self._arguments(dumps_str(given) if given else "")

    def _arguments(self, piece: str) -> list[Json]:
        if not piece:
            return []
        self._parts.append(piece)
        if self._legacy:
            return [{"function_call": {"arguments": piece}}] if not self._calls else []
        if text_of(self._block.get("name")) in self._custom:
            return []
        return [{"tool_calls": [{"index": self._calls, "function": {"arguments": piece}}]}]

    def _end_call(self, block: Json) -> list[Json]:
        self._block = block
        written = [] if self._parts else self._arguments("{}")
        self._block = {}
        if self._legacy or text_of(block.get("name")) not in self._custom:
            return written
        custom = {"name": block["name"], "input": _input_text("".join(self._parts))}
        return [{"tool_calls": [{"index": self._calls, "id": block.get("id"), "type": "custom", "custom": custom}]}]


def _input_text(arguments: str) -> str:
    """The text for a custom tool, out of the arguments of the function it was offered as."""
    try:
        given = as_dict(loads(arguments)).get("input")
    except ValueError:
        return arguments
    return given if isinstance(given, str) else arguments


def merge(message: Json, delta: Json) -> None:
    """Add a delta to a message, which may already have content, as a client would."""
    for key, value in delta.items():
        if key == "tool_calls":
            for piece in value:
                _merge_call(message.setdefault(key, []), piece)
        elif key == "function_call":
            call = message.setdefault(key, {"name": "", "arguments": ""})
            call["name"] += value.get("name", "")
            call["arguments"] += value["arguments"]
        elif key == "reasoning_details":
            message[key] = join_details([*message.get(key, []), *value])
        elif isinstance(value, list):
            message[key] = message.get(key, []) + value
        elif key == "role":
            message[key] = value
        elif value:
            message[key] = (message.get(key) or "") + value


def _merge_call(calls: list[Json], piece: Json) -> None:
    if piece["index"] == len(calls):
        entry = {key: value for key, value in piece.items() if key != "index"}
        calls.append(entry | {"function": dict(entry["function"])} if "function" in entry else entry)
    else:
        calls[piece["index"]]["function"]["arguments"] += piece["function"]["arguments"]
