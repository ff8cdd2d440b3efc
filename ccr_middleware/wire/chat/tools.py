"""Tools, the choice among them, and searches the provider runs itself."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ...losses import Losses
from ...unified import Json, NamedToolChoice, UnifiedRequest, UnifiedTool
from .dialect import ChatDialect
from .tool_names import ToolNames

#: Told to the model where a provider cannot be told to force a call.
MUST_CALL = "Answer this by calling a tool."


class WireTools(NamedTuple):
    """The fields of the body, what must be told in text instead, and whether the model has to call."""

    fields: Json
    note: str | None = None
    forced: bool = False


def to_wire_tools(request: UnifiedRequest, dialect: ChatDialect, names: ToolNames, losses: Losses) -> WireTools:
    """`tools`, `tool_choice`, `parallel_tool_calls`, and what asks for a web search."""
    functions = _functions(request, dialect, losses)
    choice = request.get("tool_choice", "auto") if functions else "auto"
    if choice == "none" and not dialect.named_tool_choice and not dialect.required_tool_choice:
        functions = []  # only "auto" is understood: without functions none can be called
    wire: Json = {}
    searches = _server_tools(request, dialect, losses, wire)
    if not functions:
        return WireTools(wire | {"tools": searches} if searches else wire)
    note, forced = None, False
    if isinstance(choice, dict) or choice == "required":
        functions, note, forced = _force(choice, functions, dialect, losses, wire, names)
    elif "tool_choice" in request:
        wire["tool_choice"] = choice
    wire["tools"] = [_to_wire(tool, dialect, names, losses) for tool in functions] + searches
    _add_parallel(request, dialect, losses, wire)
    if dialect.tool_stream and request.get("stream"):
        wire["tool_stream"] = True
    return WireTools(wire, note, forced)


def _functions(request: UnifiedRequest, dialect: ChatDialect, losses: Losses) -> list[UnifiedTool]:
    functions = request.get("tools", [])
    if not functions:
        return []
    if not dialect.tools:
        losses.add("tools", "dropped", "This provider knows no functions.")
        return []
    if dialect.tools_limit is not None and len(functions) > dialect.tools_limit:
        losses.add("tools.count", "dropped", f"Only the first {dialect.tools_limit} tools are offered.")
        return functions[: dialect.tools_limit]
    return functions


def _force(
    choice: str | NamedToolChoice,
    functions: list[UnifiedTool],
    dialect: ChatDialect,
    losses: Losses,
    wire: Json,
    names: ToolNames,
) -> tuple[list[UnifiedTool], str | None, bool]:
    """Make the model call: that tool or any. Gives the functions to offer, a note, and whether it is forced.

    Where a tool cannot be named, it is the only one offered. Where nothing can be forced, the model is asked to.
    """
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        if dialect.named_tool_choice:
            wire["tool_choice"] = {"type": "function", "function": {"name": names.to_wire(name)}}
            return functions, None, True
        losses.add("tool_choice.tool", "emulated", "Only the chosen tool is offered.")
        functions = [tool for tool in functions if tool["function"]["name"] == name] or functions
    if dialect.required_tool_choice:
        wire["tool_choice"] = "required"
        return functions, None, True
    if dialect.named_tool_choice and len(functions) == 1:
        name = functions[0]["function"]["name"]
        wire["tool_choice"] = {"type": "function", "function": {"name": names.to_wire(name)}}
        return functions, None, True
    losses.add("tool_choice.any", "emulated", "The model is asked to call a tool, not forced to.")
    return functions, MUST_CALL, False


def _to_wire(tool: UnifiedTool, dialect: ChatDialect, names: ToolNames, losses: Losses) -> Json:
    spec = tool["function"]
    function: Json = {"name": names.to_wire(spec["name"])}
    if description := spec.get("description"):
        limit = dialect.tool_description_limit
        if limit is not None and len(description) > limit:
            losses.add("tool.description", "clamped", f"Descriptions are cut at {limit} characters.")
            description = description[: limit - 1] + "…"
        function["description"] = description
    function["parameters"] = _parameters(spec.get("parameters"), dialect)
    if spec.get("strict"):
        if dialect.strict_tools and is_strict(function["parameters"]):
            function["strict"] = True
        else:
            losses.add("tool.strict", "dropped", "Arguments are not guaranteed to follow the schema.")
    wire: Json = {"type": "function", "function": function}
    if dialect.cache_control and (mark := tool.get("cache_control")):
        wire["cache_control"] = cache_mark(mark, dialect)
    return wire


def _parameters(schema: Json | None, dialect: ChatDialect) -> Json:
    """The client's schema, unchanged but for what is refused: an object without `properties`, and `$schema`."""
    if not schema:
        return {"type": "object", "properties": {}}
    if "properties" not in schema:
        schema = {**schema, "properties": {}}
    if not dialect.json_schema_uri and "$schema" in schema:
        schema = {key: value for key, value in schema.items() if key != "$schema"}
    return schema


