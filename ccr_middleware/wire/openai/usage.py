"""Usage as providers tell it, in Anthropic's meaning (fixtures facts 18 to 21, failure-modes F8).

Anthropic's `input_tokens` leave out what was read from or written to a cache, and its `output_tokens` count the
reasoning. Chat providers count the cache as part of the prompt; most count reasoning as part of the completion, but
xAI and Google's compatible endpoint count it beside, which only `total_tokens` shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...unified import Usage

Counts = dict[str, int]


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """The counts of one usage object; only what it tells. Never negative, never raises."""
    counts = _counts(usage)
    prompt = counts.get("prompt_tokens", counts.get("input_tokens"))
    completion = counts.get("completion_tokens", counts.get("output_tokens"))
    details = _counts(usage.get("prompt_tokens_details") or usage.get("input_tokens_details"))
    cached, written = _cached(counts, details), _written(counts, details)
    cache = cached + written
    beside = _beside(usage, counts, prompt or 0, completion or 0, cache)
    found: Usage = {}
    if prompt is not None:
        # A cache larger than its prompt, or as large as what the total has more, was counted beside the prompt.
        found["input"] = prompt - cache if beside is not None and cache <= prompt else prompt
    if completion is not None:
        found["output"] = completion + (beside or 0)
    if cached:
        found["cache_read"] = cached
    if written:
        found["cache_write"] = written
    if searches := _searches(usage, counts):
        found["web_searches"] = searches
    return found


def _counts(usage: Any) -> Counts:
    """The members that are counts. Detail objects may be null (fact 20), and some providers send numbers as text."""
    if not isinstance(usage, Mapping):
        return {}
    return {key: value if type(value) is int else int(value) for key, value in usage.items() if _is_count(value)}


def _is_count(value: Any) -> bool:
    if type(value) is int:
        return 0 <= value < 10**15
    if isinstance(value, str):
        return len(value) < 16 and value.isascii() and value.isdigit()
    return isinstance(value, float) and 0 <= value < 1e15


def _cached(counts: Counts, details: Counts) -> int:
    """Tokens read from a cache, each provider's name for them counted once. DeepSeek's own number is preferred when
    it says something (failure-modes F8)."""
    return (
        counts.get("prompt_cache_hit_tokens")
        or details.get("cached_tokens")
        or details.get("cache_read_tokens")
        or counts.get("cached_tokens")
        or counts.get("num_cached_tokens")
        or counts.get("cache_read_input_tokens")
        or counts.get("cached_content_token_count", 0)
    )


def _written(counts: Counts, details: Counts) -> int:
    """Tokens written to a cache."""
    return (
        details.get("cache_write_tokens")
        or details.get("cache_creation_tokens")
        or counts.get("cache_creation_input_tokens")
        or counts.get("cache_write_tokens", 0)
    )


def _beside(usage: Mapping[str, Any], counts: Counts, prompt: int, completion: int, cache: int) -> int | None:
    """Reasoning tokens that are in the total and in neither count. None: what is missing there is the cache."""
    rest = max(counts.get("total_tokens", 0) - prompt - completion, 0)
    if not rest:
        return 0
    details = _counts(usage.get("completion_tokens_details") or usage.get("output_tokens_details"))
    reasoning = details.get("reasoning_tokens")
    if rest == reasoning or (reasoning is None and rest != cache):
        return rest
    return None if rest == cache else 0


def _searches(usage: Mapping[str, Any], counts: Counts) -> int:
    for key in ("server_tool_use", "server_tool_use_details"):
        if key in usage and (count := _counts(usage[key]).get("web_search_requests")):
            return count
    return counts.get("num_search_queries", 0)
