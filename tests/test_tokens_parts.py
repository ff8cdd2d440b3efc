"""Taking requests apart: what is counted, what is estimated, and that nothing raises."""

import base64
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.tokens.media import (
    MAX_IMAGE_TOKENS,
    MIN_IMAGE_TOKENS,
    PDF_PAGE_BYTES,
    PDF_PAGE_TOKENS,
    UNSEEN_PDF_PAGES,
    image_size,
    image_tokens,
    opaque_tokens,
    pdf_tokens,
)
from ccr_middleware.tokens.parts import MAX_UNKNOWN_BYTES, MESSAGE_TOKENS, split

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 1000, 600) + b"\x08\x06" + b"\x00" * 99
GIF = b"GIF89a" + struct.pack("<HH", 320, 200) + b"\x00" * 30
WEBP = b"RIFF\x00\x00\x00\x00WEBP"
WEBP_EXTENDED = WEBP + b"VP8X\x0a\x00\x00\x00" + b"\x00" * 4 + b"\x7f\x02\x00" + b"\xdf\x01\x00" + b"\x00" * 20
WEBP_LOSSY = WEBP + b"VP8 " + b"\x00" * 7 + b"\x9d\x01\x2a" + struct.pack("<HH", 640, 480 | 0x4000) + b"\x00" * 20
WEBP_LOSSLESS = WEBP + b"VP8L" + b"\x00" * 4 + b"\x2f" + struct.pack("<I", 639 | 479 << 14) + b"\x00" * 20
FRAME = b"\xff\xc2\x00\x11\x08" + struct.pack(">HH", 600, 1000) + b"\x03" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe1" + struct.pack(">H", 20_002) + b"E" * 20_000 + b"\xff\xc4\x00\x04ab" + FRAME


def in_base64(data: bytes) -> dict[str, Any]:
    """A base64 source of these bytes."""
    return {"type": "base64", "media_type": "image/png", "data": base64.b64encode(data).decode()}


