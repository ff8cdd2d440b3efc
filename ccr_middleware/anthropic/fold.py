"""Events to a whole message, and a whole message to events.

`fold(unfold(message)) == message`, and folding the stream of an answer gives the answer. Both take whatever block
kinds there are, known or not, since they also serve the Anthropic lane.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..jsonio import dumps_str
from ..lenient import as_dict, as_list, text_of
from ..unified import Event, Json
from .arguments import keep_arguments
from .events import MESSAGE_STOP, block_delta, block_start, block_stop

#: Delta type -> (its field, the field of the block it adds to).
_TEXT_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
}


class Fold:
    """Puts a message together from its events, one by one. `message` is None until message_start came."""

    def __init__(self) -> None:
        self.message: Json | None = None
        self.complete = False
        self._parts: list[str] = []
        self._field = ""

    def feed(self, events: Iterable[Event]) -> None:
        """Take events in order. Events of unknown kinds and forms are passed over."""
        for event in events:
            kind = event.get("type")
            if kind == "content_block_delta":
                self._delta(as_dict(event.get("delta")))
            elif kind == "content_block_start":
                self._flush()
                self._content().append({**as_dict(event.get("content_block"))})
            elif kind == "content_block_stop":
                self._flush()
            elif kind == "message_start":
                self.message = {**as_dict(event.get("message")), "content": []}
            elif kind == "message_delta":
                self._end(event)
            elif kind == "message_stop":
                self.complete = True

    def _content(self) -> list[Json]:
        if self.message is None:
            self.message = {"type": "message", "role": "assistant", "content": []}
        content: list[Json] = self.message["content"]
        return content

    def _delta(self, delta: Json) -> None:
        kind = text_of(delta.get("type"))
        if kind == "input_json_delta":
            self._collect("input", text_of(delta.get("partial_json")))
        elif kind in _TEXT_DELTAS:
            source, field = _TEXT_DELTAS[kind]
            self._collect(field, text_of(delta.get(source)))
        elif kind == "citations_delta" and (content := self._content()):
            block = content[-1]
            block["citations"] = [*as_list(block.get("citations")), delta.get("citation")]

    def _collect(self, field: str, piece: str) -> None:
        """Pieces are joined once per block and field: adding strings one by one would be quadratic."""
        if field != self._field:
            self._flush()
            self._field = field
        self._parts.append(piece)

    def _flush(self) -> None:
        content = self._content()
        if self._field and content:
            text = "".join(self._parts)
            block = content[-1]
            if self._field != "input":
                block[self._field] = text_of(block.get(self._field)) + text
            elif text.strip():  # some calls come whole in their start, with an empty delta behind
                block["input"] = keep_arguments(text)
        self._parts, self._field = [], ""

    def _end(self, event: Event) -> None:
        content = self._content()
        assert self.message is not None
        usage = {**as_dict(self.message.get("usage")), **as_dict(event.get("usage"))}
        more = {key: value for key, value in event.items() if key not in ("type", "delta")}
        self.message.update({**as_dict(event.get("delta")), **more, "usage": usage, "content": content})


def fold(events: Iterable[Event]) -> Json:
    """The message a whole stream of events amounts to. Raises ValueError when there is none."""
    folding = Fold()
    folding.feed(events)
    if folding.message is None:
        raise ValueError("the events hold no message")
    return folding.message


def unfold(message: Json) -> list[Event]:
    """The events of a message that came whole. What Anthropic streams in deltas is one delta here, and what is no
    block is passed over."""
    head = {**message, "content": [], "stop_reason": None, "stop_sequence": None}
    events: list[Event] = [{"type": "message_start", "message": head}]
    for index, block in enumerate(b for b in as_list(message.get("content")) if isinstance(b, dict)):
        events += _block_events(index, block)
    delta = {"stop_reason": message.get("stop_reason"), "stop_sequence": message.get("stop_sequence")}
    usage = message.get("usage") or {"output_tokens": 0}
    events += ({"type": "message_delta", "delta": delta, "usage": usage}, MESSAGE_STOP)
    return events


def _block_events(index: int, block: Json) -> list[Event]:
    kind = block.get("type")
    if kind == "text":
        empty: Json = {key: value for key, value in block.items() if key != "citations"} | {"text": ""}
        deltas = [block_delta(index, "text_delta", "text", text_of(block.get("text")))]
        deltas += [block_delta(index, "citations_delta", "citation", c) for c in as_list(block.get("citations"))]
    elif kind == "thinking":
        empty = {**block, "thinking": ""}
        thinking = text_of(block.get("thinking"))
        deltas = [block_delta(index, "thinking_delta", "thinking", thinking)] if thinking else []
        if "signature" in block:
            empty["signature"] = ""
            deltas.append(block_delta(index, "signature_delta", "signature", text_of(block.get("signature"))))
    elif isinstance(block.get("input"), dict):
        empty = {**block, "input": {}}
        deltas = [block_delta(index, "input_json_delta", "partial_json", dumps_str(block["input"]))]
    else:
        empty, deltas = block, []
    return [block_start(index, empty), *deltas, block_stop(index)]
