"""The output items of one answer, put together from events that name them in several ways.

An event names its item by `output_index` and `item_id`. GitHub Copilot changes the id with every event (fixtures fact
43), OpenRouter gives a reasoning item another id at the end, some events have no id and some providers no index. So
the index decides, then the id, and either only when the item is of a kind the event can be about.
"""

from __future__ import annotations

from collections.abc import Callable

from ...lenient import text_of
from ...unified import Annotation, Json
from .output_item import Place

#: What a text form is part of.
_KINDS = {
    "text": "message",
    "refusal": "message",
    "summary": "reasoning",
    "raw": "reasoning",
    "arguments": "function_call",
    "input": "custom_tool_call",
}


class StreamedItem:
    """One output item and what is known of it so far.

    - `item`: as last sent, begun or whole. `added`: its beginning was announced. `closed`: it has been read to its end.
    - `said`: the pieces of each text that came. `cited`: the sources that were told.
    - `number`: which tool call this is, once it has been shown; `named`: with its name.
    - `told`: what belongs to its end has been told (the seal of reasoning, the input of a custom call).
    """

    __slots__ = ("added", "call_id", "cited", "closed", "id", "item", "kind", "named", "number", "said", "told")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.id = ""
        self.call_id = ""
        self.item: Json = {}
        self.said: dict[Place, list[str]] = {}
        self.number: int | None = None
        self.cited: list[Annotation] = []
        self.added = self.closed = self.named = self.told = False

    def take(self, item: Json) -> None:
        """Learn from the item as the provider sent it, whole or only begun."""
        self.item = item
        self.id = self.id or text_of(item.get("id"))
        self.call_id = self.call_id or text_of(item.get("call_id"))

    @property
    def form(self) -> str:
        """The form of the text that came first."""
        return next(iter(self.said)).form if self.said else ""

    def text(self, place: Place) -> str:
        """All that has come of a text."""
        return "".join(self.said.get(place, ()))

    def rest(self, place: Place, text: str) -> str:
        """What of a whole text has not come in pieces. A text that differs from its pieces adds nothing: the pieces
        have been shown, and showing both would double them."""
        said = self.text(place)
        return text[len(said) :] if text.startswith(said) else ""


class StreamedItems:
    """Finds the item an event is about; makes it when there is none."""

    __slots__ = ("_by_id", "_by_index", "order")

    def __init__(self) -> None:
        self.order: list[StreamedItem] = []
        self._by_index: dict[int, StreamedItem] = {}
        self._by_id: dict[str, StreamedItem] = {}

    def of_text(self, event: Json, form: str) -> StreamedItem:
        """The item that a piece of text of that form belongs to."""
        kind, item_id = _KINDS[form], text_of(event.get("item_id"))
        known = self._known(event, item_id, kind)
        return known or self._last_open(event, kind) or self._new(event, item_id, kind)

    def begun(self, event: Json, item: Json) -> StreamedItem:
        """The item of `output_item.added`. A place that was taken already is taken anew, for a broken index stays 0."""
        kind, item_id = text_of(item.get("type")), text_of(item.get("id"))
        known = self._known(event, item_id, kind)
        if known is None or known.closed or (known.added and known.id != item_id):
            known = self._new(event, item_id, kind)
        known.added = True
        known.take(item)
        return known

    def ended(self, event: Json, item: Json) -> StreamedItem:
        """The item of `output_item.done`."""
        kind, item_id = text_of(item.get("type")), text_of(item.get("id"))
        known = self._known(event, item_id, kind) or self._last_open(event, kind)
        if known is None or (known.closed and item_id and known.id != item_id):
            known = self._new(event, item_id, kind)
        known.take(item)
        return known

    def matched(self, output: list[Json]) -> list[tuple[StreamedItem, Json]]:
        """Each item of the finished output with what has been streamed of it; those that were not are new.

        First by id, then by kind and order: ids may differ (fact 43), and an item must not be shown twice.
        """
        found: dict[int, StreamedItem] = {}
        free = list(self.order)
        for same in (_is_same, _may_be_same):
            for position, item in enumerate(output):
                if position not in found and (known := _first(free, item, same)):
                    found[position] = known
                    free.remove(known)
        pairs = []
        for position, item in enumerate(output):
            known = found.get(position) or self._new({}, "", text_of(item.get("type")))
            known.take(item)
            pairs.append((known, item))
        return pairs

    def _known(self, event: Json, item_id: str, kind: str) -> StreamedItem | None:
        index = event.get("output_index")
        by_index = self._by_index.get(index) if isinstance(index, int) else None
        for known in (by_index, self._by_id.get(item_id) if item_id else None):
            if known is not None and known.kind == kind:
                return known
        return None

    def _last_open(self, event: Json, kind: str) -> StreamedItem | None:
        """Without an index an event is about what was begun last."""
        if isinstance(event.get("output_index"), int):
            return None
        return next((known for known in reversed(self.order) if known.kind == kind and not known.closed), None)

    def _new(self, event: Json, item_id: str, kind: str) -> StreamedItem:
        made = StreamedItem(kind)
        made.id = item_id
        self.order.append(made)
        if isinstance(index := event.get("output_index"), int):
            self._by_index[index] = made
        if item_id:
            self._by_id[item_id] = made
        return made


def _first(free: list[StreamedItem], item: Json, same: Callable[[StreamedItem, Json], bool]) -> StreamedItem | None:
    return next((known for known in free if same(known, item)), None)


def _is_same(known: StreamedItem, item: Json) -> bool:
    if known.kind != item.get("type"):
        return False
    call_id = text_of(item.get("call_id"))
    return known.call_id == call_id if known.call_id and call_id else bool(known.id) and known.id == item.get("id")


def _may_be_same(known: StreamedItem, item: Json) -> bool:
    """Items of one kind, unless they are calls with ids of their own."""
    return known.kind == item.get("type") and not (known.call_id and text_of(item.get("call_id")))