def of_content(content: Any) -> tuple[list[str | bytes], int]:
    """Texts and flat tokens of one message's content."""
    texts, flat_tokens = split({"messages": [{"role": "user", "content": content}]})
    return texts, flat_tokens - MESSAGE_TOKENS


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("hi", ["hi"]),
        (None, []),
        ([{"type": "text", "text": "a"}, {"type": "text"}, "b"], ["a", "b"]),
        ([{"type": "text", "text": ["a", "b"]}], ["a", "b"]),
        ([{"type": "text", "text": "a", "citations": [{"cited_text": "no"}], "cache_control": {}}], ["a"]),
        ([{"type": "thinking", "thinking": "hm", "signature": "c2ln"}], ["hm"]),
        ([{"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "/x"}}], ["Read", b'{"path":"/x"}']),
        ([{"type": "server_tool_use", "name": "web_search", "input": {"q": 1}}], ["web_search", b'{"q":1}']),
        ([{"type": "tool_use", "name": "Read"}], ["Read"]),
        ([{"type": "tool_result", "tool_use_id": "t1", "content": "done"}], ["done"]),
        ([{"type": "tool_result", "tool_use_id": "t1"}], []),
        ([{"type": "tool_result", "content": [{"type": "text", "text": "a"}, "b"]}], ["a", "b"]),
        ([{"type": "tool_reference", "tool_name": "Grep"}], ["Grep"]),
        ([{"type": "document", "source": {"type": "text", "data": "body"}, "title": "t"}], ["t", "body"]),
        (
            [{"type": "document", "source": {"type": "content", "content": [{"type": "text", "text": "a"}]}}],
            ["a"],
        ),
        (
            [{"type": "search_result", "source": "u", "title": "t", "content": [{"type": "text", "text": "a"}]}],
            ["t", "u", "a"],
        ),
        ([{"type": "brand_new", "x": 1}], [b'{"type":"brand_new","x":1}']),
        ([7], [b"7"]),
        ([{"type": ["odd"]}], [b'{"type":["odd"]}']),
    ],
)
def test_texts_of_blocks(content: Any, texts: list[str | bytes]) -> None:
    assert of_content(content) == (texts, 0)


def test_system_messages_and_tools_are_all_there() -> None:
    body = {
        "system": [{"type": "text", "text": "sys"}],
        "messages": [{"role": "user", "content": "u"}, {"role": "system", "content": "s"}, {"role": "assistant"}],
        "tools": [{"name": "Read", "description": "Reads.", "input_schema": {"type": "object"}}],
    }
    tools = b'[{"name":"Read","description":"Reads.","input_schema":{"type":"object"}}]'
    assert split(body) == (["sys", "u", "s", tools], 3 * MESSAGE_TOKENS)
    assert split({"system": "sys", "messages": [], "tools": []}) == (["sys"], 0)


def test_images_count_the_same_wherever_they_are() -> None:
    image = {"type": "image", "source": in_base64(PNG)}
    assert of_content([image]) == ([], 800)
    assert of_content([{"type": "tool_result", "content": [image, {"type": "text", "text": "a"}]}]) == (["a"], 800)


def test_opaque_blocks_have_flat_tokens() -> None:
    assert of_content([{"type": "redacted_thinking", "data": "A" * 160}]) == ([], 30)
    result = {"type": "web_search_result", "url": "u", "title": "t", "encrypted_content": "A" * 16}
    assert of_content([{"type": "web_search_tool_result", "content": [result]}]) == (["t", "u"], 3)
    failed = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    assert len(of_content([{"type": "web_search_tool_result", "content": failed}])[0]) == 1


def test_a_fetched_pdf_is_a_document() -> None:
    fetched = {"type": "web_fetch_result", "url": "u", "content": {"type": "document", "source": in_base64(b"%PDF")}}
    assert of_content([{"type": "web_fetch_tool_result", "content": fetched}]) == (["u"], PDF_PAGE_TOKENS)


def test_an_unknown_block_is_bounded() -> None:
    texts, flat_tokens = of_content([{"type": "brand_new", "data": "A" * 1_000_000}])
    assert [len(text) for text in texts] == [MAX_UNKNOWN_BYTES]
    assert flat_tokens == 0


@pytest.mark.parametrize("body", [None, [], "x", 1, {"messages": 3}, {"messages": [None, 1, "x", []]}, {"system": 1.5}])
def test_malformed_bodies(body: Any) -> None:
    assert split(body).flat_tokens == 0


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"type": "tool_result", "content": [inner]}])
def test_deep_nesting_does_not_raise(wrap: Any) -> None:
    content: Any = {"type": "text", "text": "bottom"}
    for _ in range(20_000):
        content = wrap(content)
    body = {"system": content, "messages": [{"role": "user", "content": content}], "tools": [content]}
    assert split(body).flat_tokens == MESSAGE_TOKENS


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (PNG, (1000, 600)),
        (GIF, (320, 200)),
        (WEBP_EXTENDED, (640, 480)),
        (WEBP_LOSSY, (640, 480)),
        (WEBP_LOSSLESS, (640, 480)),
        (JPEG, (1000, 600)),
        (PNG[:20], None),
        (JPEG[:20_010], None),
        (b"\xff\xd8" + b"\xff\xe0\x00\x02" * 1000, None),
        (WEBP + b"ALPH" + b"\x00" * 40, None),
        (b"BM" + b"\x00" * 60, None),
        (b"", None),
    ],
    ids=lambda value: value[:4].hex() if isinstance(value, bytes) else None,
)
def test_image_sizes(data: bytes, size: tuple[int, int] | None) -> None:
    assert image_size(base64.b64encode(data).decode()) == size


def test_image_tokens_are_bounded() -> None:
    assert image_tokens(in_base64(PNG)) == 800
    assert image_tokens(in_base64(GIF)) == MIN_IMAGE_TOKENS
    assert image_tokens(in_base64(PNG[:16] + b"\xff" * 20)) == MAX_IMAGE_TOKENS
    for source in (
        {"type": "url", "url": "https://example.com/x.png"},
        {"data": "\u00e9 no base64"},
        {"data": 1},
        None,
    ):
        assert image_tokens(source) == MAX_IMAGE_TOKENS


def test_pdf_tokens_follow_the_size() -> None:
    assert pdf_tokens(in_base64(b"%PDF-1.7")) == PDF_PAGE_TOKENS
    assert pdf_tokens(in_base64(b"x" * (3 * PDF_PAGE_BYTES - 9))) == 3 * PDF_PAGE_TOKENS
    for source in ({"type": "url", "url": "https://example.com/x.pdf"}, {"type": "file", "file_id": "f"}, None):
        assert pdf_tokens(source) == UNSEEN_PDF_PAGES * PDF_PAGE_TOKENS
    assert opaque_tokens(None) == 0


@given(st.one_of(st.text(), st.binary().map(lambda data: base64.b64encode(data).decode())))
def test_image_size_never_raises(data: str) -> None:
    for head in (b"", PNG[:15], WEBP, b"\xff\xd8\xff"):
        size = image_size(base64.b64encode(head).decode() + data)
        assert size is None or min(size) >= 0
