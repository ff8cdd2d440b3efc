"""A unified request to the body of a chat-completions request.

The body is written from a white list: a field is here because the format has it and the dialect takes it. Anything
else of the request is either carried in another form or reported as a loss (failure-modes F6, acceptance C17).
"""

from __future__ import annotations

import re
from hashlib import sha256

from ...jsonio import dumps_str
from ...losses import Losses
from ...unified import Json, ResponseFormat, UnifiedRequest
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks, omit_user
from .dialect import ChatDialect
from .messages import MessageWriter
from .reasoning import to_wire_reasoning
from .tool_names import ToolNames
from .tools import is_strict, to_wire_tools

#: OpenAI's limit for `user`, in characters; longer ones are hashed.
USER_LIMIT = 64


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
    names = ToolNames.of(request, dialect.tool_name_limit)
    body: Json = {"model": model, "messages": []}
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    _add_limits(request, dialect, losses, body)
    _add_sampling(request, dialect, losses, body)
    body |= to_wire_reasoning(
        request.get("reasoning"),
        dialect,
        losses,
        max_tokens=body.get(dialect.max_tokens_field),
        tools="tools" in tools.fields,
        forced=tools.forced,
    )
    if wanted := request.get("response_format"):
        _add_format(wanted, dialect, losses, body, notes)
    body |= tools.fields
    _add_caller(request, dialect, losses, body)
    _add_stream(request, dialect, body)
    body |= dialect.extra_body
    if not dialect.cache_control:
        omit_cache_marks(request, losses)
    writer = MessageWriter(dialect, names, recall, losses)
    for message in request["messages"]:
        writer.add(message)
    body["messages"] = writer.finish(notes)
    return Built(body, names.from_wire, body.get(dialect.max_tokens_field))


def _add_limits(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, body: Json) -> None:
    """How long the answer may be, moved into what the model can (failure-modes F29, acceptance C28)."""
    asked = request.get("max_tokens")
    if asked is not None:
        most = dialect.max_output_tokens
        limit = max(asked, dialect.min_output_tokens)
        if most is not None:
            limit = min(limit, most)
        if limit != asked:
            losses.add("max_tokens", "clamped", f"{asked} is sent as {limit}.")
        body[dialect.max_tokens_field] = limit
    if stop := request.get("stop"):
        taken = stop[: dialect.max_stops] if dialect.stop else []
        if len(taken) < len(stop):
            losses.add("stop_sequences", "dropped", f"{len(taken)} of {len(stop)} stop sequences are sent.")
        if taken:
            body["stop"] = taken


def _add_sampling(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, body: Json) -> None:
    temperature, top_p, top_k = request.get("temperature"), request.get("top_p"), request.get("top_k")
    for name, value in (("temperature", temperature), ("top_p", top_p)):
        if value is None:
            continue
        if dialect.sampling:
            body[name] = value
        elif value != 1:  # 1 is what they are when nothing is said
            losses.add(name, "dropped", "This model does not let its sampling be set.")
    if "repetition_penalty" in request:
        body["repetition_penalty"] = request["repetition_penalty"]
    if top_k is not None:
        if dialect.top_k and dialect.sampling:
            body["top_k"] = top_k
        else:
            losses.add("top_k", "dropped", "This provider knows no top_k.")


def _add_format(wanted: ResponseFormat, dialect: ChatDialect, losses: Losses, body: Json, notes: list[str]) -> None:
    """Structured output: enforced, or JSON with the schema told in text, or told in text only."""
    schema = wanted["schema"]
    if dialect.json_schema == "json_schema":
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted["name"])[:64] or "answer"
        spec: Json = {"name": name, "schema": schema}
        if is_strict(schema):
            spec["strict"] = True
        body["response_format"] = {"type": "json_schema", "json_schema": spec}
        return
    losses.add("output_config.format", "emulated", "The JSON schema of the answer is told in text.")
    if dialect.json_schema == "json_object":
        body["response_format"] = {"type": "json_object"}
    notes.append(f"Answer with one JSON object and nothing else. It must follow this JSON schema:\n{dumps_str(schema)}")


def _add_caller(request: UnifiedRequest, dialect: ChatDialect, losses: Losses, body: Json) -> None:
    user = request.get("user")
    if user and dialect.user:
        fits = len(user) <= USER_LIMIT
        body["user"] = user if fits else sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    else:
        omit_user(request, losses)
    session = request.get("session_id")
    if session and dialect.prompt_cache_key:
        body["prompt_cache_key"] = session
    if request.get("service_tier", "auto") != "auto":
        losses.add("service_tier", "dropped", "Service tiers are Anthropic's own.")


def _add_stream(request: UnifiedRequest, dialect: ChatDialect, body: Json) -> None:
    body["stream"] = stream = bool(request["stream"]) or dialect.streams_only
    if stream and dialect.stream_options:
        body["stream_options"] = {"include_usage": True}
