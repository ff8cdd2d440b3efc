"""What could not be carried to a provider, and what was done about it. Nothing is lost silently."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, Self

#: - `dropped`: gone; the model will not know of it. With `strict` on, the request is refused instead.
#: - `emulated`: carried in another form with the same purpose (a document as text, a system note as user text).
#: - `clamped`: a number or a depth was moved into what the provider takes.
#: - `omitted`: left out where no answer depends on it: what to cache, who asks, reasoning nobody takes back.
Action = Literal["dropped", "emulated", "clamped", "omitted"]


class Loss(NamedTuple):
    """One feature of a request (`tool.strict`, `thinking.redacted`, …) and what happened to it."""

    feature: str
    action: Action
    detail: str = ""


class Losses:
    """The losses of one attempt, each feature once, in the order they were met."""

    __slots__ = ("_items",)

    def __init__(self) -> None:
        self._items: dict[tuple[str, Action], Loss] = {}

    def add(self, feature: str, action: Action, detail: str = "") -> None:
        """Record a loss. `feature` is a short dotted ASCII name, `detail` one sentence for the log."""
        self._items.setdefault((feature, action), Loss(feature, action, detail))

    def copy(self) -> Self:
        """A record to go on with that leaves this one as it is."""
        other = type(self)()
        other._items = dict(self._items)
        return other

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __bool__(self) -> bool:
        """Always true: an empty record is still the one to write to."""
        return True

    def dropped(self) -> list[Loss]:
        """Those that `strict` refuses."""
        return [loss for loss in self if loss.action == "dropped"]

    def header(self) -> str:
        """The value of `x-ccr-loss`: `feature=action` pairs, comma separated."""
        return ", ".join([f"{feature}={action}" for feature, action in self._items])
