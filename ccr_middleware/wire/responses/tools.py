"""Tools, the choice among them, and what the provider runs itself.

Here a function is flat, and `strict` is always said: left out it means true, and a schema with optional properties
would be refused or its properties filled with empty strings (langchain-ai/langchain#39309, vercel/ai#15889).
"""

from __future__ import annotations

from typing import NamedTuple

from ...losses import Losses
from ...unified import Json, UnifiedRequest
from ..openai.functions import describe_function, offer_functions, parallel_calls
from ..server_tools import OPENROUTER_SEARCH, domains, openrouter_search, place, report_missing, report_untold
from ..tool_names import ToolNames
from .dialect import ResponsesDialect


class WireTools(NamedTuple):
    """The fields of the body, and what must be told in text instead."""

    fields: Json
    note: str | None = None


def to_wire_tools(request: UnifiedRequest, dialect: ResponsesDialect, names: ToolNames, losses: Losses) -> WireTools:
    """`tools`, `tool_choice` and `parallel_tool_calls`."""
    offer = offer_functions(request, dialect, losses)
    fields: Json = {}
    if isinstance(offer.choice, dict):
        fields["tool_choice"] = {"type": "function", "name": names.to_wire(offer.choice["function"]["name"])}
    elif offer.choice is not None:
        fields["tool_choice"] = offer.choice
    functions = (describe_function(tool["function"], dialect, names, losses) for tool in offer.functions)
    hosted = (_hosted(tool, dialect, losses) for tool in request.get("server_tools", ()))
    if tools := [*({"type": "function", "strict": False, **function} for function in functions), *filter(None, hosted)]:
        fields["tools"] = tools
    if offer.functions:
        fields |= parallel_calls(request, dialect, losses)
    return WireTools(fields, offer.note)


def _hosted(tool: Json, dialect: ResponsesDialect, losses: Losses) -> Json | None:
    """The entry for a tool this provider runs; None when it does not."""
    kind = str(tool.get("type", ""))
    if kind.startswith("web_search"):
        if dialect.web_search:
            return _search(tool, dialect.web_search, dialect.search_exclusion, losses)
        losses.add("tool.web_search", "dropped", "This provider cannot search the web.")
    elif kind.startswith("code_execution") and dialect.code_interpreter:
        return {"type": "code_interpreter", "container": {"type": "auto"}}
    else:
        report_missing(kind, losses)
    return None


def _search(tool: Json, kind: str, exclusion: str | None, losses: Losses) -> Json:
    """A web search within the client's limits. `exclusion`: the filter for blocked domains."""
    if kind == OPENROUTER_SEARCH:
        return openrouter_search(tool)
    if kind == "browser_search":  # Groq's takes no parameters
        report_untold(tool, "web_search", (), losses)
        return {"type": kind}
    filters = domains(tool, "allowed_domains", exclusion)
    report_untold(tool, "web_search", ("user_location", *(["domains"] if filters else [])), losses)
    wire: Json = {"type": kind}
    if filters:
        wire["filters"] = filters
    if where := place(tool):
        wire["user_location"] = {"type": "approximate", **where}
    return wire
