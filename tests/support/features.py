"""More features of Messages requests than `ccr_middleware.testing` offers: corners, and what clients get wrong."""

from typing import Any

from ccr_middleware.testing.fate import Feature
from ccr_middleware.testing.features import TOOL, USER, feature

Json = dict[str, Any]

CALL: Json = {"type": "tool_use", "id": "toolu_1", "name": "read_file", "input": {"path": "a.txt"}}
GO_ON: Json = {"role": "user", "content": "Go on"}


def said(name: str, about: str, block: Json, *marks: str) -> Feature:
    """A feature of a block the user sends."""
    return feature(name, about, *marks, messages=[{"role": "user", "content": [block]}])


def results(*blocks: Json) -> Json:
    """Fields of a conversation with one call and what came back."""
    turns: list[Json] = [{"role": "assistant", "content": [CALL]}, {"role": "user", "content": [*blocks, *_TEXT]}]
    return {"messages": [USER, *turns], "tools": [TOOL]}


_TEXT: list[Json] = [{"type": "text", "text": "Go on"}]
_DONE: Json = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "done"}
_ADDED: Json = {"type": "custom", "definition": {**TOOL, "name": "mark_added"}}
_CITED: Json = {"type": "char_location", "document_index": 0, "document_title": "T", "cited_text": "mark-cited"}
_CITING: Json = {"type": "text", "text": "So.", "citations": [_CITED]}
_CLOSED: Json = {**TOOL["input_schema"], "additionalProperties": False}
_STOPS = [f"mark-stop-{number}" for number in range(1, 7)]
_BUDGET: Json = {"task_budget": {"type": "tokens", "total": 9}}

MORE_FEATURES: tuple[Feature, ...] = (
    feature("tools.no_schema", "a function without a schema", "mark_now", tools=[{"name": "mark_now"}]),
    feature(
        "tools.long_name", "a name that is too long", "mark_long", tools=[{**TOOL, "name": "mark_long" + 99 * "g"}]
    ),
    feature("tools.odd_name", "a name with odd letters", "mark", tools=[{**TOOL, "name": "mark.naïve/name"}]),
    feature(
        "tools.strict_closed",
        "a strict function whose schema OpenAI takes as strict",
        tools=[{**TOOL, "input_schema": _CLOSED, "strict": True}],
        plain={"tools": [{**TOOL, "input_schema": _CLOSED}]},
    ),
    feature(
        "tools.typed",
        "one of Anthropic's own client tools",
        "str_replace_based_edit_tool",
        tools=[{"type": "text_editor_20250728", "name": "str_replace_based_edit_tool"}],
    ),
    feature(
        "tools.allowed_callers",
        "a function for code the provider runs",
        tools=[{**TOOL, "allowed_callers": ["code_execution_20260120"]}],
        plain={"tools": [TOOL]},
    ),
    feature(
        "tools.added_later",
        "a function that comes in mid-conversation",
        "mark_added",
        messages=[USER, {"role": "system", "content": [{"type": "tool_addition", "tool": _ADDED}]}, GO_ON],
        tools=[TOOL],
        plain={"messages": [USER, GO_ON], "tools": [TOOL]},
    ),
    feature(
        "tool_result.orphan",
        "a result whose call is gone",
        "mark-orphan",
        **results(_DONE, {"type": "tool_result", "tool_use_id": "toolu_gone", "content": "mark-orphan"}),
        plain=results(_DONE),
    ),
    feature("tool_result.missing", "a call without a result", **results(), plain=results(_DONE)),
    said(
        "tool_reference",
        "a tool that a search has found",
        {"type": "tool_reference", "tool_name": "mark_found"},
        "mark_found",
    ),
    said("block.unknown", "a block nobody knows", {"type": "hologram", "depth": "mark-depth"}, "mark-depth"),
    said(
        "container_upload",
        "a file for the code execution",
        {"type": "container_upload", "file_id": "file_mark"},
        "file_mark",
    ),
    feature(
        "citations.document",
        "an earlier answer that cites a document",
        "mark-cited",
        messages=[USER, {"role": "assistant", "content": [_CITING]}, GO_ON],
        plain={"messages": [USER, {"role": "assistant", "content": "So."}, GO_ON]},
    ),
    feature("cache_control.automatic", "caching as the provider sees fit", cache_control={"type": "ephemeral"}),
    feature("thinking.between_tools", "thinking between calls only", thinking={"type": "between_tools"}),
    feature(
        "thinking.effort",
        "thinking, and how hard",
        thinking={"type": "adaptive"},
        output_config={"effort": "xhigh"},
        plain={"thinking": {"type": "adaptive"}},
    ),
    feature("max_tokens.too_many", "more than the model can (8192)", 9000, max_tokens=9000, plain={"max_tokens": 8192}),
    feature("max_tokens.none", "a request that only fills the cache", 0, max_tokens=0, plain={"max_tokens": 1}),
    feature("temperature.zero", "temperature 0", 0, temperature=0),
    feature("stop_sequences.many", "six stop sequences", "mark-stop-6", stop_sequences=_STOPS),
    feature(
        "server_tools.web_fetch",
        "a page fetched by the provider",
        tools=[{"type": "web_fetch_20250910", "name": "web_fetch"}],
    ),
    feature(
        "server_tools.tool_search",
        "a search among deferred tools",
        tools=[TOOL, {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}],
        plain={"tools": [TOOL]},
    ),
    feature(
        "context_management.clear",
        "forgetting of old results by the provider",
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
    ),
    feature("output_config.task_budget", "a budget for a task", output_config=_BUDGET),
    feature("inference_geo", "where the model runs", "mark-geo", inference_geo="mark-geo"),
    feature("speed", "a faster model", speed="fast"),
    feature("unknown_field", "a field nobody knows", "mark-unknown", mark_field={"is": "mark-unknown"}),
)
