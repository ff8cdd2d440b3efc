"""The model that an answer of the Anthropic lane names: what the provider says, unless another is asked for."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware import Gateway
from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import Fold, unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.anthropic.renaming import rename_message
from ccr_middleware.testing import FakeServer, check_message, check_stream, json_answer, stream
from ccr_middleware.testing.asgi import Reply

from .support.failing import Place, gateway
from .support.gateway import ask, body
from .support.generated import cut, messages

Json = dict[str, Any]

#: A message in which the model is not the only `model`, nor the first, and text that looks like one.
TRICKY: Json = {
    "id": "msg_1",
    "type": "message",
    "content": [
        {"type": "text", "text": 'He wrote "model": "real" and {"model":"real"}.'},
        {"type": "tool_use", "id": "toolu_1", "name": "x", "input": {"model": "real"}},
    ],
    "model": "real",
    "usage": {"input_tokens": 1, "output_tokens": 2},
}


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" , ", " : ")])
def test_only_the_model_of_the_message_is_changed(separators: Any) -> None:
    document = json.dumps(TRICKY, separators=separators).encode()
    renamed = rename_message(document, "fast")
    assert json.loads(renamed) == TRICKY | {"model": "fast"}
    assert len(renamed) == len(document)


@pytest.mark.parametrize("document", [b"", b"[1]", b'{"id": "x"}', b'{"mod\\u0065l": "x"}', b'{"model": 3}'])
def test_what_is_not_understood_stays(document: bytes) -> None:
    assert rename_message(document, "fast") == document


@given(st.data())
def test_only_the_opening_of_a_stream_is_changed(data: st.DataObject) -> None:
    message, name = data.draw(messages()), data.draw(st.text(min_size=1, max_size=9))
    newline = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    before, after = (frame(unfold(message | {"model": model})).replace(b"\n", newline) for model in ("real", name))
    answer = RelayAnswer(streaming=True, name=name)
    outputs = [answer.feed(one) for one in data.draw(cut(b": hello" + newline * 2 + before))] + [answer.finish()]
    passed = b"".join(output.raw for output in outputs if output.raw is not None)
    assert passed.partition(b"event: message_start")[2] == after.partition(b"event: message_start")[2]
    assert answer.error is None


@pytest.mark.parametrize("translated", [False, True])
def test_whoever_wants_json_gets_the_name_as_well(translated: bool) -> None:
    answer, folding = RelayAnswer(streaming=False, translated=translated, name="fast"), Fold()
    folding.feed([*answer.feed(frame(unfold(TRICKY | {"stop_reason": "end_turn"}))).events, *answer.finish().events])
    assert folding.message is not None
    assert folding.message["model"] == "fast"
    document = json.dumps(TRICKY).encode()
    assert RelayAnswer(streaming=False, name="fast").whole(document).raw == rename_message(document, "fast")
    assert RelayAnswer(streaming=True, name="fast").whole(document).events[0]["message"]["model"] == "fast"


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("keys", "told"),
    [({}, "real"), ({"response_model": "routed"}, "real"), ({"response_model": "requested"}, "fast")],
)
def test_c17_the_lane_names_the_alias_only_where_the_configuration_says_so(
    keys: Json, told: str, streaming: bool
) -> None:
    message = TRICKY | {"role": "assistant", "stop_reason": "tool_use", "stop_sequence": None}
    sent = frame(unfold(message)) if streaming else json.dumps(message).encode()
    with FakeServer(stream(sent) if streaming else json_answer(sent)) as provider:
        app = gateway(Place(provider.url, "messages"), aliases={"fast": "first,m"}, **keys)
        reply = asyncio.run(_once(app, body(streaming, model="fast")))
    checked = check_stream(reply.body) if streaming else check_message(reply.json())
    assert checked.message == message | {"model": told}
    assert (reply.body == sent) == (told == "real")


async def _once(app: Gateway, request: Json) -> Reply:
    async with app.lifespan():
        return await ask(app, request)
