"""Usage as Gemini tells it, in Anthropic's meaning (fixtures facts 19 to 21, failure-modes F8).

Gemini counts thoughts and the input of its built-in tools beside prompt and candidates (the total is the sum of all
four), and what was read from a cache within the prompt. Anthropic's `output_tokens` include thinking, and its
`input_tokens` leave out what was cached. Chunks tell running totals; a count that is zero is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ...unified import Json, Usage

#: The counts that are read; the rest is details of these, or their sum.
_COUNTS = (
    "promptTokenCount",
    "cachedContentTokenCount",
    "toolUsePromptTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
)


def counts_of(metadata: Json) -> dict[str, int]:
    """The counts a `usageMetadata` tells, by Gemini's names. May be none (only `trafficType`, fact 21)."""
    return {name: value for name in _COUNTS if type(value := metadata.get(name)) is int and 0 <= value < 10**15}


def read_usage(counts: Mapping[str, int], web_searches: int = 0) -> Usage:
    """The usage for counts by Gemini's names. Never negative."""
    cached = counts.get("cachedContentTokenCount", 0)
    prompt = counts.get("promptTokenCount", 0) + counts.get("toolUsePromptTokenCount", 0)
    usage: Usage = {
        "input": max(prompt - cached, 0),
        "output": counts.get("candidatesTokenCount", 0) + counts.get("thoughtsTokenCount", 0),
    }
    if cached:
        usage["cache_read"] = cached
    if web_searches:
        usage["web_searches"] = web_searches
    return usage
