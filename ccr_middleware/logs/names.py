"""The names of log files. Only what has such a name is ever listed, read, emptied or deleted."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

_NAME = re.compile(r"ccr-([0-9]{14})(?:_([1-9][0-9]{0,8}))?\.log")


class LogName(NamedTuple):
    """`ccr-<YYYYMMDDHHMMSS>.log`, and `ccr-<YYYYMMDDHHMMSS>_<n>.log` for further ones of the same second."""

    stamp: str
    number: int = 0

    def __str__(self) -> str:
        return f"ccr-{self.stamp}{f'_{self.number}' if self.number else ''}.log"

    def following(self) -> LogName:
        """The next name of the same second."""
        return self._replace(number=self.number + 1)


def parse_name(name: str) -> LogName | None:
    """A file's name read; None when it is none of ours, as every path is."""
    found = _NAME.fullmatch(name)
    return LogName(found[1], int(found[2] or 0)) if found else None


def own_files(directory: str) -> list[os.DirEntry[str]]:
    """The log files in a folder, newest first; links and folders are none. Raises OSError but for a missing folder."""
    try:
        with os.scandir(directory) as entries:
            found = [
                (name, entry)
                for entry in entries
                if (name := parse_name(entry.name)) is not None and entry.is_file(follow_symlinks=False)
            ]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [entry for _, entry in sorted(found, key=lambda pair: pair[0], reverse=True)]
