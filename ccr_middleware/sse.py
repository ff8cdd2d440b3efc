"""Server-sent events, incrementally: bytes in, events out. No I/O.

Strategy: keep the bytes of the unfinished event, cut at blank lines, and only then look at lines. Working on bytes
(never on decoded text) makes a multi-byte character cut by the network whole again before anybody decodes it, and
keeps U+2028 inside a JSON string from being taken for a line end, as `str.splitlines` would.

Accepted: LF, CRLF and CR line ends, `data:` with and without the blank, several data lines, comments, a byte order
mark, a last event without its blank line (https://html.spec.whatwg.org/multipage/server-sent-events.html).
"""

from __future__ import annotations

from typing import NamedTuple

BYTE_ORDER_MARK = b"\xef\xbb\xbf"

#: An event larger than this is no event but an attack or a broken peer (a 20 MB image in base64 fits).
MAX_EVENT_BYTES = 64 * 1024 * 1024


class SSEEvent(NamedTuple):
    """One event: its name (empty when the peer sent none) and its data lines joined by LF."""

    name: str
    data: bytes


class SSEDecoder:
    """Cuts a byte stream into events.

    `feed` returns the events completed by the bytes given, `finish` what an unterminated last event held.
    Raises ValueError when one event outgrows `MAX_EVENT_BYTES`.
    """

    __slots__ = ("_after_cr", "_pending", "_started")

    def __init__(self) -> None:
        self._pending = bytearray()
        self._after_cr = False
        self._started = False

    def feed(self, data: bytes) -> list[SSEEvent]:
        """Take bytes as they came from the network."""
        return [event for block in self.feed_blocks(data) if (event := parse_block(block)) is not None]

    def feed_blocks(self, data: bytes) -> list[bytes]:
        """Like `feed`, but gives the raw lines of each finished event (LF line ends, no blank line)."""
        if not data:
            return []
        if not self._started:
            data = self._begin(data)
        if self._after_cr or b"\r" in data:
            data = self._normalise(data)
        if self._pending:
            data = self._complete(data)
        blocks = data.split(b"\n\n")
        self._pending += blocks.pop()
        if len(self._pending) > MAX_EVENT_BYTES:
            raise ValueError(f"an event of the stream is larger than {MAX_EVENT_BYTES} bytes")
        return blocks

    def finish(self) -> list[SSEEvent]:
        """The stream has ended: give what an event without its closing blank line held."""
        block = bytes(self._pending.removesuffix(b"\n"))
        self._pending.clear()
        event = parse_block(block) if block else None
        return [] if event is None else [event]

    def _begin(self, data: bytes) -> bytes:
        """Drop a byte order mark; what may be the beginning of one waits for the rest of it."""
        data = bytes(self._pending) + data
        self._pending.clear()
        if len(data) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(data):
            self._pending += data
            return b""
        self._started = True
        return data.removeprefix(BYTE_ORDER_MARK)

    def _normalise(self, data: bytes) -> bytes:
        """CRLF and CR to LF. A CR at the end counts at once; should its LF begin the next read, it is dropped there."""
        if self._after_cr:
            data = data.removeprefix(b"\n")
        self._after_cr = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _complete(self, data: bytes) -> bytes:
        """All that is pending and `data`, if that holds a blank line now; else keep it and give nothing.

        Only what is new is searched, so that a large event in small reads costs no more than its size.
        """
        searched = len(self._pending) - 1
        self._pending += data
        if self._pending.find(b"\n\n", searched) < 0:
            return b""
        data = bytes(self._pending)
        self._pending.clear()
        return data


def parse_block(block: bytes) -> SSEEvent | None:
    """The event in the lines of one block; None when it has no data (comments, keep-alives)."""
    if block.startswith(b"data:") and b"\n" not in block:  # by far the most common form
        return SSEEvent("", block[6:] if block[5:6] == b" " else block[5:])
    name = ""
    data: list[bytes] = []
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode("utf-8", "replace")
    return SSEEvent(name, b"\n".join(data)) if data else None
