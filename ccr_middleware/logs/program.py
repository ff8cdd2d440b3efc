"""What a program of its own says on the standard error. Within a host none of this is touched."""

from __future__ import annotations

import logging
import sys
import time

from ..config import Config
from .levels import LEVELS


class ConsoleFormat(logging.Formatter):
    """The time of a record, written anew only when the second has changed."""

    _second = 0
    _written = ""

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
        from .redaction import Redaction, Redactor

        secrets = config.secrets()
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(ConsoleFormat("%(asctime)s %(levelname)s %(message)s"))
        handler.addFilter(Redaction(Redactor(lambda: secrets)))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("ccr_middleware").setLevel(level)
    # Nothing of this is in the lines, and each costs with every record (Python's logging HOWTO, "Optimization").
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    if not config.log:
        logging.disable(logging.CRITICAL)
