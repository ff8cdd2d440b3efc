"""Log files written: rotation, what is deleted and what never is, and threads that do not wait."""

import json
import logging
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ccr_middleware.logs.handler import LogFile
from ccr_middleware.logs.redaction import Redactor

ROOT = Path(__file__).parents[1]
NOON = time.mktime((2026, 1, 31, 12, 0, 0, 0, 0, -1))
KB = 1 / 1024


class Logging:
    """A logger of its own that writes to a folder, and a clock that is set."""

    def __init__(self, folder, **limits):
        self.now = NOON
        self.folder = folder
        self.handler = LogFile(str(folder), clock=lambda: self.now, **limits)
        self.log = logging.Logger("ccr_middleware", logging.DEBUG)
        self.log.addHandler(self.handler)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.handler.close()

    def write(self, text):
        """A line that is on the disk when this returns."""
        self.log.info(text)
        self.handler.flush()

    def names(self):
        return sorted(file.name for file in self.folder.iterdir())

    def messages(self, name=None):
        files = [self.folder / name] if name else sorted(self.folder.iterdir())
        return [json.loads(line)["msg"] for file in files for line in file.read_text().splitlines()]


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "logs"


def test_a_file_is_named_after_its_second_and_is_its_owners_alone(folder):
    with Logging(folder) as logs:
        assert not folder.exists()
        logs.write("hello")
        assert logs.names() == ["ccr-20260131120000.log"]
        assert logs.messages() == ["hello"]
        if os.name == "posix":
            assert stat.S_IMODE((folder / logs.names()[0]).stat().st_mode) == 0o600
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_full_file_is_followed_by_another(folder):
    with Logging(folder, max_mb=KB) as logs:  # 1024 bytes
        logs.write("a" * 600)
        logs.write("b" * 600)
        logs.now += 1
        logs.write("c" * 600)
        logs.write("d")
    assert logs.names() == ["ccr-20260131120000.log", "ccr-20260131120000_1.log", "ccr-20260131120001.log"]
    assert logs.messages("ccr-20260131120000_1.log") == ["b" * 600]
    assert logs.messages("ccr-20260131120001.log") == ["c" * 600, "d"]


def test_files_of_earlier_runs_are_deleted_too(folder):
    """O-1: five starts of the reference leave five files, whatever it was told to keep."""
    for run in range(8):
        with Logging(folder, files=3) as logs:
            logs.now += run
            logs.write(f"run {run}")
    assert logs.messages() == ["run 4", "run 5", "run 6", "run 7"]  # the present one and three beside it


def test_what_is_too_old_goes(folder):
    folder.mkdir()
    for days in (1, 3, 20):
        file = folder / f"ccr-202601{30 - days:02}000000.log"
        file.write_text("{}\n")
        os.utime(file, (NOON - days * 86_400,) * 2)
    with Logging(folder, files=10, days=2) as logs:
        logs.write("now")
        assert logs.names() == ["ccr-20260129000000.log", "ccr-20260131120000.log"]


def test_only_files_with_our_names_are_ever_deleted(folder, tmp_path):
    folder.mkdir()
    theirs = ["app.log", "ccr-2026.log", "ccr-20260101000000.log.gz", "xccr-20260101000000.log", "ccr-x.log"]
    for name in theirs:
        (folder / name).write_text("keep")
        os.utime(folder / name, (0, 0))
    outside = tmp_path / "outside.log"
    outside.write_text("keep")
    (folder / "ccr-20260101000000.log").symlink_to(outside)
    (folder / "ccr-20260101000001.log").mkdir()
    with Logging(folder, files=0, days=1) as logs:
        logs.write("now")
        assert {*theirs, "ccr-20260101000000.log", "ccr-20260101000001.log"} < set(logs.names())
    assert outside.read_text() == "keep"


@pytest.mark.skipif(sys.platform == "win32", reason="files in use cannot be deleted there")
def test_the_file_of_another_process_that_runs_is_left_alone(folder):
    with Logging(folder, files=0) as other:
        other.write("still here")
        with Logging(folder, files=0) as logs:
            logs.now += 60
            logs.write("started")
            other.write("going on")
            assert other.messages() == ["still here", "going on", "started"]
    with Logging(folder, files=0) as logs:
        logs.now += 120
        logs.write("alone")
        assert logs.messages() == ["alone"]


def test_a_file_that_was_deleted_or_emptied_is_begun_again(folder):
    with Logging(folder) as logs:
        logs.write("one")
        os.truncate(folder / logs.names()[0], 0)
        logs.write("two")
        assert logs.messages() == ["two"]
        os.unlink(folder / logs.names()[0])
        logs.write("three")
        assert logs.messages() == ["three"]


def test_closing_is_not_the_end(folder):
    with Logging(folder) as logs:
        logs.write("one")
        logs.handler.close()
        logs.write("two")
        assert logs.messages() == ["one", "two"]
        assert len(logs.names()) == 1


def test_many_threads_lose_nothing(folder):
    with Logging(folder) as logs:
        threads = [
            threading.Thread(target=lambda name=name: [logs.log.info("%s %d", name, n) for n in range(500)])
            for name in "abcd"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    told = logs.messages()
    assert len(told) == 2000
    for name in "abcd":
        assert [line for line in told if line.startswith(name)] == [f"{name} {n}" for n in range(500)]


def test_an_error_is_written_without_waiting_for_a_batch(folder):
    with Logging(folder) as logs:
        logs.handler._writer._seconds = 60.0
        logs.log.info("before")
        logs.log.error("now")
        deadline = time.monotonic() + 5
        while not folder.exists() or len(logs.messages()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_disk_that_fails_costs_lines_and_is_told_when_it_works_again(tmp_path):
    folder = tmp_path / "logs"
    folder.write_text("a file in the place of the folder")
    with Logging(folder) as logs:
        logs.write("lost")
        logs.write("lost too")
        assert logs.handler.dropped == 2
        folder.unlink()
        logs.write("kept")
        assert logs.messages() == ["2 log records were dropped: the disk was too slow, or full", "kept"]


def test_the_last_lines_are_written_at_the_end_of_the_process(folder):
    program = (
        "import logging, sys; from ccr_middleware.logs.handler import LogFile\n"
        "log = logging.getLogger('ccr_middleware'); log.addHandler(LogFile(sys.argv[1])); log.setLevel(10)\n"
        "[log.info('line %d', n) for n in range(500)]\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], cwd=ROOT, capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    (file,) = folder.iterdir()
    assert len(file.read_text().splitlines()) == 500


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_after_a_fork_the_child_writes_a_file_of_its_own(folder):
    with Logging(folder) as logs:
        logs.write("parent")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                logs.write("child")
                code = 0
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        logs.write("parent again")
        assert logs.messages("ccr-20260131120000.log") == ["parent", "parent again"]
        assert logs.messages("ccr-20260131120000_1.log") == ["child"]


def test_no_key_reaches_the_disk(folder):
    """S-11: Authorization headers and keys are in the reference's logs."""
    with Logging(folder, redactor=Redactor(lambda: ("the-very-secret",))) as logs:
        try:
            raise OSError("refused the-very-secret")
        except OSError:
            logs.log.exception(
                "with %s and Bearer abcdef123456", "the-very-secret", extra={"ccr": {"k": "the-very-secret"}}
            )
        logs.handler.flush()
        text = (folder / logs.names()[0]).read_text()
    assert "the-very-secret" not in text
    assert "abcdef123456" not in text
    assert json.loads(text)["k"] == "***"
