"""Tools, the choice among them, and what the provider runs itself.

What may be offered and forced is decided as in chat completions; here a function is flat, and `strict` is always said:
left out it means true, and a schema with optional properties would be refused or its properties filled with empty
strings (langchain-ai/langchain#39309, vercel/ai#15889).
"""

from __future__ import annotations

from typing import cast

from ...lenient import as_dict, as_list
from ...losses import Losses
from ...unified import Json, UnifiedRequest
from ..chat.tool_names import ToolNames
from ..chat.tools import WireTools
from ..chat.tools import to_wire_tools as to_chat_tools
from .dialect import ResponsesDialect, chat_rules


def to_wire_tools(request: UnifiedRequest, dialect: ResponsesDialect, names: ToolNames, losses: Losses) -> WireTools:
    """`tools`, `tool_choice`, `parallel_tool_calls`, and what must be told in text instead."""
    hosted: list[Json] = []
    left: list[Json] = []  # reported, or known to routers
    for tool in request.get("server_tools", ()):
        entry = _hosted(tool, dialect, losses)
        if entry is None:
            left.append(tool)
        else:
            hosted.append(entry)
    rest = cast(UnifiedRequest, {**request, "server_tools": left})
    wire = to_chat_tools(rest, chat_rules(dialect), names, losses)
    fields = dict(wire.fields)
    if offered := [*map(_flat, fields.get("tools", ())), *hosted]:
        fields["tools"] = offered
    if isinstance(choice := fields.get("tool_choice"), dict):
        fields["tool_choice"] = {"type": "function", "name": choice["function"]["name"]}
    return WireTools(fields, wire.note, wire.forced)


def _flat(tool: Json) -> Json:
    """A function without the object around it; a tool of the provider's as it is."""
    if tool["type"] != "function":
        return tool
    return {"type": "function", "strict": False, **tool["function"]}


def _hosted(tool: Json, dialect: ResponsesDialect, losses: Losses) -> Json | None:
    """The entry for a tool this provider runs; None when it does not."""
    kind = str(tool.get("type", ""))
    if kind.startswith("web_search") and dialect.web_search and ":" not in dialect.web_search:
        return _search(tool, dialect, losses)
    if kind.startswith("code_execution") and dialect.code_interpreter:
        return {"type": "code_interpreter", "container": {"type": "auto"}}
    return None


def _search(tool: Json, dialect: ResponsesDialect, losses: Losses) -> Json:
    """A web search within the client's limits. Both lists of domains at once are refused (F21)."""
    wire: Json = {"type": dialect.web_search}
    if dialect.web_search == "browser_search":
        return wire
    if allowed := as_list(tool.get("allowed_domains")):
        wire["filters"] = {"allowed_domains": allowed}
    elif blocked := as_list(tool.get("blocked_domains")):
        if dialect.search_exclusion:
            wire["filters"] = {dialect.search_exclusion: blocked}
        else:
            losses.add("tool.web_search.blocked_domains", "dropped", "This provider cannot leave domains out.")
    location = as_dict(tool.get("user_location"))
    if place := {key: location[key] for key in ("city", "country", "region", "timezone") if location.get(key)}:
        wire["user_location"] = {"type": "approximate", **place}
    return wire
