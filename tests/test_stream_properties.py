"""Whatever a provider sends, and however the network cuts it: valid events, nothing lost, no error but our own."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.relay import RelayAnswer
from ccr_middleware.errors import EmptyAnswer, GatewayError
from ccr_middleware.testing import Checked, check_stream

from .support import chat
from .support.generated import ARGUMENTS, FINISHES, NAMES, TEXT, answers, cut, damaged, endings, framed, pieces, warped
from .support.translate import new_answer

Json = dict[str, Any]


def read(reads: list[bytes], **settings: Any) -> tuple[list[Json], Any]:
    """The events of a streamed answer, and its reader."""
    answer = new_answer(**settings)
    events = [event for one in reads for event in answer.feed(one).events]
    return events + answer.finish().events, answer


def checked(events: list[Json], answer: Any) -> Checked | None:
    """The events through the strict checker; None for an answer with nothing in it."""
    if answer.error is not None:
        check_stream(frame(events), complete=False)
        return None
    return check_stream(frame(events))


# -- what is told arrives ----------------------------------------------------------------------------------


@given(st.data())
def test_an_answer_cut_anywhere_is_the_same_answer(data: st.DataObject) -> None:
    chunks, told = data.draw(answers())
    stream = data.draw(framed(data.draw(endings(chunks))))
    at_once = checked(*read([stream]))
    in_reads = checked(*read(data.draw(cut(stream))))
    byte_by_byte = checked(*read([stream[i : i + 1] for i in range(len(stream))]))
    if at_once is None:
        assert in_reads is byte_by_byte is None
        assert (told.text, told.thinking, told.calls) == ("", "", [])
        return
    assert in_reads is not None
    assert byte_by_byte is not None
    assert in_reads.message == byte_by_byte.message == at_once.message
    assert (at_once.text, at_once.thinking) == (told.text, told.thinking)
    assert [(tool.name, tool.input) for tool in at_once.tools] == told.calls


@given(st.data())
def test_folding_the_events_gives_what_a_client_has(data: st.DataObject) -> None:
    chunks, _ = data.draw(answers())
    events, answer = read([chat.sse(*data.draw(endings(chunks)))])
    if found := checked(events, answer):
        assert fold(events) == found.message
        assert check_stream(frame(unfold(found.message))).message == found.message


@given(st.data())
def test_a_stream_and_a_json_answer_say_the_same(data: st.DataObject) -> None:
    """A whole answer has one order (reasoning, text, calls), so the stream has it here, too."""
    thinking, text = data.draw(st.just("") | TEXT), data.draw(st.just("") | TEXT)
    calls = data.draw(st.lists(st.tuples(NAMES, ARGUMENTS), max_size=3))
    ids = [data.draw(st.sampled_from([f"call_{number}", "", "same", None])) for number in range(len(calls))]
    finish, usage = data.draw(FINISHES), data.draw(st.sampled_from([None, chat.counts(30, 5, cached=10)]))
    tools = [(call_id, *call) for call_id, call in zip(ids, calls, strict=True)]
    document = chat.whole(text or None, reasoning=thinking or chat.OMIT, tools=tools, finish=finish, usage=usage)

    chunks = [chat.reasoning(piece) for piece in data.draw(pieces(thinking))] if thinking else []
    chunks += [chat.text(piece) for piece in data.draw(pieces(text))] if text else []
    for index, (call_id, name, arguments) in enumerate(tools):
        head, *rest = data.draw(pieces(arguments))
        chunks += [chat.tool(index, call_id, name, head), *(chat.tool(index, arguments=piece) for piece in rest)]
    stream = chat.sse(*chunks, chat.finish(finish), *([chat.chunk({}, usage=usage)] if usage else []))

    answer = new_answer()
    events = answer.whole(json.dumps(document).encode()).events + answer.finish().events
    of_json, of_stream = checked(events, answer), checked(*read(data.draw(cut(stream))))
    assert of_json is not None
    assert of_stream is not None
    assert of_json.message == of_stream.message


@given(st.data())
def test_a_stream_that_breaks_off_is_still_a_message(data: st.DataObject) -> None:
    """Wherever the bytes end, what came is told, and arguments that were cut are never run (C1, C2)."""
    chunks, told = data.draw(answers())
    stream = chat.sse(*chunks)
    events, answer = read([stream[: data.draw(st.integers(0, len(stream)))]])
    found = checked(events, answer)
    if found is None:
        assert isinstance(answer.error, EmptyAnswer)
        return
    assert told.text.startswith(found.text)
    assert told.thinking.startswith(found.thinking)
    if found.stop_reason == "tool_use":
        assert all(tool.input is not None for tool in found.tools)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {}),
        ("[]", {}),
        ('""', {}),
        (" ", {}),
        ([1], {"value": [1]}),
        (5, {"value": 5}),
        ("true", {"value": True}),
        ('"two"', {"value": "two"}),
        (json.dumps('{"a": 1}'), {"a": 1}),
        (' {"a": 1}', {"a": 1}),
    ],
)
def test_c11_arguments_become_an_object(arguments: Any, expected: Json) -> None:
    """Some providers send another JSON type for "no arguments", or encode the object twice; clients insist on one."""
    of_stream = checked(*read([chat.sse(chat.tool(0, "call_0001", "Read", arguments), chat.finish("tool_calls"))]))
    answer = new_answer()
    document = chat.whole(tools=[("call_0001", "Read", arguments)], finish="tool_calls")
    of_json = checked(answer.whole(json.dumps(document).encode()).events + answer.finish().events, answer)
    assert of_stream is not None
    assert of_json is not None
    assert of_stream.tools == of_json.tools == [("call_0001", "Read", expected)]
    assert of_stream.stop_reason == of_json.stop_reason == "tool_use"


def test_a_chunk_with_nothing_but_choices_may_still_hold_a_finish_reason() -> None:
    """Such a chunk looks like the runs of text that the decoder makes, and must not be taken for one."""
    choices = [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "length"}]
    found = checked(*read([chat.sse(chat.text("Oh "), {"choices": choices})]))
    assert found is not None
    assert (found.text, found.stop_reason) == ("Oh Hi", "max_tokens")


# -- garbage -----------------------------------------------------------------------------------------------

SAMPLES = st.sampled_from([
    chat.text("Hello"),
    chat.reasoning("hm"),
    chat.chunk({"reasoning_details": [{"type": "reasoning.text", "text": "a", "signature": "s", "format": "f"}]}),
    chat.chunk({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}, {"text": "u"}]}),
    chat.tool(0, "call_0001", "Read", '{"a":1}'),
    chat.tool(0, arguments='{"b"'),
    chat.chunk({"function_call": {"name": "f", "arguments": "{}"}}),
    chat.chunk({"annotations": [{"type": "url_citation", "url_citation": {"url": "https://a.test", "title": "A"}}]}),
    chat.finish("stop"),
    chat.finish("tool_calls"),
    chat.usage(12, 3, cached=4, reasoning=1),
    {"choices": [{"index": 0, "delta": {"content": "run"}}]},
    {"choices": [{"delta": {"content": "run"}}]},
    chat.error("boom"),
])  # fmt: skip


def assert_only_our_errors(read_all: Any) -> None:
    """The events are valid however far they go, and nothing but a gateway error is raised."""
    try:
        events, answer = read_all()
    except GatewayError:
        return
    checked(events, answer)


@given(st.data())
def test_json_of_any_shape_is_survived(data: st.DataObject) -> None:
    chunks = [data.draw(st.one_of(SAMPLES, warped(data.draw(SAMPLES)))) for _ in range(data.draw(st.integers(1, 6)))]
    stream = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    assert_only_our_errors(lambda: read([stream], stop=("stop",)))


@given(st.data())
def test_a_json_answer_of_any_shape_is_survived(data: st.DataObject) -> None:
    tools = [("call_0001", "Read", '{"a":1}'), ("", "Bash", {})]
    document = data.draw(warped(chat.whole("Hi", reasoning="hm", tools=tools)))

    def read_all() -> tuple[list[Json], Any]:
        answer = new_answer()
        return answer.whole(json.dumps(document).encode()).events + answer.finish().events, answer

    assert_only_our_errors(read_all)


@given(st.data())
def test_damaged_bytes_are_survived(data: st.DataObject) -> None:
    chunks, _ = data.draw(answers())
    stream = data.draw(damaged(data.draw(framed(data.draw(endings(chunks))))))
    assert_only_our_errors(lambda: read(data.draw(cut(stream))))


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_noise_is_survived(reads: list[bytes]) -> None:
    assert_only_our_errors(lambda: read(reads))
    body = b"".join(reads)
    for streaming in (True, False):
        try:
            RelayAnswer(streaming=streaming).whole(body)
        except GatewayError:
            continue
