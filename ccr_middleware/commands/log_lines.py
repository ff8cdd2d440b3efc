"""One line of a log: whether it is wanted, and how a terminal shows it."""

from __future__ import annotations

import json
import time
from typing import Any

from .terminal import Paint

_NAMES = {10: "TRACE", 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR", 60: "FATAL"}
_STYLES = {10: "dim", 20: "dim", 30: "green", 40: "yellow", 50: "red", 60: "red"}

#: What is shown in a place of its own, or is the same in every line.
_SHOWN = frozenset({"level", "time", "pid", "hostname", "reqId", "msg", "err", "name"})


class LogLine:
    """Shows lines of at least a level and of one request: as they are, or made readable. "" for the others.

    A line that is no JSON is shown when nothing in particular is wanted.
    """

    def __init__(
        self, level: int | None = None, request: str | None = None, *, pretty: bool = False, paint: Paint | None = None
    ) -> None:
        self._level = level or 0
        self._request = request
        self._pretty = pretty
        self._paint = paint

    def __call__(self, line: str) -> str:
        """The line as it is to be shown."""
        record = _record(line)
        if record is None:
            return line.rstrip("\n") if not self._level and not self._request else ""
        level = record.get("level")
        if isinstance(level, int) and level < self._level:
            return ""
        if self._request and self._request not in (record.get("reqId"), record.get("id")):
            return ""
        return self._readable(record) if self._pretty else line.rstrip("\n")

    def _readable(self, record: dict[str, Any]) -> str:
        level = record.get("level", 30)
        parts = [
            self._style("dim", _clock(record.get("time"))),
            self._style(_STYLES.get(level, "green"), f"{_NAMES.get(level, str(level)):<5}"),
        ]
        if request := record.get("reqId"):
            parts.append(self._style("cyan", str(request)))
        parts.append(str(record.get("msg", "")))
        parts += [self._style("dim", f"{key}={_short(value)}") for key, value in record.items() if key not in _SHOWN]
        error = record.get("err")
        if isinstance(error, dict):
            parts.append("\n" + self._style("red", str(error.get("stack") or error.get("message") or "")))
        return " ".join(part for part in parts if part)

    def _style(self, style: str, text: str) -> str:
        return self._paint(style, text) if self._paint else text


def _record(line: str) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _clock(moment: object) -> str:
    """Milliseconds since the epoch as the time of day here."""
    if not isinstance(moment, int | float):
        return ""
    seconds, rest = divmod(int(moment), 1000)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest:03d}"


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text if len(text) <= 200 else text[:199] + "…"
