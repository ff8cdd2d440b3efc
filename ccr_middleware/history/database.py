"""The history's SQLite file: its tables, how it is opened, what is wrong with it, and what goes when it is full."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

#: The version of `SCHEMA`. A change is a new number and an entry in `MIGRATIONS`.
VERSION = 1

SCHEMA = """
CREATE TABLE calls (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    time REAL NOT NULL,
    asked_model TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    session TEXT NOT NULL,
    caller TEXT NOT NULL,
    status INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost REAL,
    total_seconds REAL NOT NULL,
    first_token_seconds REAL,
    searched TEXT NOT NULL,
    record TEXT NOT NULL,
    request_body TEXT,
    response_body TEXT
);
CREATE INDEX calls_by_time ON calls (time);
CREATE INDEX calls_by_id ON calls (id);
"""

#: version -> what makes it the next one, in a transaction.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}

#: Other processes may write to the file; so long (seconds) they are waited for.
BUSY_SECONDS = 5.0

#: What is left of `max_mb` after the oldest had to go, so that this is not done again at once.
_LEFT = 0.9


class NewerVersion(Exception):
    """The file was written by a newer version of this program."""


def open_database(path: str) -> sqlite3.Connection:
    """The database for writing, made and migrated as needed, mode 0600.

    Raises sqlite3.Error, OSError, `NewerVersion`.
    """
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.stat(path).st_mode & 0o077:
        os.chmod(path, 0o600)
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # counts for a new file only
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # a crash of the process loses nothing, one of the machine little
    connection.execute("PRAGMA journal_size_limit = 16777216")
    if _version(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    with connection:  # commits, or rolls back
        version = _version(connection)  # another process may have been first
        if version > VERSION:
            raise NewerVersion(f"it has version {version}, and {VERSION} is the newest that is known here")
        if version == 0:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
        for old in range(version or VERSION, VERSION):
            MIGRATIONS[old](connection)
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


@contextmanager
def reading(path: str) -> Iterator[sqlite3.Connection]:
    """A connection for one question. Raises sqlite3.Error, also when there is no database yet."""
    uri = f"file:{path.replace('%', '%25').replace('?', '%3f').replace('#', '%23')}?mode=ro"
    with _READERS, closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        if _version(connection) != VERSION:
            raise sqlite3.OperationalError("it has another version")
        yield connection


class _Readers:
    """How many connections are open for reading. While the process forks there must be none: SQLite knows by process
    which locks it holds, and a child would believe that they are its own (https://sqlite.org/howtocorrupt.html)."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """At the beginning, and in the child of a fork, where all other threads are gone."""
        self._changed = threading.Condition()
        self._number = 0
        self._forking = False

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._forking)
            self._number += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._number -= 1
            self._changed.notify_all()

    def pause(self) -> None:
        """Wait until none is open, and let none be opened. Gives up when that takes too long."""
        with self._changed:
            self._forking = True
            self._changed.wait_for(lambda: not self._number, BUSY_SECONDS)

    def resume(self) -> None:
        """Go on."""
        with self._changed:
            self._forking = False
            self._changed.notify_all()


_READERS = _Readers()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_READERS.pause, after_in_parent=_READERS.resume, after_in_child=_READERS.begin_anew)


def is_damaged(problem: BaseException) -> bool:
    """Whether an error says that the file is no database (any more)."""
    code = getattr(problem, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_busy(problem: BaseException) -> bool:
    """Whether an error says that another process is writing."""
    code = getattr(problem, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def put_aside(path: str) -> str:
    """Rename a damaged database, with what belongs to it; its new name. Raises OSError."""
    aside = f"{path}.damaged-{time.strftime('%Y%m%d%H%M%S')}"
    os.replace(path, aside)
    for ending in ("-wal", "-shm"):
        if os.path.exists(path + ending):
            os.replace(path + ending, aside + ending)
    return aside


def keep_within(connection: sqlite3.Connection, oldest: float, max_bytes: int) -> None:
    """Delete what is older than `oldest` (seconds since 1970), and the oldest of a file that is too large.

    Raises sqlite3.Error.
    """
    connection.execute("DELETE FROM calls WHERE time < ?", (oldest,))
    if _used_bytes(connection) > max_bytes:
        while _used_bytes(connection) > max_bytes * _LEFT and _delete_some(connection):
            pass
    connection.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after one page


def _delete_some(connection: sqlite3.Connection) -> int:
    """Delete the oldest twentieth, in one short transaction; how many these were."""
    first, last = connection.execute("SELECT min(number), max(number) FROM calls").fetchone()
    if first is None:
        return 0
    return connection.execute("DELETE FROM calls WHERE number <= ?", (first + (last - first) // 20,)).rowcount


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
