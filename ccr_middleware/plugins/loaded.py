"""A plugin as it is known: whether it works, where it comes from, what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel

from ..extensions.listing import options_schema
from ..unified import Json
from .base import AnyPlugin, hooks_of
from .running import Report

#: Where those come from that ship, and those a host made.
BUILTIN_ORIGIN = "builtin"
HOST_ORIGIN = "host"


@dataclass(slots=True)
class LoadedPlugin:
    """One plugin of a configuration, or one that could be in it.

    - `options`: what options it takes, None when that is unknown.
    - `plugin`: None for one that is off or cannot be used; `error` says why it cannot.
    - `origin`: `builtin`, `host`, `file:…`, `module:…` or `entry point:…`, as it was written; `shown`: its file or
      module in texts. `timeout_seconds`: how long each of its hooks may take.
    """

    name: str
    plugin: AnyPlugin | None = None
    description: str = ""
    origin: str = BUILTIN_ORIGIN
    shown: str = ""
    timeout_seconds: float = 5.0
    error: str = ""
    options: type[BaseModel] | None = None
    report: Report = field(default_factory=Report)

    def to_json(self) -> Json:
        """The plugin as `GET /api/plugins` shows it."""
        report = self.report
        options = type(self.plugin).Options if self.plugin is not None else self.options
        return {
            "name": self.name,
            "description": self.description,
            "origin": self.origin,
            "enabled": self.plugin is not None,
            "hooks": list(hooks_of(self.plugin)) if self.plugin is not None else [],
            "failures": report.failures,
            "overruns": report.overruns,
            "last_error": self.error or report.last_error or None,
            "last_error_at": report.last_error_at,
            "options": options_schema(options)[0] if options is not None else None,
        }
