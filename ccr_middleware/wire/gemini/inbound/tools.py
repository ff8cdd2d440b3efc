"""`tools` and `toolConfig` of a Gemini request to tools of a Messages request.

| entry of a tool                                                  | becomes                                        |
|------------------------------------------------------------------|------------------------------------------------|
| `functionDeclarations`                                           | tools; the schema is translated                |
| `googleSearch`, `googleSearchRetrieval`, `enterpriseWebSearch`   | Anthropic's web search                         |
| `urlContext`                                                     | Anthropic's web fetch                          |
| `codeExecution`                                                  | Anthropic's code execution                     |
| any other                                                        | nothing: the service behind it is Google's     |
"""

from __future__ import annotations

from ....errors import BadRequest
from ....fields import at, entries, read_list, read_name, read_object, read_text, read_texts
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import WEB_SEARCH
from .proto import camel, many
from .schema import to_json_schema

_BUILT_IN: dict[str, Json] = {
    "googleSearch": WEB_SEARCH,
    "googleSearchRetrieval": WEB_SEARCH,
    "enterpriseWebSearch": WEB_SEARCH,
    "urlContext": {"type": "web_fetch_20250910", "name": "web_fetch"},
    "codeExecution": {"type": "code_execution_20250825", "name": "code_execution"},
}
_MODES = {"": "auto", "MODE_UNSPECIFIED": "auto", "AUTO": "auto", "VALIDATED": "auto", "ANY": "any", "NONE": "none"}


def set_tools(request: Json, body: Json, losses: Losses) -> None:
    """Put `tools` and `tool_choice` on the request. Raises BadRequest naming the place."""
    tools: list[Json] = []
    for path, tool in entries(read_list(many(body, "tools"), "tools"), "tools"):
        _add_tool(many(camel(tool), "functionDeclarations"), path, tools, losses)
    config = camel(read_object(body, "toolConfig") or {})
    for name, value in config.items():
        if name != "functionCallingConfig" and value:
            losses.add(f"tool_config.{name}", "dropped", "A setting for Google's own tools.")
    calling = camel(read_object(config, "functionCallingConfig", "toolConfig") or {})
    choice = _choice(calling, tools, losses)
    if tools:
        request["tools"] = tools
        if choice is not None:
            request["tool_choice"] = choice


def _add_tool(tool: Json, path: str, tools: list[Json], losses: Losses) -> None:
    for key, value in tool.items():
        if key == "functionDeclarations":
            declarations = entries(read_list(tool, key, path), at(path, key))
            tools += [_function(camel(declaration), place, losses) for place, declaration in declarations]
        elif value is None:
            continue
        elif key in _BUILT_IN:
            if value:
                losses.add(f"tool.{key}", "dropped", "The settings of Google's tool have no meaning elsewhere.")
            if _BUILT_IN[key] not in tools:
                tools.append(dict(_BUILT_IN[key]))
        else:
            losses.add("tool.unknown", "dropped", f"There is no tool {key[:40]!a} here.")


def _function(declaration: Json, path: str, losses: Losses) -> Json:
    tool: Json = {"name": read_name(declaration, "name", path)}
    if description := read_text(declaration, "description", path):
        tool["description"] = description
    schema = read_object(declaration, "parametersJsonSchema", path)
    if schema is None:
        schema = to_json_schema(read_object(declaration, "parameters", path))
    tool["input_schema"] = schema or {"type": "object", "properties": {}}
    if declaration.get("response") or declaration.get("responseJsonSchema"):
        losses.add("tool.response", "dropped", "The model is not told the form of what a function gives.")
    if declaration.get("behavior") == "NON_BLOCKING":
        losses.add("tool.behavior", "dropped", "Every function is waited for.")
    return tool


def _choice(calling: Json, tools: list[Json], losses: Losses) -> Json | None:
    path = "toolConfig.functionCallingConfig"
    mode = read_text(calling, "mode", path).upper()
    if mode not in _MODES:
        raise BadRequest(f"{path}.mode: must be AUTO, ANY, NONE or VALIDATED")
    names = read_texts(calling, "allowedFunctionNames", path)
    if len(names) == 1 and mode == "ANY":
        return {"type": "tool", "name": names[0]}
    if names and (kept := [tool for tool in tools if tool["name"] in names or "type" in tool]) != tools:
        losses.add("tool_choice.allowed_tools", "emulated", "Functions that are not allowed are left out.")
        tools[:] = kept
    return {"type": _MODES[mode]} if mode else None
