"""Anthropic's counts of an answer, as the formats of other clients have them."""

from __future__ import annotations

from typing import NamedTuple, Self

from ...lenient import as_dict
from ...unified import Json


class Counts(NamedTuple):
    """Tokens in the meaning of OpenAI and Google: `prompt` includes what was read from a cache (`cached`) and written
    to one (`written`), `output` includes the thinking (`thought`)."""

    prompt: int
    cached: int
    written: int
    output: int
    thought: int

    @classmethod
    def of(cls, usage: Json) -> Self:
        """From a `usage` of Messages, where input, cache reads and cache writes stand beside each other."""
        cached, written = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
        return cls(
            prompt=_count(usage, "input_tokens") + cached + written,
            cached=cached,
            written=written,
            output=_count(usage, "output_tokens"),
            thought=_count(as_dict(usage.get("output_tokens_details")), "thinking_tokens"),
        )

    @property
    def total(self) -> int:
        """Prompt and output."""
        return self.prompt + self.output


def _count(usage: Json, key: str) -> int:
    value = usage.get(key)
    return value if type(value) is int else 0
