"""Streams of Anthropic events for the writers of clients' formats: whole messages cut into deltas at will.

message, events = data.draw(message_streams())
for some in data.draw(batches(events)): writer.feed(some)
"""

import json
import re
from itertools import count, pairwise
from typing import Any

from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.wire.client import ClientFormat, Inbound, WriterSettings

from . import generated

Json = dict[str, Any]

#: The members of deltas that may be cut anywhere.
_CUTTABLE = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}

_WEB = {"type": "web_search_result_location", "url": "https://a.example/x", "title": "A", "cited_text": "q"}
SEARCH = [
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "cats"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [{"type": "web_search_result", "url": "https://b.example/", "title": "B", "encrypted_content": "x"}],
    },
]


def read_warped(data: st.DataObject, client: ClientFormat, body: Any) -> Inbound | None:
    """What is read of a request after some of it was replaced by nonsense; None when it is refused, or no object."""
    for _ in range(data.draw(st.integers(1, 3))):
        body = data.draw(generated.warped(body))
    if not isinstance(body, dict):
        return None
    try:
        inbound = client.read(body, Losses())
    except BadRequest:
        return None
    json.dumps(inbound.body)
    assert isinstance(inbound.body["stream"], bool)
    assert inbound.body["messages"]
    return inbound


def settings(echo: Json | None = None) -> WriterSettings:
    """Settings with predictable ids."""
    numbers = count(1)
    return WriterSettings(
        "req_123", "asked-model", 1_700_000_000, echo or {}, lambda prefix: f"{prefix}{next(numbers)}"
    )


def message(*content: Json, stop_reason: str = "end_turn", **usage: int) -> Json:
    """A whole message with these blocks."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": list(content),
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 5, **usage},
    }


@st.composite
def message_streams(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """A whole message, and its events with the deltas cut and pings between."""
    whole = draw(generated.messages())
    extra = draw(st.lists(st.sampled_from([0, 1, 2]), max_size=2, unique=True))
    content = whole["content"]
    if 0 in extra:
        content[0:0] = SEARCH
    if 1 in extra:
        content.insert(0, {"type": "text", "text": draw(generated.TEXT), "citations": [_WEB]})
    if 2 in extra:
        content.append({"type": "thinking", "thinking": draw(generated.TEXT), "signature": "ccr1.chat.YQ"})
        whole["stop_reason"] = draw(st.sampled_from(["end_turn", "max_tokens", "refusal", "pause_turn"]))
    events: list[Json] = []
    for event in unfold(whole):
        if events and draw(st.integers(0, 9)) == 0:
            events.append({"type": "ping"})
        events += draw(_split(event))
    return whole, events


@st.composite
def _split(draw: st.DrawFn, event: Json) -> list[Json]:
    delta = event.get("delta", {})
    field = _CUTTABLE.get(delta.get("type", ""))
    if field is None or len(delta[field]) < 2:
        return [event]
    size = len(delta[field])
    cuts = sorted(draw(st.sets(st.integers(1, size - 1), max_size=3)) | {0, size})
    return [{**event, "delta": {**delta, field: delta[field][a:b]}} for a, b in pairwise(cuts)]


@st.composite
def batches(draw: st.DrawFn, events: list[Json]) -> list[list[Json]]:
    """The events as they might come, several at once."""
    cuts = sorted(draw(st.sets(st.integers(0, len(events)), max_size=8)) | {0, len(events)})
    return [events[start:end] for start, end in pairwise(cuts)]


def sse_data(stream: bytes) -> list[str]:
    """What the `data:` lines of a stream hold. Every event is one line, or a comment. Empty lines may be anywhere."""
    found = []
    for block in re.split(rb"(?:\r?\n){2,}", stream.lstrip()):
        if block and not block.startswith(b":"):
            assert block.startswith(b"data: "), block
            found.append(block.removeprefix(b"data: ").decode("utf-8"))
    return found
