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
from ....fields import at, entries, read_flag, read_list, read_name, read_object
from ....lenient import as_dict, dicts, text_of
from ....losses import Losses
from ....unified import Json
from ...openai.inbound.tools import custom_tool, function_tool, search_tool, settled_choice

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
        found.tools.append(search_tool(options, "web_search_options", losses))
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
        custom, where = read_object(tool, "custom", place) or tool, at(place, "custom")
        found.custom.append(read_name(custom, "name", where))
        found.tools.append(custom_tool(found.custom[-1], custom, where, losses))
    elif isinstance(kind, str) and _VERSIONED.fullmatch(kind) and read_name(tool, "name", place):
        found.tools.append(tool)
    elif isinstance(kind, str) and kind.startswith("web_search"):
        found.tools.append(search_tool(tool, place, losses))
    elif isinstance(kind, str) and kind:
        losses.add("tool.unknown", "dropped", f"There is no tool of type {kind[:40]!a} here.")
    else:
        raise BadRequest(f"{place}.type: must be function, custom or web_search")


def _function(function: Json, place: str, tool: Json) -> Json:
    """A tool with a schema. `tool` is what is around the function, where gateways put a cache mark."""
    converted = function_tool(read_name(function, "name", place), function, place)
    cache = tool.get("cache_control") or function.get("cache_control")
    return converted | {"cache_control": cache} if isinstance(cache, dict) else converted


# -- which tool ----------------------------------------------------------------------------------------------


def _read_choice(body: Json, found: Tools, losses: Losses) -> Json | None:
    parallel = read_flag(body, "parallel_tool_calls")
    wanted, place = body.get("tool_choice"), "tool_choice"
    if wanted is None and found.legacy:
        wanted, place = body.get("function_call"), "function_call"
    choice = None if wanted is None else _choice(wanted, place, found, losses)
    return settled_choice(choice, found.tools, one_call=parallel is False or found.legacy, losses=losses)


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
