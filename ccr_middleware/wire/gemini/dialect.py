"""What differs between the models and hosts that speak Gemini's `generateContent`, as data.

A dialect is chosen by the model's name and the host of the provider's URL; every field may be set in the
configuration (`"dialect": {...}` of a provider). The defaults are the careful ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..model_rules import matching
from ..overrides import checked_overrides
from ..platforms import platform_for
from .model_families import MODEL_FAMILIES


@dataclass(frozen=True, slots=True)
class GeminiDialect:
    """The quirks of one Gemini model.

    `name` says who signed a piece of reasoning. Chat completions of Google's hosts have the same one, so signatures
    stay usable when a provider is moved from one format to the other.

    Thinking:
    - `thinking`: how its depth is told: `budget` (tokens, Gemini 2.5), `level` (a word, Gemini 3), `none`.
    - `min_budget`, `max_budget`: the range of a budget. `off_budget`: the budget that means as little as possible.
    - `levels`: the words taken, weakest first; the first one is sent when thinking is to be off.
    - `skip_signature`: a function call whose signature is not known gets the documented value that skips the check;
      Gemini 3 refuses it otherwise (fixtures fact 35).

    Messages:
    - `system_instruction`: False where there is none; the system text then begins the conversation (Gemma 3).
    - `prefill`: whether the contents may end with a turn of the model. From Gemini 3.6 on that is a 400.
    - `result_media`: media of a tool's result are put into its `functionResponse` (Gemini 3); otherwise they follow
      as the user's.
    - `call_ids`: calls and responses carry ids. Without them they are matched by position (fact 34).

    Tools:
    - `tools`: whether there are any.
    - `json_schema`: schemas are sent as they are (`parametersJsonSchema`, `responseJsonSchema`) instead of being
      reduced to the subset every version takes.
    - `mixed_tools`: functions and Gemini's own tools may be offered together (Gemini 3); otherwise the functions stay.
    - `tool_invocations`: the mix must be announced with `includeServerSideToolInvocations`; Vertex refuses the field.
    - `format_with_tools`: a JSON schema for the answer may stand beside tools (Gemini 3).

    Fields:
    - `sampling`: whether temperature, topP and topK may be set. `max_top_k`: the greatest topK.
    - `max_output_tokens` (None: unknown, nothing is clamped), `max_stops`.
    - `extra_body`: put into every body, e.g. `safetySettings`; objects such as `generationConfig` are joined.
    """

    name: str = "gemini"

    thinking: Literal["none", "budget", "level"] = "none"
    min_budget: int = 0
    max_budget: int = 24_576
    off_budget: int = 0
    levels: tuple[str, ...] = ("low", "medium", "high")
    skip_signature: bool = False

    system_instruction: bool = True
    prefill: bool = False
    result_media: bool = False
    call_ids: bool = False

    tools: bool = True
    json_schema: bool = False
    mixed_tools: bool = False
    tool_invocations: bool = True
    format_with_tools: bool = False

    sampling: bool = True
    max_top_k: int = 40
    max_output_tokens: int | None = None
    max_stops: int = 5
    extra_body: Mapping[str, Any] = field(default_factory=dict)


def dialect_for(
    base_url: str, model: str, overrides: Mapping[str, Any] | None = None, max_output_tokens: int | None = None
) -> GeminiDialect:
    """The dialect of a model at a provider.

    What is known of the model comes first, then of the host, then `max_output_tokens` (the provider's setting), then
    `overrides` (the provider's `dialect`). Raises ConfigError for an override that is not a field or has the wrong
    type.
    """
    known = matching(MODEL_FAMILIES, model)
    if platform_for(base_url) == "vertex":
        known["tool_invocations"] = False
    if max_output_tokens is not None:
        known["max_output_tokens"] = max_output_tokens
    return replace(GeminiDialect(), **known | checked_overrides(GeminiDialect, overrides or {}))
