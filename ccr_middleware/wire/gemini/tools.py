"""Tools, the choice among them, and Gemini's own tools in place of Anthropic's."""

from __future__ import annotations

from typing import NamedTuple

from ...losses import Losses
from ...unified import Json, UnifiedRequest, UnifiedTool
from ..server_tools import report_missing, report_untold
from ..tool_names import ToolNames
from .dialect import GeminiDialect
from .schema import to_parameters

#: Tools the provider runs, by the beginning of Anthropic's type.
_OWN = {"web_search": "googleSearch", "web_fetch": "urlContext", "code_execution": "codeExecution"}

#: Told where parallel calls are not wanted: Gemini has no switch for them.
ONE_CALL = "Call at most one tool at a time."


class WireTools(NamedTuple):
    """`tools` and `toolConfig` of the body, and what must be told in text instead."""

    fields: Json
    note: str | None = None


def to_wire_tools(request: UnifiedRequest, dialect: GeminiDialect, names: ToolNames, losses: Losses) -> WireTools:
    """All that a body says about tools."""
    functions = request.get("tools", [])
    if functions and not dialect.tools:
        losses.add("tools", "dropped", "This model knows no functions.")
        functions = []
    own = _own_tools(request, dialect, losses)
    if functions and own and not dialect.mixed_tools:
        for kind in own:
            losses.add(f"tool.{kind}", "dropped", "This model takes functions or its own tools, not both.")
        own = []
    tools: list[Json] = [{_OWN[kind]: {}} for kind in own]
    config: Json = {}
    if functions:
        tools.append({"functionDeclarations": _declarations(functions, dialect, names, losses)})
        if calling := _choice(request, functions, names):
            config["functionCallingConfig"] = calling
        if own and dialect.tool_invocations:
            config["includeServerSideToolInvocations"] = True
    fields: Json = {"tools": tools} if tools else {}
    if config:
        fields["toolConfig"] = config
    return WireTools(fields, _one_call(request, losses) if functions else None)


def _declarations(functions: list[UnifiedTool], dialect: GeminiDialect, names: ToolNames, losses: Losses) -> list[Json]:
    declarations: list[Json] = []
    for tool in functions:
        spec = tool["function"]
        declaration: Json = {"name": names.to_wire(spec["name"])}
        if description := spec.get("description"):
            declaration["description"] = description
        if dialect.json_schema:
            declaration["parametersJsonSchema"] = spec.get("parameters") or {"type": "object", "properties": {}}
        else:
            parameters, told = to_parameters(spec.get("parameters"))
            if parameters is not None:
                declaration["parameters"] = parameters
            if told:
                losses.add("tools.schema", "emulated", "Some limits of tool arguments are told in descriptions.")
        if spec.get("strict"):
            losses.add("tool.strict", "dropped", "Arguments are not guaranteed to follow the schema.")
        declarations.append(declaration)
    return declarations


def _choice(request: UnifiedRequest, functions: list[UnifiedTool], names: ToolNames) -> Json | None:
    """The `functionCallingConfig`. `auto` is what Gemini does when nothing is said."""
    choice = request.get("tool_choice", "auto")
    if choice == "none":
        return {"mode": "NONE"}
    if choice == "required":
        return {"mode": "ANY"}
    if isinstance(choice, dict):
        name = choice["function"]["name"]
        offered = any(tool["function"]["name"] == name for tool in functions)
        return {"mode": "ANY"} | ({"allowedFunctionNames": [names.to_wire(name)]} if offered else {})
    return None


def _one_call(request: UnifiedRequest, losses: Losses) -> str | None:
    if request.get("parallel_tool_calls") is not False:
        return None
    losses.add("tool_choice.disable_parallel_tool_use", "emulated", "The model is asked to call one tool at a time.")
    return ONE_CALL


def _own_tools(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses) -> list[str]:
    """The kinds of Gemini's own tools that stand for the server tools asked for."""
    found: list[str] = []
    for tool in request.get("server_tools", ()):
        kind = str(tool.get("type", ""))
        known = next((own for own in _OWN if kind.startswith(own)), None)
        if known is None or not dialect.tools:
            report_missing(known or kind, losses)
            continue
        report_untold(tool, known, (), losses)
        if known not in found:
            found.append(known)
    return found
