"""What a program of its own says on the standard error. Within a host none of this is touched."""

from __future__ import annotations

import logging
import sys
import time

from ..config import Config
from .levels import LEVELS
from .redaction import Redactor


class ConsoleFormat(logging.Formatter):
    """A line for people, masked as a whole; its time is written anew only when the second has changed."""

    _second = 0
    _written = ""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """The line, without secrets."""
        return self._redactor(super().format(record))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """The local time with milliseconds."""
        second = int(record.created)
        if second != self._second:
            self._second = second
            self._written = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        return f"{self._written},{int(record.msecs):03d}"


def set_up_logging(config: Config, *, quiet: bool = False) -> None:
    """Log to standard error (not when `quiet`), or nowhere when `LOG` is false. Whatever looks like a key is masked."""
    level = LEVELS[config.log_level] if config.log else logging.CRITICAL + 1
    handler: logging.Handler = logging.NullHandler()
    if not quiet:
        secrets = config.secrets()
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(ConsoleFormat(Redactor(lambda: secrets)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("ccr_middleware").setLevel(level)
    # Nothing of this is in the lines, and each costs with every record (Python's logging HOWTO, "Optimization").
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if not config.log:
        logging.disable(logging.CRITICAL)
