"""What is known of Gemini's models by their names. Data only.

Source, unless another one is named: the model and thinking pages of ai.google.dev and docs.cloud.google.com.
"""

from __future__ import annotations

from ..model_rules import Fields, ModelRule, rule

#: From Gemini 3 on. Signatures are checked (fact 35, failure-modes F5), tools of both kinds may be mixed
#: (ai.google.dev tool combination), a schema for the answer goes with tools (googleapis/python-genai#706), and every
#: response names its call ("always map function IDs"; from 3.5 on a mismatch gives an empty answer).
_GEMINI_3: Fields = {
    "thinking": "level",
    "skip_signature": True,
    "mixed_tools": True,
    "format_with_tools": True,
    "result_media": True,
    "call_ids": True,
    "max_output_tokens": 65_536,
}
_FROM_MINIMAL = ("minimal", "low", "medium", "high")
_FROM_LOW = ("low", "medium", "high")

MODEL_FAMILIES: tuple[ModelRule, ...] = (
    rule(r"gemini-(?:1|2\.0)", max_output_tokens=8192),
    # Thinking of Pro cannot be switched off; Flash-Lite does not think unless told to.
    rule(r"gemini-2\.5", thinking="budget", max_output_tokens=65_536),
    rule(r"gemini-2\.5-pro", min_budget=128, max_budget=32_768, off_budget=128),
    rule(r"gemini-2\.5-flash-lite", min_budget=512),
    rule(r"gemini-(?:[3-9]|\d\d|(?:pro|flash|flash-lite)-latest)", **_GEMINI_3, levels=_FROM_LOW),
    rule(r"gemini-3(?:\.[0-6])?-flash", levels=_FROM_MINIMAL),
    rule(r"gemini-3-pro", levels=("low", "high")),  # "Thinking level MEDIUM is not supported for this model"
    # These ignore temperature, topP and topK or refuse them (Gemini 3.6 migration guide).
    rule(r"gemini-(?:3\.5-flash-lite|3\.[6-9]|3\.\d\d|[4-9]|\d\d|(?:flash|flash-lite)-latest)", sampling=False),
    # Models that make pictures or speech.
    rule(r"gemini-.*(?:image|tts|audio|live|embedding)", thinking="none"),
    rule(r"gemma-(?:3|2)", system_instruction=False, tools=False),
)
