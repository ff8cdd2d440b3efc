"""Every feature of a Messages request, each with an example and with what shows that it has arrived.

    for feature in FEATURES:
        print(feature.name, fate(feature, build).kind)

How a feature is found again in a body is told in `fate`.
"""

from __future__ import annotations

from typing import Any

from .fate import Feature, Json

#: A picture of one pixel, and the beginning of a PDF.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQKMSAwIG9iago8PCAvVHlwZSAvQ2F0YWxvZyA+PgplbmRvYmoK"

# -- how the examples are made -------------------------------------------------------------------------------

USER: Json = {"role": "user", "content": "Hello"}
BASE: Json = {"model": "claude-sonnet-4-5", "max_tokens": 512, "stream": True, "messages": [USER]}
TOOL: Json = {
    "name": "read_file",
    "description": "Reads a file.",
    "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]},
}
CACHE: Json = {"cache_control": {"type": "ephemeral"}}


def feature(name: str, about: str, *marks: str | float, plain: Json | None = None, **fields: Any) -> Feature:
    """A feature of top-level fields, beside those of every request. `plain`: the fields of the request without it."""
    return Feature(name, about, {**BASE, **fields}, {**BASE, **(plain or {})}, marks)


def _said(name: str, about: str, block: Any, *marks: str, plain: Any = "Hello", **fields: Any) -> Feature:
    """A feature of a block (or several) the user sends."""
    request, without = ([{"role": "user", "content": _blocks(content)}] for content in (block, plain))
    return feature(name, about, *marks, messages=request, plain={"messages": without, **fields}, **fields)


def _blocks(content: Any) -> Any:
    return [content] if isinstance(content, dict) else content


def _turn(*blocks: Json, result: Any = "done", **of_result: Any) -> list[Json]:
    """A conversation in which the assistant said these blocks; its calls are answered by `result`."""
    calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
    answers = [{"type": "tool_result", "tool_use_id": call, "content": result, **of_result} for call in calls]
    return [USER, {"role": "assistant", "content": list(blocks)}, {"role": "user", "content": answers or "Go on"}]


def _call(number: int = 1, **input: Any) -> Json:
    return {"type": "tool_use", "id": f"toolu_0{number}", "name": "read_file", "input": input or {"path": "a.py"}}


def _history(name: str, about: str, block: Json, *marks: str, **fields: Any) -> Feature:
    """A feature of a block the assistant has said earlier."""
    plain = {"messages": _turn(_text("Yes")), **fields}
    return feature(name, about, *marks, messages=_turn(block, _text("Yes")), plain=plain, **fields)


def _result(name: str, about: str, *marks: str, plain: Json | None = None, **of_result: Any) -> Feature:
    """A feature of a tool's result."""
    tools = [TOOL]
    without = {"messages": _turn(_call(), **(plain or {})), "tools": tools}
    return feature(name, about, *marks, messages=_turn(_call(), **of_result), tools=tools, plain=without)


def _tool(name: str, about: str, *marks: str, **of_tool: Any) -> Feature:
    """A feature of a tool's definition."""
    return feature(name, about, *marks, tools=[{**TOOL, **of_tool}], plain={"tools": [TOOL]})


def _with_tools(name: str, about: str, *marks: str, **fields: Any) -> Feature:
    """A feature of a field that needs tools."""
    tools = [TOOL, {**TOOL, "name": "list_files"}]
    return feature(name, about, *marks, tools=tools, plain={"tools": tools}, **fields)


def _text(text: str, **more: Any) -> Json:
    return {"type": "text", "text": text, **more}


def _image(source: Json) -> Json:
    return {"type": "image", "source": source}


def _document(source: Json, **more: Any) -> Json:
    return {"type": "document", "source": source, **more}


_INLINE_PNG = {"type": "base64", "media_type": "image/png", "data": PNG}
_INLINE_PDF = {"type": "base64", "media_type": "application/pdf", "data": PDF}
_SCHEMA = {
    "type": "object",
    "properties": {"mark_answer": {"type": "string"}},
    "required": ["mark_answer"],
    "additionalProperties": False,
}
_SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
_FOUND = {
    "type": "web_search_result",
    "url": "https://mark-found.example/",
    "title": "A page",
    "encrypted_content": "ZW5j",
    "page_age": None,
}
_SEARCHED: list[Json] = [
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": "mark-query"}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01", "content": [_FOUND]},
]
_CITED = {
    "type": "web_search_result_location",
    "url": "https://mark-cited.example/",
    "title": "A page",
    "cited_text": "It is so.",
    "encrypted_index": "ZW5j",
}

