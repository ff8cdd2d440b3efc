"""A strict chat-completions endpoint: raises AssertionError for any body the real ones refuse.

    check_body(body)                                     # as strict as OpenAI and Groq together
    check_body(body, message_fields={"reasoning_content"}, cache_control=True, prefix=True)

Nothing of the package is imported here. The rules: OpenAI's API reference, and what providers were seen to answer
400 for (fixtures facts 52 and 53, failure-modes F6, F7, F11, F23).
"""

import json
import re
from typing import Any

Json = dict[str, Any]

FIELDS = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "stop",
    "user",
    "prompt_cache_key",
    "response_format",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning_effort",
    "web_search_options",
}
ROLE_FIELDS = {
    "system": {"role", "content"},
    "developer": {"role", "content"},
    "user": {"role", "content"},
    "assistant": {"role", "content", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}
PART_FIELDS = {"text": {"type", "text"}, "image_url": {"type", "image_url"}, "file": {"type", "file"}}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_body(
    body: Json,
    *,
    fields: set[str] | None = None,
    message_fields: set[str] | None = None,
    cache_control: bool = False,
    prefix: bool = False,
    max_stops: int = 4,
    server_tools: set[str] | None = None,
) -> None:
    """Refuse what a strict endpoint refuses. `fields`, `message_fields`: what this endpoint knows besides;
    `server_tools`: types of tools it runs itself."""
    unknown = set(body) - FIELDS - (fields or set())
    assert not unknown, f"unknown fields {unknown}"
    json.dumps(body)
    assert isinstance(body["stream"], bool)
    assert body["stream"] or "stream_options" not in body
    assert len({"max_tokens", "max_completion_tokens"} & set(body)) <= 1
    assert body.get("max_tokens", 1) >= 1
    assert body.get("max_completion_tokens", 1) >= 1
    assert 1 <= len(body.get("stop", ["x"])) <= max_stops
    assert 1 <= len(body.get("user", "x")) <= 64
    _check_tools(body, cache_control, server_tools or set())
    _check_messages(body["messages"], message_fields or set(), cache_control, prefix)


def _check_tools(body: Json, cache_control: bool, server_tools: set[str]) -> None:
    if "tools" not in body:
        assert not {"tool_choice", "parallel_tool_calls"} & set(body), "a choice of tools without tools"
        return
    assert 1 <= len(body["tools"]) <= 128
    functions = [tool for tool in body["tools"] if tool["type"] not in server_tools]
    names = [_check_tool(tool, cache_control) for tool in functions]
    assert len(set(names)) == len(names), "two tools of one name"
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        assert choice == {"type": "function", "function": {"name": choice["function"]["name"]}}
        assert choice["function"]["name"] in names
    else:
        assert choice in ("auto", "none", "required")


def _check_tool(tool: Json, cache_control: bool) -> str:
    allowed = {"type", "function"} | ({"cache_control"} if cache_control else set())
    assert set(tool) <= allowed
    assert tool["type"] == "function"
    function = tool["function"]
    assert set(function) <= {"name", "description", "parameters", "strict"}
    assert NAME.fullmatch(function["name"]), f"illegal tool name {function['name']!r}"
    assert function["parameters"]["type"] == "object"
    assert isinstance(function["parameters"]["properties"], dict)
    return str(function["name"])


def _check_messages(messages: list[Json], more: set[str], cache_control: bool, prefix: bool) -> None:
    assert messages
    expected: list[str] = []  # tool calls that still need their answer, in order
    for position, message in enumerate(messages):
        role = message["role"]
        allowed = ROLE_FIELDS[role] | (more if role == "assistant" else set())
        assert set(message) <= allowed, f"message {position}: unknown fields {set(message) - allowed}"
        assert role != "system" or position == 0, "a system message in mid-conversation"
        if role == "tool":
            assert expected, f"message {position}: a tool message without a call"
            assert message["tool_call_id"] == expected.pop(0), f"message {position}: the answer to another call"
        else:
            assert not expected, f"message {position}: calls {expected} have no answer"
        if role == "assistant":
            expected = _check_calls(message)
        _check_content(message, position, cache_control)
    assert not expected, f"calls {expected} have no answer"
    assert prefix or messages[-1]["role"] in ("user", "tool"), "nothing to answer"


def _check_calls(message: Json) -> list[str]:
    calls = message.get("tool_calls")
    if calls is None:
        assert message["content"], "an assistant message with nothing in it"
        return []
    assert calls
    for call in calls:
        assert set(call) <= {"id", "type", "function", "extra_content"}
        assert call["type"] == "function"
        assert set(call["function"]) == {"name", "arguments"}
        assert NAME.fullmatch(call["function"]["name"])
        json.loads(call["function"]["arguments"])
    ids = [call["id"] for call in calls]
    assert all(ids)
    assert len(set(ids)) == len(ids), "two calls of one id"
    return ids


def _check_content(message: Json, position: int, cache_control: bool) -> None:
    content = message["content"]
    if content is None:
        assert message["role"] == "assistant"
        return
    if isinstance(content, str):
        assert content, f"message {position}: empty content"
        return
    assert content, f"message {position}: empty content"
    for part in content:
        allowed = PART_FIELDS[part["type"]] | ({"cache_control"} if cache_control else set())
        assert set(part) <= allowed, f"message {position}: unknown fields {set(part) - allowed}"
        assert part["type"] == "text" or message["role"] == "user", "only user messages may hold more than text"
        if part["type"] == "text":
            assert part["text"], f"message {position}: an empty text part"
        elif part["type"] == "image_url":
            assert re.match(r"https?://|data:image/", part["image_url"]["url"])
        else:
            assert set(part["file"]) == {"filename", "file_data"}
