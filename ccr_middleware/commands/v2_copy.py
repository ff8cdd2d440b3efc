"""Brings what is usable of a v2 home into ours. What is there already is never replaced."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator

from ..errors import ConfigError

#: Folders of a v2 home that stay behind.
_LEFT_BEHIND = frozenset({"plugins", "logs", "temp", ".huggingface"})


def apply(source: str, target: str) -> list[str]:
    """Copy from one folder to the other, and make the configurations private; what was done, one line each.

    Raises `ConfigError` when something cannot be written.
    """
    try:
        copied = [] if os.path.realpath(source) == os.path.realpath(target) else list(_copied(source, target))
        return copied + list(_made_private(target))
    except OSError as problem:
        raise ConfigError(f"{problem.filename or target}: {problem.strerror}") from None


def _copied(source: str, target: str) -> Iterator[str]:
    os.makedirs(target, mode=0o700, exist_ok=True)
    for relative in _usable(source):
        goal = os.path.join(target, relative)
        if os.path.lexists(goal):
            yield f"{relative}: is there already and stays"
            continue
        os.makedirs(os.path.dirname(goal), mode=0o700, exist_ok=True)
        shutil.copyfile(os.path.join(source, relative), goal)
        os.chmod(goal, 0o600)
        yield f"{relative}: copied"


def _usable(source: str) -> Iterator[str]:
    """The configuration, the presets, and the files of projects; relative, links left out."""
    for name in sorted(os.listdir(source)):
        path = os.path.join(source, name)
        if name == "config.json" and os.path.isfile(path):
            yield name
        if name in _LEFT_BEHIND or os.path.islink(path) or not os.path.isdir(path):
            continue
        for folder, _, files in sorted(os.walk(path)):
            for file in sorted(files):
                whole = os.path.join(folder, file)
                if (
                    os.path.isfile(whole)
                    and not os.path.islink(whole)
                    and (name == "presets" or file.endswith(".json"))
                ):
                    yield os.path.relpath(whole, source)


def _made_private(home: str) -> Iterator[str]:
    for name in sorted(os.listdir(home)):
        path = os.path.join(home, name)
        if name.startswith("config.json") and os.path.isfile(path) and not os.path.islink(path):
            mode = stat.S_IMODE(os.stat(path).st_mode)
            if mode & 0o077:
                os.chmod(path, 0o600)
                yield f"{name}: nobody else may read it now (mode 0600 instead of {mode:04o})"
