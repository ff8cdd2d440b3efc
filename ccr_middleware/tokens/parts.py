"""A Messages request taken apart: the texts to be counted, and the tokens of what is not text.

Counted (F14): system, tools, and of every message text, thinking, tool calls (name and input), tool results with all
that is nested in them, images and documents (`media`), search results. Not counted: signatures, ids, cache marks and
citations, which no model reads. A request is taken as it comes: whatever is malformed counts as its JSON or not at all.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..jsonio import dumps
from .media import image_tokens, opaque_tokens, pdf_tokens

#: The marks around a message that name its role: start, role, line break, end, as in the chat format of cl100k.
MESSAGE_TOKENS = 4
#: Of a block nobody knows, no more than so many bytes of JSON count: it may hold a file.
MAX_UNKNOWN_BYTES = 40_000
#: Blocks nested deeper count as unknown. Real ones have two levels: blocks in a tool result, text in a document there.
MAX_DEPTH = 16

#: A text to be counted. JSON comes as bytes: that is what it is written to, and what is cached needs no decoding.
Text = str | bytes


class Parts(NamedTuple):
    """The texts of a request, and the tokens it has besides."""

    texts: list[Text]
    flat_tokens: int


class _Shape(NamedTuple):
    """Which fields of a block hold content (text or blocks), data that is shown as JSON, and opaque data."""

    content: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


_TOOL_CALL = _Shape(content=("name",), json=("input",))
_RESULT = _Shape(content=("content",))
_SHAPES = {
    "text": _Shape(content=("text",)),
    "thinking": _Shape(content=("thinking",)),
    "redacted_thinking": _Shape(opaque=("data",)),
    "tool_use": _TOOL_CALL,
    "server_tool_use": _TOOL_CALL,
    "mcp_tool_use": _TOOL_CALL,
    "tool_result": _RESULT,
    "mcp_tool_result": _RESULT,
    "web_search_tool_result": _RESULT,
    "web_fetch_tool_result": _RESULT,
    "compaction": _RESULT,
    "search_result": _Shape(content=("title", "source", "content")),
    "web_search_result": _Shape(content=("title", "url"), opaque=("encrypted_content",)),
    "web_fetch_result": _Shape(content=("url", "content")),
    "tool_reference": _Shape(content=("tool_name",)),
}


def split(body: Any) -> Parts:
    """Take a request body apart. Never raises, whatever is in it."""
    texts: list[Text] = []
    if not isinstance(body, dict):
        return Parts(texts, 0)
    flat_tokens = _walk(body.get("system"), texts, 0)
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, dict):
            flat_tokens += MESSAGE_TOKENS + _walk(message.get("content"), texts, 0)
    if body.get("tools"):
        # One text for all tools: they change together and rarely, and one dump is a third of 25 of them.
        texts.append(_json(body["tools"]))
    return Parts(texts, flat_tokens)


def _walk(value: Any, texts: list[Text], depth: int) -> int:
    # Appends the texts of a string, a block, or a list of these, and returns the tokens besides.
    if isinstance(value, str):
        texts.append(value)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        return _walk_list(value, texts, depth + 1)
    elif isinstance(value, dict) and depth < MAX_DEPTH:
        return _walk_block(value, texts, depth + 1)
    elif value is not None:
        texts.append(_json(value)[:MAX_UNKNOWN_BYTES])
    return 0


def _walk_list(items: list[Any], texts: list[Text], depth: int) -> int:
    flat_tokens = 0
    for item in items:
        if isinstance(item, dict) and depth < MAX_DEPTH:
            # Plain text and results are most of a conversation, so they are told apart without a look at the table.
            kind = item.get("type")
            text = item.get("content") if kind == "tool_result" else item.get("text") if kind == "text" else None
            if isinstance(text, str):
                texts.append(text)
            else:
                flat_tokens += _walk_block(item, texts, depth + 1)
        else:
            flat_tokens += _walk(item, texts, depth)
    return flat_tokens


def _walk_block(block: dict[str, Any], texts: list[Text], depth: int) -> int:
    kind = block.get("type")
    if kind == "image":
        return image_tokens(block.get("source"))
    if kind == "document":
        return _walk_document(block, texts, depth)
    shape = _SHAPES.get(kind) if isinstance(kind, str) else None
    if shape is None:
        texts.append(_json(block)[:MAX_UNKNOWN_BYTES])
        return 0
    flat_tokens = 0
    for key in shape.content:
        flat_tokens += _walk(block.get(key), texts, depth)
    for key in shape.json:
        if key in block:
            texts.append(_json(block[key]))
    for key in shape.opaque:
        flat_tokens += opaque_tokens(block.get(key))
    return flat_tokens


def _walk_document(block: dict[str, Any], texts: list[Text], depth: int) -> int:
    flat_tokens = _walk(block.get("title"), texts, depth) + _walk(block.get("context"), texts, depth)
    source = block.get("source")
    if isinstance(source, dict) and source.get("type") in ("text", "content"):
        return flat_tokens + _walk(source.get("data"), texts, depth) + _walk(source.get("content"), texts, depth)
    return flat_tokens + pdf_tokens(source)


def _json(value: Any) -> bytes:
    try:
        return dumps(value)
    except (TypeError, ValueError, RecursionError):
        # Not from JSON, or nested beyond what can be written. No upstream will be sent it either.
        return b""
