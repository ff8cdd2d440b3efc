"""What Anthropic's own tools did earlier in a conversation, told as text.

Server tools (web search, web fetch, code execution, tool search, MCP, the advisor) ran inside Anthropic's API and
left blocks in the history that no other provider knows. Their content is what later turns refer to, so it is told
in words, in place. Encrypted parts say nothing to anybody else and are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..jsonio import dumps_str
from ..lenient import as_dict, dicts, text_of
from ..unified import Json

#: Characters of JSON kept of an input or of a block nobody knows. Longer ones are cut, and end with a note.
MAX_JSON_CHARACTERS = 8_000


def describe(block: Json) -> str | None:
    """The text of a server tool's block, `""` for one with nothing to say, None for any other kind of block."""
    kind = block.get("type")
    teller = _TELLERS.get(kind) if isinstance(kind, str) else None
    return None if teller is None else teller(block)


def bounded_json(value: Any) -> str:
    """JSON text of bounded length, without encrypted members."""
    text = dumps_str(_readable(value))
    if len(text) <= MAX_JSON_CHARACTERS:
        return text
    return f"{text[:MAX_JSON_CHARACTERS]}… ({len(text) - MAX_JSON_CHARACTERS} more characters)"


def _readable(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _readable(member)
            for key, member in value.items()
            if key != "cache_control" and not key.startswith("encrypted")
        }
    return [_readable(member) for member in value] if isinstance(value, list) else value


def _use(block: Json) -> str:
    name, arguments = text_of(block.get("name")), as_dict(block.get("input"))
    if name == "web_search":
        return f"[web search: {text_of(arguments.get('query'))}]"
    if name == "web_fetch":
        return f"[web fetch: {text_of(arguments.get('url'))}]"
    return f"[{name or 'tool'}: {bounded_json(arguments)}]"


def _mcp_use(block: Json) -> str:
    name = f"{text_of(block.get('server_name'))}/{text_of(block.get('name'))}"
    return f"[MCP tool {name}: {bounded_json(block.get('input'))}]"


def _failure(content: Json, what: str) -> str | None:
    """The note of a failed tool: an object with `error_code` in the place of the result."""
    code = content.get("error_code")
    return f"[{what} failed: {text_of(code) or 'unknown error'}]" if code is not None else None


def _search_result(block: Json) -> str:
    content = block.get("content")
    if isinstance(content, dict):
        return _failure(content, "web search") or "[web search: no results]"
    lines = []
    for number, result in enumerate(dicts(content), 1):
        age = text_of(result.get("page_age"))
        line = f"{number}. {text_of(result.get('title'))} {text_of(result.get('url'))}" + (f" ({age})" if age else "")
        lines.append(line)
    return "\n".join(["[web search results]", *lines]) if lines else "[web search: no results]"


def _fetch_result(block: Json) -> str:
    content = as_dict(block.get("content"))
    return _failure(content, "web fetch") or f"[web fetch result: {text_of(content.get('url'))}]"


def _code_result(block: Json) -> str:
    content = as_dict(block.get("content"))
    if failure := _failure(content, "code execution"):
        return failure
    lines = [f"[code execution result: exit code {content.get('return_code', 'unknown')}]"]
    lines += [text for stream in ("stdout", "stderr") if (text := text_of(content.get(stream)))]
    return "\n".join(lines)


def _editor_result(block: Json) -> str:
    content = as_dict(block.get("content"))
    return _failure(content, "file edit") or f"[file edit result: {bounded_json(content)}]"


def _tool_search_result(block: Json) -> str:
    content = as_dict(block.get("content"))
    names = [text_of(reference.get("tool_name")) for reference in dicts(content.get("tool_references"))]
    return _failure(content, "tool search") or f"[tools found: {', '.join(names) or 'none'}]"


def _mcp_result(block: Json) -> str:
    content = block.get("content")
    text = content if isinstance(content, str) else "\n".join(text_of(item.get("text")) for item in dicts(content))
    return f"[MCP tool {'error' if block.get('is_error') is True else 'result'}] {text}"


def _advice(block: Json) -> str:
    content = as_dict(block.get("content"))
    return _failure(content, "advisor") or text_of(content.get("text")) or "[the advisor's answer is not readable here]"


def _upload(block: Json) -> str:
    return f"[file {text_of(block.get('file_id'))} was put into the code execution container]"


_TELLERS: dict[str, Callable[[Json], str]] = {
    "server_tool_use": _use,
    "web_search_tool_result": _search_result,
    "web_fetch_tool_result": _fetch_result,
    "code_execution_tool_result": _code_result,
    "bash_code_execution_tool_result": _code_result,
    "text_editor_code_execution_tool_result": _editor_result,
    "tool_search_tool_result": _tool_search_result,
    "mcp_tool_use": _mcp_use,
    "mcp_tool_result": _mcp_result,
    "advisor_tool_result": _advice,
    "container_upload": _upload,
    "compaction": lambda block: text_of(block.get("content")),
    # Bookkeeping between the client and Anthropic, never part of a prompt.
    "fallback": lambda block: "",
    "mcp_tool_listing": lambda block: "",
}
