"""Recorded traffic: what real clients ask of Responses is read, and what Anthropic really streams is written."""

import json

import pytest

from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.jsonio import loads
from ccr_middleware.losses import Losses
from ccr_middleware.sse import SSEDecoder
from ccr_middleware.wire.responses.inbound.request import read_request as read

from .support import recorded
from .test_inbound_responses_writer import check, events_of, new_writer


@pytest.mark.parametrize("case", recorded.params(api="openai-responses"))
def test_recorded_requests_are_read(case):
    if case.request is None:
        pytest.skip("the request was not recorded")
    body = case.request["body"]
    unified = to_unified(read(body, Losses()).body, Losses())
    told = json.dumps(unified["messages"], ensure_ascii=False)
    items = body["input"] if isinstance(body["input"], list) else []
    for item in items:
        if isinstance(item.get("content"), str):
            assert json.dumps(item["content"], ensure_ascii=False)[1:-1] in told
    called = [call["function"]["name"] for one in unified["messages"] for call in one.get("tool_calls", ())]
    assert called == [item["name"] for item in items if item.get("type") == "function_call"]
    assert {tool["function"]["name"] for tool in unified.get("tools", ())} >= {
        tool["name"] for tool in body.get("tools", ()) if tool["type"] == "function"
    }


@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", stream=True))
def test_recorded_streams_are_written(case):
    decoder = SSEDecoder()
    events = [loads(event.data) for event in decoder.feed(case.body) + decoder.finish()]
    writer = new_writer()
    sent = check(events_of(writer.feed(events) + writer.finish()))
    _same(sent[-1]["response"], new_writer().whole(fold(events)), fold(events))


@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", stream=False, status=200))
def test_recorded_messages_are_written(case):
    message = case.json()
    writer = new_writer()
    sent = check(events_of(writer.feed(unfold(message)) + writer.finish()))
    _same(sent[-1]["response"], new_writer().whole(message), message)


def _same(streamed, whole, message):
    """One answer both ways. Arguments are JSON, so their blanks do not count."""
    for response in (streamed, whole):
        for item in response["output"]:
            if item["type"] == "function_call":
                item["arguments"] = json.loads(item["arguments"])
    assert streamed == whole
    texts = [part["text"] for item in whole["output"] for part in item.get("content", ()) if "text" in part]
    assert "".join(texts) == "".join(block["text"] for block in message["content"] if block["type"] == "text")
    assert whole["usage"]["output_tokens"] == message["usage"]["output_tokens"]
