"""Presets installed from folders, files and archives, honest ones and others."""

import hashlib
import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware.errors import BadRequest, Conflict, GatewayError, NotFound, RequestTooLarge
from ccr_middleware.presets import Presets, archive
from ccr_middleware.presets.installing import Wish

from .support.presets import PLAIN, SIMPLE, write_preset, zipped

MANIFEST = json.dumps(PLAIN)


@pytest.fixture
def presets(tmp_path: Path) -> Presets:
    return Presets(tmp_path / "home" / "presets")


def left_behind(presets: Presets) -> list[str]:
    """What an installation that failed left in the folder."""
    return os.listdir(presets.directory) if presets.directory.exists() else []


# -- folders and files -----------------------------------------------------------------------------------------


def test_e1_a_folder_is_installed_with_all_its_files(presets: Presets, tmp_path: Path) -> None:
    source = write_preset(tmp_path, "source", PLAIN, transformers__x_py="X = 1\n", **{".git__config": "no"})
    made = presets.install(source)
    assert made.id == "plain"
    assert (made.folder / "transformers" / "x.py").read_text() == "X = 1\n"
    assert not (made.folder / ".git").exists()
    assert stat.S_IMODE((made.folder / "manifest.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(made.folder.stat().st_mode) == 0o700
    assert left_behind(presets) == ["plain"]


@pytest.mark.parametrize("name", ["x.json", "x.zip"])
def test_single_files(presets: Presets, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(zipped({"manifest.json": MANIFEST}) if name == "x.zip" else MANIFEST.encode())
    assert presets.install(file).id == "plain"


def test_a_name_of_ones_own(presets: Presets) -> None:
    assert presets.install(zipped({"manifest.json": MANIFEST}), Wish(name="mine")).id == "mine"
    assert presets.get("plain").id == "mine"


def test_a_name_that_is_no_folder_becomes_one(presets: Presets) -> None:
    made = presets.install(json.dumps({**PLAIN, "name": "../../My Preset"}).encode())
    assert made.folder == presets.directory / "My-Preset"


@pytest.mark.parametrize("wish", [Wish(name="../x"), Wish(name="a/b"), Wish(name="install"), Wish(name="/tmp/x")])
def test_s16_names_are_checked(presets: Presets, wish: Wish) -> None:
    with pytest.raises(BadRequest):
        presets.install(MANIFEST.encode(), wish)
    assert not left_behind(presets)


def test_nothing_is_replaced_unless_it_is_wanted(presets: Presets) -> None:
    presets.install(zipped({"manifest.json": json.dumps(SIMPLE), "old.txt": "old"}))
    presets.apply("simple", {"apiKey": "sk-kept", "model": "b"})
    newer = {**SIMPLE, "version": "2.0.0", "schema": [one for one in SIMPLE["schema"] if one["id"] != "model"]}
    newer["template"] = {"Router": {"default": "openai,#{apiKey}"}}
    with pytest.raises(Conflict, match='there is a preset "simple" already'):
        presets.install(json.dumps(newer).encode())
    made = presets.install(json.dumps(newer).encode(), Wish(replace=True))
    assert made.manifest.metadata["version"] == "2.0.0"
    assert dict(made.manifest.user_values) == {"apiKey": "sk-kept"}
    assert sorted(os.listdir(made.folder)) == ["manifest.json"]
    assert left_behind(presets) == ["simple"]


def test_e5_where_it_comes_from_is_kept_and_the_rest_stays(presets: Presets) -> None:
    text = '{\n  // by me\n  name: "x", repository: "https://r.test", Router: {},\n}\n'
    data = zipped({"manifest.json": text})
    made = presets.install(data, Wish(origin="https://o.test/x.zip"))
    assert made.manifest.metadata["repository"] == "https://r.test"
    assert made.manifest.metadata["source"] == "https://o.test/x.zip"
    assert made.manifest.metadata["checksum"] == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert "// by me" in (made.folder / "manifest.json").read_text()


def test_the_checksum_is_compared(presets: Presets, tmp_path: Path) -> None:
    data = MANIFEST.encode()
    right = hashlib.sha256(data).hexdigest()
    with pytest.raises(BadRequest, match="do not trust this preset"):
        presets.install(data, Wish(sha256="0" * 64))
    with pytest.raises(BadRequest, match="is a folder"):
        presets.install(write_preset(tmp_path, "s", PLAIN), Wish(sha256=right))
    assert presets.install(data, Wish(sha256=f"SHA256:{right.upper()}")).id == "plain"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the preset cannot be used"),
        (b"<html>", "the preset cannot be used: manifest.json: line 1"),
        (b"{}", "has no configuration"),
        (b'{"Router": {}}', "has no name"),
        (b'{"name": "install", "Router": {}}', "word of the API"),
        (b"\xff\xfe", "not UTF-8"),
        (b"PK\x03\x04 and then nothing", "cannot be unpacked: it is damaged"),
        (b"PK\x05\x06" + bytes(18), "has no manifest.json"),
    ],
)
def test_what_is_no_preset(presets: Presets, data: bytes, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        presets.install(data)
    assert not left_behind(presets)


def test_what_is_not_there(presets: Presets, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such file or folder"):
        presets.install(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadRequest, match=r"the preset has no manifest\.json"):
        presets.install(tmp_path / "empty")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="cannot be written"):
        Presets(tmp_path / "file").install(MANIFEST.encode())


def test_links_of_a_folder_are_not_taken(presets: Presets, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    source = write_preset(tmp_path, "s", PLAIN)
    (source / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(BadRequest, match="links are not taken"):
        presets.install(source)


# -- archives --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries",
    [
        {"manifest.json": MANIFEST, "a/b.txt": "x"},
        {"repo-main/manifest.json": MANIFEST, "repo-main/a/b.txt": "x"},
        {"repo-main/": "", "repo-main/manifest.json": MANIFEST, "repo-main/a/": "", "repo-main/a/b.txt": "x"},
        {"__MACOSX/._x": "x", "p/manifest.json": MANIFEST, "p/a/b.txt": "x", "p/.DS_Store": "x"},
    ],
)
def test_one_folder_around_everything_is_left_out(presets: Presets, entries: dict[str, str]) -> None:
    folder = presets.install(zipped(entries)).folder
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == ["a", "a/b.txt", "manifest.json"]


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "../plain-evil/a", "a/../../evil", "/etc/evil", "//evil", "C:\\evil", "..\\evil", "a\\..\\..\\evil",
        "\\\\host\\evil", "C:evil", "a/../../../../../../../../tmp/evil", "..", "ok\0/../../evil",
    ],
)  # fmt: skip
def test_s14_no_entry_leaves_the_folder(presets: Presets, tmp_path: Path, name: str) -> None:
    (presets.directory / "plain-evil").mkdir(parents=True)
    with pytest.raises(BadRequest, match="outside of its folder"):
        presets.install(zipped({"manifest.json": MANIFEST, name: "evil"}))
    assert left_behind(presets) == ["plain-evil"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_s14_no_links_and_devices(presets: Presets) -> None:
    for mode in (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO, stat.S_IFSOCK):
        data = zipped({"manifest.json": MANIFEST, "x": "/etc/passwd"}, {"x": mode | 0o777})
        with pytest.raises(BadRequest, match="links are not taken"):
            presets.install(data)
    link_then_file = zipped({"manifest.json": MANIFEST, "d": "/tmp", "d/x": "evil"}, {"d": stat.S_IFLNK | 0o777})
    with pytest.raises(BadRequest, match="links are not taken"):
        presets.install(link_then_file)
    assert not left_behind(presets)


def test_s14_bombs(presets: Presets, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RequestTooLarge):  # a ratio of a thousand
        presets.install(zipped({"manifest.json": MANIFEST, "x": bytes(8_000_000)}))
    with pytest.raises(RequestTooLarge):
        presets.install(zipped({"manifest.json": MANIFEST, **{f"f{n}": "" for n in range(2_000)}}))
    with pytest.raises(RequestTooLarge):
        presets.install(b"PK\x03\x04" + bytes(20 * 1024 * 1024))
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(RequestTooLarge):
        presets.install(zipped({"manifest.json": MANIFEST, "x": os.urandom(100_001)}))
    assert not left_behind(presets)


def test_s14_an_archive_that_lies_about_its_sizes(presets: Presets) -> None:
    data = bytearray(zipped({"manifest.json": MANIFEST, "x": bytes(4_000_000)}))
    real, told = struct.pack("<I", 4_000_000), struct.pack("<I", 10)
    assert real in data
    with pytest.raises(GatewayError):
        presets.install(bytes(data.replace(real, told)))
    assert not left_behind(presets)


def test_one_name_twice(presets: Presets) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("manifest.json", MANIFEST)
        made.writestr("./manifest.json", "{}")
    with pytest.raises(BadRequest, match="twice"):
        presets.install(buffer.getvalue())


def test_encrypted_archives(presets: Presets) -> None:
    data = bytearray(zipped({"manifest.json": MANIFEST}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(BadRequest, match="is encrypted"):
        presets.install(bytes(data))


@pytest.mark.parametrize("spoil", range(0, 300, 7))
def test_archives_that_are_damaged_never_do_harm(presets: Presets, spoil: int) -> None:
    data = bytearray(zipped({"r/manifest.json": MANIFEST, "r/x.txt": "x" * 50}))
    data[spoil % len(data)] ^= 0xFF
    try:
        made = presets.install(bytes(data))
    except GatewayError:
        assert not left_behind(presets)
    else:
        assert made.manifest.name


# -- code ------------------------------------------------------------------------------------------------------


def with_code() -> dict[str, Any]:
    return {**PLAIN, "transformers": [{"path": "transformers/x.py"}]}


def test_code_is_allowed_by_whoever_installs_and_not_by_the_preset(presets: Presets) -> None:
    files = {"manifest.json": json.dumps(with_code()), "transformers/x.py": "", "allowed-code.json": '["plain"]'}
    made = presets.install(zipped(files))
    assert not made.allow_code
    assert "is code, which is not run" in made.applied().problems[0]
    made = presets.install(zipped(files), Wish(replace=True), allow_code=True)
    assert made.allow_code
    assert not made.applied().problems
    assert not presets.install(zipped(files), Wish(replace=True)).allow_code


def test_what_was_allowed_ends_with_the_preset(presets: Presets) -> None:
    data = json.dumps(with_code()).encode()
    presets.install(data, allow_code=True)
    presets.delete("plain")
    write_preset(presets.directory, "plain", with_code())
    assert not presets.get("plain").allow_code


def test_a_gateway_may_allow_all(presets: Presets) -> None:
    presets.install(json.dumps(with_code()).encode())
    assert not Presets(presets.directory, allow_code=True).get("plain").applied().problems
