"""The last answer of a session, from the end of its transcript: those grow to many megabytes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, BinaryIO

from .status import section, text

#: How much is read at once, and at most (bytes).
BLOCK_BYTES = 64 * 1024
MAX_BYTES = 4 * 1024 * 1024


def last_answer(path: str) -> tuple[str, dict[str, Any]]:
    """The model and the usage of the last answer; "" and nothing when there is none."""
    if not path:
        return "", {}
    try:
        with open(os.path.expanduser(path), "rb") as file:
            for line in lines_from_end(file):
                if b'"assistant"' in line and (found := _answer_in(line)):
                    return found
    except OSError:
        pass
    return "", {}


def _answer_in(line: bytes) -> tuple[str, dict[str, Any]] | None:
    """What a line says of an answer. Those of subagents, and those that Claude Code made up itself, do not count."""
    try:
        entry = json.loads(line)
    except ValueError:  # the line that is just being written
        return None
    message = section(entry, "message")
    model = text(message, "model")
    if not model or model.startswith("<") or entry.get("type") != "assistant" or entry.get("isSidechain") is True:
        return None
    return model, section(message, "usage")


def lines_from_end(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file, the last one first. Of a large file only the last `MAX_BYTES` are looked at."""
    position = file.seek(0, os.SEEK_END)
    limit, rest = max(0, position - MAX_BYTES), b""
    while position > limit:
        size = min(BLOCK_BYTES, position - limit)
        position = file.seek(position - size)
        first, *lines = (file.read(size) + rest).split(b"\n")
        yield from reversed(lines)
        rest = first
    if position == 0:
        yield rest
