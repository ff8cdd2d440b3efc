"""`generationConfig` of a Gemini request.

Dropped, as no provider behind this gateway takes them in a common form: `seed`, penalties, log probabilities, and all
that is about speech, images and Google's own service. Refused: more than one candidate, and answers without text.
"""

from __future__ import annotations

from ....errors import BadRequest
from ....fields import (
    at,
    read_count,
    read_flag,
    read_number,
    read_object,
    read_text,
    read_texts,
    report_unknown,
)
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import JSON_ONLY, text_block
from .proto import camel
from .schema import to_json_schema

_PATH = "generationConfig"
_DROPPED = frozenset({
    *("audioTimestamp", "enableAffectiveDialog", "enableEnhancedCivicAnswers", "frequencyPenalty", "imageConfig"),
    *("logprobs", "mediaResolution", "modelSelectionConfig", "presencePenalty", "responseFormat", "responseLogprobs"),
    *("routingConfig", "seed", "speechConfig", "translationConfig"),
})  # fmt: skip
_KNOWN = _DROPPED | {
    *("candidateCount", "maxOutputTokens", "responseJsonSchema", "_responseJsonSchema", "responseMimeType"),
    *("responseModalities", "responseSchema", "stopSequences", "temperature", "thinkingConfig", "topK", "topP"),
}
_EFFORTS = {"MINIMAL": "low", "LOW": "low", "MEDIUM": "medium", "HIGH": "high"}


def set_generation(request: Json, body: Json, system: list[Json], losses: Losses) -> bool:
    """Put the settings on the request, and what can only be told in words on its system prompt. Returns whether the
    client wants to see thoughts. Raises BadRequest naming the place."""
    config = camel(read_object(body, _PATH) or {})
    _report(config, losses)
    if (limit := read_count(config, "maxOutputTokens", _PATH)) is not None:
        request["max_tokens"] = limit
    for theirs, ours in (("temperature", "temperature"), ("topP", "top_p")):
        if (number := read_number(config, theirs, _PATH)) is not None:
            request[ours] = number
    if (top_k := read_count(config, "topK", _PATH, least=0)) is not None:
        request["top_k"] = top_k
    if stop := read_texts(config, "stopSequences", _PATH):
        request["stop_sequences"] = stop
    _set_format(request, config, system, losses)
    return _set_thinking(request, camel(read_object(config, "thinkingConfig", _PATH) or {}), losses)


def _report(config: Json, losses: Losses) -> None:
    if (read_count(config, "candidateCount", _PATH) or 1) > 1:
        raise BadRequest(f"{_PATH}.candidateCount: must be 1, since this gateway gives one answer to a request")
    modalities = {modality.upper() for modality in read_texts(config, "responseModalities", _PATH)}
    if modalities and "TEXT" not in modalities:
        raise BadRequest(f"{_PATH}.responseModalities: must hold TEXT, the only form of answer there is")
    if modalities - {"TEXT"}:
        losses.add("responseModalities", "dropped", "The answer is text.")
    for name in sorted(_DROPPED):
        if config.get(name) not in (None, False, 0, {}, []) or (name == "seed" and config.get(name) == 0):
            losses.add(name, "dropped", f"{name} cannot be asked for.")
    report_unknown(config, _KNOWN, "generation_config.unknown_fields", losses)


def _set_format(request: Json, config: Json, system: list[Json], losses: Losses) -> None:
    kind = read_text(config, "responseMimeType", _PATH)
    schema = read_object(config, "responseJsonSchema", _PATH) or read_object(config, "_responseJsonSchema", _PATH)
    if schema is None and (given := read_object(config, "responseSchema", _PATH)):
        schema = to_json_schema(given)
    if kind == "text/x.enum":
        choices = read_texts(schema or {}, "enum", at(_PATH, "responseSchema"))
        losses.add("responseMimeType", "emulated", "That the answer must be one of the values is told in words.")
        system.append(text_block(f"Answer with exactly one of these values and nothing else: {', '.join(choices)}"))
    elif schema is not None:
        request.setdefault("output_config", {})["format"] = {"type": "json_schema", "schema": schema}
    elif kind == "application/json":
        losses.add("responseMimeType", "emulated", "That the answer must be JSON is told in the system prompt.")
        system.append(text_block(JSON_ONLY))
    elif kind not in ("", "text/plain"):
        losses.add("responseMimeType", "dropped", "The answer is text.")


def _set_thinking(request: Json, config: Json, losses: Losses) -> bool:
    """A budget of 0 is no thinking, -1 leaves it to the model; a level is an effort. Who wants to see thoughts and says
    no more wants the model to think, which Gemini's do anyway."""
    path = f"{_PATH}.thinkingConfig"
    budget = read_count(config, "thinkingBudget", path, least=-1)
    level = read_text(config, "thinkingLevel", path).upper()
    if level and level != "THINKING_LEVEL_UNSPECIFIED":
        if level not in _EFFORTS:
            raise BadRequest(f"{path}.thinkingLevel: must be one of {', '.join(_EFFORTS)}")
        if level == "MINIMAL":
            losses.add("thinkingLevel", "clamped", "The level MINIMAL is sent as low.")
        request["thinking"] = {"type": "adaptive"}
        request.setdefault("output_config", {})["effort"] = _EFFORTS[level]
    elif budget == 0:
        request["thinking"] = {"type": "disabled"}
    elif budget == -1:
        request["thinking"] = {"type": "adaptive"}
    elif budget is not None:
        request["thinking"] = {"type": "enabled", "budget_tokens": budget}
    shown = bool(read_flag(config, "includeThoughts", path))
    if shown:
        request.setdefault("thinking", {"type": "adaptive"})
    return shown