def is_strict(schema: Any) -> bool:
    """Whether a schema is one that OpenAI's strict mode takes: every object closed, every property required.

    Anthropic's strict tools may have optional properties; sent as strict they would be a 400.
    """
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if isinstance(properties, dict):
        closed, required = schema.get("additionalProperties") is False, schema.get("required")
        names = set(map(str, required)) if isinstance(required, list) else set()
        if not closed or names != set(properties) or not is_strict([*properties.values()]):
            return False
    elif schema.get("type") == "object":
        return False
    definitions = schema.get("$defs") or schema.get("definitions")
    defined = definitions.values() if isinstance(definitions, dict) else ()
    return is_strict([schema.get("items"), schema.get("anyOf"), *defined])


def cache_mark(mark: Json, dialect: ChatDialect) -> Json:
    """A `cache_control` as the provider takes it; a `ttl` only where that is known (failure-modes F6)."""
    return mark if dialect.cache_ttl else {key: value for key, value in mark.items() if key != "ttl"}


def _add_parallel(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, wire: Json) -> None:
    parallel = request.get("parallel_tool_calls")
    if parallel is None:
        return
    if dialect.parallel_tool_calls:
        wire["parallel_tool_calls"] = parallel
    elif not parallel:
        losses.add("tool_choice.disable_parallel_tool_use", "dropped", "The model may call several tools at once.")


# -- tools the provider runs ------------------------------------------------------------------------------


def _server_tools(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, wire: Json) -> list[Json]:
    """Ask for web searches the provider's way; gives entries for `tools`, fields go into `wire`."""
    entries: list[Json] = []
    for tool in request.get("server_tools", ()):
        kind = str(tool.get("type", ""))
        if not kind.startswith("web_search"):
            feature = re.sub(r"[^A-Za-z0-9_.-]+", "_", kind)[:60] or "unknown"
            losses.add(f"tool.{feature}", "dropped", "This provider has no such tool.")
        elif dialect.web_search == "server_tool":
            entries = [{"type": "openrouter:web_search", "parameters": _search_limits(tool)}]
        elif dialect.web_search == "plugin":
            wire["plugins"] = [_search_plugin(tool)]
        elif dialect.web_search == "options":
            wire["web_search_options"] = _search_options(tool)
        elif dialect.web_search == "none":
            losses.add("tool.web_search", "dropped", "This provider cannot search the web.")
    return entries


def _domains(tool: Json, allowed: str, blocked: str) -> Json:
    """One of the two lists: both at once, even empty, are refused (failure-modes F21)."""
    for key, name in (("allowed_domains", allowed), ("blocked_domains", blocked)):
        if isinstance(listed := tool.get(key), list) and listed:
            return {name: listed}
    return {}


def _search_limits(tool: Json) -> Json:
    """Parameters as recorded in `openrouter/pai-web-search-tool-full-params`."""
    limits = _domains(tool, "allowed_domains", "excluded_domains")
    if isinstance(uses := tool.get("max_uses"), int):
        limits["max_uses"] = uses
    if isinstance(location := tool.get("user_location"), dict):
        limits["user_location"] = location
    return limits


def _search_plugin(tool: Json) -> Json:
    return {"id": "web", "max_results": 5, **_domains(tool, "include_domains", "exclude_domains")}


def _search_options(tool: Json) -> Json:
    location = tool.get("user_location")
    if not isinstance(location, dict):
        return {}
    place = {key: location[key] for key in ("city", "country", "region", "timezone") if location.get(key)}
    return {"user_location": {"type": "approximate", "approximate": place}}
