"""Zip archives of presets, unpacked with suspicion (S-14).

Nothing leaves the folder that is unpacked into, no link is made, and sizes are counted while they are read, whatever
the archive says about them.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ..config.places import quote
from ..errors import BadRequest, RequestTooLarge
from .manifest import FILE

if TYPE_CHECKING:
    import zipfile

MAX_ARCHIVE_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 100 * 1024 * 1024
MAX_ENTRIES = 2_000
#: An archive that grows by more is a bomb, when it is larger than `_SMALL` unpacked.
MAX_RATIO = 200
_SMALL = 1024 * 1024

#: What comes along and belongs to no preset.
SKIPPED = frozenset({"__MACOSX", ".DS_Store", ".git", "__pycache__", "node_modules", "Thumbs.db"})


class Budget:
    """How much may still be written. Raises `RequestTooLarge` when it is used up."""

    def __init__(self, max_bytes: int = MAX_UNPACKED_BYTES, max_entries: int = MAX_ENTRIES) -> None:
        self._bytes = max_bytes
        self._entries = max_entries

    def spend(self, size_bytes: int) -> None:
        """Count bytes that are about to be written."""
        self._bytes -= size_bytes
        if self._bytes < 0:
            raise RequestTooLarge("the preset is larger than presets may be; take files out")

    def enter(self) -> None:
        """Count a file or folder."""
        self._entries -= 1
        if self._entries < 0:
            raise RequestTooLarge(f"the preset has more than {MAX_ENTRIES} files; take some out")


def is_zip(data: bytes) -> bool:
    """Whether this is a zip archive by how it begins."""
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def unpack(data: bytes, target: Path) -> None:
    """Unpack an archive into an empty folder; a single folder around everything is left out.

    Raises `BadRequest` and `RequestTooLarge`; what was written until then stays.
    """
    import zipfile
    import zlib

    if len(data) > MAX_ARCHIVE_BYTES:
        raise RequestTooLarge(f"the archive has more than {MAX_ARCHIVE_BYTES // 1_048_576} MB")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = list(_checked(archive))
            root = _root([path for path, _ in entries])
            budget = Budget(min(MAX_UNPACKED_BYTES, max(_SMALL, len(data) * MAX_RATIO)))
            for path, entry in entries:
                if path.parts[: len(root)] == root and path.parts != root:
                    _write(archive, entry, target, PurePosixPath(*path.parts[len(root) :]), budget)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, OSError) as problem:
        raise BadRequest(f"the archive cannot be unpacked: {_said(problem)}") from None


def _said(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return "it is damaged, or of a kind that is not known"


def _checked(archive: zipfile.ZipFile) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """The entries that are taken, with their paths. Raises `BadRequest` for one that no honest archive has."""
    budget, seen = Budget(), set[PurePosixPath]()
    for entry in archive.infolist():
        budget.enter()
        path = _path_of(entry)
        if path in seen:
            raise BadRequest(f"the archive has {quote(str(path))} twice")
        seen.add(path)
        if SKIPPED.isdisjoint(path.parts) and path.parts:
            yield path, entry


def _path_of(entry: zipfile.ZipInfo) -> PurePosixPath:
    name = entry.orig_filename
    path = PurePosixPath(name)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if "\\" in name or "\0" in name or ":" in name or path.is_absolute() or ".." in path.parts:
        raise BadRequest(f"the archive has an entry outside of its folder: {quote(name[:200])}")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadRequest(f"the archive has an entry that is no file: {quote(name[:200])}; links are not taken")
    if entry.flag_bits & 1:
        raise BadRequest("the archive is encrypted; make one without a password")
    return path


def _root(paths: list[PurePosixPath]) -> tuple[str, ...]:
    """The folder the manifest is in: the top, or the only folder there. Raises `BadRequest` when there is none."""
    if PurePosixPath(FILE) in paths:
        return ()
    tops = {path.parts[0] for path in paths}
    if len(tops) == 1 and PurePosixPath(*tops, FILE) in paths:
        return (tops.pop(),)
    raise BadRequest(f"the archive has no {FILE}; put it at the top, or into the only folder there")


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, path: PurePosixPath, budget: Budget) -> None:
    """Write one entry. The resolved path is checked too, though nothing that came before can have made a link."""
    target = folder / path
    if not target.resolve().is_relative_to(folder.resolve()):
        raise BadRequest(f"the archive has an entry outside of its folder: {quote(str(path))}")
    if entry.is_dir():
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (
        archive.open(entry) as source,
        open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        while piece := source.read(65_536):
            budget.spend(len(piece))
            file.write(piece)


def pack(manifest: bytes) -> bytes:
    """A zip archive with this manifest."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(FILE, manifest)
    return buffer.getvalue()


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder into an empty one, with the same limits. Raises `BadRequest`, `RequestTooLarge`."""
    budget = Budget()
    try:
        _copy(source, target, budget)
    except OSError as problem:
        raise BadRequest(f"{source}: cannot be copied ({problem.strerror or problem})") from None


def _copy(source: Path, target: Path, budget: Budget) -> None:
    with os.scandir(source) as found:
        entries = list(found)
    for entry in entries:
        if entry.name in SKIPPED:
            continue
        budget.enter()
        there = target / entry.name
        if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
            raise BadRequest(f"{entry.path}: is no file; links are not taken, put the file itself there")
        if entry.is_dir():
            there.mkdir(mode=0o700)
            _copy(Path(entry.path), there, budget)
        else:
            budget.spend(entry.stat().st_size)
            there.write_bytes(Path(entry.path).read_bytes())
            there.chmod(0o600)
