"""What images and documents cost, estimated: their bytes are no text, and only their provider knows the number.

- An image costs width x height / 750 tokens (Anthropic's rule), between 85 and 1600: larger ones are scaled down
  before the model sees them. Where the size is not known (URL, file id, unknown format) it costs the 1600.
- A PDF costs 2000 tokens a page (Anthropic names 1500 to 3000), and a page is taken to be 50 kB. Counting its pages
  would mean inflating it. One that is not in the request is taken to have five pages.
- Opaque data (redacted thinking, encrypted search results) is base64 of text: four bytes a token.
"""

from __future__ import annotations

import binascii
from typing import Any

MIN_IMAGE_TOKENS = 85
MAX_IMAGE_TOKENS = 1600
PIXELS_PER_TOKEN = 750
PDF_PAGE_TOKENS = 2000
PDF_PAGE_BYTES = 50_000
UNSEEN_PDF_PAGES = 5

# A JPEG has its size behind the other segments; real ones have a dozen of them.
_MAX_JPEG_SEGMENTS = 64
# Start-of-frame markers. C4, C8 and CC lie between them and mean something else.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def image_tokens(source: Any) -> int:
    """The tokens of an image, from the `source` of its block. Never raises."""
    data = _base64_of(source)
    size = image_size(data) if data else None
    if size is None:
        return MAX_IMAGE_TOKENS
    width, height = size
    return min(max(width * height // PIXELS_PER_TOKEN, MIN_IMAGE_TOKENS), MAX_IMAGE_TOKENS)


def pdf_tokens(source: Any) -> int:
    """The tokens of a binary document, from the `source` of its block. Never raises."""
    data = _base64_of(source)
    pages = -(-len(data) * 3 // 4 // PDF_PAGE_BYTES) if data else UNSEEN_PDF_PAGES
    return max(pages, 1) * PDF_PAGE_TOKENS


def opaque_tokens(data: Any) -> int:
    """The tokens of text that comes as base64 and cannot be read."""
    return -(-len(data) * 3 // 16) if isinstance(data, str) else 0


def image_size(data: str) -> tuple[int, int] | None:
    """Width and height in pixels of a PNG, GIF, WebP or JPEG, from the first bytes of its base64; None: not found."""
    head = _bytes_at(data, 0, 30)
    if head.startswith(b"\x89PNG") and len(head) >= 24:
        return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])
    if head.startswith(b"GIF8") and len(head) >= 10:
        return int.from_bytes(head[6:8], "little"), int.from_bytes(head[8:10], "little")
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        return _webp_size(head)
    if head.startswith(b"\xff\xd8"):
        return _jpeg_size(data)
    return None


def _webp_size(head: bytes) -> tuple[int, int] | None:
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        return int.from_bytes(head[26:28], "little") & 0x3FFF, int.from_bytes(head[28:30], "little") & 0x3FFF
    return None


def _jpeg_size(data: str) -> tuple[int, int] | None:
    offset = 2
    for _ in range(_MAX_JPEG_SEGMENTS):
        segment = _bytes_at(data, offset, 9)
        if len(segment) < 9 or segment[0] != 0xFF:
            return None
        if segment[1] in _JPEG_FRAMES:
            return int.from_bytes(segment[7:9]), int.from_bytes(segment[5:7])
        offset += 2 + int.from_bytes(segment[2:4])
    return None


def _bytes_at(data: str, offset: int, length: int) -> bytes:
    # Only the groups of four characters that hold the wanted bytes are decoded: an image may be megabytes.
    first = offset // 3
    last = -(-(offset + length) // 3)
    try:
        group = binascii.a2b_base64(data[first * 4 : last * 4])
    except ValueError:
        return b""
    return group[offset - first * 3 :][:length]


def _base64_of(source: Any) -> str:
    data = source.get("data") if isinstance(source, dict) else None
    return data if isinstance(data, str) else ""
