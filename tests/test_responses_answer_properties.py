"""Responses answers with anything in them: nothing raises, nothing is shown twice, reads may be cut anywhere."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.events import frame
from ccr_middleware.testing import check_stream
from ccr_middleware.testing.wires.responses import (
    begin,
    call,
    call_item,
    completed,
    message,
    message_item,
    reasoning_item,
    response,
    sse,
)
from ccr_middleware.wire.responses.chunks import ResponsesChunks

from .support.responses_answer import chunks_of, new_reader, stream, whole, whole_chunks, written

KINDS = [
    "created", "in_progress", "output_item.added", "output_item.done", "content_part.added", "content_part.done",
    "output_text.delta", "output_text.done", "output_text.annotation.added", "refusal.delta", "refusal.done",
    "reasoning_summary_part.done", "reasoning_summary_text.delta", "reasoning_summary_text.done",
    "reasoning_text.delta", "reasoning_text.done", "function_call_arguments.delta", "function_call_arguments.done",
    "custom_tool_call_input.delta", "custom_tool_call_input.done", "completed", "incomplete", "failed", "error",
]  # fmt: skip
ITEM_KINDS = [
    "message", "reasoning", "function_call", "custom_tool_call", "web_search_call", "shell_call", "shell_call_output",
    "mcp_call", "image_generation_call", "future",
]  # fmt: skip
PART_KINDS = ["output_text", "refusal", "reasoning_text", "summary_text", "url_citation", "search", "output_audio"]
FIELDS = [
    "item", "part", "response", "output", "output_index", "item_id", "content_index", "summary_index", "delta", "text",
    "refusal", "arguments", "input", "annotation", "annotations", "content", "summary", "id", "call_id", "name",
    "encrypted_content", "status", "error", "message", "code", "usage", "incomplete_details", "action", "sources",
    "url", "title", "output_text", "queries",
]  # fmt: skip

types = st.sampled_from([f"response.{kind}" for kind in KINDS] + ITEM_KINDS + PART_KINDS)
leaves = st.none() | st.booleans() | st.integers(-1, 3) | st.text(max_size=4) | st.sampled_from(["a", "b", "{}"])
objects = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6)
        | st.builds(
            lambda kind, fields: {**fields, "type": kind}, types, st.dictionaries(st.sampled_from(FIELDS), inner)
        )
    ),
    max_leaves=12,
)
junk = st.builds(
    lambda kind, fields: {**fields, "type": kind},
    st.sampled_from([f"response.{kind}" for kind in KINDS]) | objects,
    st.dictionaries(st.sampled_from(FIELDS), objects, max_size=8),
)


def is_valid(chunks):
    """Whatever comes out is an answer or an error."""
    events, writer = written(chunks)
    if writer.error is None:
        check_stream(frame(events))


@given(st.lists(junk, max_size=12))
def test_no_event_raises(events):
    reader = new_reader()
    is_valid([out for event in events for out in reader.feed(event)] + reader.finish())


@given(st.lists(junk, max_size=4))
def test_no_event_raises_on_the_wire(events):
    decoder = ResponsesChunks()
    assert decoder.feed(sse(*events, names=False)) == events


@given(st.dictionaries(st.sampled_from(FIELDS), objects) | st.builds(response, st.lists(junk, max_size=4)))
def test_no_document_raises(document):
    is_valid(whole_chunks(document))


def item_of(number, kind, text):
    """One item of an answer, and the events it is streamed in."""
    index = {"index": number}
    if kind == "message":
        return message_item(text, id=f"msg_{number}"), message(*text, id=f"msg_{number}", **index)
    if kind == "function_call":
        item = call_item(f"tool_{number}", f'{{"a": {number}}}', f"call_{number}", f"fc_{number}")
        return item, call(item, *item["arguments"], **index)
    item = reasoning_item(text, id=f"rs_{number}", encrypted_content="gAAA")
    about = {"output_index": number, "item_id": item["id"]}
    pieces = [{"type": "response.reasoning_summary_text.delta", "delta": letter, **about} for letter in text]
    last = {"type": "response.output_item.done", "output_index": number, "item": item}
    return item, [{"type": "response.output_item.added", "output_index": number, "item": {**item, "summary": []}},
                  *pieces, last]  # fmt: skip


contents = st.lists(
    st.tuples(st.sampled_from(["message", "function_call", "reasoning"]), st.text("ab é👋", min_size=1, max_size=6)),
    min_size=1,
    max_size=6,
)


@given(contents, st.lists(st.integers(0, 60), max_size=3))
def test_c12_whatever_is_left_out_nothing_is_lost_or_doubled(said, left_out):
    """Deltas belong together; of all other tellings any may be missing, since the last event tells everything."""
    made = [item_of(number, kind, text) for number, (kind, text) in enumerate(said)]
    output = [item for item, _ in made]
    events = [one for _, streamed in made for one in streamed]
    kept = [one for n, one in enumerate(events) if n not in left_out or one["type"].endswith(".delta")]
    checked, expected = stream(sse(*begin(), *kept, completed(output))), whole(response(output))
    assert "".join(sorted(checked.text.replace("\n\n", ""))) == "".join(sorted(expected.text.replace("\n\n", "")))
    assert checked.thinking.replace("\n\n", "") == expected.thinking
    assert sorted(checked.tools, key=str) == sorted(expected.tools, key=str)
    if not left_out:
        assert checked.message == expected.message


@given(contents, st.lists(st.integers(0, 4000), max_size=8))
def test_c8_reads_cut_anywhere_give_the_same(said, cuts):
    made = [item_of(number, kind, text) for number, (kind, text) in enumerate(said)]
    body = sse(*begin(), *(one for _, streamed in made for one in streamed), completed([item for item, _ in made]))
    decoder, reader = ResponsesChunks(), new_reader()
    places = sorted({0, len(body), *(cut % len(body) for cut in cuts)})
    reads = [body[start:stop] for start, stop in pairwise(places)]
    chunks = [out for read in reads for chunk in decoder.feed(read) for out in reader.feed(chunk)]
    assert chunks + reader.finish() == chunks_of(body)
