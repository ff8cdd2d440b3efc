"""One hook of one plugin at work: in its time, and without harm to the call when it fails."""

from __future__ import annotations

import inspect
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..errors import GatewayError
from ..extensions.modules import at_line, last_line, said
from ..extensions.router_place import own_traceback
from ..extensions.timebox import TooSlow, within
from ..threads import AllHanging, Threads
from .base import AnyPlugin

log = logging.getLogger("ccr_middleware")

#: Kinds of faults of one plugin that the log is told of.
MAX_KINDS = 100


class HookFailed(Exception):
    """A hook came to nothing; it has been counted and told to the log."""


@dataclass(slots=True)
class Report:
    """What came of a plugin's hooks since it was loaded.

    `failures`: they raised, or gave what cannot be used; `overruns`: they took too long; `last_error` is the newest of
    both, `last_error_at` its time in seconds since 1970.
    """

    failures: int = 0
    overruns: int = 0
    last_error: str = ""
    last_error_at: float | None = None
    _told: set[str] = field(default_factory=set)

    def is_new(self, kind: str) -> bool:
        """Whether the log has not been told of this kind of fault; it has now."""
        if kind in self._told or len(self._told) >= MAX_KINDS:
            return False
        self._told.add(kind)
        return True


class Hook:
    """One hook of one plugin.

    `shown`: what the plugin's file or module is called in texts; `seconds`: how long it may take; `may_refuse`: a
    `GatewayError` it raises is meant for the client. `owner` is the plugin, `plugin` its name.
    """

    __slots__ = (
        "_blocking",
        "_function",
        "_may_refuse",
        "_module",
        "_report",
        "_shown",
        "_threads",
        "name",
        "owner",
        "plugin",
        "seconds",
    )

    def __init__(
        self,
        plugin: AnyPlugin,
        name: str,
        report: Report,
        threads: Threads,
        *,
        seconds: float,
        shown: str = "",
        may_refuse: bool = False,
    ) -> None:
        self.owner = plugin
        self.plugin = plugin.name
        self.name = name
        self.seconds = seconds
        self._may_refuse = may_refuse
        self._shown = f"{plugin.name} ({shown})" if shown else plugin.name
        self._function: Callable[..., Any] = getattr(plugin, name)
        self._blocking = plugin.blocking and not inspect.iscoroutinefunction(self._function)
        self._module = str(getattr(self._function, "__module__", "") or "")
        self._report = report
        self._threads = threads

    async def run(self, *arguments: Any) -> Any:
        """What the hook gives back. Raises HookFailed, and `GatewayError` if it may refuse."""
        return (await self._run(arguments))[0]

    async def tell(self, *arguments: Any) -> bool:
        """Ask a hook that gives nothing back. Whether it did what it should, in time; never raises."""
        try:
            return (await self._run(arguments))[1]
        except HookFailed:
            return False

    async def _run(self, arguments: tuple[Any, ...]) -> tuple[Any, bool]:
        """What the hook gives back, and whether it was in time."""
        began = time.perf_counter()
        try:
            answer = self._function(*arguments) if not self._blocking else self._threads.run(self._function, *arguments)
            while inspect.isawaitable(answer):  # a function may give one without being written with async
                answer = await within(self.seconds, answer)
                began = time.perf_counter()
        except GatewayError as problem:
            if self._may_refuse:
                raise
            self._failed(problem)
        except (TooSlow, AllHanging) as problem:
            self._too_slow(f"did not end within {self.seconds:g} s; {problem}".rstrip("; "))
            raise HookFailed from None
        except (Exception, SystemExit) as problem:
            self._failed(problem)
        took_seconds = time.perf_counter() - began
        if took_seconds > self.seconds:
            self._too_slow(f"held everything up for {took_seconds:.2g} s; it may take {self.seconds:g} s")
        return answer, took_seconds <= self.seconds

    def wrong(self, wanted: str, given: object) -> NoReturn:
        """It gave back something else than it must. Raises HookFailed."""
        self.unusable(f"must return {wanted}, not {type(given).__name__}")

    def unusable(self, why: str) -> NoReturn:
        """What it gave back cannot be used. Raises HookFailed."""
        self._report.failures += 1
        self._tell(f"{self._shown}: {self.name} {why}", f"{self.name}: {why[:60]}")
        raise HookFailed

    def _failed(self, problem: BaseException) -> NoReturn:
        if isinstance(problem.__cause__, StopIteration):  # as Python wraps it in coroutines
            problem = problem.__cause__
        where = at_line(self._shown, last_line(problem, self._module))
        self._report.failures += 1
        self._tell(f"{where}: {self.name}: {said(problem)}", f"{self.name} {type(problem).__name__}", problem)
        raise HookFailed from None

    def _too_slow(self, how: str) -> None:
        self._report.overruns += 1
        self._tell(f"{self._shown}: {self.name} {how}", f"{self.name} is slow")

    def _tell(self, text: str, kind: str, problem: BaseException | None = None) -> None:
        """Keep a fault in the report; tell the log the first of its kind, with its traceback."""
        report = self._report
        report.last_error, report.last_error_at = text, time.time()
        if report.is_new(kind):
            traceback = own_traceback(problem, self._module) if problem is not None else None
            log.error("a plugin failed: %s", text, exc_info=traceback)
