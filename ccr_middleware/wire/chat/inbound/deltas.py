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

from ....lenient import text_of
from ....unified import Json
from ...inbound.answer_reader import AnswerReader, free_text
from .reasoning import join_details, redacted_detail, thinking_detail

_FINISH = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}


class Deltas(AnswerReader):
    """The deltas of one answer. `custom`, `legacy`: see `tools.Tools`."""

    def __init__(self, custom: list[str], legacy: bool) -> None:
        super().__init__()
        self._custom = frozenset(custom)
        self._legacy = legacy
        self._details = -1  # the index of the last entry of reasoning_details
        self._calls = -1  # the index of the last call

    @property
    def finish_reason(self) -> str:
        """Why the answer ended; `""` until it has."""
        if not self.stop_reason:
            return ""
        reason = _FINISH.get(self.stop_reason, "stop")
        return "function_call" if reason == "tool_calls" and self._legacy else reason

    def begin(self) -> list[Json]:
        """Who speaks."""
        return [{"role": "assistant", "content": ""}]

    def end(self) -> list[Json]:
        """The sources."""
        annotations = [
            {
                "type": "url_citation",
                "url_citation": {"start_index": start, "end_index": end, "title": title, "url": url}
                | ({"content": quote} if quote else {}),
            }
            for url, title, start, end, quote in self.sources.all()
        ]
        return [{"annotations": annotations}] if annotations else []

    def say(self, text: str) -> list[Json]:
        """Text."""
        return [{"content": text}]

    def begin_thinking(self) -> None:
        """Every block is an entry of its own."""
        self._details += 1

    def think(self, text: str) -> list[Json]:
        """Both spellings in one chunk, as OpenRouter has it: readers of the second know not to add the first."""
        return [{"reasoning_content": text, "reasoning_details": [thinking_detail(self._details, text, "")]}]

    def end_thinking(self, thinking: str, signature: str) -> list[Json]:
        """The signature."""
        return [{"reasoning_details": [thinking_detail(self._details, "", signature)]}] if signature else []

    def redacted(self, data: str) -> list[Json]:
        """An entry that is opaque."""
        self._details += 1
        return [{"reasoning_details": [redacted_detail(self._details, data)]}]

    def begin_call(self, call: Json) -> list[Json]:
        """Id and name; of a custom tool's call nothing yet."""
        self._calls += 1
        name = text_of(call.get("name"))
        function = {"name": name, "arguments": ""}
        if self._legacy:
            return [{"function_call": function}] if not self._calls else []
        if name in self._custom:
            return []
        entry = {"index": self._calls, "id": text_of(call.get("id")), "type": "function", "function": function}
        return [{"tool_calls": [entry]}]

    def argue(self, call: Json, piece: str) -> list[Json]:
        """A piece of the arguments."""
        if self._legacy:
            return [{"function_call": {"arguments": piece}}] if not self._calls else []
        if text_of(call.get("name")) in self._custom:
            return []
        return [{"tool_calls": [{"index": self._calls, "function": {"arguments": piece}}]}]

    def end_call(self, call: Json, arguments: str) -> list[Json]:
        """`{}` for no arguments; the whole call of a custom tool."""
        if self._legacy or text_of(call.get("name")) not in self._custom:
            return [] if arguments else self.argue(call, "{}")
        custom = {"name": call["name"], "input": free_text(arguments or "{}")}
        return [{"tool_calls": [{"index": self._calls, "id": call.get("id"), "type": "custom", "custom": custom}]}]


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
