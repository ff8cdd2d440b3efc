"""Files written whole or not at all, for their owner only."""

import os
import stat

import pytest

from ccr_middleware.private_files import write_private


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_is_replaced_as_a_whole(tmp_path, durable: bool):
    path = tmp_path / "x.json"
    for data in (b"one", b"two"):
        write_private(path, data, durable=durable)
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["x.json"]


def test_what_fails_leaves_the_old_one_and_nothing_else(tmp_path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "x.json"
    write_private(path, b"old")

    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["x.json"]


def test_a_folder_that_is_missing_is_no_secret(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_private(tmp_path / "none" / "x.json", b"")
