"""The bytes of a Gemini stream to its chunks (dicts, as the provider wrote them).

Two forms (fixtures fact 3): server-sent events with CRLF and without `[DONE]` (`alt=sse`), and one JSON array whose
elements are the chunks. The first byte that is no blank tells which. An error may be wrapped in an array of its own
(fact 53), in either form.
"""

from __future__ import annotations

import re

from ...jsonio import loads
from ...lenient import dicts
from ...sse import BYTE_ORDER_MARK, MAX_EVENT_BYTES, SSEDecoder
from ...unified import Json

_BLANKS = b" \t\r\n" + BYTE_ORDER_MARK

#: What is looked for: between objects, within one, within a string of it.
_BETWEEN = re.compile(rb"[{\]]")
_WITHIN = re.compile(rb'[{}"]')
_STRING = re.compile(rb'["\\]')


class GeminiChunks:
    """A stage from bytes to chunks, whichever of the two forms they have.

    `done`: the array was closed (or a proxy said `[DONE]`); a stream of events ends without a word. `malformed`: how
    many events or elements were no JSON objects; they are skipped. `cut`: the array or an object was not closed. `feed`
    raises ValueError when an event or element is larger than `sse.MAX_EVENT_BYTES`.
    """

    __slots__ = ("_source", "done", "malformed")

    def __init__(self) -> None:
        self.done = False
        self.malformed = 0
        self._source: _Events | ObjectSplitter | None = None

    @property
    def cut(self) -> bool:
        """Whether something is missing at the end, told by brackets that are open."""
        return self._source is not None and self._source.open

    def feed(self, data: bytes) -> list[Json]:
        """The chunks completed by these bytes."""
        if self._source is None:
            data = data.lstrip(_BLANKS)
            if not data:
                return []
            self._source = ObjectSplitter(array=data[:1] == b"[") if data[:1] in (b"[", b"{") else _Events()
        chunks = self._parse(self._source.feed(data))
        self.done = self.done or self._source.closed
        return chunks

    def finish(self) -> list[Json]:
        """The stream has ended. An event without its blank line still counts; a cut element is malformed."""
        return [] if self._source is None else self._parse(self._source.finish())

    def _parse(self, texts: list[bytes]) -> list[Json]:
        chunks: list[Json] = []
        for text in texts:
            if text.strip() == b"[DONE]":
                self.done = True
                continue
            try:
                value = loads(text)
            except ValueError:
                value = None
            found = [value] if isinstance(value, dict) else dicts(value)
            self.malformed += not found
            chunks += found
        return chunks


class _Events:
    """The data of server-sent events."""

    closed = open = False

    def __init__(self) -> None:
        self._decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[bytes]:
        return [event.data for event in self._decoder.feed(data)]

    def finish(self) -> list[bytes]:
        return [event.data for event in self._decoder.finish()]


class ObjectSplitter:
    """Cuts the objects out of a JSON array, each as soon as its last byte is there; `closed` when the array is.

    Only braces and strings are looked at: what is between the braces is JSON or is found not to be by the parser.
    Works on bytes, so that a cut within a character, an escape or a string does not matter. Each byte is looked at
    once. Objects without an array around them (one whole answer, or one per line) are cut in the same way.
    """

    __slots__ = ("_array", "_depth", "_escaped", "_in_string", "_pending", "closed")

    def __init__(self, *, array: bool) -> None:
        self.closed = False
        self._array = array
        self._pending = bytearray()  # the unfinished object
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def open(self) -> bool:
        """Whether the array, or an object, is not closed yet."""
        return self._depth > 0 or (self._array and not self.closed)

    def feed(self, data: bytes) -> list[bytes]:
        """The objects completed by these bytes. Raises ValueError when one outgrows `MAX_EVENT_BYTES`."""
        objects: list[bytes] = []
        begin = at = 0  # `begin`: where in these bytes the object being read begins or goes on
        while at < len(data) and not self.closed:
            if self._escaped:
                self._escaped, at = False, at + 1
                continue
            found = self._mark().search(data, at)
            if found is None:
                break
            at = found.end()
            if not self._depth:
                begin = at - 1
            self._pass(found[0])
            if not self._depth and not self.closed:
                objects.append(bytes(self._pending) + data[begin:at])
                self._pending.clear()
        if self._depth:
            self._pending += data[begin:]
        if len(self._pending) > MAX_EVENT_BYTES:
            raise ValueError(f"an element of the stream is larger than {MAX_EVENT_BYTES} bytes")
        return objects

    def finish(self) -> list[bytes]:
        """What an object that was never closed held."""
        return [bytes(self._pending)] if self._pending else []

    def _mark(self) -> re.Pattern[bytes]:
        """What decides next."""
        if self._in_string:
            return _STRING
        return _WITHIN if self._depth else _BETWEEN

    def _pass(self, mark: bytes) -> None:
        if mark == b"\\":
            self._escaped = True
        elif mark == b'"':
            self._in_string = not self._in_string
        elif mark == b"{":
            self._depth += 1
        elif mark == b"}":
            self._depth -= 1
        else:
            self.closed = True
