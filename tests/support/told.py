"""What a request of any wire format says, a line for each thing, to compare orders by eye.

told("chat", body) == ["user: Hello", "model: Look.", "call a.py", "the result", "user: image"]

A call is shown by its argument `path`. `spoken` reads the same in full.
"""

import json
from typing import Any

Json = dict[str, Any]


def told(wire: str, sent: Json) -> list[str]:
    """The conversation of a body, in its order."""
    lines: list[str] = []
    for one in sent.get("contents") or sent.get("input") or sent["messages"]:
        lines += {"gemini": _gemini, "responses": _responses, "chat": _chat}[wire](one)
    return lines


def _gemini(content: Json) -> list[str]:
    lines = []
    for part in content["parts"]:
        if "functionCall" in part:
            lines.append(f"call {part['functionCall']['args']['path']}")
        elif "functionResponse" in part:
            lines.append(next(iter(part["functionResponse"]["response"].values())))
        else:
            lines.append(f"{content['role']}: {part.get('text', 'image')}")
    return lines


def _responses(item: Json) -> list[str]:
    if item["type"] == "function_call":
        return [f"call {json.loads(item['arguments'])['path']}"]
    if item["type"] == "function_call_output":
        output = item["output"]
        return [output] if isinstance(output, str) else [part.get("text", "image") for part in output]
    return _texts({"assistant": "model"}.get(item["role"], item["role"]), item["content"])


def _chat(message: Json) -> list[str]:
    if message["role"] == "tool":
        return [message["content"]]
    lines = _texts({"assistant": "model"}.get(message["role"], message["role"]), message["content"] or [])
    return lines + [f"call {json.loads(c['function']['arguments'])['path']}" for c in message.get("tool_calls", ())]


def _texts(role: str, content: Any) -> list[str]:
    parts = [{"text": content}] if isinstance(content, str) else content
    return [f"{role}: {part.get('text', 'image')}" for part in parts]
