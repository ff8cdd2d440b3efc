"""The database: processes that are killed, forked or beside each other, damage, what is too old or too much."""

import asyncio
import logging
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from ccr_middleware.config.operation import History as Settings
from ccr_middleware.history import database
from ccr_middleware.history.filters import Filters
from ccr_middleware.history.history import History
from ccr_middleware.history.store import Store, Unusable

from .support.operated import NOON, record

ROOT = Path(__file__).parents[1]


def store_at(folder, *, days=1e6, max_mb=100.0, clock=lambda: NOON):
    store = Store(str(folder), clock)
    store.configure(days, max_mb)
    return store


def rows(folder, query="SELECT id FROM calls ORDER BY number"):
    with closing(sqlite3.connect(folder / "history.sqlite3")) as connection:
        return [row[0] for row in connection.execute(query)]


def recording(folder, number):
    arguments = [sys.executable, "-m", "tests.support.recording_process", str(folder), str(number)]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True)


# -- ends ------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_killed_in_the_middle_of_ten_thousand_records_at_most_the_last_batch_is_missing(tmp_path):
    with recording(tmp_path, 10_000) as process:
        while (said := int(process.stdout.readline())) < 3000:
            pass
        process.send_signal(signal.SIGKILL)
        added = max([said, *map(int, process.stdout.read().split())])
    assert rows(tmp_path, "PRAGMA integrity_check") == ["ok"]
    kept = rows(tmp_path)
    assert kept == [f"req_{number}" for number in range(1, len(kept) + 1)], "there is a hole"
    assert len(kept) >= added - 400  # the batch under way, and those that waited for it
    store = store_at(tmp_path)
    store.add(record(0, id="after"))
    assert store.page(Filters(), 1, None)[0][0].id == "after"
    store.close()


def test_what_waits_is_written_when_the_process_ends(tmp_path):
    with recording(tmp_path, 500) as process:
        assert process.wait(20) == 0
    assert len(rows(tmp_path)) == 500


def test_two_processes_share_the_file(tmp_path):
    with recording(tmp_path, 1000) as one, recording(tmp_path, 1000) as other:
        assert (one.wait(30), other.wait(30)) == (0, 0)
    assert len(rows(tmp_path)) == 2000
    assert not [file for file in tmp_path.iterdir() if "damaged" in file.name]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_forks_go_on_with_threads_of_their_own_and_nothing_is_written_twice_or_lost(tmp_path):
    """SQLite does not survive a fork with a connection open: the child would believe it holds its parent's locks, and
    records would be lost. Here another thread reads and writes all the time."""
    store = store_at(tmp_path)
    stop, wrong = threading.Event(), []

    def use():
        number = 0
        while not stop.is_set():
            number += 1
            store.add(record(1, id=f"thread {number}"))
            if store.page(Filters(), 1, None)[0][0].id == "":
                wrong.append(number)
        wrong.append(-number)

    def child(number):
        code = 1
        try:
            store.add(record(3, id=f"child {number}"))
            code = 0 if store.flush(10) and store.dropped == 0 else 2
        finally:
            os._exit(code)

    thread = threading.Thread(target=use)
    store.add(record(1, id="first"))
    thread.start()
    children = []
    for number in range(8):
        store.add(record(2, id=f"parent {number}"))  # waits while the process forks
        children.append(os.fork())
        if not children[-1]:
            child(number)
    assert [os.waitstatus_to_exitcode(os.waitpid(one, 0)[1]) for one in children] == [0] * 8
    stop.set()
    thread.join()
    store.close()
    (threads_own,) = wrong
    expected = ["first"]
    expected += [f"{name} {number}" for name in ("parent", "child") for number in range(8)]
    expected += [f"thread {number}" for number in range(1, 1 - threads_own)]
    assert sorted(rows(tmp_path)) == sorted(expected)
    assert rows(tmp_path, "PRAGMA integrity_check") == ["ok"]


def test_threads_and_loops_of_their_own_add_and_ask_at_the_same_time(tmp_path):
    history = History(Settings(days=1e6, size=5000), str(tmp_path))
    problems = []

    async def work(name):
        with history.subscribe() as feed:
            for number in range(200):
                history.add(record(number, id=f"{name}-{number}", caller=name))
                if number % 50 == 0:
                    await history.page(limit=5)
            seen = set()
            while len(seen) < 800:
                seen |= {event.data.id for event in await feed.take() if event.kind == "request"}
                if len(seen) >= 200 and f"{name}-199" in seen:
                    break
            own, _ = await history.page(Filters(caller=name), 1000)
            assert len(own) == 200

    def run(name):
        try:
            asyncio.run(work(name))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=run, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(history.aclose())
    assert problems == []
    assert len(rows(tmp_path)) == 800


# -- the file --------------------------------------------------------------------------------------------


