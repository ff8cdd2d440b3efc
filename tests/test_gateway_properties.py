"""Whatever a client asks and a provider answers: a valid answer or an honest error, never a fault of the gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.testing import CUT, Script, check_error, json_answer, post
from ccr_middleware.testing.asgi import Reply

from .support import chat
from .support.gateway import ask, body, config, gateway
from .support.generated import damaged, warped
from .test_door_bodies import LANE, MESSAGE

Json = dict[str, Any]

REQUESTS = [json.loads(path.read_text()) for path in sorted(Path(__file__).parent.glob("golden/chat/*/request.json"))]

#: Providers that take requests in quite different forms.
DIALECTS: list[Json] = [
    {},
    {"reasoning_style": "openrouter", "replay_field": "reasoning_details", "cache_control": True, "documents": "file"},
    {"reasoning_style": "thinking", "replay_field": "reasoning_content", "mid_system": "first", "merge_roles": True},
    {"replay_field": "thought_signature", "mid_system": "keep", "tools": False, "json_schema": "none"},
    {"tool_id_length": 9, "prefill": True, "json_schema": "json_object", "tool_then_user": False},
]
ROUTER = dict.fromkeys(("background", "think", "longContext", "webSearch", "image"), "chat,m2")
ROUTER |= {"default": "chat,m1", "longContextThreshold": 50}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def assert_no_fault(reply: Reply) -> None:
    """An answer, or an error that is not the gateway's own."""
    if reply.status != 200:
        assert "gateway failed" not in check_error(reply.body)["message"]
    assert b"gateway failed" not in reply.body


def answer_for(exchange: Any) -> Script:
    """A good answer of either provider."""
    return json_answer(MESSAGE) if "messages" in exchange.path else json_answer(chat.whole("Hello"))


@given(st.data())
def test_no_request_makes_the_gateway_fail(data: st.DataObject) -> None:
    request = data.draw(warped(data.draw(st.sampled_from(REQUESTS))))
    if isinstance(request, dict):
        request |= data.draw(st.sampled_from([{}, {"model": LANE}, {"stream": True}, {"model": LANE, "stream": True}]))
    document = config(Router=ROUTER)
    document["Providers"][0]["dialect"] = data.draw(st.sampled_from(DIALECTS))
    app, _ = gateway(answer_for, **document)
    reply = run(ask(app, json.dumps(request).encode()))
    assert reply.status in (200, 400, 404)
    assert_no_fault(reply)
    assert run(post(app, "/v1/messages/count_tokens", json.dumps(request).encode())).status in (200, 400)


ANSWERS = [
    chat.whole("Hello", reasoning="hm", tools=[("call_0001", "Read", '{"a":1}')]),
    chat.error("no", 429),
    {"error": {"message": "m", "metadata": {"raw": '{"error": {"message": "n"}}', "provider_name": "P"}}},
    [{"error": {"code": 400, "message": "x", "details": [{"@type": "RetryInfo", "retryDelay": "3s"}]}}],
    {"detail": [{"loc": ["body", 1], "msg": "missing"}]},
    MESSAGE,
    {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
]
STATUSES = [200, 200, 200, 400, 401, 404, 413, 429, 500, 529, 302, 418, 599]


@given(st.data())
def test_no_answer_makes_the_gateway_fail(data: st.DataObject) -> None:
    answer = json.dumps(data.draw(warped(data.draw(st.sampled_from(ANSWERS))))).encode()
    waits = data.draw(st.sampled_from([{}, {"retry-after": "soon"}, {"retry-after": "-1"}, {"retry-after": "9" * 400}]))
    script = json_answer(data.draw(st.just(answer) | damaged(answer)), data.draw(st.sampled_from(STATUSES)), waits)
    app, _ = gateway(script)
    for model in ("chat,m1", LANE):
        for streaming in (True, False):
            assert_no_fault(run(ask(app, body(model=model, stream=streaming))))


@given(st.data())
def test_no_stream_makes_the_gateway_fail(data: st.DataObject) -> None:
    chunks = [data.draw(warped(chunk)) for chunk in (chat.text("Hi"), chat.tool(0, "c", "f", "{}"), chat.finish())]
    stream = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    script = Script(steps=[data.draw(damaged(stream)), *data.draw(st.sampled_from([[], [CUT]]))])
    app, _ = gateway(script)
    for model in ("chat,m1", LANE):
        for streaming in (True, False):
            assert_no_fault(run(ask(app, body(model=model, stream=streaming))))
