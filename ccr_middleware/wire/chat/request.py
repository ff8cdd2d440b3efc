"""A unified request to the body of a chat-completions request.

The body is written from a white list: a field is here because the format has it and the dialect takes it. Anything
else of the request is either carried in another form or reported as a loss (failure-modes F6, acceptance C17).
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, ResponseFormat, UnifiedRequest
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks
from ..openai.parameters import caller, json_schema, sampling
from ..parameters import answer_limit, stop_sequences
from ..phrases import answer_in
from ..tool_names import NameRule, ToolNames
from .dialect import ChatDialect
from .messages import MessageWriter
from .reasoning import to_wire_reasoning
from .tools import to_wire_tools


def build_chat_body(
    request: UnifiedRequest,
    model: str,
    dialect: ChatDialect,
    losses: Losses,
    recall: Recall = recall_nothing,
) -> Built:
    """The body for a provider, and what goes with it (`Built`). `recall` gives remembered reasoning by tool call id.

    The request is not changed, but schemas and texts in the body are the request's own objects. When the dialect
    streams only, the body asks for a stream whatever the request says.
    """
    names = ToolNames.of(request, NameRule(dialect.tool_name_limit))
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    limit = answer_limit(request, dialect.min_output_tokens, dialect.max_output_tokens, losses)
    options: Json = {
        **({} if limit is None else {dialect.max_tokens_field: limit}),
        **_stop(request, dialect, losses),
        **_sampling(request, dialect, losses),
        **to_wire_reasoning(request.get("reasoning"), dialect, losses, tools, limit),
        **_response_format(request.get("response_format"), dialect, losses, notes),
        **tools.fields,
        **caller(request, dialect, losses),
        **_stream(request, dialect),
        **dialect.extra_body,
    }
    if not dialect.cache_control:
        omit_cache_marks(request, losses)
    writer = MessageWriter(dialect, names, recall, losses)
    for message in request["messages"]:
        writer.add(message)
    body: Json = {"model": model, "messages": writer.finish(notes), **options}
    return Built(body, names.from_wire, body.get(dialect.max_tokens_field))


def _stop(request: UnifiedRequest, dialect: ChatDialect, losses: Losses) -> Json:
    taken = stop_sequences(request, dialect.max_stops if dialect.stop else 0, losses)
    return {"stop": taken} if taken else {}


def _sampling(request: UnifiedRequest, dialect: ChatDialect, losses: Losses) -> Json:
    fields = sampling(request, dialect, losses)
    if "repetition_penalty" in request:
        fields["repetition_penalty"] = request["repetition_penalty"]
    return fields


def _response_format(wanted: ResponseFormat | None, dialect: ChatDialect, losses: Losses, notes: list[str]) -> Json:
    """Structured output: enforced, or JSON with the schema told in text, or told in text only."""
    if wanted is None:
        return {}
    if dialect.json_schema == "json_schema":
        described = json_schema(wanted)
        if not described["strict"]:
            del described["strict"]
        return {"response_format": {"type": "json_schema", "json_schema": described}}
    losses.add("output_config.format", "emulated", "The JSON schema of the answer is told in text.")
    notes.append(answer_in(wanted["schema"]))
    return {"response_format": {"type": "json_object"}} if dialect.json_schema == "json_object" else {}


def _stream(request: UnifiedRequest, dialect: ChatDialect) -> Json:
    stream = bool(request["stream"]) or dialect.streams_only
    asks_usage = stream and dialect.stream_options
    return {"stream": stream} | ({"stream_options": {"include_usage": True}} if asks_usage else {})
