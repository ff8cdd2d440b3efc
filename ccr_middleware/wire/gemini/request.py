"""A unified request to the body of `generateContent` and `streamGenerateContent`.

The body is written from a white list, in the camel case of Google's reference throughout. What it has no field for is
carried in another form or reported as a loss.
"""

from __future__ import annotations

from typing import Any

from ...jsonio import dumps_str
from ...losses import Losses
from ...unified import Json, UnifiedRequest
from ..format import Built, Recall, recall_nothing
from ..omitted import omit_cache_marks, omit_user
from .contents import ContentWriter
from .dialect import GeminiDialect
from .names import tool_names
from .schema import to_response_schema
from .thinking import thinking_config
from .tools import to_wire_tools

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
    names = tool_names(request)
    tools = to_wire_tools(request, dialect, names, losses)
    notes = [tools.note] if tools.note else []
    config = _limits(request, dialect, losses)
    config |= _sampling(request, dialect, losses)
    thinking = thinking_config(request.get("reasoning"), dialect, losses, config.get("maxOutputTokens"))
    if thinking is not None:
        config["thinkingConfig"] = thinking
    config |= _format(request, dialect, losses, bool(tools.fields), notes)
    if request.get("service_tier", "auto") != "auto":
        losses.add("service_tier", "dropped", "Service tiers are Anthropic's own.")
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


def _limits(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses) -> Json:
    config: Json = {}
    asked = request.get("max_tokens")
    if asked is not None:
        limit = max(asked, 1)
        if dialect.max_output_tokens is not None:
            limit = min(limit, dialect.max_output_tokens)
        if limit != asked:
            losses.add("max_tokens", "clamped", f"{asked} is sent as {limit}.")
        config["maxOutputTokens"] = limit
    if stop := request.get("stop"):
        config["stopSequences"] = taken = stop[: dialect.max_stops]
        if len(taken) < len(stop):
            losses.add("stop_sequences", "dropped", f"{len(taken)} of {len(stop)} stop sequences are sent.")
    return config


def _sampling(request: UnifiedRequest, dialect: GeminiDialect, losses: Losses) -> Json:
    asked = {"temperature": request.get("temperature"), "top_p": request.get("top_p"), "top_k": request.get("top_k")}
    if not dialect.sampling:
        for name, value in asked.items():
            # 1 is what temperature and top_p are when nothing is said.
            if value is not None and (value != 1 or name == "top_k"):
                losses.add(name, "dropped", "This model does not let its sampling be set.")
        return {}
    config: Json = {}
    temperature, top_p, top_k = asked.values()
    if temperature is not None:
        config["temperature"] = _clamped("temperature", temperature, 0, _HOTTEST, losses)
    if top_p is not None:
        config["topP"] = _clamped("top_p", top_p, 0, 1, losses)
    if top_k:
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
        notes.append(
            f"Answer with one JSON object and nothing else. It must follow this JSON schema:\n{dumps_str(schema)}"
        )
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
