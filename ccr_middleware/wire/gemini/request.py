"""A unified request to the body of `generateContent` and `streamGenerateContent`.

The body is written from a white list, in the camel case of Google's reference throughout. What it has no field for is
carried in another form or reported as a loss.
"""

from __future__ import annotations

from typing import Any

from ...losses import Losses
from ...unified import Json, UnifiedRequest
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks, omit_user
from ..parameters import answer_limit, report_fixed_sampling, report_service_tier, stop_sequences
from ..phrases import answer_in
from ..tool_names import NameRule, ToolNames
from .contents import ContentWriter
from .dialect import GeminiDialect
from .schema import to_response_schema
from .thinking import thinking_config
from .tools import to_wire_tools

#: "Invalid function name. Must start with a letter or an underscore" (kaitranntt/ccs#219).
_TOOL_NAMES = NameRule(64, "A-Za-z0-9_.:-", first="A-Za-z_")

#: The greatest temperature.
_HOTTEST = 2.0


def build_gemini_body(
    request: UnifiedRequest,
    model: str,
    dialect: GeminiDialect,
    losses: Losses,
    recall: Recall = recall_nothing,
) -> Built:
    """The body for a provider, and what goes with it. `recall` gives remembered signatures by tool call id.

    The model and whether to stream are in the URL (`url.endpoint_url`). The request is not changed.
    """
    names = ToolNames.of(request, _TOOL_NAMES)
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    config = _generation(request, dialect, losses)
    config |= _format(request, dialect, losses, bool(tools.fields), notes)
    report_service_tier(request, losses)
    omit_cache_marks(request, losses)
    omit_user(request, losses)
    writer = ContentWriter(dialect, names, recall, losses)
    for message in request["messages"]:
        writer.add(message)
    contents, system = writer.finish(notes)
    body: Json = {"contents": contents}
    if system is not None:
        body["systemInstruction"] = system
    body |= tools.fields
    if config:
        body["generationConfig"] = config
    for name, value in dialect.extra_body.items():
        body[name] = _joined(body.get(name), value)
    return Built(body, names.from_wire, config.get("maxOutputTokens"))


def _generation(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses) -> Json:
    """Limits, sampling, thinking."""
    config: Json = {}
    limit = answer_limit(request, 1, dialect.max_output_tokens, losses)
    if limit is not None:
        config["maxOutputTokens"] = limit
    if stop := stop_sequences(request, dialect.max_stops, losses):
        config["stopSequences"] = stop
    config |= _sampling(request, dialect, losses)
    thinking = thinking_config(request.get("reasoning"), dialect, losses, limit)
    return config if thinking is None else config | {"thinkingConfig": thinking}


def _sampling(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses) -> Json:
    if not dialect.sampling:
        report_fixed_sampling(request, losses)
        return {}
    config: Json = {}
    if "temperature" in request:
        config["temperature"] = _clamped("temperature", request["temperature"], 0, _HOTTEST, losses)
    if "top_p" in request:
        config["topP"] = _clamped("top_p", request["top_p"], 0, 1, losses)
    if top_k := request.get("top_k"):
        config["topK"] = _clamped("top_k", top_k, 1, dialect.max_top_k, losses)
    return config


def _clamped(name: str, value: float, least: float, most: float, losses: Losses) -> float:
    sent = min(max(value, least), most)
    if sent != value:
        losses.add(name, "clamped", f"{value} is sent as {sent}.")
    return sent


def _format(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses, tools: bool, notes: list[str]) -> Json:
    """Structured output: enforced, or told in text beside tools ("Function calling with a response mime type:
    'application/json' is unsupported", googleapis/python-genai#867)."""
    wanted = request.get("response_format")
    if not wanted:
        return {}
    schema = wanted["schema"]
    if tools and not dialect.format_with_tools:
        losses.add("output_config.format", "emulated", "The JSON schema of the answer is told in text.")
        notes.append(answer_in(schema))
        return {}
    if dialect.json_schema:
        return {"responseMimeType": "application/json", "responseJsonSchema": schema}
    cleaned, told = to_response_schema(schema)
    if told:
        losses.add("output_config.format", "emulated", "Some limits of the answer are told in descriptions.")
    return {"responseMimeType": "application/json", "responseSchema": cleaned}


def _joined(ours: Any, theirs: Any) -> Any:
    """What is configured, over what is there; objects are joined."""
    return {**ours, **theirs} if isinstance(ours, dict) and isinstance(theirs, dict) else theirs
