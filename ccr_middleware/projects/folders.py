"""Claude Code's folder of a session or of a working directory: `<claude_home>/projects/<folder>/<session>.jsonl`.

Everything here blocks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

#: So many folders are looked at, so many sessions remembered.
MAX_FOLDERS = 10_000
MAX_SESSIONS = 1000

#: How long a session without a folder is not looked for again. Its file is written after its first request.
MISS_SECONDS = 3.0

#: Claude Code cuts longer names and adds a short hash of its own.
_MAX_NAME = 200

_SESSION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:[/\\]")
_OTHERS = re.compile(r"[^A-Za-z0-9]")

Value = TypeVar("Value")


def folder_name(cwd: str) -> str:
    """What Claude Code calls the folder of a working directory, cut as it does but without its hash; `""` for what is
    no absolute path. Each UTF-16 unit that is no ASCII letter or digit becomes `-`."""
    if not _ABSOLUTE.match(cwd):
        return ""
    return _OTHERS.sub(lambda char: "--" if ord(char[0]) > 0xFFFF else "-", cwd)[: _MAX_NAME + 1]


def is_session_id(text: str) -> bool:
    """Whether this is a plain word, so that a file named after it is where it should be."""
    return _SESSION_ID.fullmatch(text) is not None


def keep(memory: dict[str, Value], key: str, value: Value, size: int) -> None:
    """Put a value into a memory of so many keys; the oldest goes."""
    memory.pop(key, None)
    if len(memory) >= size:
        memory.pop(next(iter(memory)), None)
    memory[key] = value


class Folders:
    """Finds folders. A session stays where it was found; one that was not found is looked for again soon."""

    def __init__(self, claude_home: str, clock: Callable[[], float]) -> None:
        self._projects = os.path.join(claude_home, "projects")
        self._clock = clock
        self._found: dict[str, str] = {}
        self._missed: dict[str, float] = {}  # session → when it may be looked for again

    def find(self, session_id: str, cwd: str) -> str:
        """The name of the folder, `""` when it is not known: the one with the session's file, else that of the
        directory, which need not exist yet."""
        named = folder_name(cwd)
        if is_session_id(session_id) and (found := self._of_session(session_id, named)):
            return found
        return named if len(named) <= _MAX_NAME else self._cut(named[:_MAX_NAME])

    def path(self, folder: str) -> str:
        """Where a folder is."""
        return os.path.join(self._projects, folder)

    def _of_session(self, session_id: str, likely: str) -> str:
        if found := self._found.get(session_id):
            return found
        if self._clock() < self._missed.get(session_id, 0.0):
            return ""
        for folder in (likely, *self._names()):
            if folder and os.path.isfile(os.path.join(self._projects, folder, f"{session_id}.jsonl")):
                keep(self._found, session_id, folder, MAX_SESSIONS)
                return folder
        keep(self._missed, session_id, self._clock() + MISS_SECONDS, MAX_SESSIONS)
        return ""

    def _cut(self, beginning: str) -> str:
        """The only folder that begins so, since the hash behind it is Claude Code's secret."""
        names = [name for name in self._names() if name.startswith(f"{beginning}-")]
        return names[0] if len(names) == 1 else ""

    def _names(self) -> Iterator[str]:
        try:
            with os.scandir(self._projects) as entries:
                for entry, _ in zip(entries, range(MAX_FOLDERS), strict=False):
                    yield entry.name
        except OSError:  # Claude Code has never run here, or for somebody else
            return
