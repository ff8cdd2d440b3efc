"""A strict Responses endpoint: raises AssertionError for any body the real ones refuse.

    check_responses_request(body)                                   # as strict as OpenAI
    check_responses_request(body, adjacent=True, ids=True)          # DeepSeek's order; items may carry ids

Nothing of the package is imported here. The rules: OpenAI's API reference, and what providers were seen to answer 400
for (fixtures fact 45, failure-modes F7, F11, F22, F23).
"""

import json
import re
from typing import Any

Json = dict[str, Any]

FIELDS = {
    *("model", "input", "instructions", "stream", "store", "max_output_tokens", "temperature", "top_p", "user"),
    *("tools", "tool_choice", "parallel_tool_calls", "reasoning", "include", "text", "prompt_cache_key"),
}
#: Item type -> (the keys it must have, the keys it may have).
ITEMS: dict[str, tuple[set[str], set[str]]] = {
    "message": ({"type", "role", "content"}, set()),
    "function_call": ({"type", "call_id", "name", "arguments"}, set()),
    "function_call_output": ({"type", "call_id", "output"}, set()),
    "reasoning": ({"type", "summary"}, {"encrypted_content", "content"}),
}
INPUT_PARTS: dict[str, list[set[str]]] = {
    "input_text": [{"type", "text"}],
    "input_image": [{"type", "image_url", "detail"}],
    "input_file": [{"type", "filename", "file_data"}, {"type", "file_url"}],
}
HOSTED_TOOLS: dict[str, set[str]] = {
    "web_search": {"type", "filters", "user_location"},
    "code_interpreter": {"type", "container"},
    "openrouter:web_search": {"type", "parameters"},
}
EFFORTS = {"none", "minimal", "low", "medium", "high", "xhigh", "max"}
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_responses_request(
    body: Json, *, fields: set[str] | None = None, adjacent: bool = False, ids: bool = False
) -> None:
    """Refuse what a strict endpoint refuses.

    `fields`: what this endpoint knows besides. `adjacent`: nothing may stand between calls and their outputs. `ids`:
    items may have an id; where nothing is stored, one would be looked up and not be found.
    """
    unknown = set(body) - FIELDS - (fields or set())
    assert not unknown, f"unknown fields {unknown}"
    json.dumps(body)
    assert isinstance(body["stream"], bool)
    assert body.get("store") is False, "the conversation would be kept by the provider"
    assert body.get("max_output_tokens", 16) >= 16
    assert body.get("instructions", "x"), "empty instructions"
    assert 1 <= len(body.get("user", "x")) <= 64
    _check_tools(body)
    _check_reasoning(body)
    _check_format(body.get("text"))
    _check_input(body["input"], adjacent=adjacent, ids=ids)


def _check_tools(body: Json) -> None:
    if "tools" not in body:
        assert not {"tool_choice", "parallel_tool_calls"} & set(body), "a choice of tools without tools"
        return
    assert body["tools"], "an empty list of tools"
    names = [_check_function(tool) for tool in body["tools"] if tool["type"] == "function"]
    assert len(names) <= 128
    assert len(set(names)) == len(names), "two tools of one name"
    for tool in body["tools"]:
        if tool["type"] != "function":
            assert set(tool) <= HOSTED_TOOLS[tool["type"]], f"unknown fields of {tool['type']}"
    choice = body.get("tool_choice", "auto")
    if isinstance(choice, dict):
        assert choice == {"type": "function", "name": choice["name"]}
        assert choice["name"] in names
    else:
        assert choice in ("auto", "none", "required")


def _check_function(tool: Json) -> str:
    assert (
        {"type", "name", "parameters", "strict"} <= set(tool) <= {"type", "name", "description", "parameters", "strict"}
    )
    assert NAME.fullmatch(tool["name"]), f"illegal tool name {tool['name']!r}"
    assert tool["parameters"]["type"] == "object"
    assert isinstance(tool["parameters"]["properties"], dict)
    assert isinstance(tool["strict"], bool)
    if tool["strict"]:
        _check_strict(tool["parameters"])
    return str(tool["name"])


