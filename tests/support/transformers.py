"""Transformers at work: unified chunks in, what a client reads out; a Messages request in, a chat body out.

told(["tooluse", make("enhancetool")], [{"text": "a"}, *call(0, "Read", "{}"), FINISH]).text == "a"
Sent("tooluse", ("maxtoken", {"max_tokens": 5}), body=request(thinking=None)).body["max_tokens"] == 5
"""

import copy
from collections.abc import Iterable
from itertools import count
from typing import Any

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.anthropic.stream import MessageStream, StreamSettings
from ccr_middleware.losses import Losses
from ccr_middleware.testing import Checked, check_stream
from ccr_middleware.transformers.base import TransformContext, Transformer, UpstreamRequest
from ccr_middleware.transformers.builtin import BUILTIN, builtin_registry
from ccr_middleware.unified import UnifiedRequest
from ccr_middleware.wire.chat.dialect import dialect_for
from ccr_middleware.wire.chat.request import build_chat_body

Json = dict[str, Any]
REGISTRY = builtin_registry()

#: Options for those that need some, or that do more with some.
SAMPLE_OPTIONS: dict[str, Json] = {
    "Anthropic": {"UseBearer": True},
    "vertex-gemini": {"project": "p", "location": "l"},
    "openrouter": {"provider": {"only": ["a"]}},
    "vercel": {"providerOptions": {"gateway": {"order": ["a"]}}},
    "maxtoken": {"max_tokens": 100},
    "sampling": {"temperature": 0.5, "top_k": 5, "repetition_penalty": 1.1},
    "customparams": {"seed": 7, "headers": {"x-a": "b"}},
}
NAMES = [cls.name for cls in BUILTIN]
#: Those that look at answers.
STAGED = ["tooluse", "enhancetool", "forcereasoning", "extrathinktag"]


def context() -> TransformContext:
    """What a transformer is told of a call."""
    return TransformContext("p", "m", Losses(), stream=True)


def make(name: str, **options: Any) -> Transformer[Any]:
    """A transformer with these options, or with the sample ones."""
    return REGISTRY.make(name, options or SAMPLE_OPTIONS.get(name, {}), "here")


class Through:
    """One answer on its way through the stages of some transformers, in the order given."""

    def __init__(self, steps: Iterable[Transformer[Any]]) -> None:
        opened = [step.open_response_stream(context()) for step in steps]
        self.stages = [stage for stage in opened if stage is not None]

    def feed(self, *chunks: Json) -> list[Json]:
        return self._pass(0, chunks)

    def finish(self) -> list[Json]:
        return [out for i, stage in enumerate(self.stages) for out in self._pass(i + 1, stage.finish())]

    def _pass(self, first: int, chunks: Iterable[Json]) -> list[Json]:
        for stage in self.stages[first:]:
            chunks = [out for chunk in chunks for out in stage.feed(chunk)]
        return list(chunks)


def pass_through(names: Iterable[str | Transformer[Any]], chunks: Iterable[Json]) -> list[Json]:
    """What the chunks become."""
    way = Through(make(step) if isinstance(step, str) else step for step in names)
    return [*way.feed(*chunks), *way.finish()]


def told(names: Iterable[str | Transformer[Any]], chunks: Iterable[Json]) -> Checked:
    """What a client reads, checked for the grammar of streams."""
    return shown(pass_through(names, chunks))


def shown(chunks: Iterable[Json]) -> Checked:
    numbers = count(1)
    settings = StreamSettings("msg_1", "m", 7, lambda: f"toolu_{next(numbers)}")
    message = MessageStream(settings)
    events = [event for chunk in chunks for event in message.feed(chunk)]
    events += message.finish()
    assert message.error is None, message.error
    return check_stream(frame(events))


def call(index: int, name: str, *pieces: str, id: str | None = None) -> list[Json]:
    """The deltas of one call."""
    first: Json = {"index": index, "id": id or f"call_{index:04}", "name": name}
    return [{"tool_calls": [first]}, *({"tool_calls": [{"index": index, "arguments": p}]} for p in pieces)]


