"""OpenAI's own SDK reads what is written for chat clients. Skipped where it is not installed."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import UpstreamError
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT

from .support.client_streams import batches, message, message_streams, settings

openai = pytest.importorskip("openai")
from openai.lib.streaming._deltas import accumulate_delta  # noqa: E402
from openai.types.chat import ChatCompletion, ChatCompletionChunk  # noqa: E402

WHOLE = message(
    {"type": "thinking", "thinking": "hm", "signature": "ccr1.chat.YQ"},
    {"type": "text", "text": "I read "},
    {"type": "text", "text": "it."},
    {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}},
    {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": {}},
    stop_reason="tool_use",
)


def client(status, content, kind):
    """The SDK's client, whose server always answers this."""
    headers = {"content-type": kind}
    transport = httpx.MockTransport(lambda request: httpx.Response(status, content=content, headers=headers))
    return openai.OpenAI(
        api_key="k", base_url="http://ccr/v1", max_retries=0, http_client=httpx.Client(transport=transport)
    )


def ask(sdk, **more):
    return sdk.chat.completions.create(model="m", messages=[{"role": "user", "content": "Hi"}], **more)


def streamed(whole, echo=None):
    writer = CHAT_CLIENT.new_writer(settings(echo))
    return writer.feed([{"type": "ping"}, *unfold(whole)]) + writer.finish()


@given(st.data())
def test_the_types_of_the_sdk_take_all_of_it(data):
    whole, events = data.draw(message_streams())
    writer = CHAT_CLIENT.new_writer(settings({"include_usage": True}))
    stream = b"".join(writer.feed(some) for some in data.draw(batches(events))) + writer.finish()
    lines = [line[6:] for line in stream.split(b"\n\n") if line.startswith(b"data: {")]
    together: dict = {}
    for line in lines:
        chunk = ChatCompletionChunk.model_validate_json(line)
        for choice in chunk.choices:
            accumulate_delta(together, choice.delta.to_dict())
    completion = ChatCompletion.model_validate(writer.whole(whole), strict=True)
    answer = completion.choices[0].message
    assert (together["content"] or None) == answer.content
    calls = [
        (c["id"], c["function"]["name"], json.loads(c["function"]["arguments"])) for c in together.get("tool_calls", ())
    ]
    assert calls == [(c.id, c.function.name, json.loads(c.function.arguments)) for c in answer.tool_calls or ()]
    assert together.get("reasoning_details") == (answer.model_extra or {}).get("reasoning_details")


def test_a_stream_through_the_sdk():
    sdk = client(200, streamed(WHOLE, {"include_usage": True}), "text/event-stream")
    chunks = list(ask(sdk, stream=True))
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "I read it."
    assert chunks[-1].usage.prompt_tokens == 9
    assert chunks[-2].choices[0].finish_reason == "tool_calls"


def test_the_stream_helper_of_the_sdk():
    sdk = client(200, streamed(WHOLE), "text/event-stream")
    with sdk.chat.completions.stream(model="m", messages=[{"role": "user", "content": "Hi"}]) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls
    assert [(c.id, c.function.name, c.function.arguments) for c in calls] == [
        ("toolu_1", "Read", '{"path":"a"}'),
        ("toolu_2", "Bash", "{}"),
    ]


def test_a_whole_answer_through_the_sdk():
    document = CHAT_CLIENT.new_writer(settings()).whole(WHOLE)
    answer = ask(client(200, json.dumps(document), "application/json")).choices[0].message
    assert (answer.content, answer.reasoning_content) == ("I read it.", "hm")


def test_errors_through_the_sdk():
    error = UpstreamError("slow down", status=429)
    with pytest.raises(openai.RateLimitError) as caught:
        ask(client(429, json.dumps(CHAT_CLIENT.error_body(error, "req_1")), "application/json"))
    assert caught.value.code == "rate_limit_exceeded"
    writer = CHAT_CLIENT.new_writer(settings())
    broken = writer.feed(unfold(WHOLE)[:4]) + writer.fail(UpstreamError("the connection was cut"))
    with pytest.raises(openai.APIError, match="the connection was cut"):
        list(ask(client(200, broken, "text/event-stream"), stream=True))
