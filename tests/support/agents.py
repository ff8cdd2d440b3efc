"""Agents at work without a gateway: scripted rounds of a provider, and a client that is strict about the outcome.

outcome = await drive([Time({})], body, [said("Let me see.", call("now")), said("It is noon.")])
outcome.checked.text, outcome.bodies, outcome.checked.usage
"""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from ccr_middleware.agents.base import Agent, Tool
from ccr_middleware.agents.context import AgentContext
from ccr_middleware.agents.loop import AgentLoop
from ccr_middleware.agents.memory import Kept
from ccr_middleware.agents.start import start, willing
from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.config import load_config
from ccr_middleware.state import Recent
from ccr_middleware.testing import Checked, check_message, check_stream
from ccr_middleware.transformers.base import NoOptions

Json = dict[str, Any]
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aW1hZ2U="}}


def picture(data: str) -> Json:
    """An image block; other data, another image."""
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def user(*content: Json | str) -> Json:
    """A user message of blocks; texts become text blocks."""
    return {"role": "user", "content": [text(one) if isinstance(one, str) else one for one in content]}


def text(value: str) -> Json:
    """A text block."""
    return {"type": "text", "text": value}


def thinking(value: str, signature: str = "sig") -> Json:
    """A thinking block."""
    return {"type": "thinking", "thinking": value, "signature": signature}


def call(name: str, arguments: Json | None = None, id: str = "") -> Json:
    """A tool_use block."""
    return {"type": "tool_use", "id": id or f"toolu_{name}", "name": name, "input": arguments or {}}


def result(id: str, content: Any = "done") -> Json:
    """A tool_result block."""
    return {"type": "tool_result", "tool_use_id": id, "content": content}


_numbers = count(1)


def said(*content: Json | str, stop: str | None = None, usage: Json | None = None) -> Json:
    """One round: a message of the provider."""
    blocks = [text(one) if isinstance(one, str) else one for one in content]
    reason = "tool_use" if any(block["type"] == "tool_use" for block in blocks) else "end_turn"
    return {
        "id": f"msg_{next(_numbers)}",
        "type": "message",
        "role": "assistant",
        "model": "blind",
        "content": blocks,
        "stop_reason": stop or reason,
        "stop_sequence": None,
        "usage": usage or {"input_tokens": 10, "output_tokens": 2},
    }


class Client:
    """A `Reply` that keeps every event. `started` as that of a stream: from the first event on."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self.ended = False
        self.error: Exception | None = None
        self.openings: list[Callable[[], list[Json]]] = []

    @property
    def started(self) -> bool:
        return bool(self.events)

    def wait(self, opening: Callable[[], list[Json]]) -> None:
        self.openings.append(opening)

    async def write(self, events: list[Json]) -> None:
        assert not self.ended
        self.events += copy.deepcopy(events)

    async def relay(self, data: bytes, events: list[Json]) -> None:
        raise AssertionError("nothing passes unread")

    async def end(self) -> None:
        assert not self.ended
        self.ended = True

    async def fail(self, error: Exception) -> None:
        self.error = error

    def close(self) -> None:
        pass


@dataclass
class Outcome:
    """What the client has (checked as a stream and as a message), and every request the provider got."""

    client: Client
    bodies: list[Json]
    loop: AgentLoop
    checked: Checked = field(init=False)

    def __post_init__(self) -> None:
        assert self.client.ended
        self.checked = check_stream(frame(self.client.events))
        check_message(fold(self.client.events))

    @property
    def message(self) -> Json:
        """The message as the client sends it back."""
        return {"role": "assistant", "content": fold(self.client.events)["content"]}


@dataclass
class Memories:
    """What a gateway keeps for its agents."""

    answers: Recent[Kept] = field(default_factory=lambda: Recent(100))
    notes: Recent[str] = field(default_factory=lambda: Recent(100))


async def no_model(body: Json) -> Json:
    """For calls that must ask no other model."""
    raise AssertionError("another model was asked")


async def no_page(request: Any) -> tuple[int, bytes]:
    """For calls that must fetch nothing."""
    raise AssertionError("something was fetched")


def context(body: Json, memories: Memories | None = None, config: Any = None, **more: Any) -> AgentContext:
    """A call as agents see it: to a target `p,blind`."""
    numbers = count(1)
    known: dict[str, Any] = {
        "provider": "p",
        "model": "blind",
        "scenario": "default",
        "sees": False,
        "searches": False,
        "session_id": "session",
        "ask": no_model,
        "fetch": no_page,
        "new_id": lambda prefix: f"{prefix}{next(numbers):04d}",
    }
    notes = (memories or Memories()).notes
    return AgentContext(config=load_config(config), body=body, notes=notes, **(known | more))


def events_of(message: Json) -> list[Json]:
    """The events of a round."""
    return unfold(message)


async def drive(
    agents: Sequence[Agent[Any]],
    body: Json,
    rounds: Iterable[Json],
    *,
    memories: Memories | None = None,
    piece: int = 1,
    **more: Any,
) -> Outcome:
    """Answer a call with the rounds of a provider, events coming `piece` by `piece`. All rounds must be asked for."""
    memories = memories or Memories()
    pristine = copy.deepcopy(body)
    client = Client()
    known = context(body, memories, **more)
    loop = await start(willing(agents, known), known, client, memories.answers)
    assert loop is not None, "no agent works on this call"
    bodies, answers = [], list(rounds)
    request: Json | None = loop.body
    while request is not None:
        bodies.append(copy.deepcopy(request))
        assert answers, "the provider is asked once more"
        await answer(loop, events_of(answers.pop(0)), piece)
        request = await loop.next_body()
    assert not answers, "the provider is asked less often"
    assert body == pristine
    return Outcome(client, bodies, loop)


async def answer(loop: AgentLoop, events: list[Json], piece: int = 1) -> None:
    """One attempt, as the pipeline makes it."""
    loop.wait(list)
    for at in range(0, len(events), piece):
        await loop.relay(b"", events[at : at + piece])
    await loop.end()


def tool(tool_name: str, run: Callable[[Any, AgentContext], Awaitable[Any]] | None = None, **facts: Any) -> Tool:
    """A tool that is made of a function; by default it echoes its arguments."""

    class Made(Tool):
        name = tool_name

        async def run(self, arguments: Any, context: AgentContext) -> Any:
            return str(arguments) if run is None else await run(arguments, context)

    made = Made()
    for name, value in facts.items():
        setattr(made, name, value)
    return made


def agent(*made_of: Tool, called: str = "helper") -> Agent[Any]:
    """An agent with these tools."""

    class Made(Agent[NoOptions]):
        name = called
        tools = made_of

    return Made(NoOptions())
