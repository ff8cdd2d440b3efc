"""Usage as providers tell it, in Anthropic's meaning (fixtures facts 18 to 21, failure-modes F8).

Anthropic's `input_tokens` leave out what was read from or written to a cache, and its `output_tokens` count the
reasoning. Chat providers count the cache as part of the prompt; most count reasoning as part of the completion, but
xAI and Google's compatible endpoint count it beside, which only `total_tokens` shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...unified import Usage

_EMPTY: Mapping[str, Any] = {}


def read_usage(usage: Mapping[str, Any]) -> Usage:
    """The counts of one usage object; only what it tells. Never negative, never raises."""
    prompt = _first(usage, "prompt_tokens", "input_tokens")
    completion = _first(usage, "completion_tokens", "output_tokens")
    prompt_details = _details(usage, "prompt_tokens_details", "input_tokens_details")
    cached = _cached(usage, prompt_details)
    written = _first(prompt_details, "cache_write_tokens", "cache_creation_tokens") or _first(
        usage, "cache_creation_input_tokens", "cache_write_tokens"
    )
    cache = (cached or 0) + (written or 0)
    beside = _beside(usage, prompt or 0, completion or 0, cache)
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
    if searches := _searches(usage):
        found["web_searches"] = searches
    return found


def _cached(usage: Mapping[str, Any], details: Mapping[str, Any]) -> int | None:
    """Tokens read from a cache, each provider's name for them counted once. DeepSeek's own number is preferred when
    it says something (failure-modes F8)."""
    return (
        _first(usage, "prompt_cache_hit_tokens")
        or _first(details, "cached_tokens", "cache_read_tokens")
        or _first(usage, "cached_tokens", "num_cached_tokens", "cache_read_input_tokens", "cached_content_token_count")
    )


def _beside(usage: Mapping[str, Any], prompt: int, completion: int, cache: int) -> int | None:
    """Reasoning tokens that are in the total and in neither count. None: what is missing there is the cache."""
    total = _first(usage, "total_tokens") or 0
    rest = max(total - prompt - completion, 0)
    reasoning = _first(_details(usage, "completion_tokens_details", "output_tokens_details"), "reasoning_tokens")
    if rest == reasoning or (reasoning is None and rest != cache):
        return rest
    return None if rest and rest == cache else 0


def _searches(usage: Mapping[str, Any]) -> int:
    for key in ("server_tool_use", "server_tool_use_details"):
        if count := _first(_details(usage, key), "web_search_requests"):
            return count
    return _first(usage, "num_search_queries") or 0


def _details(usage: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    """The first of these that is an object; detail objects may be null (fact 20)."""
    return next((value for key in keys if isinstance(value := usage.get(key), Mapping)), _EMPTY)


def _first(usage: Mapping[str, Any], *keys: str) -> int | None:
    """The first of these that is a count. Some providers send numbers as text."""
    for key in keys:
        value = usage.get(key)
        if isinstance(value, str) and len(value) < 16 and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:
            return int(value)
    return None
