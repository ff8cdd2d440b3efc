"""Where a document names code to be run, or files and folders to be read or written.

These are for whoever has the file in hands: over HTTP they may not be set or changed unless `allowCodeFromApi` is set
in the file (the reference takes them from anybody, which makes its configuration page a shell: S-5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .named_files import named_files
from .operation import Logs
from .places import Path, show_path
from .schema import Config
from .section import Section
from .spelling import is_blank, spellings

#: Keys of the top level that name a folder or a program, and the one that opens all of them.
_TOP = ("allow_code_from_api", "claude_path", "data_dir", "presets_dir")


def newly_named_code(wanted: Mapping[str, Any], present: Mapping[str, Any]) -> list[str]:
    """The places where one document names code, files or folders that the other does not name for the same purpose."""
    known = {what for _, what in _named(present)}
    return [show_path(path) for path, what in _named(wanted) if what not in known]


def _named(document: Mapping[str, Any]) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Every such place, and what for it names which thing, so that one purpose does not excuse another."""
    for named in named_files(document):
        yield named.at, (named.kind, named.text)
    for field in _TOP:
        yield from _member(Config, field, document, ())
    for key in spellings(Config, "logs"):
        if isinstance(document.get(key), Mapping):
            yield from _member(Logs, "dir", document[key], (key,))


def _member(
    model: type[Section], field: str, section: Mapping[str, Any], at: Path
) -> Iterator[tuple[Path, tuple[str, str]]]:
    for name in spellings(model, field):
        if name in section and not is_blank(section[name]):
            yield (*at, name), (field, repr(section[name]))
