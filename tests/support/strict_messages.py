"""A strict Messages endpoint: raises AssertionError for any request body Anthropic's own refuses.

    check_messages_request(body)
    check_messages_request(body, lenient=True)    # what Anthropic said itself may be odd

Nothing of the package is imported here. The rules: Anthropic's API reference and SDK types, and what was seen to be
answered with 400 (fixtures facts 14 and 60, failure-modes F10 and F11).
"""

import json
import re
from typing import Any

Json = dict[str, Any]

FIELDS = {
    *("model", "messages", "max_tokens", "system", "tools", "tool_choice", "stream", "stop_sequences", "metadata"),
    *("temperature", "top_p", "top_k", "thinking", "output_config", "service_tier", "container", "mcp_servers"),
    *("context_management", "inference_geo"),
}
#: Block type -> (the keys it must have, the keys it may have). Results of Anthropic's own tools are not listed.
BLOCKS: dict[str, tuple[set[str], set[str]]] = {
    "text": ({"text"}, {"citations", "cache_control"}),
    "image": ({"source"}, {"cache_control"}),
    "document": ({"source"}, {"title", "context", "citations", "cache_control"}),
    "thinking": ({"thinking", "signature"}, set()),
    "redacted_thinking": ({"data"}, set()),
    "tool_use": ({"id", "name", "input"}, {"caller", "cache_control"}),
    "tool_result": ({"tool_use_id"}, {"content", "is_error", "cache_control"}),
    "server_tool_use": ({"id", "name", "input"}, {"caller", "cache_control"}),
    "mcp_tool_use": ({"id", "name", "input", "server_name"}, {"cache_control"}),
    "search_result": ({"source", "title", "content"}, {"citations", "cache_control"}),
}
OF_THE_USER = {"text", "image", "document", "tool_result", "search_result"}
INSIDE_RESULTS = {"text", "image", "document", "search_result", "tool_reference"}
TOOL_ID = re.compile(r"[a-zA-Z0-9_-]+")
SERVER_ID = re.compile(r"srvtoolu_[a-zA-Z0-9_]+")
NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
#: Signatures and encrypted reasoning are base64.
BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
MEDIA = re.compile(r"image/(jpeg|png|gif|webp)|application/pdf")


def check_messages_request(body: Json, *, lenient: bool = False) -> None:
    """Refuse what Anthropic refuses. `lenient`: answers of Anthropic's own in the history hold blank texts, and text
    behind calls that were made from within code."""
    unknown = set(body) - FIELDS
    assert not unknown, f"{unknown}: Extra inputs are not permitted"
    json.dumps(body, allow_nan=False)
    assert isinstance(body["model"], str)
    assert body["model"]
    assert body["max_tokens"] >= 1
    system = body.get("system", [])
    for block in system if isinstance(system, list) else [{"type": "text", "text": system}]:
        assert block["type"] == "text"
        assert block["text"], "system: text content blocks must be non-empty"
    _check_tools(body)
    _check_thinking(body)
    _check_turns(body["messages"], lenient)
    _check_loop(body)
    assert json.dumps(body).count('"cache_control"') <= 4, "A maximum of 4 blocks with cache_control may be provided"


# -- settings ------------------------------------------------------------------------------------------------


def _check_tools(body: Json) -> None:
    tools = body.get("tools", [])
    assert tools or "tool_choice" not in body, "tool_choice may only be specified while providing tools"
    names = [tool["name"] for tool in tools if "name" in tool]
    assert len(set(names)) == len(names), "Tool names must be unique"
    for tool in tools:
        if tool.get("type", "custom") == "custom":
            assert NAME.fullmatch(tool["name"]), f"tools.name: {tool['name']!r}"
            assert tool["input_schema"]["type"] == "object"
    choice = body.get("tool_choice", {"type": "auto"})
    assert choice["type"] in ("auto", "any", "tool", "none")
    assert choice["type"] != "tool" or choice["name"] in names


def _check_thinking(body: Json) -> None:
    thinking = body.get("thinking", {"type": "disabled"})
    assert thinking["type"] in ("enabled", "disabled", "adaptive")
    if thinking["type"] == "disabled":
        assert set(thinking) == {"type"}
        return
    if thinking["type"] == "enabled":
        assert 1024 <= thinking["budget_tokens"] < body["max_tokens"]
    assert body.get("temperature", 1) == 1, "temperature may only be set to 1 when thinking is enabled"
    assert "top_k" not in body, "top_k must be unset when thinking is enabled"
    forced = body.get("tool_choice", {"type": "auto"})["type"] in ("any", "tool")
    assert not forced, "Thinking may not be enabled when tool_choice forces tool use"


def _check_loop(body: Json) -> None:
    """With a budget the turn whose calls are answered has thinking at its beginning. It goes on over results, and may
    think again after them."""
    if body.get("thinking", {}).get("type") != "enabled":
        return
    begins: list[str] = []
    for message in reversed(body["messages"]):
        kinds = [block["type"] for block in _blocks(message)]
        if message["role"] == "assistant":
            begins.append(kinds[0])
        elif "tool_result" not in kinds:
            break
    thought = not begins or {"thinking", "redacted_thinking"} & set(begins)
    assert thought, f"Expected `thinking` or `redacted_thinking`, but found {begins}"


# -- messages ------------------------------------------------------------------------------------------------


