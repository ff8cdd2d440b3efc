"""Records in a database: one thread writes them in batches, any thread reads."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable
from itertools import chain
from typing import Any, TypeVar

from ..batches import BatchWriter
from ..jsonio import dumps_str, loads
from .database import NewerVersion, is_busy, is_damaged, keep_within, open_database, put_aside, reading
from .filters import Filters, searched
from .record import CallRecord
from .usage import TIME_FORMATS, By, Sums

log = logging.getLogger("ccr_middleware")

FILE_NAME = "history.sqlite3"

#: What is too old or too much is looked for at the beginning, and then every so many seconds or records.
RETENTION_SECONDS = 600.0
RETENTION_RECORDS = 5000

#: So often a batch is tried while other processes write; each time they are waited for.
_ATTEMPTS = 3

#: How long (seconds) a question waits for the records that are just being written.
_FLUSH_SECONDS = 2.0

Answer = TypeVar("Answer")
Row = tuple[Any, ...]

_INSERT = """
INSERT INTO calls (
    id, time, asked_model, provider, model, session, caller, status, failed, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, cost, total_seconds, first_token_seconds, searched, record, request_body,
    response_body
) VALUES """
_COLUMNS = 20
_PLACES = f"({', '.join('?' * _COLUMNS)})"

#: So many rows go into one statement: each statement takes the interpreter's lock from the event loop once, and old
#: versions of SQLite take 999 values.
_ROWS_AT_ONCE = 999 // _COLUMNS

_SUMS = """
count(*), sum(failed), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens), sum(cache_write_tokens),
sum(cost), sum(total_seconds), sum(first_token_seconds), count(first_token_seconds)
"""


class Unusable(Exception):
    """The database cannot be used now; what is in memory has to do."""


class Store:
    """The history in `<data_dir>/history.sqlite3`.

    `add` hands a record to the writing thread; everything else blocks and is for worker threads. A damaged database
    is renamed and begun anew. Several processes may share the file.
    """

    def __init__(self, data_dir: str, clock: Callable[[], float] = time.time) -> None:
        self.path = os.path.join(os.path.abspath(os.path.expanduser(data_dir)), FILE_NAME)
        self._writer = _Writer(self.path, clock)

    def configure(self, days: float, max_mb: float) -> None:
        """How long and how much is kept; looked at with the next batch."""
        self._writer.days, self._writer.max_bytes = days, int(max_mb * 1024 * 1024)
        self._writer.until_retention = 0

    @property
    def dropped(self) -> int:
        """How many records never reached the database."""
        return self._writer.dropped

    def add(self, record: CallRecord) -> None:
        """Keep a record. Never waits."""
        self._writer.put(record, len(record.request_body or "") + len(record.response_body or ""))

    def flush(self, timeout_seconds: float = _FLUSH_SECONDS) -> bool:
        """Wait until what was added is written; whether it is."""
        return self._writer.flush(timeout_seconds)

    def close(self) -> None:
        """Write everything and close the database."""
        self._writer.close()

    def page(self, filters: Filters, limit: int, before: int | None) -> tuple[list[CallRecord], int | None]:
        """As `Ring.page`. Raises `Unusable`."""
        condition, values = filters.where()
        if before is not None:
            condition, values = f"number < ? AND {condition}", [before, *values]
        query = f"SELECT number, record FROM calls WHERE {condition} ORDER BY number DESC LIMIT ?"
        rows = self._read(lambda db: db.execute(query, [*values, limit + 1]).fetchall())
        records = [CallRecord.from_json(loads(text)) for _, text in rows[:limit]]
        return records, rows[limit - 1][0] if len(rows) > limit else None

    def get(self, id: str) -> CallRecord | None:
        """The latest record with that id, with its bodies. Raises `Unusable`."""
        query = "SELECT record, request_body, response_body FROM calls WHERE id = ? ORDER BY number DESC LIMIT 1"
        row = self._read(lambda db: db.execute(query, (id,)).fetchone())
        if row is None:
            return None
        record = CallRecord.from_json(loads(row[0]))
        record.request_body, record.response_body = row[1:]
        return record

    def usage(self, filters: Filters, by: By, utc_offset_minutes: int = 0) -> list[Sums]:
        """As `usage.sum_up`. Raises `Unusable`."""
        condition, values = filters.where()
        group: str = by
        parameters: list[int] = []
        if by in TIME_FORMATS:
            group = f"strftime('{TIME_FORMATS[by]}', CAST(time AS INTEGER) + ?, 'unixepoch')"
            parameters = [60 * utc_offset_minutes]
        query = f"SELECT {group}, {_SUMS} FROM calls WHERE {condition} GROUP BY 1"
        rows = self._read(lambda db: db.execute(query, [*parameters, *values]).fetchall())
        return [Sums(*row) for row in rows]

    def _read(self, ask: Callable[[sqlite3.Connection], Answer]) -> Answer:
        """Ask the database, after what waits has been written."""
        self.flush()
        if self._writer.trouble:
            raise Unusable(self._writer.trouble)
        try:
            with reading(self.path) as connection:
                return ask(connection)
        except sqlite3.Error as problem:
            raise Unusable(str(problem)) from None


class _Writer(BatchWriter[CallRecord]):
    """The thread behind a `Store`, with its connection."""

    closes_for_forks = True  # as connections for reading are: see `database`

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        super().__init__("ccr-history-writer")
        self._path = path
        self._clock = clock
        self.days = 30.0
        self.max_bytes = 200 * 1024 * 1024
        self.until_retention = 0  # records
        self._retention_due = 0.0
        self._connection: sqlite3.Connection | None = None
        self._of_parents: list[sqlite3.Connection | None] = []
        self.trouble = ""  # why nothing is written, while that is so
        self._warned_of_loss = False

    def _write(self, items: list[CallRecord], lost: int) -> None:
        if lost and not self._warned_of_loss:
            self._warned_of_loss = True
            log.warning("%s: %d records were dropped: the disk is too slow for them", self._path, lost)
        rows = [_row_of(record) for record in items]
        try:
            self._insert(rows)
            self._keep_within(len(rows))
            self.trouble = ""
        except (sqlite3.Error, OSError, NewerVersion) as problem:
            self._rest(closing=True)
            if is_damaged(problem) and self._begin_anew(problem, rows):
                return
            self.dropped += len(items)
            self._warn(f"requests are not written to the history: {problem}")

    def _insert(self, rows: list[Row]) -> None:
        """Write rows in one transaction. Other processes that do the same are waited for."""
        for attempt in range(_ATTEMPTS):
            try:
                self._insert_once(rows)
                return
            except sqlite3.OperationalError as problem:
                if attempt == _ATTEMPTS - 1 or not is_busy(problem):
                    raise
                time.sleep(0.1)
            except UnicodeEncodeError:  # half an emoji, as clients may send
                rows = [tuple(map(_writable, row)) for row in rows]

    def _insert_once(self, rows: list[Row]) -> None:
        if self._connection is None:
            self._connection = open_database(self._path)
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection:  # commits, or rolls back
            for start in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[start : start + _ROWS_AT_ONCE]
                self._connection.execute(_INSERT + ", ".join([_PLACES] * len(some)), [*chain.from_iterable(some)])

    def _begin_anew(self, problem: BaseException, rows: list[Row]) -> bool:
        """Another database in place of a damaged one, with these rows; whether that worked."""
        try:
            try:
                self._insert(rows)  # another process may have done it already
            except sqlite3.DatabaseError:
                self._rest(closing=True)
                aside = put_aside(self._path)
                log.warning("%s: is damaged (%s); it was renamed to %s and begun anew", self._path, problem, aside)
                self._insert(rows)
        except (sqlite3.Error, OSError):
            self._rest(closing=True)
            return False
        return True

    def _keep_within(self, written: int) -> None:
        assert self._connection is not None
        self.until_retention -= written
        now = time.monotonic()
        if self.until_retention < 0 or now >= self._retention_due:
            self.until_retention, self._retention_due = RETENTION_RECORDS, now + RETENTION_SECONDS
            keep_within(self._connection, self._clock() - self.days * 86_400, self.max_bytes)

    def _rest(self, *, closing: bool) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _forget(self) -> None:
        self._of_parents.append(self._connection)  # none unless it took too long; another process must not close it
        self._connection = None

    def _warn(self, text: str) -> None:
        """Say what is wrong, once until it has changed."""
        if text != self.trouble:
            self.trouble = text
            log.warning("%s: %s", self._path, text)


def _row_of(record: CallRecord) -> Row:
    return (
        record.id,
        record.time,
        record.asked_model,
        record.provider,
        record.model,
        record.session,
        record.caller,
        record.status,
        record.failed,
        record.input_tokens,
        record.output_tokens,
        record.cache_read_tokens,
        record.cache_write_tokens,
        record.cost,
        record.total_seconds,
        record.first_token_seconds,
        searched(record),
        dumps_str(record.to_json()),
        record.request_body,
        record.response_body,
    )


def _writable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
