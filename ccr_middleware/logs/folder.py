"""The log files of one gateway: in the folder that its configuration names; alone also without, in its home folder."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ..config.schema import Config
from .levels import LEVELS

if TYPE_CHECKING:
    from .handler import LogFile

_LOGGER = logging.getLogger("ccr_middleware")


class LogFolder:
    """The files that a gateway adds to whatever else is done with the log. The logger is one for the whole process, so
    the lines of another gateway there are in them too.

    Other handlers, and the logger's level if there is one, stay as they are.
    """

    def __init__(self) -> None:
        self._secrets: frozenset[str] = frozenset()
        self._folder: str | None = None
        self._handler: LogFile | None = None

    def follow(self, config: Config, folder: str | None) -> None:
        """Write to a folder (None: nowhere) as much as a configuration says; its keys are masked."""
        self._secrets = config.secrets()
        folder = folder if config.log else None
        if folder != self._folder:
            self.close()
            self._folder = folder
            if folder is not None:
                self._open(folder)
        if self._handler is not None:
            limits = config.logs
            self._handler.setLevel(LEVELS[config.log_level])
            self._handler.configure(max_mb=limits.max_mb, files=limits.files, days=limits.days)

    def close(self) -> None:
        """Write what waits, and write no more."""
        handler, self._handler, self._folder = self._handler, None, None
        if handler is not None:
            _LOGGER.removeHandler(handler)
            handler.close()

    def _open(self, folder: str) -> None:
        from .handler import LogFile
        from .redaction import Redactor

        self._handler = LogFile(folder, redactor=Redactor(lambda: self._secrets))
        _LOGGER.addHandler(self._handler)
        if _LOGGER.level == logging.NOTSET:
            _LOGGER.setLevel(logging.INFO)  # else nothing but warnings would come this far