def shape(checked: Checked) -> Json:
    """What may not depend on how an answer was cut."""
    return {
        "text": checked.text,
        "thinking": checked.thinking,
        "tools": [(tool.name, tool.input) for tool in checked.tools],
        "stop": checked.stop_reason,
        "kinds": [block["type"] for block in checked.blocks],
    }


def cut(text: str, size: int) -> list[Json]:
    """A text in pieces of so many characters."""
    return [{"text": text[i : i + size]} for i in range(0, len(text), size)]


def recut(chunks: list[Json], sizes: list[int]) -> list[Json]:
    """The same answer with its text and arguments cut into pieces of these sizes, over and over."""
    out: list[Json] = []
    turn = 0
    for chunk in chunks:
        kind = "text" if set(chunk) == {"text"} else "arguments"
        deltas = chunk.get("tool_calls", [])
        if kind == "arguments" and not (len(deltas) == 1 and set(deltas[0]) == {"index", "arguments"}):
            out.append(chunk)
            continue
        whole = chunk["text"] if kind == "text" else deltas[0]["arguments"]
        at = 0
        while at < len(whole):
            size, turn = sizes[turn % len(sizes)], turn + 1
            piece = whole[at : at + size]
            out.append({"text": piece} if kind == "text" else {"tool_calls": [{**deltas[0], "arguments": piece}]})
            at += size
    return out


FINISH: Json = {"finish": "stop", "usage": {"input": 5, "output": 3}}


# -- requests ----------------------------------------------------------------------------------------------

TOOLS = [
    {"name": "Read", "description": "Reads.", "input_schema": {"type": "object", "properties": {}}},
    {"name": "Bash", "input_schema": {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}},
]
MESSAGES = [
    {"role": "user", "content": [{"type": "text", "text": "q", "cache_control": {"type": "ephemeral"}}]},
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "t1", "signature": "s"},
            {"type": "text", "text": "a1"},
            {"type": "thinking", "thinking": "t2", "signature": "s"},
            {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"x": 1}},
        ],
    },
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "r"}]},
]


def request(**more: Any) -> Json:
    """A Messages request in mid-session, without the keys given as None."""
    body = {
        "model": "m",
        "max_tokens": 1000,
        "system": [{"type": "text", "text": "S", "cache_control": {"type": "ephemeral"}}],
        "tools": TOOLS,
        "messages": MESSAGES,
        "thinking": {"type": "enabled", "budget_tokens": 500},
        "temperature": 1.0,
        "stream": True,
    }
    return {key: value for key, value in (body | more).items() if value is not None}


def pivot(body: Json | None = None) -> UnifiedRequest:
    return to_unified(copy.deepcopy(body or request()), Losses())


class Sent:
    """A request through transformers, as the core does it: `unified`, then the chat `body` and `headers`."""

    def __init__(
        self, *steps: str | tuple[str, Json] | Transformer[Any], body: Json | None = None, url: str = "http://x.test/v1"
    ) -> None:
        made = [self._made(step) for step in steps]
        self.losses = Losses()
        context = TransformContext("p", "m", self.losses, stream=True)
        sent = UpstreamRequest(url, {"content-type": "application/json", "x-team": "a"}, pivot(body))
        for step in made:
            if step.level == "unified":
                sent = step.transform_request_in(sent, context)
        self.unified = sent.body
        dialect = dialect_for(url, "m", {k: v for step in made for k, v in step.dialect.items()})
        sent.body = build_chat_body(sent.body, "m", dialect, self.losses).body
        for step in made:
            if step.level == "wire":
                sent = step.transform_request_in(sent, context)
        self.body, self.headers = sent.body, sent.headers

    @staticmethod
    def _made(step: str | tuple[str, Json] | Transformer[Any]) -> Transformer[Any]:
        if isinstance(step, Transformer):
            return step
        name, options = (step, {}) if isinstance(step, str) else step
        return make(name, **options)
