"""The configuration file on disk: whole versions only, its rights, its backups, and one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.config import file_lock, files
from ccr_middleware.config.document import MAX_BYTES
from ccr_middleware.config.file_lock import locked
from ccr_middleware.config.files import MISSING, ConfigFile, revision_of
from ccr_middleware.errors import BadRequest, ConfigError, Conflict, GatewayError

posix = pytest.mark.skipif(os.name != "posix", reason="rights and links of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(directory: Path) -> list[str]:
    """Everything there but the lock."""
    return sorted(path.name for path in directory.iterdir() if not path.name.endswith(".lock"))


def message_of(file: ConfigFile, text: str = "{}") -> str:
    with pytest.raises(GatewayError) as caught:
        file.write(text)
    assert caught.value.status == 500
    assert caught.value.should_retry is False
    return caught.value.message


def test_what_is_written_is_read_with_its_revision(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json")
    text = "\ufeff{\r\n  a: 'ü', // x\r\n}\r\n"
    revision = file.write(text)
    assert file.read() == (text, revision)
    assert file.revision() == revision == revision_of((tmp_path / "config.json").read_bytes())
    assert len(revision) == 16


def test_a_file_that_is_not_there(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json")
    with pytest.raises(FileNotFoundError):
        file.read()
    assert file.revision() == MISSING
    with pytest.raises(Conflict):
        file.write("{}", if_match="*")
    assert file.write("{}", if_match=MISSING) == file.revision()
    with pytest.raises(Conflict):
        file.write("{a: 1}", if_match=MISSING)


def test_a_file_that_is_no_text(tmp_path: Path):
    (tmp_path / "latin").write_bytes(b'{\n "a": "caf\xe9"}')
    (tmp_path / "huge").write_bytes(b" " * (MAX_BYTES + 1))
    for name, expected in (("latin", "line 2: is not UTF-8"), ("huge", "is larger than"), (".", "cannot be read")):
        with pytest.raises(ConfigError, match=expected):
            ConfigFile(tmp_path / name).read()


def test_a_stale_revision_is_refused_and_nothing_is_written(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json")
    first = file.write('{"a": 1}')
    second = file.write('{"a": 2}', if_match=first)
    with pytest.raises(Conflict, match="was changed since it was read") as caught:
        file.write('{"a": 3}', if_match=first)
    assert caught.value.status == 409
    assert file.read() == ('{"a": 2}', second)
    assert file.write('{"a": 4}', if_match=f'W/"{second}"') == file.revision()
    assert file.write('{"a": 5}', if_match="*") == file.revision()


@posix
def test_only_the_owner_may_read_it_and_its_backups(tmp_path: Path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o644)
    old = os.umask(0)
    try:
        ConfigFile(path).write('{"a": 1}')
    finally:
        os.umask(old)
    assert {mode(one) for one in tmp_path.iterdir()} == {0o600}
    path.chmod(0o644)
    ConfigFile(path).write('{"a": 1}')  # the same text
    assert mode(path) == 0o600


@posix
def test_missing_directories_are_made_for_the_owner_alone(tmp_path: Path):
    tmp_path.chmod(0o755)
    path = tmp_path / "a" / "b" / "config.json"
    ConfigFile(path).write("{}")
    assert path.read_text() == "{}"
    assert [mode(tmp_path), mode(path.parents[1]), mode(path.parent)] == [0o755, 0o700, 0o700]


def test_the_newest_three_versions_are_kept_and_nothing_else_is_touched(tmp_path: Path):
    for other in ("config.json.mine.bak", "config.json.bak", "config.json.2020.bak", "xconfig.json.old.bak"):
        (tmp_path / other).write_text("mine")
    kept = names(tmp_path)
    moments = iter(datetime(2026, 1, 31, 10, 20, 30 + i, 123_999, UTC) for i in range(10))
    file = ConfigFile(tmp_path / "config.json", now=lambda: next(moments))
    for number in range(6):
        file.write(json.dumps({"a": number}))
    backups = sorted(set(names(tmp_path)) - set(kept) - {"config.json"})
    assert backups == [f"config.json.2026-01-31T10-20-3{i}-123Z.bak" for i in (2, 3, 4)]
    assert [json.loads((tmp_path / name).read_text())["a"] for name in backups] == [2, 3, 4]


def test_two_versions_of_one_moment_and_a_version_that_is_there(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json", now=lambda: datetime(2026, 1, 31, tzinfo=UTC))
    for text in ("{}", "{a: 1}", "{a: 2}", "{a: 2}"):
        file.write(text)
    assert names(tmp_path) == [
        "config.json",
        "config.json.2026-01-31T00-00-00-000Z.bak",
        "config.json.2026-01-31T00-00-00-001Z.bak",
    ]


@posix
def test_a_link_stays_a_link(tmp_path: Path):
    target = tmp_path / "dotfiles" / "ccr.json"
    target.parent.mkdir()
    target.write_text("{}")
    link = tmp_path / "config.json"
    link.symlink_to(target)
    ConfigFile(link).write('{"a": 1}')
    assert link.is_symlink()
    assert target.read_text() == '{"a": 1}'
    assert names(tmp_path) == ["config.json", "dotfiles"]
    assert len(names(target.parent)) == 2


def test_a_read_only_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o400)
    monkeypatch.setattr(
        files.os, "access", lambda where, _: bool(os.stat(where).st_mode & 0o200)
    )  # as for any but root
    file = ConfigFile(path)
    assert (
        message_of(file, "{a: 1}") == f"{path}: is read-only; make it writable for the user of this process (chmod u+w)"
    )
    assert file.why_not_writable() == message_of(file)
    assert path.read_text() == "{}"


def test_a_directory_nothing_can_be_written_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "config.json").write_text("{}")
    monkeypatch.setattr(files.os, "access", lambda where, _: str(where) != str(tmp_path))
    for name in ("config.json", "a/b/config.json"):
        message = message_of(ConfigFile(tmp_path / name))
        assert message.startswith(f"{tmp_path}: nothing can be written in this directory; give the user")
    assert names(tmp_path) == ["config.json"]


def test_a_file_where_a_directory_should_be(tmp_path: Path):
    (tmp_path / "file").write_text("")
    assert "file: is no directory; remove it, or name another file" in message_of(
        ConfigFile(tmp_path / "file" / "c.json")
    )
    assert ConfigFile(tmp_path / "config.json").why_not_writable() is None


@pytest.mark.parametrize(
    ("number", "fix"),
    [
        (errno.ENOSPC, "make room on the disk"),
        (errno.EROFS, "run the gateway as the owner of the file"),
        (errno.EIO, "see to it, or name another file"),
    ],
)
def test_a_disk_that_fails_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fix: str
):
    file = ConfigFile(tmp_path / "config.json")
    file.write('{"a": 1}')
    monkeypatch.setattr(files.os, "fsync", lambda _: (_ for _ in ()).throw(OSError(number, os.strerror(number))))
    message = message_of(file, '{"a": 2}')
    assert message.startswith(f"{file.path}: cannot be written ({os.strerror(number)}); {fix}")
    monkeypatch.undo()
    assert names(tmp_path) == ["config.json"]
    assert file.read()[0] == '{"a": 1}'


def test_a_file_that_is_mounted_by_itself_is_written_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "config.json"
    path.write_text('{"a": "a long text that is longer"}')
    replace = os.replace

    def busy(source: Any, target: Any) -> None:
        if str(target) == str(path):
            raise OSError(errno.EBUSY, "Device or resource busy")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", busy)
    number = path.stat().st_ino
    ConfigFile(path).write("{}")
    assert path.read_text() == "{}"
    assert path.stat().st_ino == number
    (backup,) = (name for name in names(tmp_path) if name.endswith(".bak"))
    assert "longer" in (tmp_path / backup).read_text()
    assert len(names(tmp_path)) == 2


@posix
def test_a_file_of_another_user_is_not_taken_from_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = ConfigFile(tmp_path / "config.json")
    file.write("{}")

    def refuse(*_: Any) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(files, "_owner", lambda _: (os.getuid() + 1, os.getgid()))
    monkeypatch.setattr(files.os, "fchown", refuse)
    assert "it belongs to another user" in message_of(file, "{a: 1}")
    assert file.read()[0] == "{}"


def test_texts_that_no_file_can_hold(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json")
    with pytest.raises(BadRequest, match="half a character"):
        file.write("{a: '\ud800'}")
    with pytest.raises(BadRequest, match="is larger than"):
        file.write(" " * (MAX_BYTES + 1))
    assert names(tmp_path) == []


def test_writers_in_threads_do_not_undo_each_other(tmp_path: Path):
    file = ConfigFile(tmp_path / "config.json")
    file.write('{"n": 0}')
    conflicts = []

    def count_up() -> None:
        for _ in range(10):
            while True:
                text, revision = file.read()
                try:
                    file.write(json.dumps({"n": json.loads(text)["n"] + 1}), if_match=revision)
                    break
                except Conflict:
                    conflicts.append(1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert json.loads(file.read()[0]) == {"n": 40}


@pytest.mark.parametrize("lock", [file_lock._locked_file, file_lock._exclusive_file])
def test_a_lock_that_is_not_given_back_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: Any):
    if lock is file_lock._locked_file and file_lock.fcntl is None:
        pytest.skip("no fcntl on this system")
    monkeypatch.setattr(file_lock, "PATIENCE", 0.02)
    path = str(tmp_path / "lock")
    with lock(path):
        with pytest.raises(GatewayError, match="another process holds this lock") as caught, lock(path):
            pass
        assert caught.value.status == 503
    with lock(path):
        pass


def test_the_lock_of_a_process_that_has_ended_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(file_lock, "fcntl", None)
    path = tmp_path / "lock"
    path.touch()
    os.utime(path, (0, 0))
    with locked(str(path)):
        assert path.exists()
    assert not path.exists()


WRITER = """
import json, sys
from ccr_middleware.config.files import ConfigFile
file = ConfigFile(sys.argv[1])
print("ready", flush=True)
for number in range(200):
    file.write(json.dumps({"number": number, "filling": [number] * (number % 50 * 200), "end": number}))
    print(number, flush=True)
"""


def killed_while_writing(path: Path, after: int) -> None:
    """Start a process that writes 200 versions, and kill it when it has written some of them."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(after + 1):
        assert process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    process.wait()


@posix
def test_a_writer_that_is_killed_leaves_a_whole_version(tmp_path: Path):
    path = tmp_path / "config.json"
    for after in (0, 3, 9, 21, 40, 77, 120):
        killed_while_writing(path, after)
        whole = [path, *tmp_path.glob("config.json.*.bak")] if after else list(tmp_path.glob("config.json*"))
        for version in whole:
            read = json.loads(version.read_text())
            assert read["number"] == read["end"]
            assert read["filling"] == [read["number"]] * (read["number"] % 50 * 200)
            assert mode(version) == 0o600
        assert len([name for name in names(tmp_path) if name.endswith(".tmp")]) <= 2
    ConfigFile(path).write("{}")
    assert [name for name in names(tmp_path) if name.endswith(".tmp")] == []
    assert len(names(tmp_path)) <= 4
