"""The same answer in every form in which a provider may send it, and a gateway in front of that provider.

app, provider = serve("gemini array", stream(said("gemini array", Answer(text="Hello")), feeding="bytes"))
before, after = parted("responses", Answer(text=["Hel", "lo"]), "Hel")     # cut behind the event that holds it
turns("chat", ("thinking", "Hm"), ("text", "a"), ("call", "read"), ("text", "b"))
"""

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing.answers import Answer
from ccr_middleware.testing.provider import FakeProvider, Plan
from ccr_middleware.testing.script import stream
from ccr_middleware.testing.strict import Checked, check_stream
from ccr_middleware.testing.wires import WRITERS, chat, gemini, responses

from .gateway import ask

Json = dict[str, Any]

#: The wire formats that are translated; Gemini streams in two forms (fixtures fact 3).
FORMS = ("chat", "gemini", "gemini array", "responses")
each_form = pytest.mark.parametrize("form", FORMS)
each_wire = pytest.mark.parametrize("wire", ["chat", "gemini", "responses"])

#: Where each provider is, and its model.
PLACES = {
    "chat": ("https://api.openai.com/v1/chat/completions", "gpt-4.1"),
    "gemini": ("https://generativelanguage.googleapis.com/v1beta/models/", "gemini-3-pro-preview"),
    "responses": ("https://api.openai.com/v1/responses", "gpt-5.1"),
    "claude": ("https://api.anthropic.com/v1/messages", "claude-sonnet-4-5"),
}
LANE = "claude,claude-sonnet-4-5"


def wire_of(form: str) -> Any:
    """The wire format of a form."""
    return form.partition(" ")[0]


def model_of(form: str) -> str:
    """How a client names the model of that form's provider."""
    return ",".join((wire_of(form), PLACES[wire_of(form)][1]))


def serve(form: str, plan: Plan, *, model: str = "", fields: Json | None = None, **more: Any) -> tuple[Any, Any]:
    """A gateway with a provider of every format, whose default is that of `form`, and the provider they all are.

    `model`: another model than the usual one; `fields`: further fields of that provider.
    """
    wire = wire_of(form)
    providers = []
    for name, (url, usual) in PLACES.items():
        known = {"name": name, "api_base_url": url, "api_key": f"sk-{name}-secret", "models": [usual], "wire": name}
        if name == "claude":
            known["wire"] = "messages"
        if name == wire:
            known |= {"models": [model or usual], **(fields or {})}
        providers.append(known)
    provider = FakeProvider(plan)
    document = {"Providers": providers, "Router": {"default": f"{wire},{model or PLACES[wire][1]}"}}
    return Gateway(document | more, transport=provider, env={}), provider


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Run to its end, which must come."""
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def streamed(form: str, data: bytes, feeding: str = "whole", **more: Any) -> Checked:
    """What a client has of a provider's stream, which must begin well."""
    app, _ = serve(form, stream(data, feeding=feeding), **more)
    reply = run(ask(app))
    assert reply.status == 200, reply.body
    return check_stream(reply.body)


# -- an answer as bytes ------------------------------------------------------------------------------------


def encoded(form: str, *events: Json) -> bytes:
    """Events of a format as a whole stream."""
    if form == "chat":
        return chat.sse(*events)
    if form == "responses":
        return responses.sse(*events)
    return gemini.array(*events) if form == "gemini array" else gemini.sse(*events)


def frames(form: str, answer: Answer) -> list[bytes]:
    """A whole streamed answer, event by event, and what ends the stream."""
    writer = WRITERS[wire_of(form)](answer, PLACES[wire_of(form)][1])
    events = [*writer.begin(), *writer.end()]
    if form != "gemini array":
        return [*map(writer.frame, events), writer.last]
    texts = [json.dumps(event, indent=2, ensure_ascii=False).encode() for event in events]
    return [b"[" + texts[0], *(b"\n,\r\n" + text for text in texts[1:]), b"\n]\n"]


def said(form: str, answer: Answer) -> bytes:
    """A whole streamed answer."""
    return b"".join(frames(form, answer))


def parted(form: str, answer: Answer, mark: str) -> tuple[bytes, bytes]:
    """A streamed answer, cut behind the first event that holds `mark`."""
    pieces = frames(form, answer)
    at = next(number for number, piece in enumerate(pieces, 1) if mark.encode() in piece)
    return b"".join(pieces[:at]), b"".join(pieces[at:])


def turns(form: str, *kinds: tuple[str, str]) -> bytes:
    """A streamed answer in which these follow one another: ("text", …), ("thinking", …), ("call", name)."""
    calls = sum(kind == "call" for kind, _ in kinds)
    if form == "responses":
        events = [one for index, (kind, what) in enumerate(kinds) for one in _items(kind, what, index)]
        return responses.sse(*responses.begin(), *events, responses.completed())
    if form == "chat":
        reason = "tool_calls" if calls else "stop"
        return chat.sse(*(_chunk(kind, what, at) for at, (kind, what) in enumerate(kinds)), chat.finish(reason))
    return encoded(form, *(gemini.chunk(_part(kind, what)) for kind, what in kinds), gemini.chunk(finish="STOP"))


def _items(kind: str, what: str, index: int) -> list[Json]:
    if kind == "text":
        return responses.message(what, index=index, id=f"msg_{index}")
    if kind == "thinking":
        return responses.reasoning(what, index=index, id=f"rs_{index}")
    item = responses.call_item(what, '{"n": 1}', f"call_{index}", f"fc_{index}")
    return responses.call(item, '{"n":', " 1}", index=index)


def _chunk(kind: str, what: str, index: int) -> Json:
    if kind == "call":
        return chat.tool(index, f"call_{index}", what, '{"n": 1}')
    return chat.text(what) if kind == "text" else chat.reasoning(what)


def _part(kind: str, what: str) -> Json:
    if kind == "call":
        return gemini.call(what, {"n": 1})
    return gemini.text(what, thought=True) if kind == "thinking" else gemini.text(what)
