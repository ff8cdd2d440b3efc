"""A whole message as the events it would have come in, so that a writer writes both with one code."""

from __future__ import annotations

from ....anthropic.fold import unfold
from ....lenient import as_dict, as_list, dicts
from ....unified import Event, Json

#: The one key under which folding keeps arguments that were cut, and are no JSON.
_CUT = "_raw"


def replay(message: Json) -> list[Event]:
    """The events of a message. Arguments that were cut are the text they were, as in the stream."""
    events = unfold(message)
    cut = {
        index: block["input"][_CUT]
        for index, block in enumerate(dicts(as_list(message.get("content"))))
        if message.get("stop_reason") != "tool_use" and list(as_dict(block.get("input"))) == [_CUT]
    }
    for event in events if cut else ():
        if event["type"] == "content_block_delta" and event["index"] in cut:
            event["delta"]["partial_json"] = cut[event["index"]]
    return events
