"""A canned answer of /v1/messages for `ui_server`: thinking, text and a tool call, at the pace of a model."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

THINKING = "The user wants to know why. Let me look at the traceback first, then at the syntax that is used there."
TEXT = (
    "The build fails because `match` is used with a **parenthesised context manager**.\n\n"
    "1. Open `setup.py`\n2. Replace the `with (…)` block\n\nI will read the file to be sure."
)
INPUT = json.dumps({"file_path": "/home/me/shop/setup.py", "limit": 40})


def _events() -> list[tuple[str, Any]]:
    usage = {"input_tokens": 1204, "output_tokens": 1, "cache_read_input_tokens": 800, "cache_creation_input_tokens": 0}
    message = {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "deepseek-chat",
        "content": [],
        "usage": usage,
        "stop_reason": None,
        "stop_sequence": None,
    }
    events: list[tuple[str, Any]] = [("message_start", {"message": message}), ("ping", {})]
    blocks = [
        ({"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", "thinking", THINKING),
        ({"type": "text", "text": ""}, "text_delta", "text", TEXT),
        ({"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}, "input_json_delta", "partial_json", INPUT),
    ]
    for index, (block, kind, name, text) in enumerate(blocks):
        events.append(("content_block_start", {"index": index, "content_block": block}))
        parts = [text[start : start + 9] for start in range(0, len(text), 9)]
        events += [("content_block_delta", {"index": index, "delta": {"type": kind, name: part}}) for part in parts]
        events.append(("content_block_stop", {"index": index}))
    done = {"delta": {"stop_reason": "tool_use", "stop_sequence": None}, "usage": {**usage, "output_tokens": 96}}
    return [*events, ("message_delta", done), ("message_stop", {})]


async def answer_stream() -> AsyncIterator[bytes]:
    """The events, as bytes."""
    for name, data in _events():
        yield f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
        await asyncio.sleep(0.02)


def whole_answer() -> Any:
    """The same as one document."""
    content = [
        {"type": "thinking", "thinking": THINKING, "signature": "s"},
        {"type": "text", "text": TEXT},
        {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": json.loads(INPUT)},
    ]
    usage = {
        "input_tokens": 1204,
        "output_tokens": 96,
        "cache_read_input_tokens": 800,
        "cache_creation_input_tokens": 0,
    }
    return {
        "id": "msg_01",
        "type": "message",
        "role": "assistant",
        "model": "deepseek-chat",
        "content": content,
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": usage,
    }
