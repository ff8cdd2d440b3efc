"""Presets put into the folder of presets: from a folder, a manifest, a zip archive, or the bytes of one (E-1, S-14).

One is made ready in a folder beside the others and gets its name at the end, so that nobody ever sees half of one.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config.editing import edit_text
from ..config.places import quote
from ..errors import BadRequest, ConfigError, Conflict, NotFound
from ..private_files import write_private
from .archive import MAX_ARCHIVE_BYTES, copy_folder, is_zip, unpack
from .manifest import FILE, Manifest, read_manifest, to_text
from .names import check_new_name, folder_for
from .storage import make_staging, put_in_place, remove


@dataclass(frozen=True, slots=True)
class Wish:
    """How a preset is to be installed.

    `name`: of its folder, "" for the one in its manifest. `replace`: take the place of the one that is there, whose
    values are kept. `sha256`: what the archive must hash to (hex), "" for anything. `origin`: the address it is from.
    """

    name: str = ""
    replace: bool = False
    sha256: str = ""
    origin: str = ""


#: Whatever there is, under its own name, if that is free.
ANYTHING = Wish()


def install(directory: Path, source: Path | bytes, wish: Wish) -> str:
    """Install a preset and return its id. Raises `BadRequest`, `NotFound`, `RequestTooLarge`, and `Conflict` when
    there is one of that name and it is not to be replaced."""
    if wish.name:
        check_new_name(wish.name)
    try:
        staged = make_staging(directory)
    except OSError as problem:
        raise BadRequest(f"{directory}: cannot be written ({problem.strerror or problem})") from None
    try:
        checksum = _stage(source, staged, wish)
        manifest = _manifest(staged)
        name = wish.name or _own_name(manifest)
        target = directory / name
        if target.exists() and not wish.replace:
            raise Conflict(f"there is a preset {quote(name)} already; delete it, replace it, or choose another name")
        _describe(staged, manifest, _kept(target, manifest), wish.origin, checksum)
        put_in_place(staged, target)
    except OSError as problem:
        raise BadRequest(f"the preset cannot be written: {problem.strerror or problem}") from None
    finally:
        remove(staged)
    return name


def _stage(source: Path | bytes, staged: Path, wish: Wish) -> str:
    """Put the files of a source into a folder. Returns the checksum of a single file, "" for a folder."""
    if isinstance(source, Path) and source.is_dir():
        if wish.sha256:
            raise BadRequest(f"{source}: is a folder, and a checksum is of an archive; leave it out")
        copy_folder(source, staged)
        return ""
    data = _read(source) if isinstance(source, Path) else source
    checksum = hashlib.sha256(data).hexdigest()
    wanted = wish.sha256.strip().lower().removeprefix("sha256:")
    if wanted and not hmac.compare_digest(wanted.encode(), checksum.encode()):
        raise BadRequest(f"the checksum is sha256:{checksum} and not the one that was given; do not trust this preset")
    if is_zip(data):
        unpack(data, staged)
    else:
        write_private(staged / FILE, data, durable=True)
    return checksum


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ARCHIVE_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(f"{path}: no such file or folder") from None
    except OSError as problem:
        raise BadRequest(f"{path}: cannot be read ({problem.strerror or problem})") from None
    return data


def _manifest(staged: Path) -> Manifest:
    try:
        manifest = read_manifest(staged)
    except ConfigError as problem:
        found = (staged / FILE).exists()
        raise BadRequest(f"the preset cannot be used: {problem}" if found else f"the preset has no {FILE}") from None
    if manifest.problems:
        raise BadRequest(
            f"the preset cannot be used: {manifest.problems[0]}", details={"problems": as_details(manifest.problems)}
        )
    return manifest


def as_details(problems: tuple[str, ...] | list[str]) -> list[dict[str, Any]]:
    """Lines of the form `place: what` as the API tells problems."""
    found = []
    for line in problems:
        place, colon, what = line.partition(": ")
        found.append({"path": place if colon else "", "message": what or place, "line": None, "column": None})
    return found


def _own_name(manifest: Manifest) -> str:
    name = folder_for(manifest.name)
    if not name:
        raise BadRequest("the preset has no name in its manifest; give it one")
    return check_new_name(name)


def _kept(target: Path, manifest: Manifest) -> Mapping[str, Any]:
    """The values that were given for the preset that is replaced, as far as the new one asks for them."""
    try:
        values = read_manifest(target).user_values if target.exists() else {}
    except ConfigError:
        return {}
    asked = {field.id for field in manifest.schema}
    return {name: value for name, value in values.items() if name in asked}


def _describe(folder: Path, manifest: Manifest, values: Mapping[str, Any], origin: str, checksum: str) -> None:
    """Write into the manifest where it comes from, and values that are kept; everything else stays (E-5)."""
    changed: dict[str, Any] = {}
    if origin:
        changed |= {"source": origin, "sourceType": "url", "checksum": f"sha256:{checksum}"}
    if values:
        changed["userValues"] = {**manifest.user_values, **values}
    if changed:
        rewrite_manifest(folder, manifest, changed)


def rewrite_manifest(folder: Path, manifest: Manifest, changed: Mapping[str, Any]) -> None:
    """Write a manifest with some members changed; its comments and its form stay. Raises OSError."""
    wanted = {**manifest.raw, **changed}
    try:
        text = edit_text((folder / FILE).read_text(encoding="utf-8-sig"), wanted)
    except ConfigError:  # somebody has changed it in this moment into what is none
        text = to_text(wanted)
    write_private(folder / FILE, text.encode(), durable=True)
