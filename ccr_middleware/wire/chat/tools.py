"""Tools, the choice among them, and searches the provider runs itself."""

from __future__ import annotations

from typing import NamedTuple

from ...losses import Losses
from ...unified import Json, UnifiedRequest, UnifiedTool
from ..openai.functions import describe_function, offer_functions, parallel_calls
from ..server_tools import domains, openrouter_search, place, report_missing, report_untold
from ..tool_names import ToolNames
from .dialect import ChatDialect
from .parts import cache_mark


class WireTools(NamedTuple):
    """The fields of the body, what must be told in text instead, and whether the model has to call."""

    fields: Json
    note: str | None = None
    forced: bool = False


def to_wire_tools(request: UnifiedRequest, dialect: ChatDialect, names: ToolNames, losses: Losses) -> WireTools:
    """`tools`, `tool_choice`, `parallel_tool_calls`, and what asks for a web search."""
    offer = offer_functions(request, dialect, losses)
    wire: Json = {}
    searches = _server_tools(request, dialect, losses, wire)
    if isinstance(offer.choice, dict):
        name = names.to_wire(offer.choice["function"]["name"])
        wire["tool_choice"] = {"type": "function", "function": {"name": name}}
    elif offer.choice is not None:
        wire["tool_choice"] = offer.choice
    if tools := [*(_to_wire(tool, dialect, names, losses) for tool in offer.functions), *searches]:
        wire["tools"] = tools
    if offer.functions:
        wire |= parallel_calls(request, dialect, losses)
        if dialect.tool_stream and request.get("stream"):
            wire["tool_stream"] = True
    return WireTools(wire, offer.note, offer.forced)


def _to_wire(tool: UnifiedTool, dialect: ChatDialect, names: ToolNames, losses: Losses) -> Json:
    wire: Json = {"type": "function", "function": describe_function(tool["function"], dialect, names, losses)}
    if dialect.cache_control and (mark := tool.get("cache_control")):
        wire["cache_control"] = cache_mark(mark, dialect)
    return wire


# -- searches the provider runs -----------------------------------------------------------------------------

#: Which limits of a search are told, by how it is asked for.
_TOLD = {
    "server_tool": ("domains", "max_uses", "user_location"),
    "plugin": ("domains",),
    "options": ("user_location",),
    "native": (),
}


def _server_tools(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, wire: Json) -> list[Json]:
    """Ask for web searches the provider's way; gives entries for `tools`, fields go into `wire`."""
    entries: list[Json] = []
    for tool in request.get("server_tools", ()):
        kind = str(tool.get("type", ""))
        if not kind.startswith("web_search"):
            report_missing(kind, losses)
        elif dialect.web_search == "none":
            losses.add("tool.web_search", "dropped", "This provider cannot search the web.")
        else:
            report_untold(tool, "web_search", _TOLD[dialect.web_search], losses)
            if dialect.web_search == "server_tool":
                entries = [openrouter_search(tool)]
            elif dialect.web_search == "plugin":
                limits = domains(tool, "include_domains", "exclude_domains")
                wire["plugins"] = [{"id": "web", "max_results": 5, **limits}]
            elif dialect.web_search == "options":
                where = {"user_location": {"type": "approximate", "approximate": place(tool)}} if place(tool) else {}
                wire["web_search_options"] = where
    return entries
