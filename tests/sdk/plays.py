"""The provider behind the gateway for what the demo model never does. Each model of it plays one thing.

`echo` repeats the user's text, byte for byte; `two-tools` sends the arguments of two calls in turns; `endless` never
comes to an end; `busy` and `overloaded` refuse, `busy-once` only what it hears for the first time; `overflow` finds
every text too long; `late-error` fails in mid-answer, `cut` breaks the connection there. `claude-relayed` speaks
Anthropic, and so does `refusing`.
"""

import json
from collections.abc import Callable
from typing import Any

from ccr_middleware.testing import CUT, Exchange, Script, json_answer, stream

from ..support import chat

OVERFLOW = "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."


def error(message: str, status: int, **headers: str) -> Script:
    """A refusal."""
    return json_answer(chat.error(message, status), status, {name.replace("_", "-"): v for name, v in headers.items()})


def tool(index: int, *pieces: str) -> list[chat.Chunk]:
    """The beginning of a call and pieces of its arguments."""
    opening = chat.tool(index, f"call_{index}", "read", "")
    return [opening, *(chat.tool(index, arguments=piece) for piece in pieces)]


def in_turns() -> bytes:
    """Two calls, a chunk of the one and a chunk of the other."""
    pairs = zip(tool(0, '{"path"', ': "a.txt"}'), tool(1, '{"path"', ': "b.txt"}'), strict=True)
    chunks = [chunk for pair in pairs for chunk in pair]
    return chat.sse(*chunks, chat.finish("tool_calls"), chat.usage(12, 3))


def event(type: str, **data: Any) -> bytes:
    """One event of an Anthropic stream."""
    return f"event: {type}\ndata: {json.dumps({'type': type, **data})}\n\n".encode()


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """One block of an Anthropic stream."""
    middle = b"".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
    opening = event("content_block_start", index=index, content_block=start)
    return opening + middle + event("content_block_stop", index=index)


def anthropic_stream() -> bytes:
    """Thinking, text and a call, with an event that no client knows."""
    envelope = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-relayed", "content": []}
    ends = {"stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": 7, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 0, "output_tokens": 1}
    return b"".join(
        [
            event("message_start", message={**envelope, **ends, "usage": usage}),
            event("ping"),
            block(
                0,
                {"type": "thinking", "thinking": "", "signature": ""},
                {"type": "thinking_delta", "thinking": "Hm."},
                {"type": "signature_delta", "signature": "c2lnbmF0dXJl"},
            ),
            block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hello"}),
            block(
                2,
                {"type": "tool_use", "id": "toolu_1", "name": "read", "input": {}},
                {"type": "input_json_delta", "partial_json": '{"path": '},
                {"type": "input_json_delta", "partial_json": '"a.txt"}'},
            ),
            event("message_delta", delta={**ends, "stop_reason": "tool_use"}, usage={"output_tokens": 20}),
            event("message_stop"),
        ]
    )


CHAT: dict[str, Script] = {
    "two-tools": stream(in_turns()),
    "endless": Script(steps=[chat.sse(chat.text("more "), done=False), 0.02] * 1000),
    "busy": error("slow down", 429, retry_after="7"),
    "overloaded": error("no room", 529),
    "overflow": error(OVERFLOW, 400),
    "late-error": stream(chat.sse(chat.text("Hel"), chat.error("the model broke"))),
    "cut": stream(chat.sse(chat.text("Hel"), done=False), CUT),
    "vendor/model:free": stream(chat.answer("Hello")),
}
LOST = {"type": "invalid_request_error", "message": "no such thread", "details": {"error_code": "thread_not_found"}}
MESSAGES: dict[str, Script] = {
    "claude-relayed": stream(anthropic_stream()),
    "refusing": json_answer({"type": "error", "error": LOST, "request_id": "req_1"}, 400),
}
CHAT_MODELS = ["echo", "busy-once", *CHAT]
MESSAGES_MODELS = [*MESSAGES]


def plan() -> Callable[[Exchange], Script]:
    """A provider that has heard nothing yet."""
    heard: set[str] = set()

    def play(exchange: Exchange) -> Script:
        body = exchange.json()
        model = body["model"]
        if model in CHAT or model in MESSAGES:
            return CHAT.get(model) or MESSAGES[model]
        said = body["messages"][-1]["content"]
        if model == "busy-once" and said not in heard:
            heard.add(said)
            return error("slow down", 429, retry_after="0.1")
        return stream(chat.answer(said), feeding="bytes")

    return play
