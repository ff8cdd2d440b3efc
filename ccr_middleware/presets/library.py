"""The presets of one folder: listed, read, changed. Everything here blocks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import RLock
from typing import Any

from ..config.load import load_config
from ..config.places import quote
from ..errors import BadRequest, ConfigError, NotFound
from ..private_files import write_private
from . import applying, exporting, installing
from .applying import Applied
from .exporting import Export
from .inputs import problems_of
from .installing import ANYTHING, Wish, as_details, rewrite_manifest
from .manifest import FILE, Manifest, read_manifest, undescribed
from .names import check_name, problem_with_name
from .namespaces import document_for
from .storage import HIDDEN, make_folder, make_staging, remove

#: Which presets may run code of their own; outside of their folders, so that none can allow itself.
_ALLOWED = "allowed-code.json"

Stamp = tuple[tuple[str, int, int, int], ...]
Lines = list[str]  # in the class `list` is a method


@dataclass(frozen=True)
class Preset:
    """One preset. `id` is the name of its folder; `problem`: why its manifest cannot be read, None when it can."""

    id: str
    folder: Path
    manifest: Manifest = field(default_factory=Manifest)
    problem: str | None = None
    allow_code: bool = False

    @property
    def name(self) -> str:
        """What it calls itself."""
        return self.manifest.name or self.id

    def applied(self) -> Applied:
        """Its configuration with the values that were given."""
        if self.problem is not None:
            return Applied({}, (self.problem,))
        return applying.apply(self.manifest, self.folder, allow_code=self.allow_code)


class Presets:
    """The presets below `directory`, which is made when there is something to put into it.

    `allow_code`: all of them may run code of their own, not only those that were installed so. Manifests are read
    again when they change. Methods may be called from any thread.
    """

    def __init__(self, directory: str | os.PathLike[str], *, allow_code: bool = False) -> None:
        self.directory = Path(directory).expanduser().absolute()
        self._allow_code = allow_code
        self._lock = RLock()
        self._read: dict[str, tuple[tuple[int, int, int] | None, Preset]] = {}

    # -- reading ---------------------------------------------------------------------------------------------------

    def stamp(self) -> Stamp:
        """Something that is another whenever presets have changed; costs a look at each manifest."""
        found = [(name, *(_stamp_of(self.directory / name / FILE) or (0, 0, 0))) for name in self._folders()]
        allowed = _stamp_of(self.directory / _ALLOWED)
        return (*found, ("", *allowed)) if allowed else tuple(found)

    def list(self) -> list[Preset]:
        """Every preset by its id, broken ones too."""
        with self._lock:
            allowed = self._allowed()
            presets = [self._preset(name, allowed) for name in self._folders()]
            self._read = {one.id: self._read[one.id] for one in presets}
            return presets

    def get(self, name: str) -> Preset:
        """The preset of that id, else the only one that calls itself so (E-2). Raises `NotFound`, `BadRequest`."""
        check_name(name)
        presets = self.list()
        found = next((one for one in presets if one.id == name), None)
        named = [one for one in presets if one.name == name]
        if found is None and len(named) == 1:
            found = named[0]
        if found is None and named:
            ids = ", ".join(one.id for one in named)
            raise NotFound(f"several presets are called {quote(name)}; name one by its folder: {ids}")
        if found is None:
            raise NotFound(f"there is no preset {quote(name)}")
        return found

    def namespaces(self) -> dict[str, str]:
        """Every name under which a preset answers, with its id: that of its folder, and the one in its manifest when
        no other preset has it (E-2)."""
        presets = self.list()
        names = {one.id: one.id for one in presets}
        called = [one.name for one in presets]
        for one in presets:
            if one.name not in names and called.count(one.name) == 1 and problem_with_name(one.name) is None:
                names[one.name] = one.id
        return names

    def documents(
        self, base_document: Mapping[str, Any], folder: str = ""
    ) -> dict[str, tuple[dict[str, Any], str | None]]:
        """What each namespace runs with, by name: a document for `load_config`, or an empty one and why there is none.

        `base_document`: the main configuration as written; its relative paths begin at `folder`. Two names of one
        preset have the same object.
        """
        ready = {one.id: _document(one, base_document, folder) for one in self.list()}
        return {name: ready[preset_id] for name, preset_id in self.namespaces().items() if preset_id in ready}

    def check(self, preset: Preset, base_document: Mapping[str, Any], env: Mapping[str, str]) -> tuple[Lines, Lines]:
        """What is wrong with a preset, and what is most likely a mistake in it: one line each."""
        applied = preset.applied()
        document, problem = _document(preset, base_document, "")
        if problem is not None:
            return list(applied.problems) or [problem], list(applied.warnings)
        try:
            config = load_config(document, env=env)
        except ConfigError as error:
            return [str(error).removeprefix("configuration: ")], list(applied.warnings)
        return [], [*applied.warnings, *config.warnings]

    # -- changing --------------------------------------------------------------------------------------------------

    def apply(self, name: str, values: Mapping[str, Any]) -> Preset:
        """Keep values for a preset (None takes one away), beside those it has. Raises `NotFound`, and `BadRequest`
        with a list of problems, when nothing is changed."""
        with self._lock:
            preset = self.get(name)
            if preset.problem is not None:
                raise BadRequest(f"preset {quote(preset.id)} cannot be used: {preset.problem}")
            merged = applying.merged_values(preset.manifest, values)
            problems = [*undescribed(preset.manifest, values), *problems_of(preset.manifest.schema, merged)]
            if problems:
                raise BadRequest(problems[0], details={"problems": as_details(problems)})
            self._rewrite(preset, {"userValues": merged})
            return self.get(preset.id)

    def delete(self, name: str) -> None:
        """Delete a preset with all its files. Raises `NotFound`, `BadRequest`."""
        with self._lock:
            preset = self.get(name)
            self._allow(preset.id, allowed=False)
            try:
                if preset.folder.is_symlink():
                    preset.folder.unlink()
                    return
                gone = make_staging(self.directory)
                os.rename(preset.folder, gone / "gone")
            except OSError as problem:
                raise BadRequest(f"preset {quote(preset.id)} cannot be deleted: {problem.strerror}") from None
            remove(gone)

    def install(self, source: Path | bytes, wish: Wish = ANYTHING, *, allow_code: bool = False) -> Preset:
        """Install a preset from a folder, a file, or the bytes of an archive or manifest. `allow_code`: it may run
        code of its own; whoever installs it again without, takes that back. Raises as `installing.install`."""
        with self._lock:
            name = installing.install(self.directory, source, wish)
            self._allow(name, allowed=allow_code)
            return self.get(name)

    def export(
        self,
        document: Mapping[str, Any],
        metadata: Mapping[str, Any],
        *,
        include_sensitive: bool = False,
        output: Path | None = None,
    ) -> Export:
        """Make a preset of a configuration as written, here or at `output`. Raises `BadRequest`, `Conflict`."""
        name = metadata.get("name")
        if not isinstance(name, str):
            raise BadRequest("name: is missing; write how the preset is to be called")
        check_name(name)
        made = exporting.to_preset(document, metadata, include_sensitive=include_sensitive)
        with self._lock:
            return exporting.write_preset(made, self.directory, output)

    # -- the folder ------------------------------------------------------------------------------------------------

    def _folders(self) -> Lines:
        try:
            with os.scandir(self.directory) as found:
                entries = list(found)
        except OSError:
            return []
        return sorted(one.name for one in entries if not one.name.startswith(HIDDEN) and one.is_dir())

    def _preset(self, name: str, allowed: set[str]) -> Preset:
        """The preset of a folder, read when its manifest is another than last time."""
        folder = self.directory / name
        stamp = _stamp_of(folder / FILE)
        known = self._read.get(name)
        allow_code = self._allow_code or name in allowed
        if known is None or known[0] != stamp or known[1].allow_code != allow_code:
            try:
                preset = Preset(name, folder, read_manifest(folder), allow_code=allow_code)
            except ConfigError as problem:
                preset = Preset(name, folder, problem=str(problem), allow_code=allow_code)
            known = self._read[name] = (stamp, preset)
        return known[1]

    def _rewrite(self, preset: Preset, changed: Mapping[str, Any]) -> None:
        try:
            rewrite_manifest(preset.folder, preset.manifest, changed)
        except OSError as problem:
            raise BadRequest(f"preset {quote(preset.id)} cannot be written: {problem.strerror or problem}") from None

    def _allowed(self) -> set[str]:
        try:
            ids = json.loads((self.directory / _ALLOWED).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return set()
        return {one for one in ids if isinstance(one, str)} if isinstance(ids, list) else set()

    def _allow(self, preset_id: str, *, allowed: bool) -> None:
        """Remember whether a preset may run code."""
        before = self._allowed()
        after = before | {preset_id} if allowed else before - {preset_id}
        if after != before:
            make_folder(self.directory)
            write_private(self.directory / _ALLOWED, json.dumps(sorted(after)).encode(), durable=True)


def _stamp_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino  # a file that is replaced is another one


def _document(preset: Preset, base: Mapping[str, Any], folder: str) -> tuple[dict[str, Any], str | None]:
    """The document of a preset's namespace. Nothing about one preset may stop the others."""
    try:
        applied = preset.applied()
        document, problems = document_for(applied.document, base, folder)
    except Exception as problem:  # a document may be anything
        return {}, f"preset {quote(preset.id)} cannot be used: {type(problem).__name__}"
    problems = [*applied.problems, *problems]
    if problems:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        return {}, f"preset {quote(preset.id)} cannot be used: {problems[0]}{more}"
    return document, None
