"""What a provider answers, said once for every wire format.

Answer(text="Hello")                                        # streamed or whole, as the request asks
Answer(text=["Hel", "lo"], thinking="Hm.", usage=Usage(20, 5, cached=4))
Answer(tool_calls=[ToolCall("read", {"path": "a.py"}), ToolCall("now", ['{"zone"', ': "UTC"}'])])
Answer(error=429, headers={"retry-after": "3"})             # an HTTP error
Answer(text="Hel", error=529)                               # an error inside the stream, after the text
Answer(text="Hel", then=CUT)                                # CUT, RESET, STALL, seconds, a Signal, an exception
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from .script import Happening

#: Why an answer ended, in Anthropic's words; each wire format has its own.
Finish = Literal["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal"]


class Usage(NamedTuple):
    """Token counts: `input` without what was read from a cache (`cached`), `output` with `reasoning`."""

    input: int = 12
    output: int = 3
    cached: int = 0
    reasoning: int = 0


#: What an answer costs unless it says otherwise.
USAGE = Usage()


@dataclass(frozen=True)
class ToolCall:
    """A call. `arguments` is an object, JSON text, or its pieces as they are streamed. An `id` is made when it has
    none: `call_0001`, `call_0002`, …"""

    name: str
    arguments: Mapping[str, Any] | str | Sequence[str] = field(default_factory=dict)
    id: str = ""

    @property
    def pieces(self) -> list[str]:
        """The arguments as they are streamed."""
        if isinstance(self.arguments, Mapping):
            return [json.dumps(self.arguments, ensure_ascii=False)]
        return [self.arguments] if isinstance(self.arguments, str) else list(self.arguments)

    @property
    def json(self) -> str:
        """The arguments as JSON text."""
        return "".join(self.pieces)


@dataclass(frozen=True)
class Answer:
    """One answer of a provider: thinking, then text, then calls.

    - `text`, `thinking`: a string, or the pieces in which it is streamed.
    - `finish`: why it ended; "" as the content says, None: the provider does not tell.
    - `usage`: None: not told (Anthropic always tells some).
    - `error`: the HTTP status of a failure, `message` its text. With content before it, it is told inside the stream.
    - `then`: what happens instead of the end: nothing that would close the answer is sent.
    - `headers`: of the HTTP answer, besides the content type. `pace_seconds`: lies between two events of a stream.
    """

    text: str | Sequence[str] = ""
    thinking: str | Sequence[str] = ""
    tool_calls: Sequence[ToolCall] = ()
    finish: Finish | Literal[""] | None = ""
    usage: Usage | None = USAGE
    error: int | None = None
    message: str = "the provider failed"
    then: Happening | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pace_seconds: float = 0.0

    @property
    def text_pieces(self) -> list[str]:
        """The text as it is streamed; empty pieces left out."""
        return _pieces(self.text)

    @property
    def thinking_pieces(self) -> list[str]:
        """The thinking as it is streamed; empty pieces left out."""
        return _pieces(self.thinking)

    @property
    def calls(self) -> list[ToolCall]:
        """The calls, each with an id."""
        return [
            call if call.id else ToolCall(call.name, call.arguments, f"call_{number:04}")
            for number, call in enumerate(self.tool_calls, 1)
        ]

    @property
    def stop_reason(self) -> Finish | None:
        """Why it ended, in Anthropic's words."""
        return self.finish if self.finish != "" else "tool_use" if self.tool_calls else "end_turn"

    @property
    def empty(self) -> bool:
        """Whether nothing is said."""
        return not (self.text_pieces or self.thinking_pieces or self.tool_calls)


def _pieces(said: str | Sequence[str]) -> list[str]:
    return [piece for piece in ([said] if isinstance(said, str) else said) if piece]
