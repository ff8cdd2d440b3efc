"""The log files of one folder: which there are, and their lines. What is here blocks: it is for worker threads."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, NamedTuple

from ..errors import BadRequest, NotFound
from ..unified import Json
from .entries import Entry, Wanted, entries_backwards, entries_forwards
from .names import own_files, parse_name

#: Lines without their ends.
Lines = list[str]

#: What a slow clock or another thread may put out of order, in milliseconds.
_SLACK_MS = 60_000


class LogFileInfo(NamedTuple):
    """One file. `id` is its bare name; `modified`: seconds since 1970."""

    id: str
    size: int
    modified: float

    def to_json(self) -> Json:
        """As the API shows it, with the reference's names; `path` is no path but the id."""
        when = datetime.fromtimestamp(self.modified, UTC).isoformat(timespec="milliseconds")
        return {
            "id": self.id,
            "name": self.id,
            "path": self.id,
            "size": self.size,
            "lastModified": when.replace("+00:00", "Z"),
        }


class LogFiles:
    """The log files of a folder. A file is known by its id, its bare name, and by nothing that could be a path."""

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def list(self) -> list[LogFileInfo]:
        """All of them, the newest first; links are none."""
        found = []
        for entry in own_files(self.directory):
            try:
                about = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            found.append(LogFileInfo(entry.name, about.st_size, about.st_mtime))
        return found

    def open(self, id: str) -> BinaryIO:
        """A file to read. Raises `BadRequest` for what is no id, `NotFound`."""
        return os.fdopen(self._open(id, os.O_RDONLY), "rb")

    def clear(self, id: str) -> None:
        """Empty a file; who writes to it goes on at its beginning. Raises `BadRequest`, `NotFound`."""
        file = self._open(id, os.O_WRONLY)
        try:
            os.ftruncate(file, 0)
        finally:
            os.close(file)

    def read(self, id: str | None, wanted: Wanted, limit: int, *, tail: bool = True) -> Lines:
        """The last lines that are wanted, at most `limit`, in the file's order; without `tail` the first ones.

        `id` None: of the newest file, if there is one. From the end no more of the file is read than it takes. Raises
        `BadRequest`, `NotFound`.
        """
        name = id or next((one.id for one in self.list()), None)
        if name is None:
            return []
        with self.open(name) as file:
            lines = _last(entries_backwards(file), wanted, limit) if tail else _first(file, wanted, limit)
            return [line.decode("utf-8", "replace") for line in lines]

    def _open(self, id: str, flags: int) -> int:
        if parse_name(id) is None:
            raise BadRequest(
                "file: is no log file's id; GET /api/logs/files lists them, and an id is never a path",
            )
        try:
            file = os.open(os.path.join(self.directory, id), flags | _SAFE)
        except OSError:  # not there, or a link
            raise NotFound(f"there is no log file {id}; GET /api/logs/files lists them") from None
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise NotFound(f"{id} is no file")
        return file


#: Links are not followed, and nothing but a file makes the opening wait.
_SAFE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def _first(file: BinaryIO, wanted: Wanted, limit: int) -> list[bytes]:
    lines: list[bytes] = []
    for entry in entries_forwards(file):
        if wanted.accept(entry):
            lines += entry.lines
            if len(lines) >= limit:
                break
    return lines[:limit]


def _last(entries: Iterable[Entry], wanted: Wanted, limit: int) -> Iterator[bytes]:
    lines: deque[bytes] = deque()
    for entry in entries:
        if wanted.accept(entry):
            lines.extendleft(reversed(entry.lines))
            if len(lines) >= limit:
                break
        elif wanted.since_ms and entry.time_ms and entry.time_ms < wanted.since_ms - _SLACK_MS:
            break
    for _ in range(len(lines) - limit):
        lines.popleft()
    return iter(lines)
