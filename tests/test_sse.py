"""`sse.SSEDecoder` against a slow and obvious reading of the specification."""

import re
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ccr_middleware import sse
from ccr_middleware.sse import SSEDecoder, SSEEvent

from .support import recorded

BOM = b"\xef\xbb\xbf"


def read_slowly(data: bytes) -> list[SSEEvent]:
    """The whole stream at once, line by line, as the WHATWG text says; an unfinished last event counts as finished."""
    events, name, values = [], "", []
    lines = re.split(rb"\r\n|\n|\r", data.removeprefix(BOM))
    for line in [*lines, b""]:
        if not line:
            if values:
                events.append(SSEEvent(name, b"\n".join(values)))
            name, values = "", []
            continue
        field, _, value = line.partition(b":")
        value = value[1:] if value[:1] == b" " else value
        if field == b"data":
            values.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return events


def decode(pieces: list[bytes]) -> list[SSEEvent]:
    decoder = SSEDecoder()
    return [event for piece in pieces for event in decoder.feed(piece)] + decoder.finish()


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut at these places; equal places give empty pieces."""
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[left:right] for left, right in pairwise(edges)]


words = st.sampled_from(["a", "ä", "🎉", "\u2028", "\x85", "\x0b", "\ufeff", " ", ":", "{}", "data:", "\0", "\u3000"])
values = st.lists(words, max_size=4).map("".join)
lines = st.one_of(
    values.map(lambda value: f"data: {value}"),
    values.map(lambda value: f"data:{value}"),
    values.map(lambda value: f"event: {value}"),
    values.map(lambda value: f": {value}"),
    values.map(lambda value: f"id: {value}"),
    values,
    st.sampled_from(["data", "event", "event:", "", "", "", "retry: 10", "Data: x", " data: x", "datax: y"]),
)
line_ends = st.sampled_from(["\n", "\r\n", "\r"])


@st.composite
def streams(draw: st.DrawFn, ends: st.SearchStrategy[str] = line_ends) -> bytes:
    """Any sequence of lines with any line ends, with or without a byte order mark and a last line end."""
    written = "".join(line + draw(ends) for line in draw(st.lists(lines, max_size=12))) + draw(lines)
    return draw(st.sampled_from([b"", BOM])) + written.encode()


places = st.lists(st.integers(min_value=0, max_value=400), max_size=12)


@given(streams(), places)
@example(BOM + b"data: a\n\n", [1, 2])
@example(b"data: a\r\n\r\ndata: b\r\n\r\n", [8, 9, 10, 11])
@example(b"data: a\r\r\n\ndata: b\r\r", [9])
@example(b"\n\n\ndata: a\n\n\n\ndata: b", [1])
def test_cutting_changes_nothing(data: bytes, places: list[int]) -> None:
    assert decode(cut(data, places)) == read_slowly(data)


@given(streams())
def test_single_bytes_change_nothing(data: bytes) -> None:
    assert decode([data[at : at + 1] for at in range(len(data))]) == read_slowly(data)


@given(st.binary(max_size=80), places)
def test_garbage_is_read_as_the_specification_says(data: bytes, places: list[int]) -> None:
    assert decode(cut(data, places)) == read_slowly(data)


@given(streams(ends=st.just("\n")), st.sampled_from([b"\r\n", b"\r"]), places)
def test_line_ends_are_equal(data: bytes, line_end: bytes, places: list[int]) -> None:
    assert decode(cut(data.replace(b"\n", line_end), places)) == decode([data])


@given(st.lists(values, min_size=1, max_size=5), places)
def test_data_comes_out_as_it_went_in(texts: list[str], places: list[int]) -> None:
    data = "".join(f"event: e{number}\ndata: {text}\n\n" for number, text in enumerate(texts)).encode()
    assert decode(cut(data, places)) == [SSEEvent(f"e{n}", text.encode()) for n, text in enumerate(texts)]


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_an_event_is_given_as_soon_as_its_blank_line_is_there(line_end: bytes) -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: 1" + line_end) == []
    assert decoder.feed(line_end) == [SSEEvent("", b"1")]
    assert decoder.feed(b"event: x" + line_end + b"data: 2" + line_end + line_end) == [SSEEvent("x", b"2")]
    assert decoder.finish() == []


def test_a_line_end_cut_in_two_closes_one_line_only() -> None:
    decoder = SSEDecoder()
    assert decoder.feed(b"data: 1\r") == []
    assert decoder.feed(b"\ndata: 2\r\n\r") == [SSEEvent("", b"1\n2")]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: 3\r\n\r\n") == [SSEEvent("", b"3")]


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b": OPENROUTER PROCESSING\n\ndata: 1\n\n: more\n\n", [("", b"1")]),
        (b": beside\ndata: 1\n\n", [("", b"1")]),
        (b"data:1\ndata:  2\ndata\n\n", [("", b"1\n 2\n")]),
        (b"data:\n\n", [("", b"")]),
        (b"event: error\ndata: {}\n\nevent: alone\n\ndata: 2\n\n", [("error", b"{}"), ("", b"2")]),
        (b"data: last", [("", b"last")]),
        (b"event: e\ndata: last\n", [("e", b"last")]),
        (b"event: \xff\ndata: \xff\n\n", [("\ufffd", b"\xff")]),
        (BOM + b"data: 1\n\n" + BOM + b"data: 2\n\n", [("", b"1")]),
        (b"", []),
        (b"\n\n\n", []),
    ],
)
def test_forms_met_in_the_wild(data: bytes, events: list[tuple[str, bytes]]) -> None:
    assert decode([data]) == events


def test_blocks_are_the_lines_of_each_event() -> None:
    decoder = SSEDecoder()
    assert decoder.feed_blocks(b"event: a\r\ndata: 1\r\n\r\n: c\r\n\r\ndata") == [b"event: a\ndata: 1", b": c"]
    assert decoder.feed_blocks(b": 2\r\n\r\n") == [b"data: 2"]
    assert all(type(block) is bytes for block in decoder.feed_blocks(b"data: 3\n\n"))


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "MAX_EVENT_BYTES", 100)
    decoder = SSEDecoder()
    for _ in range(10):
        assert decoder.feed(b"data: " + b"x" * 80 + b"\n\n")
    assert decoder.feed(b"x" * 60) == []
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        decoder.feed(b"x" * 60)


def test_a_large_event_in_small_reads_is_not_scanned_again_and_again() -> None:
    """4 MB in reads of 512 bytes: 16 GB of copying if every read looked at all that is pending, else nothing."""
    decoder, piece = SSEDecoder(), b"x" * 512
    assert decoder.feed(b"data: ") == []
    for _ in range(8192):
        assert decoder.feed(piece) == []
    assert len(decoder.feed(b"\n\n")[0].data) == 512 * 8192


@pytest.mark.parametrize("case", recorded.params(stream=True))
def test_recorded_streams_are_read_alike_in_every_feeding(case: recorded.Case) -> None:
    expected = read_slowly(case.body)
    assert expected
    for pieces in case.feedings():
        assert decode(pieces) == expected
