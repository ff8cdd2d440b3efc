"""The events of an Anthropic stream: how they are made, and how they are framed as bytes.

Forms measured on Anthropic's own streams (fixtures facts 54 to 57).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..jsonio import dumps
from ..unified import Event, Json

PING: Event = {"type": "ping"}
MESSAGE_STOP: Event = {"type": "message_stop"}


def message_start(message_id: str, model: str, input_tokens: int) -> Event:
    """The first event. `input_tokens` is an estimate; the true number comes with `message_delta`."""
    usage = {
        "input_tokens": input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 1,
    }
    message: Json = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage,
    }
    return {"type": "message_start", "message": message}


def block_start(index: int, block: Json) -> Event:
    """Opens a block. `block` must have its empty text, thinking or input: clients fail without."""
    return {"type": "content_block_start", "index": index, "content_block": block}


def block_delta(index: int, kind: str, field: str, value: Any) -> Event:
    """Adds to the open block, e.g. `block_delta(0, "text_delta", "text", "Hi")`."""
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, field: value}}


def block_stop(index: int) -> Event:
    """Closes the open block."""
    return {"type": "content_block_stop", "index": index}


def message_delta(stop_reason: str, stop_sequence: str | None, usage: Json) -> Event:
    """Says why the answer ended, and the final usage."""
    delta = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
    return {"type": "message_delta", "delta": delta, "usage": usage}


def frame(events: Iterable[Event]) -> bytes:
    """Events as the bytes of a stream. Clients insist on the `event:` line (client report, section 5)."""
    return b"".join(
        [b"event: " + event["type"].encode("ascii") + b"\ndata: " + dumps(event) + b"\n\n" for event in events]
    )