#: All features, in the order of the documentation.
FEATURES: tuple[Feature, ...] = (
    # what is said
    feature("system.text", "a system prompt", "mark-system", system="Be brief, mark-system."),
    feature(
        "system.blocks",
        "a system prompt of several blocks",
        "mark-first",
        "mark-second",
        system=[_text("mark-first"), _text("mark-second")],
    ),
    feature(
        "system.cache_control",
        "a cache mark on the system prompt",
        system=[_text("Be brief.", **CACHE)],
        plain={"system": [_text("Be brief.")]},
    ),
    feature(
        "system.in_conversation",
        "a system message among the messages",
        "mark-note",
        messages=[USER, {"role": "system", "content": "mark-note"}, {"role": "user", "content": "Go on"}],
        plain={"messages": [USER, {"role": "user", "content": "Go on"}]},
    ),
    _said("text.string", "a message that is a string", "mark-words ünïcødé 🎉", "mark-words ünïcødé 🎉"),
    _said("text.blocks", "a message of several blocks", [_text("mark-one"), _text("mark-two")], "mark-one", "mark-two"),
    _said(
        "text.cache_control",
        "a cache mark on a message",
        _text("Hello", **CACHE),
        plain=_text("Hello"),
    ),
    _said("image.base64", "a picture in the request", [_text("What is it?"), _image(_INLINE_PNG)], PNG),
    _said(
        "image.url", "a picture by its address", _image({"type": "url", "url": "https://mark.example/a.png"}), "mark.ex"
    ),
    _said("image.file", "a picture by the id of a file", _image({"type": "file", "file_id": "file_mark"}), "file_mark"),
    _said("document.pdf", "a PDF in the request", _document(_INLINE_PDF), PDF),
    _said(
        "document.pdf_url",
        "a PDF by its address",
        _document({"type": "url", "url": "https://mark.example/a.pdf"}),
        "https://mark.example/a.pdf",
    ),
    _said(
        "document.text",
        "a text document",
        _document({"type": "text", "media_type": "text/plain", "data": "mark-document"}),
        "mark-document",
    ),
    _said(
        "document.title",
        "the title of a document",
        _document({"type": "text", "media_type": "text/plain", "data": "Text."}, title="mark-title"),
        "mark-title",
    ),
    _said(
        "document.context",
        "what is said about a document",
        _document({"type": "text", "media_type": "text/plain", "data": "Text."}, context="mark-context"),
        "mark-context",
    ),
    _said(
        "document.citations",
        "a document that is to be cited",
        _document({"type": "text", "media_type": "text/plain", "data": "Text."}, citations={"enabled": True}),
        plain=_document({"type": "text", "media_type": "text/plain", "data": "Text."}),
    ),
    _said(
        "search_result",
        "a search result of the client's own",
        {"type": "search_result", "source": "mark-source", "title": "T", "content": [_text("mark-result")]},
        "mark-source",
        "mark-result",
    ),
    # tools
    feature(
        "tools.definition",
        "a function: its name, description and schema",
        "read_file",
        "Reads a file.",
        "path",
        tools=[TOOL],
    ),
    _tool("tools.strict", "a function whose schema is to be kept to", strict=True),
    _tool("tools.cache_control", "a cache mark on the tools", **CACHE),
    _tool(
        "tools.input_examples", "examples of a function's arguments", "mark.py", input_examples=[{"path": "mark.py"}]
    ),
    _tool("tools.defer_loading", "a function that is loaded when it is found", defer_loading=True),
    _with_tools("tool_choice.auto", "the model may call functions", "read_file", tool_choice={"type": "auto"}),
    _with_tools("tool_choice.any", "the model must call a function", tool_choice={"type": "any"}),
    _with_tools("tool_choice.tool", "it must call this one", tool_choice={"type": "tool", "name": "list_files"}),
    _with_tools("tool_choice.none", "it may call none", tool_choice={"type": "none"}),
    _with_tools(
        "tool_choice.one_at_a_time",
        "no two calls at once",
        tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    ),
    feature(
        "tool_use",
        "a call in the history",
        "read_file",
        "mark-argument",
        messages=_turn(_call(path="mark-argument")),
        tools=[TOOL],
        plain={"tools": [TOOL]},
    ),
    feature(
        "tool_use.parallel",
        "several calls at once in the history",
        "mark-left",
        "mark-right",
        messages=_turn(_call(1, path="mark-left"), _call(2, path="mark-right")),
        tools=[TOOL],
        plain={"tools": [TOOL]},
    ),
    _result("tool_result.text", "the result of a call", "mark-result", result="mark-result"),
    _result(
        "tool_result.blocks",
        "a result of several blocks",
        "mark-a",
        "mark-b",
        result=[_text("mark-a"), _text("mark-b")],
    ),
    _result("tool_result.image", "a picture in a result", PNG, result=[_text("See:"), _image(_INLINE_PNG)]),
    _result("tool_result.document", "a PDF in a result", PDF, result=[_document(_INLINE_PDF)]),
    _result("tool_result.is_error", "a call that failed", is_error=True),
    _result("tool_result.empty", "a result with nothing in it", result="", plain={"result": "done"}),
    _result(
        "tool_result.cache_control",
        "a cache mark on a result",
        result=[_text("done")],
        plain={"result": [_text("done")]},
        **CACHE,
    ),
    # thinking
    feature(
        "thinking.budget",
        "thinking with a budget",
        thinking={"type": "enabled", "budget_tokens": 4096},
        max_tokens=8192,
        plain={"max_tokens": 8192},
    ),
    feature("thinking.adaptive", "thinking as much as is needed", thinking={"type": "adaptive"}),
    feature("thinking.disabled", "no thinking", thinking={"type": "disabled"}),
    feature("output_config.effort", "how hard to try", output_config={"effort": "high"}),
    feature(
        "thinking.history",
        "earlier thinking, signed, before a call",
        "mark-thought",
        messages=_turn({"type": "thinking", "thinking": "mark-thought", "signature": "c2lnbmF0dXJl"}, _call()),
        tools=[TOOL],
        plain={"messages": _turn(_call()), "tools": [TOOL]},
    ),
    _history(
        "thinking.redacted",
        "earlier thinking that only its issuer can read",
        {"type": "redacted_thinking", "data": "bWFyay1yZWRhY3RlZA=="},
        "bWFyay1yZWRhY3RlZA==",
    ),
    # how to answer
    feature("max_tokens", "the greatest length of the answer", 1234, max_tokens=1234),
    feature("temperature", "temperature", 0.37, temperature=0.37),
    feature("top_p", "top_p", 0.83, top_p=0.83),
    feature("top_k", "top_k", 17, top_k=17),
    feature("stop_sequences", "what ends the answer", "mark-stop", stop_sequences=["mark-stop"]),
    feature("stream", "an answer at once instead of a stream", stream=False),
    feature(
        "output_config.format",
        "an answer in JSON of a schema",
        "mark_answer",
        output_config={"format": {"type": "json_schema", "schema": _SCHEMA}},
    ),
    feature(
        "prefill",
        "the beginning of the answer",
        "mark-prefill",
        messages=[USER, {"role": "assistant", "content": "mark-prefill"}],
    ),
    feature("metadata.user_id", "who asks", "mark-user", metadata={"user_id": "mark-user"}),
    feature("service_tier", "which priority", service_tier="standard_only"),
    # what Anthropic runs itself
    feature("server_tools.web_search", "a web search by the provider", tools=[_SEARCH]),
    feature(
        "server_tools.code_execution",
        "code run by the provider",
        tools=[{"type": "code_execution_20250825", "name": "code_execution"}],
    ),
    feature(
        "server_tools.history",
        "an earlier web search",
        "mark-query",
        "mark-found.example",
        messages=_turn(*_SEARCHED, _text("It is so.")),
        plain={"messages": _turn(_text("It is so."))},
    ),
    _history(
        "citations.history",
        "an earlier answer with its sources",
        _text("It is so.", citations=[_CITED]),
        "mark-cited.example",
    ),
    feature(
        "mcp_servers",
        "MCP servers the provider connects to",
        "mark-mcp",
        mcp_servers=[{"type": "url", "url": "https://mark-mcp.example/sse", "name": "mcp"}],
    ),
    feature("container", "the container of earlier code", "container_mark", container="container_mark"),
    feature(
        "context_management",
        "editing of the history by the provider",
        context_management={"edits": [{"type": "compact_20260112"}]},
    ),
)
