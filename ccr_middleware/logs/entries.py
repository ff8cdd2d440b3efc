"""The lines of a log file, from either end, and which of them are wanted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from ..jsonio import loads

#: So much of a file is in memory at a time.
BLOCK_BYTES = 65_536

#: A longer line is cut: nobody writes such lines but by accident.
MAX_LINE_BYTES = 1024 * 1024

_MAX_PIECES = MAX_LINE_BYTES // BLOCK_BYTES + 1

#: So many lines that are no JSON may follow one that is (a stack trace), and count as part of it.
MAX_FOLLOWING = 1000

_HEAD = re.compile(rb'\{"level":([0-9]{1,3}),"time":([0-9]{1,16})[,}]')


class Entry(NamedTuple):
    """A line of JSON and those after it that are none, in the file's order. `level` and `time_ms` are 0 where the
    first line does not tell."""

    lines: list[bytes]
    level: int = 0
    time_ms: int = 0


class Wanted(NamedTuple):
    """Which entries: of at least a level (pino's number), of one request, not before a time in milliseconds. Without
    any of it all are; else only such as tell."""

    level: int = 0
    request_id: str = ""
    since_ms: int = 0

    def accept(self, entry: Entry) -> bool:
        """Whether this is one."""
        if entry.level < self.level or entry.time_ms < self.since_ms:
            return False
        return not self.request_id or self._is_of_request(entry.lines[0])

    def _is_of_request(self, line: bytes) -> bool:
        if self.request_id.encode("utf-8", "replace") not in line:
            return False
        value = _parsed(line)
        return isinstance(value, dict) and value.get("reqId") == self.request_id


def entries_forwards(file: BinaryIO) -> Iterator[Entry]:
    """The entries from the beginning of a file."""
    lines: list[bytes] = []
    for line in _lines(file):
        if _is_json(line) and lines:
            yield _entry(lines)
            lines = []
        if len(lines) <= MAX_FOLLOWING:
            lines.append(line)
    if lines:
        yield _entry(lines)


def entries_backwards(file: BinaryIO) -> Iterator[Entry]:
    """The entries from the end of a file."""
    lines: list[bytes] = []
    for line in _lines_backwards(file):
        lines.append(line)
        if _is_json(line) or len(lines) > MAX_FOLLOWING:
            yield _entry(lines[::-1])
            lines = []
    if lines:
        yield _entry(lines[::-1])


def _entry(lines: list[bytes]) -> Entry:
    head = _HEAD.match(lines[0])
    if head is not None:
        return Entry(lines, int(head[1]), int(head[2]))
    value = _parsed(lines[0])
    level, time = (value.get("level"), value.get("time")) if isinstance(value, dict) else (0, 0)
    return Entry(lines, level if isinstance(level, int) else 0, time if isinstance(time, int) else 0)


def _is_json(line: bytes) -> bool:
    return line.startswith(b"{")


def _parsed(line: bytes) -> Any:
    try:
        return loads(line) if _is_json(line) else None
    except ValueError:
        return None


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """The lines that are not blank, without their ends."""
    while line := file.readline(MAX_LINE_BYTES):
        rest = line
        while not rest.endswith(b"\n") and (rest := file.readline(BLOCK_BYTES)):
            pass
        if line := line.strip(b"\r\n"):
            yield line


def _lines_backwards(file: BinaryIO) -> Iterator[bytes]:
    """The same from the end. Only bytes are cut at the edges of blocks, and put together again before they are text."""
    pieces: list[bytes] = []  # of the line whose beginning is not found yet, its end first
    for block in _blocks_backwards(file):
        first, *others = block.split(b"\n")
        if others:
            pieces.append(others.pop())
            yield from _whole(pieces)
            for line in reversed(others):
                yield from _whole([line])
            pieces = []
        pieces.append(first)
        if len(pieces) > _MAX_PIECES:
            del pieces[0]  # the end of a line that is too long
    yield from _whole(pieces)


def _whole(pieces: list[bytes]) -> Iterator[bytes]:
    """The line of these pieces, unless it is blank."""
    line = b"".join(reversed(pieces))[:MAX_LINE_BYTES].strip(b"\r\n")
    if line:
        yield line


def _blocks_backwards(file: BinaryIO) -> Iterator[bytes]:
    position = file.seek(0, os.SEEK_END)
    while position > 0:
        size = min(BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        yield file.read(size)
