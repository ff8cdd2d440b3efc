"""Asking the demo model, and reading what it streams."""

import asyncio
import json
from typing import Any

from ccr_middleware.demo import DEMO_URL, demo_model
from ccr_middleware.sse import SSEDecoder
from ccr_middleware.upstream import InProcessTransport, WireRequest

TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": parameters}}
    for name, parameters in {
        "Agent": {"type": "object", "properties": {"prompt": {"type": "string"}}, "required": ["prompt"]},
        "Bash": {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
        "Glob": {"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]},
        "get_weather": {"type": "object", "properties": {"unit": {"enum": ["C", "F"]}}, "required": ["unit"]},
    }.items()
]


async def post(body: Any) -> tuple[int, dict[str, str], bytes]:
    """One request to a fresh model without pauses."""
    transport = InProcessTransport(demo_model(pace_seconds=0, clock=lambda: 1_700_000_000.9))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = await transport.send(WireRequest(DEMO_URL, {"content-type": "application/json"}, data))
    answer = b"".join([chunk async for chunk in response.chunks()])
    await response.aclose()
    return response.status, dict(response.headers), answer


def ask(text: Any = "Hi", **fields: Any) -> dict[str, Any]:
    """A whole answer to one user message, or to `messages`."""
    body = {"model": "demo", "messages": [{"role": "user", "content": text}]} | fields
    status, _, answer = asyncio.run(post(body))
    assert status == 200, answer
    return json.loads(answer)


def said(text: Any = "Hi", **fields: Any) -> str:
    return ask(text, **fields)["choices"][0]["message"]["content"]


def streamed(**fields: Any) -> list[dict[str, Any]]:
    """The chunks of a streamed answer."""
    body = {"model": "demo", "messages": [{"role": "user", "content": "Hi"}], "stream": True} | fields
    status, headers, answer = asyncio.run(post(body))
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    decoder = SSEDecoder()
    events = [*decoder.feed(answer), *decoder.finish()]
    assert events.pop().data == b"[DONE]"
    return [json.loads(event.data) for event in events]


def folded(chunks: list[dict[str, Any]]) -> dict[str, Any]:
    """The message the chunks add up to."""
    message: dict[str, Any] = {"role": "assistant", "content": ""}
    for choice in [choice for chunk in chunks for choice in chunk["choices"]]:
        delta = choice["delta"]
        message["content"] += delta.get("content", "")
        if "reasoning_content" in delta:
            message["reasoning_content"] = message.get("reasoning_content", "") + delta["reasoning_content"]
        for call in delta.get("tool_calls", []):
            calls = message.setdefault("tool_calls", [])
            if "id" in call:
                calls.append({key: value for key, value in call.items() if key != "index"})
            else:
                calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
    return message | {"content": message["content"] or None}