def _blocks(message: Json) -> list[Json]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _check_turns(messages: list[Json], lenient: bool) -> None:
    assert messages, "messages: at least one message is required"
    assert messages[0]["role"] == "user", "first message must use the user role"
    awaited: list[str] = []
    known: set[str] = set()
    for position, message in enumerate(messages):
        assert set(message) == {"role", "content"}, f"messages.{position}: Extra inputs are not permitted"
        assert message["role"] in ("user", "assistant")
        blocks = _blocks(message)
        assert blocks, f"messages.{position}: all messages must have non-empty content"
        for block in blocks:
            blank = lenient and message["role"] == "assistant" and block["type"] == "text" and block["text"]
            if not blank:
                _check_block(block, message["role"], f"messages.{position}")
        _check_answers(blocks, awaited, position)
        awaited = _check_calls(blocks, known, position, lenient)
    assert not awaited, f"`tool_use` ids were found without `tool_result` blocks immediately after: {awaited}"
    assert messages[-1]["role"] == "user", "nothing to answer"


def _check_answers(blocks: list[Json], awaited: list[str], position: int) -> None:
    ids = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
    assert len(set(ids)) == len(ids), f"messages.{position}: each tool_use must have a single result"
    missing = set(awaited) - set(ids)
    assert not missing, f"`tool_use` ids were found without `tool_result` blocks immediately after: {missing}"
    assert set(ids) <= set(awaited), f"messages.{position}: unexpected `tool_use_id` found: {set(ids) - set(awaited)}"
    kinds = [block["type"] == "tool_result" for block in blocks]
    assert kinds == sorted(kinds, reverse=True), f"messages.{position}: results come first"


def _check_calls(blocks: list[Json], known: set[str], position: int, lenient: bool) -> list[str]:
    """The calls a message leaves open. Anthropic's own tools are answered in the same message."""
    calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
    assert len(set(calls)) == len(calls), f"messages.{position}: `tool_use` ids must be unique"
    assert not known & set(calls), f"messages.{position}: `tool_use` ids must be unique"
    known.update(calls)
    kinds = [block["type"] for block in blocks if block["type"] in ("tool_use", "text", "thinking")]
    behind = kinds[kinds.index("tool_use") :] if calls else []
    assert lenient or set(behind) <= {"tool_use"}, f"messages.{position}: something behind tool_use (fact 60)"
    started = {block["id"] for block in blocks if block["type"] in ("server_tool_use", "mcp_tool_use")}
    for block in blocks:
        if block["type"].endswith("_tool_result"):
            assert block["tool_use_id"] in started, f"messages.{position}: a result without its server_tool_use"
    return calls


def _check_block(block: Json, role: str, place: str) -> None:
    kind = block["type"]
    if kind not in BLOCKS:
        assert kind.endswith("_tool_result") or kind in ("compaction", "fallback", "container_upload"), (
            f"{place}: unknown block {kind}"
        )
        assert role == "assistant" or kind == "container_upload"
        assert kind != "web_search_tool_result" or _is_own_search(block), f"{place}: Invalid `encrypted_content`"
        return
    needed, possible = BLOCKS[kind]
    keys = set(block) - {"type"}
    assert needed <= keys <= needed | possible, f"{place}: {kind} with {sorted(keys)}"
    assert role == "assistant" or kind in OF_THE_USER, f"{place}: {kind} in a message of the user"
    assert role == "user" or kind not in OF_THE_USER - {"text"}, f"{place}: {kind} in a message of the assistant"
    _check_members(block, place)


def _is_own_search(block: Json) -> bool:
    found = block["content"]
    return isinstance(found, dict) or all(one["encrypted_content"] for one in found)


def _check_members(block: Json, place: str) -> None:
    kind = block["type"]
    if kind == "text":
        assert block["text"].strip(), f"{place}: text content blocks must contain non-whitespace text"
        for citation in block.get("citations") or ():
            sealed = citation["type"] != "web_search_result_location" or citation["encrypted_index"]
            assert sealed, f"{place}: Invalid `encrypted_index` in citation"
    elif kind in ("thinking", "redacted_thinking"):
        seal = block["signature" if kind == "thinking" else "data"]
        assert BASE64.fullmatch(seal), f"{place}: Invalid `signature` in `thinking` block"
    elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        pattern = SERVER_ID if kind == "server_tool_use" else TOOL_ID
        assert pattern.fullmatch(block["id"]), f"{place}: {kind}.id: String should match pattern: {block['id']!r}"
        assert NAME.fullmatch(block["name"]), f"{place}: {kind}.name: {block['name']!r}"
        assert isinstance(block["input"], dict), f"{place}: {kind}.input: Input should be an object"
    elif kind == "tool_result":
        assert TOOL_ID.fullmatch(block["tool_use_id"])
        _check_result(block, place)
    elif kind in ("image", "document"):
        _check_source(block["source"])


def _check_result(block: Json, place: str) -> None:
    content = block.get("content", [])
    for inner in [] if isinstance(content, str) else content:
        assert inner["type"] in INSIDE_RESULTS, f"{place}: {inner['type']} in a tool result"
        if inner["type"] in ("image", "document"):
            _check_source(inner["source"])
        elif inner["type"] == "text":
            assert inner["text"], f"{place}: an empty text in a tool result"


def _check_source(source: Json) -> None:
    if source["type"] == "base64":
        assert set(source) == {"type", "media_type", "data"}
        assert MEDIA.fullmatch(source["media_type"])
        assert source["data"]
    elif source["type"] == "url":
        assert re.match("https?://", source["url"])
    else:
        assert source["type"] in ("text", "file", "content")
