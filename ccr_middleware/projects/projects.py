"""Routing by project and session (CCR v2's §3.3, made to work): which overrides count for a request.

Of a project in Claude Code's folder `<folder>`, from the most general to the most special:

    <claude_home>/projects/<folder>/claude-code-router.json     as CCR v2 documents it
    <home>/<folder>/config.json                                 as CCR v2 reads it
    <home>/<folder>/<session>.json                              for one session
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from ..config.schema import Config, Router
from ..threads import AllHanging, Threads
from ..watched import WatchedFile
from .folders import Folders, is_session_id, keep
from .overrides import MAX_BYTES, Override, merge, parse_override

log = logging.getLogger("ccr_middleware")

#: How long what was found is believed before the disk is looked at again.
CHECK_SECONDS = 1.0

#: How long a request waits for the disk. It is routed without its project then.
LOOK_SECONDS = 2.0

#: Looks at the disk at once; one is enough for a disk that answers.
MAX_THREADS = 4

#: Requests (sessions and working directories) and files that are remembered.
MAX_KNOWN = 1000


class ProjectRouter(NamedTuple):
    """`project`: Claude Code's name of the project's folder, `""` when it is not known; `router`: what counts there,
    the very object that was given when nothing overrides it."""

    project: str
    router: Router


class _Known(NamedTuple):
    """What was found for a request, out of what, and until when it is believed."""

    base: Router
    overrides: tuple[Override, ...]
    found: ProjectRouter
    until: float


class Projects:
    """Finds the projects of requests and the routers of projects; remembers both, within bounds.

    `home` is the folder of CCR (`~/.claude-code-router`), `claude_home` that of Claude Code (`~/.claude`); `clock`
    counts seconds; `env` is where the overrides' placeholders are looked up. The disk is only read in threads.
    """

    def __init__(
        self,
        home: str,
        claude_home: str,
        clock: Callable[[], float] = time.monotonic,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._home = home
        self._clock = clock
        self._env = os.environ if env is None else env
        self._folders = Folders(claude_home, clock)
        self._files: dict[str, WatchedFile[Override]] = {}
        self._known: dict[str, _Known] = {}
        self._threads = Threads("ccr-projects", MAX_THREADS)
        self._looking = threading.Lock()

    async def router_for(self, session_id: str, cwd: str, router: Router) -> ProjectRouter:
        """The project of a session, or of a working directory as long as the session has none, and its router.

        `router` is the configured one, `""` stands for a session or directory that is not known. While nothing
        changes the result has the same router object. Never raises.
        """
        if not session_id and not cwd:
            return ProjectRouter("", router)
        key = f"{session_id} {cwd}"
        known = self._known.get(key)
        if known is not None and known.base is router and self._clock() < known.until:
            return known.found
        try:
            folder, overrides = await self._threads.run(self._look, session_id, cwd, timeout_seconds=LOOK_SECONDS)
        except (TimeoutError, AllHanging):
            log.warning("%s does not answer; requests are routed without their project", self._folders.path(""))
            folder, overrides = "", ()
        found = ProjectRouter(folder, merge(router, overrides))
        if known is not None and known.base is router and _same(known.overrides, overrides):
            found = ProjectRouter(folder, known.found.router)
        keep(self._known, key, _Known(router, overrides, found, self._clock() + CHECK_SECONDS), MAX_KNOWN)
        return found

    def _look(self, session_id: str, cwd: str) -> tuple[str, tuple[Override, ...]]:
        """The folder and its overrides. One at a time: of many requests at once the first one searches for all."""
        with self._looking:
            folder = self._folders.find(session_id, cwd)
            if not folder:
                return "", ()
            paths = [
                os.path.join(self._folders.path(folder), "claude-code-router.json"),
                os.path.join(self._home, folder, "config.json"),
            ]
            if is_session_id(session_id):
                paths.append(os.path.join(self._home, folder, f"{session_id}.json"))
            read = [self._file(path).read() for path in paths]
            return folder, tuple(override for override in read if override is not None)

    def _file(self, path: str) -> WatchedFile[Override]:
        file = self._files.get(path)
        if file is None:
            file = WatchedFile(path, partial(parse_override, name=path, env=self._env), MAX_BYTES)
            keep(self._files, path, file, MAX_KNOWN)
        return file


def _same(some: tuple[Override, ...], others: tuple[Override, ...]) -> bool:
    """Whether these are the same objects, which means that no file has changed."""
    return len(some) == len(others) and all(one is other for one, other in zip(some, others, strict=True))


def open_projects(config: Config, env: Mapping[str, str], *, standalone: bool = False) -> Projects | None:
    """The projects of a configuration, None when they are not asked for: `project_routing`, which is on by itself only
    for the program of its own. `CCR_HOME` and `CLAUDE_CONFIG_DIR` in `env` say where they are, else the user's home.
    """
    if not (standalone if config.project_routing is None else config.project_routing):
        return None
    home = env.get("CCR_HOME") or "~/.claude-code-router"
    claude_home = env.get("CLAUDE_CONFIG_DIR") or "~/.claude"
    return Projects(os.path.expanduser(home), os.path.expanduser(claude_home), env=env)
