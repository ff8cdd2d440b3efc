"""Files of the program's own folder that only their owner may read, and the lock of starting and stopping."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .. import private_files
from ..errors import ConfigError
from ..home import home_folder as home

__all__ = ["home", "lock", "read_json", "write_private"]


def read_json(path: str) -> dict[str, Any]:
    """The object of a JSON file; empty when it is not there or is none."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def write_private(path: str, text: str) -> None:
    """Replace a file as a whole; mode 0600, its folder made when it is missing. Raises OSError."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    private_files.write_private(path, text.encode("utf-8"))


@contextmanager
def lock(env: Mapping[str, str]) -> Iterator[None]:
    """Held while a gateway is started or stopped from the command line, so that two terminals do not do it at once.

    It ends with the process that holds it. Raises `ConfigError` when the folder cannot be written to.
    """
    path = os.path.join(home(env), "gateway.lock")
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror}; set CCR_HOME to a folder that can be written to") from None
    try:
        _lock(handle)
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX)
