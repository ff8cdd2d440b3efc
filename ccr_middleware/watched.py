"""Files that are read again when they change. What is here blocks: it is for worker threads (see `threads`)."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

from .errors import ConfigError

log = logging.getLogger("ccr_middleware")

Content = TypeVar("Content")


class Stamp(NamedTuple):
    """By what a change of a file is known. `problem`: why it cannot be read, "" when it may be."""

    modified_ns: int
    size_bytes: int
    problem: str = ""


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a file, None when there is none. Never raises."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    except OSError as problem:
        return Stamp(0, 0, problem.strerror or type(problem).__name__)
    return Stamp(found.st_mtime_ns, found.st_size, "" if stat.S_ISREG(found.st_mode) else "it is no file")


class WatchedFile(Generic[Content]):
    """What `parse` makes of the text of a file; the same object until the file changes.

    A file that is missing gives None. So does one that cannot be used, with one warning each time it has changed: when
    it cannot be read, has more than `max_bytes`, or `parse` raises ConfigError (whose text names the file itself).
    """

    def __init__(self, path: str, parse: Callable[[str], Content], max_bytes: int) -> None:
        self.path = path
        self._parse = parse
        self._max_bytes = max_bytes
        self._stamp: Stamp | None = None
        self._content: Content | None = None

    def read(self) -> Content | None:
        """The content as of now. Looks at the file's time and size, and reads it only when they differ."""
        stamp = stamp_of(self.path)
        if stamp != self._stamp:
            self._content = self._load(stamp) if stamp else None
            self._stamp = stamp
        return self._content

    def _load(self, stamp: Stamp) -> Content | None:
        problem = stamp.problem
        if not problem:
            try:
                return self._parse(self._text())
            except ConfigError as error:
                log.warning("%s", error)
                return None
            except UnicodeDecodeError:
                problem = "it is not UTF-8; save it with UTF-8 encoding"
            except OSError as error:
                problem = error.strerror or type(error).__name__
        log.warning("%s: is not used: %s", self.path, problem)
        return None

    def _text(self) -> str:
        with open(self.path, "rb") as file:
            data = file.read(self._max_bytes + 1)
        if len(data) > self._max_bytes:
            raise ConfigError(f"{self.path}: is not used: it is larger than {self._max_bytes} bytes")
        return data.decode("utf-8-sig")
