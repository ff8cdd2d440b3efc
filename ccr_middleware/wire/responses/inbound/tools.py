"""`tools` and `tool_choice`, and what the answer must know of them.

| tool                                 | becomes                                                             |
|--------------------------------------|---------------------------------------------------------------------|
| `function`                           | a tool; `strict` as it is                                           |
| `custom` (free text)                 | a tool with one string, `input`; a grammar is told in words         |
| `namespace`                          | its tools, named `<namespace>__<name>`                              |
| `web_search`, `web_search_preview`   | Anthropic's web search; not when live access is forbidden           |
| anything else                        | nothing, reported: only OpenAI runs it, or only its models know it  |

A custom tool and a namespaced one are called by the model under a plain name. `Offered.names` says what such a call is
called in the answer: `{"kind": "function" | "custom", "name": …, "namespace": …}`, by the plain name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ....errors import BadRequest
from ....fields import entries, read_flag, read_list, read_name
from ....lenient import dicts, text_of
from ....losses import Losses
from ....unified import Json
from ...openai.inbound.tools import custom_tool, function_tool, search_tool, settled_choice

_SEARCH_NAME = "web_search"
_CHOICES = {"auto": "auto", "required": "any", "none": "none"}


@dataclass(slots=True)
class Offered:
    """The tools as Messages has them, and the names that differ in the answer."""

    tools: list[Json] = field(default_factory=list)
    names: dict[str, Json] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a tool of that name is offered."""
        return any(tool["name"] == name for tool in self.tools)


def plain_name(name: str, namespace: str) -> str:
    """The name of a tool where there are no namespaces."""
    if not namespace:
        return name
    return f"{namespace}{'' if namespace.endswith('__') else '__'}{name}"


def add_tools(holder: Json, path: str, offered: Offered, losses: Losses, max_calls: int | None = None) -> None:
    """Convert the `tools` of a request or an item. `max_calls`: how often the provider may run its own.

    Raises BadRequest naming the place.
    """
    where = f"{path}.tools" if path else "tools"
    for place, tool in entries(read_list(holder, "tools", path), where):
        kind = read_name(tool, "type", place)
        if kind.startswith("web_search"):
            _add_search(tool, place, offered, losses, max_calls)
        elif kind == "namespace":
            losses.add("tool.namespace", "emulated", "The tools of a namespace are offered under longer names.")
            name = read_name(tool, "name", place)
            for inner, member in entries(read_list(tool, "tools", place), f"{place}.tools"):
                _add_function(member, inner, name, offered, losses)
        else:
            _add_function(tool, place, "", offered, losses)


def _add_function(tool: Json, place: str, namespace: str, offered: Offered, losses: Losses) -> None:
    """A tool that the client runs, or none that anybody here could."""
    kind = read_name(tool, "type", place)
    if kind not in ("function", "custom"):
        feature = re.sub(r"[^a-z0-9_]", "_", kind.lower())[:40]
        losses.add(f"tool.{feature}", "dropped", "The model is not offered this tool of OpenAI.")
        return
    if isinstance(tool.get(kind), dict):
        raise BadRequest(f"{place}.name: must stand beside type, not inside {kind}")
    name = read_name(tool, "name", place)
    plain = plain_name(name, namespace)
    custom = kind == "custom"
    offered.tools.append(custom_tool(plain, tool, place, losses) if custom else function_tool(plain, tool, place))
    if namespace or custom:
        known = {"kind": kind, "name": name}
        offered.names[plain] = known | {"namespace": namespace} if namespace else known


def _add_search(tool: Json, place: str, offered: Offered, losses: Losses, max_calls: int | None) -> None:
    if tool.get("external_web_access") is False:
        # Codex says so unless told otherwise. A search that is never live is not to be had, and to search all the
        # same would be more than the client allows.
        losses.add("tool.web_search.offline", "dropped", "The web search would be live, which the client forbids.")
        return
    if offered.has(_SEARCH_NAME):
        return
    search = search_tool(tool, place, losses)
    if max_calls is not None:
        search["max_uses"] = max_calls
    offered.tools.append(search)


# -- the choice --------------------------------------------------------------------------------------------


def to_tool_choice(body: Json, offered: Offered, losses: Losses) -> Json | None:
    """`tool_choice` with `parallel_tool_calls` in it; None when there is nothing to say. May take away tools that are
    not among the allowed ones. Raises BadRequest."""
    choice, parallel = _choice(body.get("tool_choice"), offered, losses), read_flag(body, "parallel_tool_calls")
    return settled_choice(choice, offered.tools, one_call=parallel is False, losses=losses)


def _choice(wanted: Any, offered: Offered, losses: Losses) -> Json | None:
    if wanted is None:
        return None
    if isinstance(wanted, str):
        if wanted not in _CHOICES:
            raise BadRequest("tool_choice: must be auto, required, none or an object with a type")
        return {"type": _CHOICES[wanted]}
    if not isinstance(wanted, dict) or not isinstance(wanted.get("type"), str):
        raise BadRequest("tool_choice: must be auto, required, none or an object with a type")
    if wanted["type"] == "allowed_tools":
        return _allowed(wanted, offered, losses)
    name = _named(wanted)
    if not offered.has(name):
        losses.add("tool_choice", "dropped", "The tool to be called is not among those offered.")
        return None
    return {"type": "tool", "name": name}


def _named(wanted: Json) -> str:
    """The plain name of a tool that a choice points at."""
    kind = text_of(wanted.get("type"))
    if kind.startswith("web_search"):
        return _SEARCH_NAME
    return plain_name(text_of(wanted.get("name")) or kind, text_of(wanted.get("namespace")))


def _allowed(wanted: Json, offered: Offered, losses: Losses) -> Json:
    """Only some of the tools may be called: the others are not offered."""
    names = {_named(tool) for tool in dicts(wanted.get("tools"))}
    losses.add("tool_choice.allowed_tools", "emulated", "Tools that are not allowed now are not offered.")
    offered.tools = [tool for tool in offered.tools if tool["name"] in names]
    return {"type": "any" if wanted.get("mode") == "required" else "auto"}
