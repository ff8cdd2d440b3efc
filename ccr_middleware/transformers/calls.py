"""The tool calls of one answer, for stages that change them.

Every delta is given to the call it belongs to and sent on with an index of our own, so that what follows need not
guess again, also when calls were taken out.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..anthropic.toolblocks import ToolBlock, ToolBlocks
from ..unified import Json, ToolDelta

#: What of a chunk is shown before its tool calls.
_BEFORE_CALLS = ("thinking", "signature", "redacted", "text", "refusal")


class Call:
    """One call: `block` has all of it so far, `number` counts the calls from 0."""

    __slots__ = ("_taken", "_told_id", "_told_name", "block", "number")

    def __init__(self, block: ToolBlock, number: int) -> None:
        self.block = block
        self.number = number
        self._taken = 0
        self._told_id = self._told_name = False

    def head(self) -> ToolDelta:
        """A delta with its id and name, as far as they are known and were not given before."""
        delta: ToolDelta = {"index": self.number}
        if self.block.given_id and not self._told_id:
            self._told_id = True
            delta["id"] = self.block.given_id
        if self.block.name and not self._told_name:
            self._told_name = True
            delta["name"] = self.block.name
        return delta

    def take_arguments(self) -> str:
        """The arguments that came since they were taken last."""
        taken, self._taken = self._taken, len(self.block.parts)
        return "".join(self.block.parts[taken:])


class Calls:
    """Finds the call of a delta; iterates over the calls in the order in which they began."""

    __slots__ = ("_blocks", "_calls")

    def __init__(self) -> None:
        self._blocks = ToolBlocks(str)  # makes no ids: that is for who shows the calls
        self._calls: dict[int, Call] = {}

    def __iter__(self) -> Iterator[Call]:
        return iter(self._calls.values())

    def __len__(self) -> int:
        return len(self._calls)

    def take(self, delta: ToolDelta) -> Call:
        """The call that a delta was added to."""
        block = self._blocks.take(delta)
        call = self._calls.get(id(block))
        if call is None:
            call = self._calls[id(block)] = Call(block, len(self._calls))
        return call


def around_calls(chunk: Json) -> tuple[Json, Json]:
    """What a chunk says before its tool calls, and behind them."""
    before = {key: chunk[key] for key in _BEFORE_CALLS if key in chunk}
    return before, {key: value for key, value in chunk.items() if key != "tool_calls" and key not in before}
