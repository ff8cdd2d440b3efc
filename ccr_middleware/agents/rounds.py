"""The events of several rounds made into those of one message.

A round is one answer of the provider. Calls of agents' tools are taken out of it, everything else passes with indices
that go on counting, and its end is held back until it is known whether another round follows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ..anthropic.events import MESSAGE_STOP
from ..anthropic.fold import Fold, unfold
from ..lenient import as_dict, dicts, text_of
from ..unified import Event, Json
from .usage import added, summed

#: Answers that end so are not gone on with: their last call may be cut, or the model shall say no more.
_CUT_SHORT = frozenset({"max_tokens", "refusal", "model_context_window_exceeded", "pause_turn"})


class Placed(NamedTuple):
    """A call that was taken out, and the index of the client's block that it stood before."""

    place: int
    block: Json


class Rounds:
    """The rounds of one message. `tools`: the names whose calls are the agents'."""

    def __init__(self, tools: Collection[str]) -> None:
        self._tools = tools
        self._shown_first: list[Json] = []
        self.started_anew()

    def started_anew(self) -> None:
        """Forget everything: the first round is tried again, and nothing of it was sent."""
        self.index = 0  # of the client's next block
        self.usages: list[Json] = []
        self._begun = False
        self.next_round()

    def next_round(self) -> None:
        """The provider is about to answer again."""
        self.said = False  # whether anything of this round has passed
        self.calls: list[Placed] = []
        self._indices: dict[object, int | None] = {}
        self._taken: list[int | None] = []  # for each block of the round: where it was taken out
        self._fold = Fold()
        self._delta: Event | None = None

    def show_first(self, blocks: Sequence[Json]) -> None:
        """Blocks to show as soon as the message begins."""
        self._shown_first += blocks

    def feed(self, events: Iterable[Event]) -> list[Event]:
        """Take events of the provider, give those that the client gets now."""
        events = list(events)
        self._fold.feed(events)
        out: list[Event] = []
        for event in events:
            self._pass(event, out)
        self.said = self.said or bool(out)
        return out

    def _pass(self, event: Event, out: list[Event]) -> None:
        kind = event.get("type")
        if kind == "content_block_start":
            self._open(event, out)
        elif kind in ("content_block_delta", "content_block_stop"):
            index = self._indices.get(event.get("index"))
            if index is not None:
                out.append({**event, "index": index})
        elif kind == "message_start":
            if not self._begun:
                self._begun = True
                out += [event, *self.show(self._shown_first)]
        elif kind == "message_delta":
            self._delta = event
        elif kind != "message_stop" and self._begun:
            out.append(event)

    def _open(self, event: Event, out: list[Event]) -> None:
        block = as_dict(event.get("content_block"))
        mine = block.get("type") == "tool_use" and block.get("name") in self._tools
        self._taken.append(self.index if mine else None)
        self._indices[event.get("index")] = None if mine else self.index
        if not mine:
            out.append({**event, "index": self.index})
            self.index += 1

    def show(self, blocks: Sequence[Json]) -> list[Event]:
        """The events of whole blocks, at the place where the answer is."""
        events = [event for event in unfold({"content": list(blocks)}) if "index" in event]
        shown = [{**event, "index": self.index + event["index"]} for event in events]
        self.index += sum(event["type"] == "content_block_start" for event in events)
        return shown

    # -- at the end of a round ---------------------------------------------------------------------------

    @property
    def content(self) -> list[Json]:
        """What the model said in this round, the calls of agents included."""
        return dicts(as_dict(self._fold.message).get("content"))

    @property
    def client_calls(self) -> list[Json]:
        """The calls of this round that the client has to answer."""
        taken = zip(self.content, self._taken, strict=False)
        return [block for block, place in taken if place is None and block.get("type") == "tool_use"]

    def close(self) -> None:
        """The provider has answered: `calls` are those of agents, none when they are not to be obeyed."""
        self.usages.append(as_dict(as_dict(self._fold.message).get("usage")))
        if as_dict(as_dict(self._delta).get("delta")).get("stop_reason") not in _CUT_SHORT:
            placed = zip(self.content, self._taken, strict=False)
            self.calls = [Placed(place, block) for block, place in placed if place is not None]

    def ending(self, counted: Json) -> list[Event]:
        """The last events of the message. `counted`: what agents add to `usage.server_tool_use`."""
        delta = self._delta
        if delta is None:
            return [MESSAGE_STOP]
        usage = self.usage(counted) if len(self.usages) > 1 or counted else as_dict(delta.get("usage"))
        ending = {**delta, "delta": self._truthful(as_dict(delta.get("delta"))), "usage": usage}
        return [ending, MESSAGE_STOP]

    def usage(self, counted: Json) -> Json:
        """The usage of all rounds, and what agents counted."""
        total = summed(self.usages)
        if counted:
            total["server_tool_use"] = added(as_dict(total.get("server_tool_use")), counted)
        return total

    def _truthful(self, delta: Json) -> Json:
        """The stop reason as it is for the client, which may see no call at all (R17)."""
        reason = text_of(delta.get("stop_reason"))
        if self.client_calls and reason not in _CUT_SHORT:
            return {**delta, "stop_reason": "tool_use"}
        return {**delta, "stop_reason": "end_turn"} if reason == "tool_use" else delta
