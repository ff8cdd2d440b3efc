"""Log records as JSON lines with the field names of pino, which the reference and its tools read."""

from __future__ import annotations

import logging
import os
import re
import socket
from functools import lru_cache
from typing import Any

from ..jsonio import dumps
from .redaction import Redactor

#: The logger whose name goes without saying.
_OURS = "ccr_middleware"

#: What our messages about one request begin with: its id.
_REQUEST_ID = re.compile(r"req_[0-9a-f]{16,}(?=:? )")


@lru_cache
def pino_level(level: int) -> int:
    """pino's number for one of Python's: 10 (trace) for what is below DEBUG, then ten more than Python's."""
    return 10 if level < logging.DEBUG else min(60, level // 10 * 10 + 10)


class JsonLines(logging.Formatter):
    """One line per record: `{"level":30,"time":<ms>,"pid":1,"hostname":"…",…,"msg":"…"}`.

    `reqId` is there when the message begins with the id of a request. Further fields are those of the dict given as
    `extra={"ccr": {…}}`; an exception is `err`, with its stack; other loggers than ours leave their `name`. Every text
    is masked.
    """

    def __init__(self, redactor: Redactor | None = None) -> None:
        super().__init__()
        self._redactor = redactor or Redactor()
        self._hostname = socket.gethostname()

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        return self.line(record, record.getMessage()).decode("utf-8")

    def line(self, record: logging.LogRecord, message: str) -> bytes:
        """The line of a record whose message has been put together, without its end. Never raises."""
        fields: dict[str, Any] = {
            "level": pino_level(record.levelno),
            "time": int(record.created * 1000),
            "pid": os.getpid(),
            "hostname": self._hostname,
        }
        if record.name != _OURS:
            fields["name"] = record.name
        elif of_request := _REQUEST_ID.match(message):
            fields["reqId"] = of_request[0]
        extras = getattr(record, "ccr", None)
        if isinstance(extras, dict):
            fields = {**fields, **extras, **fields}  # ours come first, and are not replaced
        if record.exc_info and record.exc_info[1] is not None:
            fields["err"] = self._error(record)
        fields["msg"] = message
        return self._masked(fields)

    def _masked(self, fields: dict[str, Any]) -> bytes:
        """The fields as JSON without secrets. Most lines have none, and are written only once."""
        try:
            line = dumps(fields)
            if self._redactor.is_clean(line.decode("utf-8")):
                return line
        except (TypeError, ValueError, RecursionError):  # something JSON has no word for
            pass
        return dumps(self._redactor.value(fields))

    def _error(self, record: logging.LogRecord) -> dict[str, str]:
        assert record.exc_info
        problem = record.exc_info[1]
        stack = record.exc_text or self.formatException(record.exc_info)
        return {
            "type": type(problem).__name__,
            "message": _text_of(problem),
            "stack": stack,
        }


def _text_of(problem: BaseException | None) -> str:
    try:
        return str(problem)
    except Exception:  # exceptions of others may fail to say what they are
        return "(its text cannot be made)"
