"""Which functions a model is offered, whether it has to call one, and how a function is described."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from ...losses import Losses
from ...unified import FunctionSpec, Json, NamedToolChoice, UnifiedRequest, UnifiedTool
from ..tool_names import ToolNames
from .dialect import OpenAIDialect

#: Told to the model where a provider cannot be told to force a call.
MUST_CALL = "Answer this by calling a tool."

Choice = Literal["auto", "none", "required"] | NamedToolChoice


class Offer(NamedTuple):
    """The functions to offer, the choice among them (None: nothing is said), what must be told in text instead, and
    whether the model has to call."""

    functions: list[UnifiedTool]
    choice: Choice | None = None
    note: str | None = None
    forced: bool = False


def offer_functions(request: UnifiedRequest, dialect: OpenAIDialect, losses: Losses) -> Offer:
    """What of a request's tools and its choice a provider takes."""
    functions, choice = _functions(request, dialect, losses), request.get("tool_choice")
    if choice == "none" and not dialect.named_tool_choice and not dialect.required_tool_choice:
        functions = []  # only "auto" is understood: without functions none can be called
    if not functions:
        return Offer([])
    if choice == "required" or isinstance(choice, dict):
        return _forced(choice, functions, dialect, losses)
    return Offer(functions, choice)


def _functions(request: UnifiedRequest, dialect: OpenAIDialect, losses: Losses) -> list[UnifiedTool]:
    functions = request.get("tools", [])
    if functions and not dialect.tools:
        losses.add("tools", "dropped", "This provider knows no functions.")
        return []
    if dialect.tools_limit is not None and len(functions) > dialect.tools_limit:
        losses.add("tools.count", "dropped", f"Only the first {dialect.tools_limit} tools are offered.")
        return functions[: dialect.tools_limit]
    return functions


def _forced(choice: Choice, functions: list[UnifiedTool], dialect: OpenAIDialect, losses: Losses) -> Offer:
    """Make the model call: that tool or any. Where a tool cannot be named, it is the only one offered; where nothing
    can be forced, the model is asked to."""
    if isinstance(choice, dict):
        if dialect.named_tool_choice:
            return Offer(functions, choice, forced=True)
        losses.add("tool_choice.tool", "emulated", "Only the chosen tool is offered.")
        name = choice["function"]["name"]
        functions = [tool for tool in functions if tool["function"]["name"] == name] or functions
    if dialect.required_tool_choice:
        return Offer(functions, "required", forced=True)
    if dialect.named_tool_choice and len(functions) == 1:
        only = functions[0]["function"]["name"]
        return Offer(functions, {"type": "function", "function": {"name": only}}, forced=True)
    losses.add("tool_choice.any", "emulated", "The model is asked to call a tool, not forced to.")
    return Offer(functions, note=MUST_CALL)


def describe_function(spec: FunctionSpec, dialect: OpenAIDialect, names: ToolNames, losses: Losses) -> Json:
    """`name`, `description`, `parameters` and `strict` of a function."""
    function: Json = {"name": names.to_wire(spec["name"])}
    if description := spec.get("description"):
        limit = dialect.tool_description_limit
        if limit is not None and len(description) > limit:
            losses.add("tool.description", "clamped", f"Descriptions are cut at {limit} characters.")
            description = description[: limit - 1] + "…"
        function["description"] = description
    function["parameters"] = _parameters(spec.get("parameters"), dialect)
    if spec.get("strict"):
        if dialect.strict_tools and is_strict(function["parameters"]):
            function["strict"] = True
        else:
            losses.add("tool.strict", "dropped", "Arguments are not guaranteed to follow the schema.")
    return function


def _parameters(schema: Json | None, dialect: OpenAIDialect) -> Json:
    """The client's schema, unchanged but for what is refused: an object without `properties`, and `$schema`."""
    if not schema:
        return {"type": "object", "properties": {}}
    if "properties" not in schema:
        schema = {**schema, "properties": {}}
    if not dialect.json_schema_uri and "$schema" in schema:
        schema = {key: value for key, value in schema.items() if key != "$schema"}
    return schema


def is_strict(schema: Any) -> bool:
    """Whether a schema is one that OpenAI's strict mode takes: every object closed, every property required.

    Anthropic's strict tools may have optional properties; sent as strict they would be a 400.
    """
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    properties = schema.get("properties")
    if isinstance(properties, dict):
        closed, required = schema.get("additionalProperties") is False, schema.get("required")
        names = set(map(str, required)) if isinstance(required, list) else set()
        if not closed or names != set(properties) or not is_strict([*properties.values()]):
            return False
    elif schema.get("type") == "object":
        return False
    definitions = schema.get("$defs") or schema.get("definitions")
    defined = definitions.values() if isinstance(definitions, dict) else ()
    return is_strict([schema.get("items"), schema.get("anyOf"), *defined])


def parallel_calls(request: UnifiedRequest, dialect: OpenAIDialect, losses: Losses) -> Json:
    """`parallel_tool_calls`, where it is understood."""
    parallel = request.get("parallel_tool_calls")
    if parallel is None:
        return {}
    if dialect.parallel_tool_calls:
        return {"parallel_tool_calls": parallel}
    if not parallel:
        losses.add("tool_choice.disable_parallel_tool_use", "dropped", "The model may call several tools at once.")
    return {}
