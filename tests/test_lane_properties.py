"""The Anthropic lane and the folding of its events, whatever comes: every byte passes, and nothing breaks."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccr_middleware.anthropic import relay
from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import Fold, fold, unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.errors import GatewayError, UpstreamBroken
from ccr_middleware.testing import check_stream

from .support.generated import cut, messages, warped

Json = dict[str, Any]


@given(messages())
def test_folding_undoes_unfolding(message: Json) -> None:
    before = json.dumps(message)
    assert fold(unfold(message)) == message
    assert check_stream(frame(unfold(message))).message == message
    assert json.dumps(message) == before


@given(st.data())
def test_the_lane_passes_every_byte_in_whole_events(data: st.DataObject) -> None:
    message = data.draw(messages())
    newline = data.draw(st.sampled_from([b"\n", b"\r\n"]))
    stream = frame(unfold(message)).replace(b"\n", newline)
    answer = RelayAnswer(streaming=True)
    outputs = [answer.feed(one) for one in data.draw(cut(stream))] + [answer.finish()]
    raws = [output.raw for output in outputs if output.raw is not None]
    assert b"".join(raws) == stream
    assert all(raw.endswith(newline * 2) for raw in raws)
    assert (answer.error, answer.ended, answer.outcome().stop_reason) == (None, True, message["stop_reason"])


@given(st.data())
def test_the_lane_folds_a_stream_for_a_client_that_wants_json(data: st.DataObject) -> None:
    message = data.draw(messages())
    answer, folding = RelayAnswer(streaming=False), Fold()
    for one in data.draw(cut(frame(unfold(message)))):
        folding.feed(answer.feed(one).events)
    folding.feed(answer.finish().events)
    assert folding.message == message


@given(st.data())
def test_the_lane_survives_events_of_any_shape(data: st.DataObject) -> None:
    events = unfold(data.draw(messages()))
    at = data.draw(st.integers(0, len(events) - 1))
    events[at] = data.draw(warped(events[at]))
    blocks = (f"event: {name_of(event)}\ndata: {json.dumps(event)}\n\n" for event in events)
    stream = "".join(blocks).encode()
    for streaming in (True, False):
        answer, folding = RelayAnswer(streaming=streaming), Fold()
        try:
            for output in (answer.feed(stream), answer.finish()):
                folding.feed(output.events)
            answer.outcome()
        except GatewayError:
            continue
        assert folding.message is None or isinstance(folding.message["content"], list)


def name_of(event: Any) -> str:
    """The event's name, also where the event is no event any more."""
    name = event.get("type") if isinstance(event, dict) else None
    return name if isinstance(name, str) and name.isascii() and name.isprintable() else "message_delta"


@given(st.data())
def test_the_lane_survives_a_json_answer_of_any_shape(data: st.DataObject) -> None:
    document = data.draw(warped(data.draw(messages())))
    for streaming in (True, False):
        answer = RelayAnswer(streaming=streaming)
        try:
            output = answer.whole(json.dumps(document).encode())
            answer.outcome()
        except GatewayError:
            continue
        assert all(isinstance(event["type"], str) for event in output.events)
        json.dumps(fold(output.events) if output.events else {})


@pytest.mark.parametrize("streaming", [True, False])
def test_json_that_is_no_message_is_no_answer(streaming: bool) -> None:
    with pytest.raises(GatewayError, match="message"):
        RelayAnswer(streaming=streaming).whole(b'{"detail": "what?"}')


@given(messages())
def test_c13_a_json_answer_of_the_lane_as_a_stream(message: Json) -> None:
    assume(message["content"])
    output = RelayAnswer(streaming=True).whole(json.dumps(message).encode())
    assert check_stream(frame(output.events)).message == message


def test_an_event_of_the_lane_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_EVENT_BYTES", 100)
    answer = RelayAnswer(streaming=True)
    answer.feed(b"x" * 100)
    with pytest.raises(UpstreamBroken, match="larger than 100 bytes"):
        answer.feed(b"x")


@pytest.mark.parametrize(
    ("data", "status", "says"),
    [
        (b": keep-alive\n\n", 529, "nothing"),
        (b'event: ping\ndata: {"type": "ping"}\n\n', 502, "none of Anthropic's"),
        (b'data: {"choices": [{"delta": {"content": "Hi"}}]}\n\ndata: [DONE]\n\n', 502, "none of Anthropic's"),
    ],
)
def test_nothing_is_passed_before_there_is_a_message(data: bytes, status: int, says: str) -> None:
    """So that a stream without one, from a provider that speaks something else, is an error with a status."""
    answer = RelayAnswer(streaming=True)
    assert (answer.feed(data).raw, answer.finish().raw) == (None, None)
    assert answer.error is not None
    assert answer.error.status == status
    assert says in answer.error.message
