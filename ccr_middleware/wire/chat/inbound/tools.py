"""`tools`, `tool_choice` and their older forms to those of a Messages request.

| the client                                  | becomes                                                            |
|---------------------------------------------|--------------------------------------------------------------------|
| a function, also in `functions`             | a tool; without `parameters` it takes an empty object              |
| a custom tool (its input is plain text)     | a tool with one string, `input`; its calls are turned back         |
| `web_search…`, also `web_search_options`    | Anthropic's web search                                             |
| a typed tool of Anthropic's (`bash_…`)      | itself                                                             |
| any other type                              | nothing: the service behind it is not here                         |
| `allowed_tools`                             | the others are left out of the list                                |
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ....errors import BadRequest
from ....lenient import as_dict, dicts, text_of
from ....losses import Losses
from ....unified import Json
from .fields import at, entries, read_flag, read_list, read_name, read_object, read_text, read_texts

WEB_SEARCH = "web_search_20250305"

#: Anthropic's versioned tools, which the Messages side knows by themselves.
_VERSIONED = re.compile(r"[a-z_]+_20\d{6}")

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


@dataclass(slots=True)
class Tools:
    """What a request says of tools. `custom`: names of the tools whose input is text; `legacy`: the client calls them
    functions, and wants to be called so."""

    tools: list[Json] = field(default_factory=list)
    choice: Json | None = None
    custom: list[str] = field(default_factory=list)
    legacy: bool = False


def read_tools(body: Json, losses: Losses) -> Tools:
    """Read all about tools. Raises BadRequest naming the place."""
    found = Tools()
    for place, tool in entries(read_list(body, "tools"), "tools"):
        _add_tool(tool, place, found, losses)
    for place, function in entries(read_list(body, "functions"), "functions"):
        found.tools.append(_function(function, place, {}))
        found.legacy = True
    options = read_object(body, "web_search_options")
    if options is not None:
        found.tools.append(_web_search(options, "web_search_options", losses))
    found.choice = _read_choice(body, found, losses)
    return found


def _add_tool(tool: Json, place: str, found: Tools, losses: Losses) -> None:
    kind = tool.get("type")
    if kind == "function" or (kind is None and "function" in tool):
        function = read_object(tool, "function", place)
        # The Responses API has name and parameters beside the type; clients mix them up.
        where = place if function is None else at(place, "function")
        found.tools.append(_function(tool if function is None else function, where, tool))
    elif kind == "custom":
        found.tools.append(_custom(read_object(tool, "custom", place) or tool, at(place, "custom"), losses))
        found.custom.append(found.tools[-1]["name"])
    elif isinstance(kind, str) and _VERSIONED.fullmatch(kind) and read_name(tool, "name", place):
        found.tools.append(tool)
    elif isinstance(kind, str) and kind.startswith("web_search"):
        found.tools.append(_web_search(tool, place, losses))
    elif isinstance(kind, str) and kind:
        losses.add("tool.unknown", "dropped", f"There is no tool of type {kind[:40]!a} here.")
    else:
        raise BadRequest(f"{place}.type: must be function, custom or web_search")


def _function(function: Json, place: str, tool: Json) -> Json:
    """A tool with a schema. `tool` is what is around the function, where gateways put a cache mark."""
    schema = read_object(function, "parameters", place)
    converted: Json = {"name": read_name(function, "name", place)}
    if description := read_text(function, "description", place):
        converted["description"] = description
    converted["input_schema"] = schema or {"type": "object", "properties": {}}
    if (strict := read_flag(function, "strict", place)) is not None:
        converted["strict"] = strict
    cache = tool.get("cache_control") or function.get("cache_control")
    return converted | {"cache_control": cache} if isinstance(cache, dict) else converted


def _custom(custom: Json, place: str, losses: Losses) -> Json:
    losses.add("tool.custom", "emulated", "A tool that takes text is offered as a function with one string.")
    notes = [read_text(custom, "description", place)]
    form = as_dict(custom.get("format"))
    grammar = as_dict(form.get("grammar")) or form
    if definition := read_text(grammar, "definition", at(place, "format")):
        notes.append(f"The input must follow this {grammar.get('syntax') or ''} grammar:\n{definition}")
    schema: Json = {"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"]}
    description = "\n\n".join(note for note in notes if note)
    tool: Json = {"name": read_name(custom, "name", place), "input_schema": schema}
    return tool | {"description": description} if description else tool


def _web_search(options: Json, place: str, losses: Losses) -> Json:
    if options.get("search_context_size") not in (None, "medium"):
        losses.add("web_search.search_context_size", "dropped", "How much of the results is read is not to be chosen.")
    search: Json = {"type": WEB_SEARCH, "name": "web_search"}
    if user := read_object(options, "user_location", place):
        approximate = as_dict(user.get("approximate")) or user
        known = ("city", "region", "country", "timezone")
        search["user_location"] = {"type": "approximate"} | {
            key: approximate[key] for key in known if key in approximate
        }
    if domains := read_texts(read_object(options, "filters", place) or {}, "allowed_domains", at(place, "filters")):
        search["allowed_domains"] = domains
    return search


# -- which tool ----------------------------------------------------------------------------------------------


def _read_choice(body: Json, found: Tools, losses: Losses) -> Json | None:
    parallel = read_flag(body, "parallel_tool_calls")
    wanted, place = body.get("tool_choice"), "tool_choice"
    if wanted is None and found.legacy:
        wanted, place = body.get("function_call"), "function_call"
    choice = None if wanted is None else _choice(wanted, place, found, losses)
    if not found.tools:
        # Anthropic refuses a choice without tools.
        if choice is not None and choice["type"] in ("any", "tool"):
            losses.add("tool_choice", "dropped", "There is no tool the model could be made to call.")
        return None
    if (parallel is False or found.legacy) and (choice or {}).get("type") != "none":
        choice = {**(choice or {"type": "auto"}), "disable_parallel_tool_use": True}
    return choice


def _choice(wanted: Any, place: str, found: Tools, losses: Losses) -> Json:
    if isinstance(wanted, str) and wanted in _CHOICES:
        return {"type": _CHOICES[wanted]}
    if isinstance(wanted, dict):
        kind = wanted.get("type")
        if kind == "allowed_tools":
            return _only_allowed(read_object(wanted, "allowed_tools", place) or wanted, place, found, losses)
        if isinstance(kind, str) and kind.startswith("web_search"):
            return {"type": "tool", "name": "web_search"}
        if name := _chosen(wanted):
            return {"type": "tool", "name": name}
    raise BadRequest(f"{place}: must be {', '.join(_CHOICES)} or name a function")


def _chosen(entry: Json) -> str:
    """The name in an object that names a tool, in any of the forms there are."""
    for holder in (as_dict(entry.get("function")), as_dict(entry.get("custom")), entry):
        if isinstance(name := holder.get("name"), str):
            return name
    return ""


def _only_allowed(allowed: Json, place: str, found: Tools, losses: Losses) -> Json:
    names = {_chosen(entry) or text_of(entry.get("type")) for entry in dicts(allowed.get("tools"))}
    kept = [tool for tool in found.tools if tool["name"] in names]
    if not kept:
        raise BadRequest(f"{place}: allowed_tools must name at least one of the tools")
    if len(kept) < len(found.tools):
        losses.add("tool_choice.allowed_tools", "emulated", "Tools that are not allowed are left out of the request.")
    found.tools = kept
    return {"type": "any" if allowed.get("mode") == "required" else "auto"}
