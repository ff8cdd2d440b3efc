"""What client and gateway said, kept as far as it was asked for: cut, without secrets and without pictures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

#: Which bodies are kept: none, those of calls that failed, or all.
Mode = Literal["off", "errors", "all"]

#: No secret is longer. So much more than what is kept is looked at, so that none is cut into a part nobody knows.
_MARGIN = 4096

#: The beginning of a text of JSON that is base64 of 192 bytes or more, perhaps in a data URL.
_BASE64 = re.compile(rb'"((?:data:[^",\\]{0,100},)?)([A-Za-z0-9+/_-]{256})')
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/_=-]")

#: So many bytes are searched at a time; a find at their end is found again by the next step.
_STEP = 65_536
_OVERLAP = 400

#: How base64 of known files begins.
_MAGIC = {b"iVBORw0KGgo": "image", b"/9j/": "image", b"R0lGOD": "image", b"UklGR": "image", b"JVBERi": "document"}


class BodyCapture:
    """The request and the answer of one call.

    `mode` is the setting; at most `max_bytes` of each are kept, and a note tells how much was cut. `mask` takes the
    secrets out of a text. Base64 becomes a note like `<image 123 KB>`. The work is done by `texts`, at the end.
    """

    __slots__ = ("_answer", "_mask", "_max_bytes", "_mode", "_request", "_room", "_size")

    def __init__(self, mode: Mode, max_bytes: int, mask: Callable[[str], str]) -> None:
        self._mode = mode
        self._max_bytes = max_bytes
        self._mask = mask
        self._request: bytes | None = None
        self._answer: list[bytes] = []
        self._room = max_bytes + _MARGIN if mode != "off" else 0
        self._size = 0

    def request(self, raw: bytes) -> None:
        """The request's body as it came. It is held until `texts`."""
        if self._mode != "off":
            self._request = raw

    def response(self, data: bytes) -> None:
        """A piece of the answer as it was sent."""
        self._size += len(data)
        if self._room > 0:
            self._answer.append(data[: self._room])
            self._room -= len(data)

    def texts(self, *, failed: bool) -> tuple[str | None, str | None]:
        """What is kept of the request and of the answer; None: nothing."""
        if self._mode == "off" or (self._mode == "errors" and not failed):
            return None, None
        request = None if self._request is None else self._kept(self._request, len(self._request))
        return request, self._kept(b"".join(self._answer), self._size) if self._size else None

    def _kept(self, data: bytes, size: int) -> str:
        window, is_whole = _window(data, self._max_bytes + _MARGIN)
        text = self._mask(window.decode("utf-8", "replace"))
        is_whole = is_whole and len(data) == size
        encoded = text.encode("utf-8", "replace")
        if is_whole and len(encoded) <= self._max_bytes:
            return text
        end = self._max_bytes if is_whole else min(self._max_bytes, _end_of_words(encoded))
        kept = encoded[:end].decode("utf-8", "ignore")
        return f"{kept}\n[cut here: {size} bytes in all]"


def _end_of_words(data: bytes) -> int:
    """Where the last whole word ends: the beginning of a secret would not be known for one."""
    return max(*(data.rfind(mark) for mark in (b'"', b" ", b"\n")), len(data) - _MARGIN, 0)


def without_base64(data: bytes) -> bytes:
    """JSON (or a piece of it) with notes in place of its base64."""
    return b"".join(_pieces(data))


def _window(data: bytes, size: int) -> tuple[bytes, bool]:
    """The first `size` bytes of the data without base64, and whether that is all. Looks no further than it has to."""
    window: list[bytes] = []
    length = 0
    for piece in _pieces(data):
        window.append(piece[: size - length])
        length += len(piece)
        if length > size:
            return b"".join(window), False
    return b"".join(window), True


def _pieces(data: bytes) -> Iterator[bytes]:
    """The data in pieces, some of them notes. It is looked at in steps, so that whoever needs a beginning can stop."""
    position = 0
    while position < len(data):
        found = _BASE64.search(data, position, position + _STEP)
        if found is None:
            step = min(position + _STEP - _OVERLAP, len(data)) if position + _STEP < len(data) else len(data)
            yield data[position:step]
            position = step
            continue
        start = found.start(2)
        end = _end_of_base64(data, start)
        yield data[position : found.start(1)]
        yield _note(data[start : start + 16], end - start)
        position = end


def _end_of_base64(data: bytes, start: int) -> int:
    """Where base64 that begins at `start` ends."""
    quote = data.find(b'"', start)
    end = len(data) if quote < 0 else quote
    backslash = data.find(b"\\", start, end)  # JSON within a text of JSON
    end = end if backslash < 0 else backslash
    other = _NO_BASE64.search(data, start, min(end, start + 4096))  # a text that only begins like base64
    return end if other is None else other.start()


def _note(beginning: bytes, length: int) -> bytes:
    kind = next((kind for magic, kind in _MAGIC.items() if beginning.startswith(magic)), "base64")
    return f"<{kind} {max(1, length * 3 // 4 // 1024)} KB>".encode()
