"""Which item of a list is which of those it had before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

#: Members that tell which object of a list this is.
_IDENTITIES = ("id", "name", "NAME")
#: More pairs of equal items are not compared.
_MOST_PAIRS = 10_000


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal. Unlike in Python true is not 1; 1 and 1.0 are equal."""
    return frozen(one) == frozen(other)


def frozen(value: Any) -> Hashable:
    """A value that is equal to those of equal JSON values, and can be a key."""
    if isinstance(value, Mapping):
        return ("object", frozenset((str(key), frozen(item)) for key, item in value.items()))
    if isinstance(value, list | tuple):
        return ("array", *map(frozen, value))
    if isinstance(value, bool) or value is None:
        return ("word", value)
    if isinstance(value, float) and value != value:
        return ("word", "NaN")
    return value if isinstance(value, int | float | str) else ("other", repr(value))


def align(old: Sequence[Any], new: Sequence[Any]) -> list[int | None]:
    """For each new item the index of the old one it was, None for one that is new.

    In order of certainty: what has the same `id` or `name`, what is equal, between such what could be a changed form
    of what stood there, and objects that were moved and renamed.
    """
    aligned = _Alignment(old, new)
    aligned.match(_identity)
    aligned.match(frozen)
    aligned.match_between()
    aligned.match_anywhere()
    return aligned.found


class _Alignment:
    """Which items have been found so far."""

    def __init__(self, old: Sequence[Any], new: Sequence[Any]) -> None:
        self.old, self.new = old, new
        self.found: list[int | None] = [None] * len(new)
        self.left = list(range(len(old)))

    def match(self, told: Callable[[Any], Hashable]) -> None:
        """Match what has the same mark; `told` gives that of an item, None for none."""
        olds = _by_mark(told, self.old, self.left)
        news = _by_mark(told, self.new, (i for i, index in enumerate(self.found) if index is None))
        for mark, positions in news.items():
            for position, index in _pairs(positions, olds.get(mark, [])):
                self._take(position, index)

    def match_between(self) -> None:
        """Match the rest with what stood between the same neighbours."""
        after = -1
        for position, index in enumerate(self.found):
            if index is None:
                until = next((i for i in self.found[position:] if i is not None), len(self.old))
                between = (i for i in self.left if after < i < until)
                match = next((i for i in between if _alike(self.old[i], self.new[position])), None)
                if match is not None:
                    self._take(position, match)
                    index = match
            after = after if index is None else index

    def match_anywhere(self) -> None:
        """Match the rest of the objects with those that share most of their members."""
        for position, item in enumerate(self.new):
            if self.found[position] is None and isinstance(item, Mapping):
                alike = [i for i in self.left if isinstance(self.old[i], Mapping) and _alike(self.old[i], item)]
                best = max(alike, key=lambda i: _shared(self.old[i], item), default=None)
                if best is not None and _shared(self.old[best], item):
                    self._take(position, best)

    def _take(self, position: int, index: int) -> None:
        self.found[position] = index
        self.left.remove(index)


def _by_mark(
    told: Callable[[Any], Hashable], items: Sequence[Any], indices: Iterable[int]
) -> dict[Hashable, list[int]]:
    found: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index in indices:
        if (mark := told(items[index])) is not None:
            found[mark].append(index)
    return found


def _pairs(positions: Sequence[int], indices: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Which belongs to which of two lists of equals: those in the same order, or else those nearest to each other."""
    if len(positions) == len(indices) or len(positions) * len(indices) > _MOST_PAIRS:
        yield from zip(positions, indices, strict=False)
        return
    left, free = set(positions), set(indices)
    for position, index in sorted(product(positions, indices), key=lambda pair: abs(pair[0] - pair[1])):
        if position in left and index in free:
            left.remove(position)
            free.remove(index)
            yield position, index


def _identity(item: Any) -> Hashable:
    """What tells which item this is: the name of an object, the first text of a list (`["maxtoken", {…}]`)."""
    if isinstance(item, Mapping):
        names: Iterable[Any] = ((key, item.get(key)) for key in _IDENTITIES)
        return next((("object", key, name) for key, name in names if isinstance(name, str) and name), None)
    if isinstance(item, list | tuple) and item and isinstance(item[0], str):
        return ("array", item[0])
    return None


def _alike(old: Any, new: Any) -> bool:
    """Whether one may be the other, changed: objects that share half of their members, or any scalars."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return 2 * _shared(old, new) >= min(len(old), len(new)) - 1
    if isinstance(old, list | tuple) or isinstance(new, list | tuple):
        return isinstance(old, list | tuple) and isinstance(new, list | tuple)
    return not isinstance(old, Mapping) and not isinstance(new, Mapping)


def _shared(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """How many members two objects have in common."""
    return sum(key in old and same(old[key], item) for key, item in new.items())
