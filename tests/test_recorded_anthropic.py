"""Every recorded Anthropic exchange passes the lane byte for byte, and folds into the message it is."""

import pytest

from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.jsonio import loads
from ccr_middleware.sse import SSEDecoder
from ccr_middleware.testing.script import FEEDINGS, feed

from .support import recorded


def relayed(case, feeding, *, streaming):
    answer = RelayAnswer(streaming=streaming)
    data, events = b"", []
    for output in [*(answer.feed(piece) for piece in feed(case.body, feeding)), answer.finish()]:
        data += output.raw or b""
        events += output.events
    return data, events, answer


@pytest.mark.parametrize("feeding", FEEDINGS)
@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", stream=True))
def test_bytes_pass_unchanged(case, feeding):
    data, _, answer = relayed(case, feeding, streaming=True)
    sent = b"".join(feed(case.body, feeding))
    assert answer.error is None
    assert data.rstrip() == sent.rstrip()
    usage = answer.outcome().usage
    assert usage["output"] > 0


@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", stream=True))
def test_a_stream_folds_into_its_message(case):
    _, events, _ = relayed(case, "whole", streaming=False)
    decoder = SSEDecoder()
    everything = [loads(event.data) for event in decoder.feed(case.body) + decoder.finish()]
    message = fold(everything)
    assert fold(events) == message
    assert message["stop_reason"]
    assert fold(unfold(message))["content"] == message["content"]


@pytest.mark.parametrize("case", recorded.params(api="anthropic-messages", stream=False, status=200))
def test_json_passes_unchanged(case):
    answer = RelayAnswer(streaming=False)
    assert answer.whole(case.body).raw == case.body
    whole = RelayAnswer(streaming=True).whole(case.body).events
    assert fold(whole)["content"] == case.json()["content"]
