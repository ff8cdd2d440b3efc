"""Where records go: the log, a file per session."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Protocol

from ...jsonio import dumps
from ...private_files import write_private
from ...statusline.speed_file import file_name, is_own, own_folders
from ...threads import Threads
from .errands import Errands
from .options import ConsoleConfig, FileConfig, OutputOptions
from .record import SpeedRecord, written

log = logging.getLogger("ccr_middleware.token_speed")

_LEVELS = {
    "log": logging.INFO,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "debug": logging.DEBUG,
}


#: Files that were not written for so long are removed, seven days.
KEPT_SECONDS = 7 * 24 * 3600.0


class Output(Protocol):
    """Takes records. `live`: those of answers that still come, too."""

    live: bool

    def put(self, record: SpeedRecord) -> None:
        """Take one; nothing is waited for."""

    async def finish(self) -> None:
        """Wait until all that was taken is where it belongs."""


class ConsoleOutput:
    """The log."""

    live = False

    def __init__(self, config: ConsoleConfig, options: OutputOptions) -> None:
        self._level = _LEVELS[config.level]
        self._options = options

    def put(self, record: SpeedRecord) -> None:
        """Write a line, or several."""
        if log.isEnabledFor(self._level):
            log.log(self._level, "%s", written(record, self._options))

    async def finish(self) -> None:
        """Nothing waits."""


class FileOutput:
    """A file per session, replaced as a whole: who reads it sees one record or the next. Only its owner can read it."""

    def __init__(self, config: FileConfig, env: Mapping[str, str]) -> None:
        self.live = not config.include_timestamp
        self._config = config
        self._env = env
        self._threads = Threads("ccr-token-speed", 1)
        self._errands = Errands("the file of token speeds", 200)
        self._folder = ""
        self._failed = False

    def put(self, record: SpeedRecord) -> None:
        """Write it in the background; one without a session is not written."""
        if record.session:
            self._errands.put(partial(self._threads.run, self._write, record))

    async def finish(self) -> None:
        """Wait for the last write."""
        await self._errands.finish()

    def _write(self, record: SpeedRecord) -> None:
        """Blocks. That a folder or a file cannot be used is told once."""
        config = self._config
        session = f"{record.session}-{round(record.at * 1000)}" if config.include_timestamp else record.session
        name = file_name(session, config.prefix, config.extension)
        if not name:
            return
        try:
            if not self._folder:
                self._folder = own_folder(config.subdirectory, self._env)
                remove_old(self._folder, f"{config.prefix}-", time.time() - KEPT_SECONDS)
            write_private(os.path.join(self._folder, name), dumps(record.to_json()))
        except OSError as problem:
            self._folder = ""
            if not self._failed:
                log.warning("token speeds are not written to files: %s", problem.strerror or problem)
        self._failed = not self._folder


def own_folder(subdirectory: str, env: Mapping[str, str]) -> str:
    """A folder that only this user may write to, made where it is missing. Raises OSError when there is none."""
    problem = OSError("there is no folder")
    given = os.path.isabs(subdirectory)
    for folder in (subdirectory,) if given else own_folders(env, subdirectory):
        try:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            found = os.lstat(folder)
            if not stat.S_ISDIR(found.st_mode) or not is_own(found):
                raise PermissionError(f"{folder} is not a folder of this user")
            if given and found.st_mode & 0o022:
                raise PermissionError(f"others may write to {folder}")
            if not given and found.st_mode & 0o077:
                os.chmod(folder, 0o700)
            return folder
        except OSError as trouble:
            problem = trouble
    raise problem


def remove_old(folder: str, prefix: str, before: float) -> None:
    """Remove the files of a folder that begin so and were last written before a time (seconds since 1970)."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.name.startswith(prefix) and entry.stat(follow_symlinks=False).st_mtime < before:
                    os.unlink(entry.path)
