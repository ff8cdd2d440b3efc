"""Writing log files: no thread that logs ever waits for a disk."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from contextlib import suppress

from ..batches import BatchWriter
from ..jsonio import dumps
from .lines import JsonLines, pino_level
from .names import LogName, own_files
from .redaction import Redactor

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be deleted anyway
    fcntl = None  # type: ignore[assignment]

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)

#: So many records wait for the disk; then the oldest are dropped.
MAX_WAITING = 20_000


class LogFile(logging.Handler):
    """Writes records as JSON lines to `<directory>/ccr-<YYYYMMDDHHMMSS>.log`, mode 0600.

    A file that has `max_mb` is followed by another. Besides the present one at most `files` stay, and none older than
    `days`, those of earlier runs counted; other files in the folder are left alone, and so are those that another
    process is writing to. Nothing is opened before the first record. An error is written at once, and all that waits
    at the end of the process.
    """

    def __init__(
        self,
        directory: str,
        *,
        max_mb: float = 50.0,
        files: int = 3,
        days: float = 14.0,
        redactor: Redactor | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self.formatter = self._lines = JsonLines(redactor)
        self._writer = _Writer(directory, self._lines, int(max_mb * 1024 * 1024), files, days, clock)

    @property
    def dropped(self) -> int:
        """How many records never reached the disk."""
        return self._writer.dropped

    def configure(self, *, max_mb: float, files: int, days: float) -> None:
        """Go on with other limits."""
        self._writer.max_bytes, self._writer.files, self._writer.days = int(max_mb * 1024 * 1024), files, days

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the record to the writing thread."""
        try:
            self._writer.put((record, record.getMessage()), hurry=record.levelno >= logging.ERROR)
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Wait until everything is written."""
        self._writer.flush()

    def close(self) -> None:
        """Write everything and close the file."""
        self._writer.close()
        super().close()


class _Writer(BatchWriter[tuple[logging.LogRecord, str]]):
    """The thread behind a `LogFile`. All its files are opened, written and deleted here."""

    def __init__(
        self,
        directory: str,
        lines: JsonLines,
        max_bytes: int,
        files: int,
        days: float,
        clock: Callable[[], float],
    ) -> None:
        super().__init__("ccr-logs", max_items=MAX_WAITING)
        self._directory = directory
        self._lines = lines
        self.max_bytes = max_bytes
        self.files = files
        self.days = days
        self._clock = clock
        self._file: int | None = None
        self._path = ""
        self._unwritten = 0

    def _write(self, items: list[tuple[logging.LogRecord, str]], lost: int) -> None:
        lines = [self._lines.line(record, message) for record, message in items]
        lost += self._unwritten
        if lost:
            lines.insert(0, self._note(f"{lost} log records were dropped: the disk was too slow, or full"))
        data = b"".join([line + b"\n" for line in lines])
        try:
            file = self._opened(len(data))
            while data:
                data = data[os.write(file, data) :]
            self._unwritten = 0
        except OSError:  # said in the file itself when there is one again
            self.dropped += len(items)
            self._unwritten = lost + len(items)
            self._let_go()

    def _note(self, text: str) -> bytes:
        now = int(self._clock() * 1000)
        return dumps({"level": pino_level(logging.WARNING), "time": now, "pid": os.getpid(), "msg": text})

    def _rest(self, *, closing: bool) -> None:
        if closing:  # else the file stays open, and so in use
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            os.close(file)

    def _forget(self) -> None:
        self._file, self._path = None, ""

    def _opened(self, room: int) -> int:
        """The file to write so many bytes to. Raises OSError."""
        file = self._file if self._file is not None else self._again()
        if file is not None:
            found = os.fstat(file)
            if found.st_nlink and (not found.st_size or found.st_size + room <= self.max_bytes):
                return file
            self._let_go()
        self._file = file = self._new()
        self._delete_old()
        return file

    def _again(self) -> int | None:
        """The file that was closed."""
        try:
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | _NO_LINK) if self._path else None
        except OSError:
            self._file = None
        if self._file is not None:
            _mark_as_used(self._file)
        return self._file

    def _new(self) -> int:
        os.makedirs(self._directory, mode=0o700, exist_ok=True)
        name = LogName(time.strftime("%Y%m%d%H%M%S", time.localtime(self._clock())))
        while True:
            self._path = os.path.join(self._directory, str(name))
            try:
                file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                name = name.following()
                continue
            _mark_as_used(file)
            return file

    def _delete_old(self) -> None:
        """Keep to the number and the age, the file just opened not counted."""
        oldest = self._clock() - self.days * 86_400
        for position, entry in enumerate(own_files(self._directory)[1:]):
            if position >= self.files or entry.stat(follow_symlinks=False).st_mtime < oldest:
                _delete_unused(entry.path)


def _mark_as_used(file: int) -> None:
    """So that no other process deletes it. Raises OSError when another one has marked it."""
    if fcntl is not None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _delete_unused(path: str) -> None:
    """Delete a file unless another process writes to it."""
    with suppress(OSError):  # in use, or gone already
        file = os.open(path, os.O_WRONLY | _NO_LINK)
        try:
            _mark_as_used(file)
        finally:
            os.close(file)
        os.unlink(path)
