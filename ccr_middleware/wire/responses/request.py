"""A unified request to the body of a Responses request.

The body is written from a white list: a field is here because the format has it and the dialect takes it. Anything
else of the request is either carried in another form or reported as a loss (F6, C17).
"""

from __future__ import annotations

import re
from hashlib import sha256

from ...jsonio import dumps_str
from ...losses import Losses
from ...unified import Json, ResponseFormat, UnifiedRequest
from ..chat.request import USER_LIMIT
from ..chat.tool_names import ToolNames
from ..chat.tools import is_strict
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks, omit_user
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
    names = ToolNames.of(request, dialect.tool_name_limit)
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    searches = any(tool["type"] != "function" for tool in tools.fields.get("tools", ()))
    options = {
        **_limits(request, dialect, losses),
        **_sampling(request, dialect, losses),
        **to_wire_reasoning(request.get("reasoning"), dialect, losses, searches=searches),
        **_text(request.get("response_format"), dialect, losses, notes),
        **tools.fields,
        **_caller(request, dialect, losses),
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
    asked = request.get("max_tokens")
    if asked is None:
        return {}
    if not dialect.output_limit:
        losses.add("max_tokens", "clamped", "This provider decides itself how long an answer may be.")
        return {}
    limit = max(asked, dialect.min_output_tokens)
    if dialect.max_output_tokens is not None:
        limit = min(limit, dialect.max_output_tokens)
    if limit != asked:
        losses.add("max_tokens", "clamped", f"{asked} is sent as {limit}.")
    return {"max_output_tokens": limit}


def _sampling(request: UnifiedRequest, dialect: ResponsesDialect, losses: Losses) -> Json:
    fields: Json = {}
    for name, value in (("temperature", request.get("temperature")), ("top_p", request.get("top_p"))):
        if value is not None and dialect.sampling:
            fields[name] = value
        elif value is not None and value != 1:  # 1 is what they are when nothing is said
            losses.add(name, "dropped", "This model does not let its sampling be set.")
    if (top_k := request.get("top_k")) is not None:
        if dialect.top_k and dialect.sampling:
            fields["top_k"] = top_k
        else:
            losses.add("top_k", "dropped", "This provider knows no top_k.")
    return fields


def _text(wanted: ResponseFormat | None, dialect: ResponsesDialect, losses: Losses, notes: list[str]) -> Json:
    """Structured output: enforced, or JSON with the schema told in text, or told in text only."""
    if wanted is None:
        return {}
    schema = wanted["schema"]
    if dialect.json_schema == "json_schema":
        name = re.sub(r"[^A-Za-z0-9_-]+", "_", wanted["name"])[:64] or "answer"
        spec = {"type": "json_schema", "name": name, "schema": schema, "strict": is_strict(schema)}
        return {"text": {"format": spec}}
    losses.add("output_config.format", "emulated", "The JSON schema of the answer is told in text.")
    notes.append(f"Answer with one JSON object and nothing else. It must follow this JSON schema:\n{dumps_str(schema)}")
    return {"text": {"format": {"type": "json_object"}}} if dialect.json_schema == "json_object" else {}


def _caller(request: UnifiedRequest, dialect: ResponsesDialect, losses: Losses) -> Json:
    """Who asks. The key of the prompt cache is the session (CCR #1688)."""
    fields: Json = {}
    user, session = request.get("user"), request.get("session_id")
    if user and dialect.user:
        fits = len(user) <= USER_LIMIT
        fields["user"] = user if fits else sha256(user.encode("utf-8", "surrogatepass")).hexdigest()
    else:
        omit_user(request, losses)
    if session and dialect.prompt_cache_key:
        fields["prompt_cache_key"] = session
    if request.get("service_tier", "auto") != "auto":
        losses.add("service_tier", "dropped", "Service tiers are Anthropic's own.")
    return fields