def test_nothing_is_touched_before_the_first_record(tmp_path):
    threads = threading.active_count()
    store = store_at(tmp_path / "data")
    with pytest.raises(Unusable):
        store.page(Filters(), 1, None)
    store.close()
    assert not (tmp_path / "data").exists()
    assert threading.active_count() == threads


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_its_owner_may_read_it(tmp_path):
    folder = tmp_path / "data"
    store = store_at(folder)
    store.add(record())
    store.flush()
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    store.close()
    assert len(modes) == 3
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("spoil", ["no database", "damaged pages"])
def test_a_damaged_database_is_put_aside_and_begun_anew(tmp_path, caplog, spoil):
    path = tmp_path / "history.sqlite3"
    store = store_at(tmp_path)
    for number in range(300):
        store.add(record(number))
    store.close()
    data = path.read_bytes()
    path.write_bytes(
        b"no database at all" * 1000 if spoil == "no database" else data[:4096] + b"\xff" * (len(data) - 4096)
    )
    store = store_at(tmp_path)
    store.add(record(1, id="after"))
    assert [one.id for one in store.page(Filters(), 5, None)[0]] == ["after"]
    store.close()
    assert [file for file in tmp_path.iterdir() if ".damaged-" in file.name]
    assert len([line for line in caplog.messages if "begun anew" in line]) == 1


def test_a_file_of_a_newer_version_is_left_alone(tmp_path, caplog):
    store_at(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "history.sqlite3")) as connection:
        connection.execute(f"PRAGMA user_version = {database.VERSION + 1}")

    async def run():
        history = History(Settings(days=1e6), str(tmp_path))
        for number in range(3):
            history.add(record(number))
            page, _ = await history.page()
        assert [one.id for one in page] == ["req_2", "req_1", "req_0"]  # from memory
        await history.aclose()

    asyncio.run(run())
    assert len(caplog.messages) == 1, "told once"
    assert "newest" in caplog.messages[0]
    assert rows(tmp_path, "SELECT count(*) FROM sqlite_master") == [0]


def test_migrations_run_once_and_keep_what_there_is(tmp_path, monkeypatch):
    store = store_at(tmp_path)
    store.add(record(1))
    store.close()
    monkeypatch.setattr(database, "VERSION", database.VERSION + 1)
    monkeypatch.setitem(
        database.MIGRATIONS,
        database.VERSION - 1,
        lambda connection: connection.execute("ALTER TABLE calls ADD COLUMN more TEXT"),
    )
    for number in (2, 3):
        store = store_at(tmp_path)
        store.add(record(number))
        store.close()
    assert rows(tmp_path) == ["req_1", "req_2", "req_3"]
    assert rows(tmp_path, "PRAGMA user_version") == [database.VERSION]


def test_a_folder_that_cannot_be_written_to_leaves_the_memory(tmp_path, caplog):
    (tmp_path / "file").write_text("")

    async def run():
        history = History(Settings(), str(tmp_path / "file" / "data"))
        history.add(record(1))
        assert len((await history.page())[0]) == 1
        assert (await history.get("req_1")).id == "req_1"
        assert (await history.usage())["totals"]["requests"] == 1
        await history.aclose()

    asyncio.run(run())
    assert [entry.levelno for entry in caplog.records] == [logging.WARNING]


def test_text_that_is_no_unicode_is_kept_as_well_as_it_can_be(tmp_path):
    store = store_at(tmp_path)
    store.add(record(1, asked_model="\ud83d", request_body="half \ud83d", error="nul \0 and \udcff"))
    kept = store.get("req_1")
    store.close()
    assert kept.request_body == "half ?"
    assert kept.error == "nul \0 and \udcff"


# -- how much --------------------------------------------------------------------------------------------


def test_records_that_are_too_old_go(tmp_path):
    day = 86_400
    store = store_at(tmp_path, days=7, clock=lambda: NOON + 10 * day)
    for number in range(10):
        store.add(record(number * day, id=f"day {number}"))
    store.close()
    assert rows(tmp_path) == [f"day {number}" for number in range(3, 10)]


def test_the_file_stays_below_its_size_and_the_oldest_go_first(tmp_path):
    store = store_at(tmp_path, max_mb=1)
    for start in range(0, 600, 100):
        for number in range(start, start + 100):
            store.add(record(number, request_body="x" * 10_000))
        store.configure(1e6, 1)  # look at it with the next batch
        store.flush()
    store.close()
    kept = rows(tmp_path)
    assert 40 < len(kept) < 110
    assert kept[-1] == "req_599"
    assert kept == [f"req_{number}" for number in range(600 - len(kept), 600)]
    assert (tmp_path / "history.sqlite3").stat().st_size < 1.3 * 1024 * 1024


def test_a_disk_that_is_too_slow_costs_the_oldest_and_one_warning(tmp_path, caplog):
    store = store_at(tmp_path)
    store.add(record(0))
    store.flush()
    with closing(sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # as slow as a disk can be
        for number in range(1, 12_001):
            store.add(record(number))
        other.execute("COMMIT")
    store.close()
    kept = rows(tmp_path)
    assert len(kept) + store.dropped == 12_001
    assert store.dropped >= 1500
    assert kept[-1] == "req_12000"
    assert len([line for line in caplog.messages if "dropped" in line]) == 1


def test_waiting_bodies_are_bounded_by_their_size(tmp_path):
    store = store_at(tmp_path)
    store.add(record(0))
    store.flush()
    text = "x" * (1024 * 1024)
    with closing(sqlite3.connect(tmp_path / "history.sqlite3", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(1, 201):
            store.add(record(number, request_body=text))
        dropped = store.dropped
        other.execute("COMMIT")
    store.close()
    assert dropped >= 200 - 2 * 64 - 1
