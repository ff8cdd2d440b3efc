"""Both forms of a Gemini stream, cut anywhere."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.testing.wires.gemini import array, sse
from ccr_middleware.wire.gemini import chunks
from ccr_middleware.wire.gemini.chunks import GeminiChunks

TRICKY: list[dict[str, Any]] = [
    {"text": 'a "quoted" } brace { and ] bracket ['},
    {"text": "ends with a backslash \\"},
    {"text": '\\"', "deep": {"list": [{}, {"x": [1, [2]]}], "empty": {}}},
    {"text": "Grüße, 東京, 🎉\u2028"},
]


def read(data: bytes, size: int = 0) -> tuple[list[dict[str, Any]], GeminiChunks]:
    """All chunks of a body that arrives in reads of this size (0: at once), and the decoder."""
    decoder = GeminiChunks()
    size = size or max(len(data), 1)
    found = [one for at in range(0, len(data), size) for one in decoder.feed(data[at : at + size])]
    return found + decoder.finish(), decoder


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5, 16])
@pytest.mark.parametrize(
    "body",
    [
        array(*TRICKY),
        json.dumps(TRICKY).encode(),
        json.dumps(TRICKY, ensure_ascii=False, separators=(",", ":")).encode(),
        b"\xef\xbb\xbf \r\n" + array(*TRICKY),
        sse(*TRICKY),
        sse(*TRICKY).replace(b"\r\n", b"\n"),
        b"\xef\xbb\xbf\r\n: comment\r\n\r\n" + sse(*TRICKY).replace(b"data: ", b"data:"),
        sse(*TRICKY).rstrip(),
        b"\n".join(json.dumps(one).encode() for one in TRICKY),
    ],
    ids=["array", "json", "compact", "marked", "events", "lf", "comments", "unfinished", "lines"],
)
def test_c8_c9_every_form_cut_anywhere(body: bytes, size: int) -> None:
    found, decoder = read(body, size)
    assert found == TRICKY
    assert decoder.malformed == 0


def test_an_element_is_given_as_soon_as_it_is_whole() -> None:
    decoder = GeminiChunks()
    assert decoder.feed(b'[{"a":') == []
    assert decoder.feed(b'"}"}') == [{"a": "}"}]
    assert not decoder.done
    assert decoder.feed(b'\n,\r\n{"b":{}},{"c"') == [{"b": {}}]
    assert decoder.feed(b":[]}") == [{"c": []}]
    assert decoder.feed(b"\n]") == []
    assert decoder.done
    assert decoder.feed(b' {"after": 1}') == []


def test_events_end_without_a_word_but_a_proxy_may_say_done() -> None:
    assert not read(sse({"a": 1}))[1].done
    found, decoder = read(sse({"a": 1}) + b"data: [DONE]\n\n")
    assert found == [{"a": 1}]
    assert decoder.done
    assert decoder.malformed == 0


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("body", "found", "malformed"),
    [
        (b"", [], 0),
        (b" \r\n", [], 0),
        (b"[]", [], 0),
        (b'[{"a":1},{"b":', [{"a": 1}], 1),
        (b'[{"a":1},{b},{"c":2}]', [{"a": 1}, {"c": 2}], 1),
        (b'[null, 3, {"a":1}]', [{"a": 1}], 0),
        (sse({"a": 1}) + b"data: {nothing\r\n\r\n" + sse({"b": 2}), [{"a": 1}, {"b": 2}], 1),
        (b"data: 7\n\n", [], 1),
        (b'data: [{"error": {"code": 503}}]\r\n\r\n', [{"error": {"code": 503}}], 0),
        (b'[{"error": {"code": 503}}]', [{"error": {"code": 503}}], 0),
    ],
)
def test_c9_what_cannot_be_read_is_counted_and_passed_over(
    body: bytes, found: list[Any], malformed: int, size: int
) -> None:
    chunks_found, decoder = read(body, size)
    assert chunks_found == found
    assert decoder.malformed == malformed


@pytest.mark.parametrize("size", [0, 1])
@pytest.mark.parametrize(
    ("body", "cut"),
    [
        (b"", False),
        (b"[]", False),
        (array({"a": 1}), False),
        (b'{"a": 1}', False),
        (b'{"a": 1}\n{"b": 2}\n', False),
        (sse({"a": 1}), False),
        (sse({"a": 1})[:-6], False),  # nobody can tell
        (b"[", True),
        (b'[{"a": 1}', True),
        (b'[{"a": 1},', True),
        (b'[{"a": 1},{"b": "]}"', True),
        (b'{"a": {}', True),
    ],
)
def test_what_is_not_closed_was_cut(body: bytes, cut: bool, size: int) -> None:
    assert read(body, size)[1].cut is cut


@pytest.mark.parametrize("begin", [b'[{"a":"', b"data: {"])
def test_an_endless_element_is_refused(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MAX_EVENT_BYTES", 1000)
    monkeypatch.setattr("ccr_middleware.sse.MAX_EVENT_BYTES", 1000)
    decoder = GeminiChunks()
    decoder.feed(begin)
    with pytest.raises(ValueError, match="larger than 1000 bytes"):
        decoder.feed(b"x" * 1001)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=4), values, max_size=4)


@given(st.lists(objects, max_size=4), st.booleans(), st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_any_array_in_any_pieces(elements: list[dict[str, Any]], escaped: bool, sizes: list[int]) -> None:
    body = json.dumps(elements, ensure_ascii=escaped).encode("utf-8", "surrogatepass")
    decoder, found, at, turn = GeminiChunks(), [], 0, 0
    while at < len(body):
        size = sizes[turn % len(sizes)]
        found += decoder.feed(body[at : at + size])
        at, turn = at + size, turn + 1
    assert found + decoder.finish() == elements
    assert decoder.done
    assert decoder.malformed == 0
