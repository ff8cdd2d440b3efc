"""Streams: the raw events, the helper, many at once, and clients that leave."""

import asyncio
import json
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from .registry import DEMO, THINKING, ask, check, kinds, plain, same, text_of, within

#: The delta that fills a block, and the field of the delta (and of the block) that grows.
DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("thinking", "signature"),
    "input_json_delta": ("tool_use", "partial_json"),
}


class Folded:
    """Raw events held to their order: one message_start, whole blocks one after the other, one end."""

    def __init__(self, events: Iterable[Any]) -> None:
        self.content: list[dict[str, Any]] = []
        first, *blocks, delta, last = events
        same((first.type, delta.type, last.type), ("message_start", "message_delta", "message_stop"))
        same(first.message.content, [])
        self.start, self.delta, self.open = first.message, delta, False
        for event in blocks:
            self.read(event)
        assert not self.open, f"block {len(self.content) - 1} has no end"
        for block in self.content:
            if block["type"] == "tool_use":
                block["input"] = json.loads(block.pop("partial_json"))

    def read(self, event: Any) -> None:
        """One event of a block."""
        if event.type == "content_block_start":
            assert not self.open, f"block {event.index} begins inside of another"
            block = event.content_block.model_dump(exclude_none=True, exclude={"id", "input"})
            self.content.append(block | ({"partial_json": ""} if block["type"] == "tool_use" else {}))
            self.open = True
        same((event.index, self.open), (len(self.content) - 1, True))
        if event.type == "content_block_delta":
            kind, field = DELTAS[event.delta.type]
            same(self.content[-1]["type"], kind)
            self.content[-1][field] += getattr(event.delta, field)
        elif event.type == "content_block_stop":
            self.open = False
        else:
            same(event.type, "content_block_start")


def look_at(folded: Folded, whole: Any) -> None:
    """A stream says what the whole answer to the same request says."""
    same(folded.content, plain(whole))
    same(folded.delta.delta.stop_reason, whole.stop_reason)
    same((folded.start.model, folded.start.stop_reason), (whole.model, None))
    assert folded.start.usage.input_tokens > 0, folded.start.usage
    same(folded.delta.usage.output_tokens, whole.usage.output_tokens)


@check()
def raw_stream(client):
    folded = Folded(client.messages.create(**ask("One two"), stream=True))
    look_at(folded, client.messages.create(**ask("One two")))


@check()
async def raw_stream_async(client):
    events = [event async for event in await client.messages.create(**ask("One two"), stream=True)]
    look_at(Folded(events), await client.messages.create(**ask("One two")))


@check()
def raw_stream_with_betas(client):
    events = client.beta.messages.create(**ask("One two"), stream=True, betas=["context-management-2025-06-27"])
    look_at(Folded(events), client.messages.create(**ask("One two")))


@check()
def raw_stream_of_thinking(client):
    folded = Folded(client.messages.create(**ask("One two", THINKING), stream=True))
    look_at(folded, client.messages.create(**ask("One two", THINKING)))
    same([block["type"] for block in folded.content], ["thinking", "text"])


@check()
def stream_helper(client):
    """The events of the helper: the raw ones in their order, and its own after the deltas they belong to."""
    with client.messages.stream(**ask("One two", THINKING)) as stream:
        events = list(stream)
        final = stream.get_final_message()
    same(kinds(final), ["thinking", "text"])
    names = [event.type for event in events]
    same(names[:2], ["message_start", "content_block_start"])
    same(names[-3:], ["content_block_stop", "message_delta", "message_stop"])
    same({after for name, after in pairwise(names) if name == "content_block_delta"}, {"thinking", "signature", "text"})
    same([event.snapshot for event in events if event.type == "text"][-1], text_of(final))
    same(plain(final), plain(client.messages.create(**ask("One two", THINKING))))


@check()
def text_stream(client):
    with client.messages.stream(**ask("One two")) as stream:
        pieces = list(stream.text_stream)
        final = stream.get_final_message()
        same(stream.get_final_text(), text_of(final))
    same("".join(pieces), text_of(final))
    assert len(pieces) > 3, pieces
    same((final.stop_reason, final.model), ("end_turn", DEMO))
    assert stream.response.headers["request-id"].startswith("req_"), stream.response.headers


@check()
async def text_stream_async(client):
    async with client.messages.stream(**ask("One two")) as stream:
        pieces = [piece async for piece in stream.text_stream]
        final = await stream.get_final_message()
    same("".join(pieces), text_of(final))
    within('You said: "One two"', text_of(final))


@check("relay,claude-relayed")
def relayed_stream(client):
    """A provider that speaks Anthropic: what it says passes unchanged, the events the SDK does not know too."""
    asked = ask("One two", "relay,claude-relayed")
    with client.messages.stream(**asked) as stream:
        final = stream.get_final_message()
    same(kinds(final), ["thinking", "text", "tool_use"])
    same(final.content[0].signature, "c2lnbmF0dXJl")
    same(final.content[2].input, {"path": "a.txt"})
    same((final.usage.input_tokens, final.usage.cache_read_input_tokens), (7, 100))
    same((final.stop_reason, final.usage.output_tokens), ("tool_use", 20))


@check()
async def twenty_streams_at_once_async(client):
    async def one(number: int) -> Any:
        async with client.messages.stream(**ask(f"Number {number} of twenty")) as stream:
            return await stream.get_final_message()

    finals = await asyncio.gather(*map(one, range(20)))
    same(len({final.id for final in finals}), 20)
    for number, final in enumerate(finals):
        within(f'"Number {number} of twenty"', text_of(final))


@check("scripted,endless")
def leaving_early(client):
    """A stream that is closed in its midst; the client goes on with another request."""
    with client.messages.stream(**ask("One", "scripted,endless")) as stream:
        same(next(stream.text_stream), "more ")
    same(client.messages.create(**ask("One two")).stop_reason, "end_turn")


@check("scripted,endless")
async def leaving_early_async(client):
    async with client.messages.stream(**ask("One", "scripted,endless")) as stream:
        same(await anext(aiter(stream.text_stream)), "more ")
    same((await client.messages.create(**ask("One two"))).stop_reason, "end_turn")
