"""A whole message as the events it would have come in, so that a writer writes both with one code."""

from __future__ import annotations

from ...anthropic.arguments import RAW
from ...anthropic.fold import unfold
from ...lenient import as_dict, as_list, dicts
from ...unified import Event, Json


def events_of(message: Json) -> list[Event]:
    """The events of a message. Arguments that were cut are the text they were, as in the stream."""
    events = unfold(message)
    cut = {
        index: block["input"][RAW]
        for index, block in enumerate(dicts(as_list(message.get("content"))))
        if message.get("stop_reason") != "tool_use" and list(as_dict(block.get("input"))) == [RAW]
    }
    for event in events if cut else ():
        if event["type"] == "content_block_delta" and event["index"] in cut:
            event["delta"]["partial_json"] = cut[event["index"]]
    return events
