"""The answers a transformer is shown: every form an answer takes, and every way it goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from ..jsonio import dumps
from ..testing.answers import Answer, ToolCall
from ..testing.script import CUT
from ..testing.wires import chat
from ..testing.written import answer_document, answer_events
from ..wire.format import WireName


class Scenario(NamedTuple):
    """One answer as a stream; `recut` the same in other pieces, event by event; `document` the same as JSON (None: it
    has no such form)."""

    name: str
    stream: bytes
    recut: tuple[tuple[bytes, ...], ...] = ()
    document: bytes | None = None


READ = ToolCall("read_file", ['{"path": ', '"src/ünï.py", ', '"lines": 12}'])
LIST = ToolCall("list_files", {"folder": "docs"})
TEXT = ["The wind ", "turned ", "north."]

#: By name, in the order of the card. What is special to one wire format is added by `scenarios`.
ANSWERS: dict[str, Answer] = {
    "text": Answer(text=TEXT),
    "thinking and text": Answer(thinking=["First I ", "look."], text=TEXT),
    "one call": Answer(tool_calls=[READ]),
    "text and a call": Answer(text=TEXT, tool_calls=[READ]),
    "thinking and a call": Answer(thinking="First I look.", tool_calls=[READ]),
    "parallel calls": Answer(tool_calls=[READ, LIST]),
    "a call without arguments": Answer(tool_calls=[ToolCall("list_files")]),
    "characters of several bytes": Answer(text=["Größe 🎉", " 漢字 ", "👩‍👩‍👧 é"]),
    "code and angle brackets": Answer(text=["if a <", " b and b > c: ", "print('</done>')"]),
    "no finish reason": Answer(text=TEXT, finish=None),
    "no usage": Answer(text=TEXT, usage=None),
    "length": Answer(text=TEXT, finish="max_tokens"),
    "length with empty content": Answer(finish="max_tokens"),
    "refusal": Answer(text="That I cannot do.", finish="refusal"),
    "error before content": Answer(error=529, message="overloaded for now"),
    "error after text": Answer(text=TEXT, error=529, message="overloaded for now"),
    "error within a call": Answer(tool_calls=[READ], error=500, message="it broke"),
    "cut off": Answer(text=TEXT, then=CUT),
}


def scenarios(wire: WireName) -> list[Scenario]:
    """All scenarios of a wire format."""
    common = [_scenario(name, answer, wire) for name, answer in ANSWERS.items()]
    return [*common, Scenario("nothing", b""), *(_of_chat() if wire == "chat" else ())]


def _scenario(name: str, answer: Answer, wire: WireName) -> Scenario:
    stream = b"".join(answer_events(answer, wire))
    recut = tuple(tuple(answer_events(_recut(answer, size), wire)) for size in (1, 10_000))
    whole = answer.error is None and answer.then is None
    return Scenario(name, stream, recut, dumps(answer_document(answer, wire)) if whole else None)


def _recut(answer: Answer, size: int) -> Answer:
    """The answer streamed in pieces of so many characters."""

    def cut(text: str) -> list[str]:
        return [text[at : at + size] for at in range(0, len(text), size)]

    return replace(
        answer,
        text=cut("".join(answer.text_pieces)),
        thinking=cut("".join(answer.thinking_pieces)),
        tool_calls=[replace(call, arguments=cut(call.json)) for call in answer.calls],
    )


def _of_chat() -> list[Scenario]:
    """What only chat completions can do."""
    arguments = chat.tool(0, "call_0001", "read_file", '{"path": "a.py"}')
    return [
        Scenario("arguments in the finish chunk", chat.sse(chat.merge(arguments, chat.finish("tool_calls")))),
        Scenario("finish reason twice", chat.sse(chat.text("Hello"), chat.finish("stop"), chat.finish("stop"))),
        Scenario("usage before the finish", chat.sse(chat.text("Hello"), chat.usage(12, 3), chat.finish("stop"))),
        Scenario("no [DONE]", chat.sse(chat.text("Hello"), chat.finish("stop"), done=False)),
        Scenario("a call without an index", chat.sse(_without_index(), chat.finish("tool_calls"))),
        Scenario("empty deltas", chat.sse(chat.chunk({}), chat.text(""), chat.text("Hello"), chat.finish("stop"))),
    ]


def _without_index() -> chat.Chunk:
    return chat.tool(chat.OMIT, "call_0001", "read_file", '{"path": "a.py"}')
