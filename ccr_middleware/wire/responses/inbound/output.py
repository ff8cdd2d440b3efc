"""The output items of an answer, made from the blocks of an Anthropic message while they come.

| block                                         | item                                                                 |
|-----------------------------------------------|----------------------------------------------------------------------|
| text, and the texts that follow it            | one `message` with one part: Anthropic cuts a text at each citation  |
| `thinking`, `redacted_thinking`               | `reasoning`                                                          |
| `tool_use`                                    | `function_call`, or `custom_tool_call` for a tool that takes text    |
| `server_tool_use` of the search, its result   | `web_search_call`                                                    |
| anything else                                 | nothing: a Responses request cannot ask for it                       |

An item is open until the next one begins or the answer ends, because only the end tells whether the last one was cut
short. Web citations become annotations over the text block they belong to; they come before its text (fixtures fact 62
and Anthropic's own streams), so they are told when the block closes.
"""

from __future__ import annotations

from collections.abc import Callable

from ....lenient import as_dict, as_list, text_of
from ....unified import Event, Json
from .output_items import CustomItem, FunctionItem, MessageItem, OpenItem, Place, ReasoningItem, SearchItem, Tell
from .reasoning import seal_redacted


class Output:
    """All items of one answer. `items` holds them in the order they began; `names` as `tools.Offered` has them."""

    def __init__(self, tell: Tell, names: Json, new_id: Callable[[str], str]) -> None:
        self.items: list[Json] = []
        self._tell = tell
        self._names = names
        self._new_id = new_id
        self._open: OpenItem | None = None
        self._block: OpenItem | None = None  # what the deltas of the block are for; the open item outlives its block
        self._searches: dict[str, SearchItem] = {}

    def start(self, event: Event) -> None:
        """A block starts."""
        block = as_dict(event.get("content_block"))
        kind = block.get("type")
        self._block = None
        if kind == "text":
            self._start_text(block)
        elif kind == "thinking":
            self._begin(ReasoningItem(self._place("rs_", _reasoning())))
            self.delta({"delta": block})
        elif kind == "redacted_thinking":
            self._begin(ReasoningItem(self._place("rs_", _reasoning()), seal_redacted(text_of(block.get("data")))))
        elif kind == "tool_use":
            self._start_call(block)
        elif kind == "server_tool_use" and block.get("name") == "web_search":
            self._start_search(block)
        elif kind == "web_search_tool_result" and (
            search := self._searches.pop(text_of(block.get("tool_use_id")), None)
        ):
            search.result(block.get("content"))

    def delta(self, event: Event) -> None:
        """A delta of the block."""
        if self._block is not None:
            self._block.delta(as_dict(event.get("delta")))

    def stop(self) -> None:
        """The block is complete."""
        if self._block is not None:
            self._block.stop()
            self._block = None

    def end(self, status: str) -> None:
        """The message is complete, or was cut."""
        self._close(status)
        for search in self._searches.values():
            search.close("incomplete")
        self._searches.clear()

    def refuse(self, reason: str) -> None:
        """Say that the model refused, in an item of its own."""
        place = self._place("msg_", _message())
        place.tell("content_part.added", content_index=0, part={"type": "refusal", "refusal": ""})
        part = {"type": "refusal", "refusal": reason}
        place.tell("refusal.delta", content_index=0, delta=reason)
        place.tell("refusal.done", content_index=0, refusal=reason)
        place.tell("content_part.done", content_index=0, part=part)
        place.item |= {"status": "completed", "content": [part]}
        place.done()

    # -- blocks ------------------------------------------------------------------------------------------

    def _start_text(self, block: Json) -> None:
        if not isinstance(self._open, MessageItem):
            self._begin(MessageItem(self._place("msg_", _message())))
        self._block = self._open
        assert isinstance(self._open, MessageItem)
        self._open.begin()
        for delta in ({"text": block.get("text")}, *({"citation": c} for c in as_list(block.get("citations")))):
            self._open.delta(delta)

    def _start_call(self, block: Json) -> None:
        name, given = text_of(block.get("name")), as_dict(block.get("input"))
        known = as_dict(self._names.get(name))
        item: Json = {"status": "in_progress", "call_id": text_of(block.get("id")), "name": known.get("name", name)}
        if "namespace" in known:
            item["namespace"] = known["namespace"]
        if known.get("kind") == "custom":
            item |= {"type": "custom_tool_call", "input": ""}
            self._begin(CustomItem(self._place("ctc_", item), given))
        else:
            item |= {"type": "function_call", "arguments": ""}
            self._begin(FunctionItem(self._place("fc_", item), given))

    def _start_search(self, block: Json) -> None:
        action: Json = {"type": "search", "query": "", "queries": [], "sources": []}
        place = self._place("ws_", {"type": "web_search_call", "status": "in_progress", "action": action})
        self._block = search = SearchItem(place, as_dict(block.get("input")))
        self._searches[text_of(block.get("id"))] = search

    def _place(self, prefix: str, item: Json) -> Place:
        """Close what is open and put the next item into the output."""
        self._close("completed")
        item = {"id": self._new_id(prefix), **item}
        self.items.append(item)
        return Place(item, len(self.items) - 1, self._tell)

    def _begin(self, item: OpenItem) -> None:
        self._open = self._block = item

    def _close(self, status: str) -> None:
        if self._open is not None:
            self._open.close(status)
            self._open = None


def _message() -> Json:
    return {"type": "message", "status": "in_progress", "role": "assistant", "content": []}


def _reasoning() -> Json:
    return {"type": "reasoning", "status": "in_progress", "summary": [], "encrypted_content": None}
