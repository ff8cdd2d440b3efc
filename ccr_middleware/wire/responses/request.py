"""A unified request to the body of a Responses request.

The body is written from a white list: a field is here because the format has it and the dialect takes it. Anything
else of the request is either carried in another form or reported as a loss (F6, C17).
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, ResponseFormat, UnifiedRequest
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks
from ..openai.parameters import caller, json_schema, sampling
from ..parameters import answer_limit
from ..phrases import answer_in
from ..tool_names import NameRule, ToolNames
from .dialect import ResponsesDialect
from .items import ItemWriter
from .reasoning import to_wire_reasoning
from .tools import to_wire_tools


def build_responses_body(
    request: UnifiedRequest, model: str, dialect: ResponsesDialect, losses: Losses, recall: Recall = recall_nothing
) -> Built:
    """The body for a provider. `recall` gives remembered reasoning by tool call id.

    The request is not changed, but schemas and texts in the body are the request's own objects. When the dialect
    streams only, the body asks for a stream whatever the request says.
    """
    names = ToolNames.of(request, NameRule(dialect.tool_name_limit))
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    searches = any(tool["type"] != "function" for tool in tools.fields.get("tools", ()))
    options = {
        **_limits(request, dialect, losses),
        **sampling(request, dialect, losses),
        **to_wire_reasoning(request.get("reasoning"), dialect, losses, searches=searches),
        **_text(request.get("response_format"), dialect, losses, notes),
        **tools.fields,
        **caller(request, dialect, losses),
    }
    omit_cache_marks(request, losses)
    writer = ItemWriter(dialect, names, recall, losses)
    for message in request["messages"]:
        writer.add(message)
    body: Json = {"model": model, "input": writer.finish(), **options}
    if instructions := writer.instructions(notes):
        body["instructions"] = instructions
    body["stream"] = bool(request["stream"]) or dialect.streams_only
    if dialect.store:
        body["store"] = False
    return Built({**body, **dialect.extra_body}, names.from_wire, body.get("max_output_tokens"))


def _limits(request: UnifiedRequest, dialect: ResponsesDialect, losses: Losses) -> Json:
    """How long the answer may be, moved into what the model can (F29, C28)."""
    if stop := request.get("stop"):
        losses.add("stop_sequences", "dropped", f"The format has none; {len(stop)} are not sent.")
    if not dialect.output_limit:
        if "max_tokens" in request:
            losses.add("max_tokens", "clamped", "This provider decides itself how long an answer may be.")
        return {}
    limit = answer_limit(request, dialect.min_output_tokens, dialect.max_output_tokens, losses)
    return {} if limit is None else {"max_output_tokens": limit}


def _text(wanted: ResponseFormat | None, dialect: ResponsesDialect, losses: Losses, notes: list[str]) -> Json:
    """Structured output: enforced, or JSON with the schema told in text, or told in text only."""
    if wanted is None:
        return {}
    if dialect.json_schema == "json_schema":
        return {"text": {"format": {"type": "json_schema", **json_schema(wanted)}}}
    losses.add("output_config.format", "emulated", "The JSON schema of the answer is told in text.")
    notes.append(answer_in(wanted["schema"]))
    return {"text": {"format": {"type": "json_object"}}} if dialect.json_schema == "json_object" else {}
