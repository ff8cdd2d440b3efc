"""What a call cost, by the configured prices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from ..config.operation import Price

#: Prices of so many targets are remembered; clients may ask for any model name.
_MAX_KNOWN = 10_000

_WILDCARD = re.compile(r"[*?]")


class Prices:
    """Prices by `provider,model` or `model`, in any case, where `*` and `?` stand for anything.

    Of several that fit, the most specific counts: whole names before patterns, those with a provider before those
    without, then the pattern with the most characters of its own.
    """

    def __init__(self, prices: Mapping[str, Price]) -> None:
        named = [(pattern.strip().lower(), price) for pattern, price in prices.items()]
        named.sort(key=lambda entry: _breadth(entry[0]))
        self._sorted = [("," in pattern, _accepting(pattern), price) for pattern, price in named]
        self._known: dict[tuple[str, str], Price | None] = {}

    def find(self, provider: str, model: str) -> Price | None:
        """The price of a target, None when there is none."""
        if not self._sorted:
            return None
        key = (provider, model)
        if key not in self._known:
            if len(self._known) >= _MAX_KNOWN:
                self._known.clear()
            self._known[key] = self._find(provider.lower(), model.lower())
        return self._known[key]

    def cost(
        self,
        provider: str,
        model: str,
        *,
        input_tokens: int,
        output_tokens: int,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
    ) -> float | None:
        """What so many tokens cost, None without a price. Cached ones cost as much as input where nothing is said."""
        price = self.find(provider, model)
        if price is None:
            return None
        read = price.input if price.cache_read is None else price.cache_read
        write = price.input if price.cache_write is None else price.cache_write
        whole = input_tokens * price.input + output_tokens * price.output
        return (whole + cache_read_tokens * read + cache_write_tokens * write) / 1_000_000

    def _find(self, provider: str, model: str) -> Price | None:
        target = f"{provider},{model}"
        for is_whole, accepts, price in self._sorted:
            if accepts(target if is_whole else model):
                return price
        return None


def _accepting(pattern: str) -> Callable[[str], object]:
    """A test for one pattern."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split("([*?])", pattern))
    return re.compile("".join(parts), re.DOTALL).fullmatch


def _breadth(pattern: str) -> tuple[bool, bool, int]:
    """The narrowest pattern first."""
    return _WILDCARD.search(pattern) is not None, "," not in pattern, -len(_WILDCARD.sub("", pattern))
