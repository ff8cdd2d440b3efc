"""Responses answers: texts and calls told several times and shown once, whatever a provider leaves out (C12, F22)."""

import pytest

from ccr_middleware.testing.script import feed
from ccr_middleware.testing.wires.responses import (
    added,
    begin,
    call,
    call_item,
    completed,
    delta,
    event,
    message,
    message_item,
    reasoning_item,
    response,
    sse,
    without,
)
from ccr_middleware.wire.responses.chunks import ResponsesChunks
from ccr_middleware.wire.responses.format import RESPONSES

from .support import each_feeding
from .support.responses_answer import (
    ARGUMENTS,
    CALL,
    CUSTOM,
    READ,
    chunks_of,
    error_of,
    new_reader,
    stream,
    two_of_each,
    whole,
    whole_chunks,
    written,
)

# -- framing -----------------------------------------------------------------------------------------------


@each_feeding
@pytest.mark.parametrize("names", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_c9_event_lines_comments_and_done_are_optional(feeding, names, end):
    text = "Grüße, 世界 👋"
    keep_alive = ": OPENROUTER PROCESSING"
    body = sse(keep_alive, *begin(), keep_alive, *message(*text), completed(), names=names, end=end)
    checked = stream(body, feeding)
    assert (checked.text, checked.stop_reason) == (text, "end_turn")


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed", "done"])
def test_the_last_event_ends_the_stream(status):
    decoder = ResponsesChunks()
    decoder.feed(sse(*begin(), *message("Hi")))
    assert not decoder.done
    decoder.feed(sse(event(status, response=response(status=status))))
    assert decoder.done


def test_an_older_word_for_the_last_event():
    last = event("done", response=response([message_item("Hello")], usage={"input_tokens": 5, "output_tokens": 2}))
    checked = stream(sse(*message("Hel"), last))
    assert (checked.text, checked.usage["input_tokens"]) == ("Hello", 5)


def test_done_ends_the_stream():
    decoder = ResponsesChunks()
    assert decoder.feed(b"data: [DONE]\n\n") == []
    assert decoder.done


def test_the_type_may_stand_in_the_event_line_only():
    body = b'event: response.output_text.delta\ndata: {"delta": "Hi", "output_index": 0}\n\n'
    assert chunks_of(body) == [{"text": "Hi"}]


def test_what_is_no_json_object_is_skipped_and_counted():
    decoder = ResponsesChunks()
    chunks = decoder.feed(sse("data: {broken", "data: [1]", "data: 3", delta("output_text", "Hi")))
    assert [chunk["delta"] for chunk in chunks] == ["Hi"]
    assert decoder.malformed == 3


def test_the_last_event_needs_no_blank_line():
    assert stream(sse(*begin(), *message("Hi"), completed()).rstrip(b"\n")).stop_reason == "end_turn"


# -- text told several times -------------------------------------------------------------------------------


@each_feeding
@pytest.mark.parametrize(
    "missing",
    [
        (),
        ("output_text.delta",),
        ("output_text.done", "content_part"),
        ("output_item.added", "content_part.added"),
        ("output_item.done", "output_text.done", "content_part.done"),
        ("output_text", "content_part"),
        ("output_text", "content_part", "output_item"),
        ("created", "in_progress", "output_text", "content_part", "output_item"),
    ],
)
def test_c12_text_is_shown_once_whatever_is_left_out(feeding, missing):
    events = [*begin(), *message("Hel", "lo"), completed([message_item("Hello")])]
    checked = stream(sse(*without(events, *missing)), feeding)
    assert [block["text"] for block in checked.blocks] == ["Hello"]
    assert checked.stop_reason == "end_turn"


@pytest.mark.parametrize("kind", ["output_text.done", "content_part.done", "output_item.done", "completed"])
def test_a_later_telling_adds_what_the_deltas_lacked(kind):
    """Only the first three letters come in deltas, and only one of the later events tells the rest."""
    tellings = {"output_text.done", "content_part.done", "output_item.done", "completed"}
    events = [*message("Hello"), completed([message_item("Hello")])]
    events = [delta("output_text", "Hel") if one["type"].endswith("text.delta") else one for one in events]
    assert stream(sse(*without(events, *(tellings - {kind})))).text == "Hello"


def test_a_text_that_differs_from_its_deltas_is_not_shown_again():
    events = [*begin(), *message("Hello "), completed([message_item("Hello")])]
    assert stream(sse(*events)).text == "Hello "


def test_several_parts_and_items_keep_their_order():
    first, second = message_item("I look.", id="msg_1"), message_item("Found.", id="msg_2")
    item = call_item(arguments=ARGUMENTS)
    body = sse(
        *begin(),
        *message("I look.", index=0, phase="commentary"),
        *call(item, '{"path": ', '"a.py"}', index=1),
        *message("Found.", index=2, id="msg_2", phase="final_answer"),
        completed([first, item, second]),
    )
    checked = stream(body)
    assert [block["type"] for block in checked.blocks] == ["text", "tool_use", "text"]
    assert checked.text == "I look.Found."
    assert whole(response([first, item, second])).blocks == checked.blocks


def test_messages_with_nothing_between_them_are_kept_apart():
    events = [*message("I look."), *message("Found.", index=1, id="msg_2")]
    assert stream(sse(*events, completed())).text == "I look.\n\nFound."
    assert whole(response([message_item("One", " text."), message_item("Two.")])).text == "One text.\n\nTwo."


def test_items_that_were_not_streamed_are_read_from_the_end():
    output = [message_item("Hello"), message_item("More", id="msg_2"), CALL]
    checked = stream(sse(*begin(), *message("Hello"), completed(output)))
    assert (checked.text, checked.tools) == ("Hello\n\nMore", [READ])


def test_c12_an_answer_that_is_only_in_the_last_event():
    output = [reasoning_item("Hm."), message_item("Hello"), CALL]
    checked = stream(sse(completed(output)))
    assert (checked.thinking, checked.text, checked.tools) == ("Hm.", "Hello", [READ])
    assert checked.blocks == whole(response(output)).blocks


# -- the end -----------------------------------------------------------------------------------------------


def test_c1_a_stream_without_its_last_event_ends_in_an_orderly_way():
    checked = stream(sse(*begin(), *message("Hello")[:-3]))
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


def test_c2_calls_in_a_stream_without_its_last_event():
    pieces = call(CALL, '{"path"', ': "a.py"}')
    assert stream(sse(*begin(), *pieces[:3])).stop_reason == "tool_use"
    assert stream(sse(*begin(), *pieces[:2])).stop_reason == "max_tokens"


def test_c2_a_custom_call_that_was_cut_is_not_run():
    events = [added(CUSTOM), event("custom_tool_call_input.delta", output_index=0, delta="rm -")]
    assert stream(sse(*events)).stop_reason == "max_tokens"


def test_c2_what_the_beginning_of_an_item_already_held():
    begun = event("output_item.added", output_index=0, item=message_item("Hello"))
    whole_call = event("output_item.added", output_index=1, item=CALL)
    checked = stream(sse(begun, whole_call))
    assert (checked.text, checked.tools) == ("Hello", [READ])


@pytest.mark.parametrize(
    ("details", "reason"),
    [
        ({"reason": "max_output_tokens"}, "max_tokens"),
        ({"reason": "content_filter"}, "refusal"),
        ({"reason": None}, "max_tokens"),
        (None, "max_tokens"),
    ],
)
def test_c12_an_incomplete_response(details, reason):
    last = completed([message_item("Hel")], "incomplete", incomplete_details=details)
    assert stream(sse(*message("Hel"), last)).stop_reason == reason
    assert whole(last["response"]).stop_reason == reason


def test_a_budget_spent_on_reasoning_is_a_valid_message():
    """Fixtures fact 17."""
    output = [{"type": "reasoning", "id": "rs_1", "summary": []}]
    checked = whole(response(output, "incomplete", incomplete_details={"reason": "max_output_tokens"}))
    assert (checked.blocks, checked.stop_reason) == ([], "max_tokens")


@each_feeding
def test_c13_a_stream_folds_to_the_whole(feeding):
    events, items = two_of_each()
    streamed = stream(sse(*begin(), *events, completed(items)), feeding)
    assert streamed.message == whole(response(items)).message


def test_c5_an_answer_with_nothing_in_it():
    for chunks in (chunks_of(b""), chunks_of(sse(*begin())), whole_chunks({}), whole_chunks({"object": "response"})):
        assert written(chunks)[1].error is not None
    assert error_of(chunks_of, b"").status == 529


def test_an_answer_that_is_only_queued_is_no_answer():
    assert error_of(whole_chunks, response(status="queued", usage=None)).status == 529


def test_output_text_stands_in_for_missing_output():
    assert whole(response([], output_text="Hello")).text == "Hello"
    assert whole(response([message_item("Hello")], output_text="Hello")).text == "Hello"


# -- failures ----------------------------------------------------------------------------------------------

FAILURE = {"code": "server_error", "message": "the model broke"}


@pytest.mark.parametrize(
    "last",
    [
        {"type": "error", **FAILURE, "param": None, "sequence_number": 2},
        {"type": "error", "error": {"type": "insufficient_quota", **FAILURE}, "sequence_number": 2},
        {"error": FAILURE},
        {"type": "message", "error": FAILURE},
        event("failed", response=response(status="failed", error=FAILURE, usage=None)),
        event("failed", error=FAILURE),
    ],
)
def test_c6_failures_inside_a_stream(last):
    body = sse(*begin(), *message("Hel"), last, event("failed", response=response(status="failed")), names=False)
    events, writer = written(chunks_of(body))
    assert "the model broke" in writer.error.message
    assert [one["type"] for one in events][-1] == "content_block_delta", "nothing pretends success"


def test_what_a_failure_is_read_from():
    seen = []
    reader = new_reader()
    reader._read_error = lambda error: seen.append(error) or RuntimeError()
    reader.feed({"type": "error", "status": 429, "error": {"code": "rate_limit_exceeded", "message": "slow down"}})
    assert seen == [{"status": 429, "code": "rate_limit_exceeded", "message": "slow down"}]


def test_c41_failures_in_a_json_answer():
    assert "broke" in error_of(whole_chunks, response(status="failed", error=FAILURE)).message
    assert "broke" in error_of(whole_chunks, {"error": {"message": "broke"}}).message
    assert error_of(whole_chunks, response(status="cancelled")).message
    assert error_of(whole_chunks, response(status="failed")).message


def test_the_format_is_one_piece():
    assert RESPONSES.name == "responses"
    assert RESPONSES.new_decoder().feed(b"") == []
    reader = RESPONSES.new_reader(lambda error: RuntimeError(), ("END",))
    assert reader.read_whole(response([message_item("Hi")]))[1] == {"text": "Hi"}


@each_feeding
def test_c8_reads_may_be_cut_anywhere(feeding):
    body = sse(*begin(), *message("a 👋 b"), *call(CALL, '{"path": "', 'a.py"}', index=1), completed())
    assert written(chunks_of(body, feeding))[0] == written(chunks_of(body))[0]
    assert len(feed(body, "bytes")) >= len(body)
