"""What Claude Code writes to a status line, read leniently: any part of it may be missing."""

from __future__ import annotations

from typing import Any


def section(value: Any, name: str) -> dict[str, Any]:
    """A part that is an object; an empty one in the place of anything else."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def text(value: dict[str, Any], name: str) -> str:
    """A text, "" in the place of anything else."""
    found = value.get(name)
    return found if isinstance(found, str) else ""


def number(value: dict[str, Any], name: str) -> float:
    """A number that is not negative, 0 in the place of anything else."""
    found = value.get(name)
    if isinstance(found, int | float) and not isinstance(found, bool) and 0 <= found < float("inf"):
        return found
    return 0


class Status:
    """The status of one session.

    `folder`: where it works; `model`: as Claude Code calls it; `cost` and `context` are the parts of these names.
    """

    __slots__ = ("context", "cost", "folder", "model", "session", "transcript", "version")

    def __init__(self, given: Any) -> None:
        if not isinstance(given, dict):
            raise ValueError("the status is no object")
        self.session = text(given, "session_id")
        self.transcript = text(given, "transcript_path")
        self.version = text(given, "version")
        self.folder = text(section(given, "workspace"), "current_dir") or text(given, "cwd")
        model = section(given, "model")
        self.model = text(model, "display_name") or text(model, "id")
        self.cost = section(given, "cost")
        self.context = section(given, "context_window")

    @property
    def usage(self) -> dict[str, Any]:
        """The usage of the last request; empty before the first."""
        return section(self.context, "current_usage")
