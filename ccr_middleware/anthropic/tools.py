"""`tools`, `tool_choice`, and tools that come and go in the middle of a conversation.

| a tool of the client                         | becomes                                                    |
|----------------------------------------------|------------------------------------------------------------|
| with `input_schema`, any type                | a function; the schema is the client's own object          |
| `bash_…`, `text_editor_…`, `computer_…`, `memory_…` | a function with a schema of ours (`client_tools`)   |
| without type or `custom`, without a schema   | a function with the empty object schema                    |
| any other type                               | a server tool, as sent: never a function (F7)              |
| named `DeferredToolPlaceholder`              | nothing: Claude Code's stand-in for tools not loaded (R4)  |

Flags of a tool: `strict` and `cache_control` are kept; `defer_loading` cannot be kept, the tool is offered
at once; `eager_input_streaming` is how we stream anyway; `input_examples` go into the
description; `allowed_callers` without `direct` cannot be kept, the model may call the tool itself. Of two tools with
one name the last counts, in the place of the first.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from ..errors import BadRequest
from ..losses import Losses
from ..unified import FunctionSpec, Json, UnifiedRequest, UnifiedTool
from . import client_tools
from .content import Malformed, kind_of, string
from .server_blocks import bounded_json

PLACEHOLDER = "DeferredToolPlaceholder"

_CHOICES: dict[str, Literal["auto", "none", "required"]] = {"auto": "auto", "any": "required", "none": "none"}


class ToolSet(NamedTuple):
    """The tools of a request: functions by name, and server tools as the client sent them."""

    functions: dict[str, UnifiedTool]
    server_tools: list[Json]


class ToolChange(NamedTuple):
    """A `tool_addition` or `tool_removal` of a system message. `definition`: the tool, when it comes with one."""

    action: Literal["addition", "removal"]
    name: str
    definition: Json | None

    def note(self) -> str:
        """What the model is told at that place."""
        state = "is available from here on" if self.action == "addition" else "is no longer available"
        return f"[The tool {self.name} {state}.]"


def to_tools(tools: Any, changes: list[ToolChange], losses: Losses) -> ToolSet:
    """The tools offered now: `tools` and what the conversation changed about them. Raises BadRequest."""
    if tools is not None and not isinstance(tools, list):
        raise BadRequest("tools: must be a list")
    tool_set = ToolSet({}, [])
    for index, tool in enumerate(tools or ()):
        try:
            _add_tool(tool, tool_set, losses)
        except Malformed as error:
            raise BadRequest(error.at("tools", index)) from None
    return _changed(tool_set, changes, losses) if changes else tool_set


def _changed(tool_set: ToolSet, changes: list[ToolChange], losses: Losses) -> ToolSet:
    removed: set[str] = set()
    for change in changes:
        if change.action == "removal":
            removed.add(change.name)
            continue
        removed.discard(change.name)
        if change.definition is not None:
            tool_set.functions.pop(change.name, None)
            try:
                _add_tool(change.definition, tool_set, losses)
            except Malformed as error:
                raise BadRequest(error.at("tool_addition", "tool", "definition")) from None
    for name in removed:
        tool_set.functions.pop(name, None)
    return ToolSet(tool_set.functions, [tool for tool in tool_set.server_tools if tool.get("name") not in removed])


def _add_tool(tool: Any, tool_set: ToolSet, losses: Losses) -> None:
    """Raises Malformed."""
    if not isinstance(tool, dict):
        raise Malformed("must be an object")
    name = tool.get("name")
    if name == PLACEHOLDER:
        return
    function = None
    if tool.get("input_schema") is None:
        function = client_tools.to_function(tool)
        if function is None and tool.get("type") not in (None, "custom"):
            tool_set.server_tools.append(tool)
            return
    unified: UnifiedTool = {"type": "function", "function": function or _custom(tool, losses)}
    if "cache_control" in tool and isinstance(cache := tool["cache_control"], dict):
        unified["cache_control"] = cache
    if tool.get("defer_loading") is True:
        losses.add("tool.defer_loading", "emulated", "A tool that would be found by a search is offered at once.")
    functions, name = tool_set.functions, unified["function"]["name"]
    if name in functions:
        losses.add("tool.duplicate", "dropped", "Of two tools with one name the first was left out.")
    functions[name] = unified


def _custom(tool: Json, losses: Losses) -> FunctionSpec:
    """Raises Malformed."""
    name, description, schema = tool.get("name"), string(tool, "description"), _schema(tool)
    if not isinstance(name, str) or not name:
        raise Malformed("must be a non-empty string", "name")
    if examples := tool.get("input_examples"):
        losses.add("tool.input_examples", "emulated", "Examples of a tool's input are part of its description.")
        description = f"{description}\n\nExamples of its input: {bounded_json(examples)}".lstrip()
    callers = tool.get("allowed_callers")
    if callers and isinstance(callers, list) and "direct" not in callers:
        losses.add(
            "tool.allowed_callers", "emulated", "A tool meant for code execution is offered to the model itself."
        )
    function: FunctionSpec = {"name": name, "parameters": schema}
    if description:
        function["description"] = description
    if "strict" in tool and isinstance(strict := tool["strict"], bool):
        function["strict"] = strict
    return function


def _schema(tool: Json) -> Json:
    schema = tool.get("input_schema")
    if schema is None:
        return {"type": "object", "properties": {}}
    if not isinstance(schema, dict):
        raise Malformed("must be a JSON schema object", "input_schema")
    return schema if schema.get("type") == "object" else {**schema, "type": "object"}


def read_tool_change(block: Any) -> ToolChange | None:
    """A change of the tool list; None when the block is something else. Raises Malformed."""
    kind = kind_of(block)
    if kind != "tool_addition" and kind != "tool_removal":
        return None
    tool = block.get("tool")
    if not isinstance(tool, dict):
        raise Malformed("must be an object with a type", "tool")
    definition = tool.get("definition")
    definition = definition if isinstance(definition, dict) and kind == "tool_addition" else None
    named = definition or tool
    # References to MCP tools and toolsets name a server; a definition may have no name but its type.
    names = [tool.get("server_name"), named.get("name") or named.get("mcp_server_name")]
    name = "/".join(name for name in names if isinstance(name, str) and name) or str(named.get("type"))
    return ToolChange("addition" if kind == "tool_addition" else "removal", name, definition)


def set_tool_choice(request: UnifiedRequest, tool_choice: Any, tool_set: ToolSet, losses: Losses) -> None:
    """Put `tool_choice` and `parallel_tool_calls` on the request. Without functions there is nothing to choose.

    Raises BadRequest.
    """
    if tool_choice is None:
        return
    if not isinstance(tool_choice, dict):
        raise BadRequest('tool_choice: must be an object like {"type": "auto"}')
    kind, name = tool_choice.get("type"), tool_choice.get("name")
    if tool_set.functions and tool_choice.get("disable_parallel_tool_use") is True:
        request["parallel_tool_calls"] = False
    if isinstance(kind, str) and kind in _CHOICES:
        if tool_set.functions:
            request["tool_choice"] = _CHOICES[kind]
        elif kind == "any":
            losses.add("tool_choice", "dropped", "There is no function the model could be made to call.")
    elif kind == "tool" and isinstance(name, str) and name in tool_set.functions:
        request["tool_choice"] = {"type": "function", "function": {"name": name}}
    else:
        losses.add("tool_choice", "dropped", "The tool to be called is not among the functions offered.")
