"""`/preset/<name>`: the gateway as a preset would have it, beside the gateway itself."""

from __future__ import annotations

import logging
import os
import time
from typing import Any, NamedTuple

from .config.document import Document
from .errors import ConfigError, InternalError, NotFound
from .loading import Loader
from .presets.library import Presets
from .targets import Snapshot
from .threads import Threads

log = logging.getLogger("ccr_middleware")

PREFIX = "/preset/"

#: The folder is looked at so often (seconds) at most.
LOOK_SECONDS = 1.0


class _Seen(NamedTuple):
    """The presets as they were at the last look: made of which configuration, and the folder's stamp then."""

    base: Snapshot
    stamp: Any
    until: float


class Namespaces:
    """The snapshots of presets, made when they are first asked for and again when something has changed."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader
        self._seen: _Seen | None = None
        self._documents: dict[str, tuple[dict[str, Any], str | None]] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._threads = Threads("ccr-presets", 1)  # one after the other, so nothing is made twice

    async def find(self, name: str, presets: Presets | None, base: Snapshot) -> Snapshot:
        """What requests below `/preset/<name>` are served with. Raises `NotFound`, and `InternalError` for a preset
        that cannot be used."""
        if presets is None:
            raise NotFound("this gateway has no presets; set presets_dir in its configuration")
        seen = self._seen
        if seen is not None and seen.base is base and time.monotonic() < seen.until and name in self._snapshots:
            return self._snapshots[name]
        return await self._threads.run(self._find, name, presets, base)

    def _find(self, name: str, presets: Presets, base: Snapshot) -> Snapshot:
        self._look(presets, base)
        if name not in self._snapshots:
            self._snapshots[name] = self._make(name, base)
        return self._snapshots[name]

    def _look(self, presets: Presets, base: Snapshot) -> None:
        stamp = presets.stamp()
        if self._seen is None or self._seen.base is not base or self._seen.stamp != stamp:
            self._documents = presets.documents(base.config.raw, os.path.dirname(base.config.source))
            self._snapshots = {}
        self._seen = _Seen(base, stamp, time.monotonic() + LOOK_SECONDS)

    def _make(self, name: str, base: Snapshot) -> Snapshot:
        if name not in self._documents:
            known = ", ".join(sorted(self._documents)) or "none"
            raise NotFound(f'there is no preset "{name}"; installed: {known}')
        document, problem = self._documents[name]
        if problem is None:
            try:
                snapshot = self._loader.load(Document(document, base.config.source))
            except ConfigError as error:
                problem = str(error)
            else:
                for warning in snapshot.config.warnings:
                    log.warning("the preset %s: %s", name, warning)
                return snapshot
        log.error("the preset %s cannot be used: %s", name, problem)
        raise InternalError(f'the preset "{name}" cannot be used: {base.mask(problem)}')


def split(path: str) -> tuple[str, str]:
    """The name of the preset in a path, "" when it names none, and the path below it.

    Raises `NotFound` below a preset where only the gateway itself has something.
    """
    if not path.startswith(PREFIX):
        return "", path
    name, slash, rest = path[len(PREFIX) :].partition("/")
    below = slash + rest or "/"
    if below.startswith(("/api/", "/ui", PREFIX)):
        raise NotFound(f"there is no {below} of a preset; ask the gateway itself")
    return name, below
