"""Tools of a client, in the forms that chat completions and Responses have in common, as tools of Messages."""

from __future__ import annotations

from ....fields import at, read_flag, read_object, read_text, read_texts
from ....lenient import as_dict
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import WEB_SEARCH


def function_tool(name: str, function: Json, place: str) -> Json:
    """A function; without `parameters` it takes an empty object."""
    tool: Json = {"name": name}
    if description := read_text(function, "description", place):
        tool["description"] = description
    tool["input_schema"] = read_object(function, "parameters", place) or {"type": "object", "properties": {}}
    if (strict := read_flag(function, "strict", place)) is not None:
        tool["strict"] = strict
    return tool


def custom_tool(name: str, custom: Json, place: str, losses: Losses) -> Json:
    """A tool whose input is plain text: a function with one string, `input`. A grammar of it is told in words."""
    losses.add("tool.custom", "emulated", "A tool that takes text is offered as a function with one string.")
    described = [read_text(custom, "description", place)]
    form = as_dict(custom.get("format"))
    grammar = as_dict(form.get("grammar")) or form  # chat completions, Responses
    if definition := read_text(grammar, "definition", at(place, "format")):
        losses.add("tool.grammar", "emulated", "The grammar of a tool's input is told in words, and not enforced.")
        described.append(f"The input must follow this {grammar.get('syntax') or ''} grammar:\n{definition}")
    tool: Json = {
        "name": name,
        "input_schema": {
            "type": "object",
            "properties": {"input": {"type": "string", "description": "The whole input, as plain text."}},
            "required": ["input"],
            "additionalProperties": False,
        },
    }
    if description := "\n\n".join(text for text in described if text):
        tool["description"] = description
    return tool


def search_tool(options: Json, place: str, losses: Losses) -> Json:
    """A web search."""
    search = dict(WEB_SEARCH)
    filters = read_object(options, "filters", place) or {}
    if domains := read_texts(filters, "allowed_domains", at(place, "filters")):
        search["allowed_domains"] = domains
    if set(filters) - {"allowed_domains"}:
        losses.add("tool.web_search.filters", "dropped", "A search can only be limited to domains.")
    location = read_object(options, "user_location", place) or {}
    location = as_dict(location.get("approximate")) or location  # chat completions, Responses
    known = {key: location[key] for key in ("city", "region", "country", "timezone") if location.get(key)}
    if known:
        search["user_location"] = {"type": "approximate", **known}
    if options.get("search_context_size") not in (None, "medium"):
        losses.add("tool.web_search.context_size", "dropped", "How much a search brings cannot be chosen.")
    return search


def settled_choice(choice: Json | None, tools: list[Json], *, one_call: bool, losses: Losses) -> Json | None:
    """A `tool_choice` as Anthropic takes it, which refuses one without tools. `one_call`: no parallel calls."""
    if not tools:
        if choice is not None and choice["type"] in ("any", "tool"):
            losses.add("tool_choice", "dropped", "There is no tool the model could be made to call.")
        return None
    if not one_call or (choice or {}).get("type") == "none":
        return choice
    return {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
