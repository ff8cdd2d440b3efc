"""A configuration made into a preset for others: secrets become questions, what is only of this machine stays here.

Always from the document as written, so that `${VAR}` stays `${VAR}` and nothing interpolated gets out (E-3, C-1).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from ..config.named_files import Named, named_files
from ..config.places import Path, show_path
from ..config.references import find_reference, read_reference
from ..config.schema import Provider
from ..config.spelling import spellings
from ..errors import BadRequest, Conflict
from ..private_files import write_private
from .archive import pack
from .manifest import FILE, METADATA, to_text
from .names import check_new_name
from .namespaces import is_operation
from .secrets import find_secret, replaced
from .storage import make_folder, make_staging, put_in_place, remove

_WORDS = re.compile(r"[^a-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Export(NamedTuple):
    """A manifest, the files it names that have to be put beside it, and where it was written to."""

    manifest: dict[str, Any]
    files: tuple[str, ...] = ()
    path: FilePath | None = None


def to_preset(document: Mapping[str, Any], metadata: Mapping[str, Any], *, include_sensitive: bool = False) -> Export:
    """The manifest of a preset with the routing and providers of a document (as written). `metadata` has its `name`.

    What operates the gateway is left out. Files keep their names and lose their folders.
    """
    shared = {key: copy.deepcopy(value) for key, value in document.items() if not is_operation(key)}
    files = [_without_folder(named) for named in named_files(shared) if named.is_file and not named.is_variable]
    about = {"version": "1.0.0", **{key: metadata[key] for key in METADATA if metadata.get(key)}}
    manifest: dict[str, Any] = {"name": metadata["name"], **about, "sourceType": "local"}
    asking = _Asking(shared)
    template = shared if include_sensitive else asking.template()
    if asking.fields and not include_sensitive:
        manifest |= {"schema": asking.fields, "template": template}
    else:
        manifest |= template
    return Export(manifest, tuple(dict.fromkeys(files)))


def _without_folder(named: Named) -> str:
    """Leave only the name of a file, in place. Returns its path as it was."""
    written = named.text.strip()
    where = read_reference(written).where if find_reference(written) else written
    named.container[named.key] = re.split(r"[/\\]", where)[-1] + written[len(where) :]
    return where


def write_preset(export: Export, directory: FilePath, output: FilePath | None = None) -> Export:
    """Write a preset into the folder of presets, or to `output`: a new `.json` or `.zip`, or a folder for the
    manifest. Raises `Conflict` when it is there already, `BadRequest` when it cannot be written."""
    data = to_text(export.manifest).encode()
    try:
        path = (
            _write_out(data, output) if output else _write_in(data, directory / check_new_name(export.manifest["name"]))
        )
    except OSError as problem:
        raise BadRequest(f"the preset cannot be written: {problem.strerror or problem}") from None
    return export._replace(path=path)


def _write_in(data: bytes, folder: FilePath) -> FilePath:
    if folder.exists():
        raise Conflict(f"there is a preset {folder.name} already; delete it, or choose another name")
    staged = make_staging(folder.parent)
    try:
        write_private(staged / FILE, data, durable=True)
        put_in_place(staged, folder)
    finally:
        remove(staged)
    return folder / FILE


def _write_out(data: bytes, output: FilePath) -> FilePath:
    suffix = output.suffix.lower()
    path = output if suffix in (".json", ".json5", ".zip") else output / FILE
    if path.exists():
        raise Conflict(f"{path}: is there already; delete it, or name another file")
    make_folder(path.parent)
    write_private(path, pack(data) if suffix == ".zip" else data, durable=True)
    return path


class _Asking:
    """A document while its secrets are replaced by questions."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._ids: dict[str, str] = {}  # secret → the first id it was given
        self._taken: set[str] = set()
        self.fields: list[dict[str, Any]] = []

    def template(self) -> dict[str, Any]:
        """The document with `#{id}` in place of secrets, also where one stands within other text."""
        template: dict[str, Any] = replaced(replaced(self._document, self._asked), self._known)
        return template

    def _asked(self, path: Path, text: str) -> str:
        found = find_secret(path, text)
        if found is None:
            return text
        name = self._new_id(path)
        self._ids.setdefault(found.value, name)
        self.fields.append({"id": name, "type": "password", "label": self._label(path), "required": True})
        return f"{found.before}#{{{name}}}"

    def _known(self, path: Path, text: str) -> str:
        for secret, name in self._ids.items():
            if len(secret) >= 6:
                text = text.replace(secret, f"#{{{name}}}")
        return text

    def _new_id(self, path: Path) -> str:
        """An id made of the provider's name, or of the keys around, and the last key."""
        names = [part for part in path if isinstance(part, str)]
        owner = self._provider(path)
        words = [owner.lower(), names[-1]] if owner else names
        wanted = "_".join(filter(None, map(_slug, words))) or "secret"
        wanted = f"_{wanted}" if wanted[0].isdigit() else wanted
        name, number = wanted, 2
        while name in self._taken:
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name

    def _label(self, path: Path) -> str:
        owner = self._provider(path)
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        what = "API key" if _slug(key) in ("api_key", "apikey", "api_keys", "key") else key
        return f"{what} of {owner}" if owner else show_path(path)

    def _provider(self, path: Path) -> str:
        """The name of the provider that a path is in, or ""."""
        if len(path) < 3 or str(path[0]).lower() != "providers":
            return ""
        provider: Any = self._document[str(path[0])][path[1]]
        return str(next((provider[name] for name in spellings(Provider, "name") if provider.get(name)), path[1]))


def _slug(name: str) -> str:
    return _WORDS.sub("_", _CAMEL.sub("_", name).lower()).strip("_")