def _check_strict(schema: Any) -> None:
    """Strict schemas are closed and have no optional properties."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            assert schema.get("additionalProperties") is False, "strict, and not closed"
            assert set(schema.get("required", [])) == set(schema.get("properties", {})), "strict, and optional"
        for inner in schema.values():
            _check_strict(inner)


def _check_reasoning(body: Json) -> None:
    assert body.get("include", ["reasoning.encrypted_content"]) == ["reasoning.encrypted_content"]
    if "reasoning" not in body:
        return
    wish = body["reasoning"]
    assert wish, "an empty reasoning object"
    assert set(wish) <= {"effort", "summary"}
    assert wish.get("effort", "low") in EFFORTS
    assert wish.get("summary", "auto") in ("auto", "concise", "detailed")
    searches = any(tool["type"].startswith("web_search") for tool in body.get("tools", ()))
    assert not (searches and wish.get("effort") == "minimal"), "web_search cannot be used with effort minimal"


def _check_format(text: Json | None) -> None:
    if text is None:
        return
    assert set(text) == {"format"}
    wanted = text["format"]
    if wanted["type"] == "json_object":
        assert set(wanted) == {"type"}
        return
    assert set(wanted) == {"type", "name", "schema", "strict"}
    assert wanted["type"] == "json_schema"
    assert NAME.fullmatch(wanted["name"])
    if wanted["strict"]:
        _check_strict(wanted["schema"])


def _check_input(items: list[Json], *, adjacent: bool, ids: bool) -> None:
    assert items, "nothing to answer"
    awaited: list[str] = []
    answering = False  # an output has been seen since the last call
    for position, item in enumerate(items):
        kind = item.get("type")
        assert kind in ITEMS, f"item {position}: unknown type {kind!r}"
        needed, possible = ITEMS[kind]
        more = possible | ({"id", "format", "signature"} if ids and kind == "reasoning" else set())
        assert needed <= set(item) <= needed | more, f"item {position}: {kind} with {sorted(item)}"
        if kind == "function_call_output":
            assert item["call_id"] in awaited, f"item {position}: an output without a call"
            assert item["call_id"] == awaited.pop(0), f"item {position}: the output of another call"
            answering = True
            _check_output(item["output"])
            continue
        assert not (answering and awaited), f"item {position}: No tool output found for function call {awaited[0]}"
        answering = False
        assert not (adjacent and awaited) or kind == "function_call", f"item {position}: between a call and its output"
        if kind == "function_call":
            _check_call(item)
            assert item["call_id"] not in awaited, f"item {position}: two calls of one id"
            awaited.append(item["call_id"])
        elif kind == "reasoning":
            _check_reasoning_item(item, position, items)
        else:
            assert item["role"] == "assistant" or not awaited, f"item {position}: calls {awaited} have no output"
            _check_message(item, position)
    assert not awaited, f"calls {awaited} have no output"
    assert items[-1].get("role") != "assistant", "nothing to answer"


def _check_call(item: Json) -> None:
    assert 1 <= len(item["call_id"]) <= 64
    assert NAME.fullmatch(item["name"])
    assert isinstance(json.loads(item["arguments"]), dict)


def _check_output(output: Any) -> None:
    if isinstance(output, str):
        assert output, "an empty output"
    else:
        _check_parts(output)


def _check_reasoning_item(item: Json, position: int, items: list[Json]) -> None:
    following = items[position + 1] if position + 1 < len(items) else {}
    made = following.get("type") in ("reasoning", "function_call") or following.get("role") == "assistant"
    assert made, f"item {position}: reasoning was provided without its required following item"
    assert item.get("encrypted_content") or item.get("content") or item.get("signature"), "reasoning with nothing in it"
    for part in item["summary"]:
        assert set(part) == {"type", "text"}
        assert part["type"] == "summary_text"
        assert part["text"]
    for part in item.get("content", ()):
        assert set(part) == {"type", "text"}
        assert part["type"] == "reasoning_text"
        assert part["text"]


def _check_message(item: Json, position: int) -> None:
    role, content = item["role"], item["content"]
    assert role in ("user", "assistant", "developer", "system"), f"item {position}: unknown role {role!r}"
    if isinstance(content, str):
        assert content, f"item {position}: an empty message"
    elif role == "assistant":
        assert content, f"item {position}: an empty message"
        for part in content:
            assert set(part) == {"type", "text"}
            assert part["type"] == "output_text"
            assert part["text"], f"item {position}: an empty text part"
    else:
        _check_parts(content)


def _check_parts(parts: list[Json]) -> None:
    assert parts, "no parts"
    for part in parts:
        assert set(part) in INPUT_PARTS[part["type"]], f"unknown fields of {part['type']}: {sorted(part)}"
        assert part.get("text", "x"), "an empty text part"
        if part["type"] == "input_file" and "file_data" in part:
            assert part["file_data"].startswith("data:")
