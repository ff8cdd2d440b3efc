"""What became of a feature of a request: carried, reported, or lost in silence.

    verdict = fate(feature, build)         # build(request, losses) -> the body that would be sent

`build` may be a wire format, a transformer, or a whole gateway. What shows a feature is independent of all of them: the
marks in its example (words and numbers nobody else uses) are found again anywhere in the body, or, for a switch that
has no words, the body differs from that of the same request without it (`plain`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

from ..losses import Action, Loss, Losses

Json = dict[str, Any]

#: Writes the body for a Messages request, and reports what it cannot carry.
Build = Callable[[Json, Losses], Any]


class Feature(NamedTuple):
    """One feature. `name` is dotted, `about` one line for people. `marks` are all found in a body that carries it;
    without marks a body carries it that differs from the body of `plain`."""

    name: str
    about: str
    request: Json
    plain: Json
    marks: tuple[str | float, ...] = ()


class Fate(NamedTuple):
    """What became of a feature: `carried`; `dropped`, `emulated`, `clamped` or `omitted`, as was reported (the first of
    these that was); `lost`: gone, and nobody said so. `losses` are those that the feature alone causes."""

    kind: Literal["carried", "lost"] | Action
    losses: tuple[Loss, ...] = ()


def fate(feature: Feature, build: Build) -> Fate:
    """What `build` makes of a feature."""
    losses, plain_losses = Losses(), Losses()
    body, plain = build(feature.request, losses), build(feature.plain, plain_losses)
    known = set(plain_losses)
    own = tuple(loss for loss in losses if loss not in known)
    actions = {loss.action for loss in own}
    for action in ("dropped", "emulated", "clamped", "omitted"):
        if action in actions:
            return Fate(action, own)
    return Fate("carried" if is_carried(feature, body, plain) else "lost")


def is_carried(feature: Feature, body: Any, plain: Any) -> bool:
    """Whether a body carries the feature. `plain` is the body of `feature.plain`."""
    return trace(feature, body, plain) is not None


def trace(feature: Feature, body: Any, plain: Any) -> list[str] | None:
    """What shows the feature in a body: the texts and numbers with its marks in them, or all in which the body differs
    from that of `plain`. None when it is not there."""
    if feature.marks:
        leaves = [leaf for leaf in leaves_of(body) if any(_holds(leaf, mark) for mark in feature.marks)]
        found = all(any(_holds(leaf, mark) for leaf in leaves) for mark in feature.marks)
        return [repr(leaf) for leaf in leaves] if found else None
    if body == plain:
        return None
    with_it, without = Counter(map(repr, leaves_of(body))), Counter(map(repr, leaves_of(plain)))
    return [*sorted((with_it - without).elements()), *sorted((without - with_it).elements())]


def leaves_of(value: Any) -> Iterator[Any]:
    """Every string and number in a JSON value, names of members included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from leaves_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from leaves_of(inner)
    else:
        yield value


def _holds(leaf: Any, mark: str | float) -> bool:
    if isinstance(mark, str):
        return isinstance(leaf, str) and mark in leaf
    return isinstance(leaf, int | float) and not isinstance(leaf, bool) and leaf == mark
