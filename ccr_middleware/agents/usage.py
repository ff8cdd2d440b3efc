"""The usage of an answer that took several rounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..unified import Json

_COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


def summed(rounds: Sequence[Json]) -> Json:
    """The sum of the rounds' usage, in Anthropic's form, as Anthropic itself sums up the rounds of its own tools.

    `iterations` tells the rounds one by one, since the size of the context is that of the last one alone; clients
    which take the sum for it compact too early.
    """
    total: Json = {}
    for usage in rounds:
        total = added(total, usage)
    if len(rounds) > 1:
        total["iterations"] = [_iteration(usage) for usage in rounds]
    return total


def _iteration(usage: Json) -> Json:
    counts = {name: usage.get(name) for name in _COUNTS}
    return {"type": "message", **{name: value if _is_number(value) else 0 for name, value in counts.items()}}


def added(total: Json, usage: Json) -> Json:
    """Both together: numbers are added, objects member by member; of others the last that says something counts."""
    result = dict(total)
    for key, value in usage.items():
        known = result.get(key)
        if _is_number(value) and _is_number(known):
            result[key] = known + value
        elif isinstance(value, dict) and isinstance(known, dict):
            result[key] = added(known, value)
        elif value is not None or key not in result:
            result[key] = value
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
