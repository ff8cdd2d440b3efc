"""A router of one's own: a Python function that may choose the model of a request before the rules' choice counts.

    CUSTOM_ROUTER_PATH: "router.py"        see `router_function` for the forms, or a callable in Python

What goes wrong in it never fails a request: it is counted and kept in the router's report, told to the log with its
traceback, and the rules' own choice holds (C33).
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from os.path import dirname
from typing import Any

from ..config.references import read_reference
from ..config.schema import Config
from ..errors import ConfigError
from ..routing.decision import Decision
from ..routing.models import Resolver
from ..threads import AllHanging, Threads
from ..unified import Json
from ..watched import Stamp, stamp_of
from .modules import LoadError, Modules, at_line, last_line, said
from .router_answer import Unusable, to_decision
from .router_context import RouterContext, shown_config
from .router_function import RouterFunction, load_function, ready
from .router_place import line_of_coroutine, line_of_thread, own_traceback

log = logging.getLogger("ccr_middleware")

#: How often it is looked whether the file has changed.
CHECK_SECONDS = 1.0

#: The same fault is told to the log again after so long; it is counted in between.
REPEAT_SECONDS = 60.0

_THREAD = "ccr-router"

#: Calls of one router that run in threads at once, on one event loop.
MAX_THREADS = 40


@dataclass
class RouterReport:
    """What came of a custom router since it was loaded.

    `origin`: the router as it was written. Of the `calls` some `chose` a target and some `passed`; the others `failed`
    (raised), took too long (`timeouts`), returned what cannot be used (`unusable`), or could not be made, since there
    is no function (`unavailable`). `last_error` is the newest fault, `last_error_at` its time in seconds since 1970.
    """

    origin: str
    calls: int = 0
    chose: int = 0
    passed: int = 0
    failed: int = 0
    timeouts: int = 0
    unusable: int = 0
    unavailable: int = 0
    last_error: str = ""
    last_error_at: float | None = None

    def to_json(self) -> Json:
        """The report as an object of its fields."""
        return asdict(self)


class _Fault(Exception):
    """Why a call came to nothing. `kind`: the report's counter; the traceback of `cause`, from the `module` on, is for
    the log."""

    def __init__(self, kind: str, text: str, cause: BaseException | None = None, module: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.cause = cause
        self.module = module


class CustomRouter:
    """The custom router of one configuration.

    A function that is no coroutine function runs in a thread, where it may block; a coroutine function runs on the
    event loop, where it must not. A file is read again when it changes; if the new text cannot be used, the function
    that was loaded before stays. `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        origin: str,
        load: Callable[[], RouterFunction],
        config: Mapping[str, Any],
        *,
        timeout_seconds: float = 5.0,
        path: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.report = RouterReport(origin)
        self._load = load
        self._config = config
        self._timeout_seconds = timeout_seconds
        self._path = path
        self._clock = clock
        self._threads = Threads(_THREAD, MAX_THREADS)
        self._function: RouterFunction | None = None
        self._look_at = self._told_at = 0.0
        self._stamp: Stamp | None = stamp_of(path) if path else None
        try:
            self._function = load()
        except LoadError as problem:  # told by whoever loads the configuration
            self.report.last_error, self.report.last_error_at = str(problem), clock()

    async def choose(self, context: RouterContext, resolver: Resolver) -> Decision | None:
        """The router's decision, None when it makes none. Never raises (but when it is cancelled).

        `context` is made by `router_context`; `resolver` knows the configured targets.
        """
        report = self.report
        report.calls += 1
        try:
            decision = await self._asked(context, resolver)
        except _Fault as fault:
            setattr(report, fault.kind, getattr(report, fault.kind) + 1)
            if fault.kind != "unavailable":
                self._tell(str(fault), fault)
            return None
        if decision is None:
            report.passed += 1
        else:
            report.chose += 1
        return decision

    async def explain(self, context: RouterContext, resolver: Resolver) -> tuple[Decision | None, str]:
        """The same with what came of it in a few words. Neither counted nor told to the log."""
        try:
            decision = await self._asked(context, resolver)
        except _Fault as fault:
            return None, str(fault)
        return decision, "it made no choice" if decision is None else "it chose"

    async def _asked(self, context: RouterContext, resolver: Resolver) -> Decision | None:
        """The decision. Raises _Fault."""
        if self._clock() >= self._look_at and self._path:
            self._look_at = self._clock() + CHECK_SECONDS
            await self._look_again()
        function = self._function
        if function is None:
            raise _Fault("unavailable", "there is no function")
        answer = await self._answer(function, context)
        try:
            return to_decision(answer, context, resolver)
        except Unusable as problem:
            raise _Fault("unusable", f"{function.shown}: {problem}", problem) from None

    async def _answer(self, function: RouterFunction, context: RouterContext) -> Any:
        """What the function returns within its time. Raises _Fault."""
        values = {"request": context.request, "config": self._config, "context": context}
        call = self._call(function, values)
        task = asyncio.ensure_future(call)
        try:
            await asyncio.wait({task}, timeout=self._timeout_seconds)
            if not task.done():
                raise self._too_slow(function, call)
        finally:
            if not task.done():  # it may not even obey that, so nobody waits for it
                task.cancel()
                task.add_done_callback(_ignore)
        try:
            return task.result()
        except AllHanging as problem:
            raise _Fault("timeouts", f"{function.shown}: is not called: {problem}") from None
        except (Exception, asyncio.CancelledError) as problem:
            raise _raised(problem, function) from None

    async def _call(self, function: RouterFunction, values: Mapping[str, Any]) -> Any:
        """Call it where it belongs; what it gives may be awaited whatever it is."""
        try:
            answer = function.call(values) if function.is_async else await self._threads.run(function.call, values)
            return await answer if inspect.isawaitable(answer) else answer
        except SystemExit as problem:  # no task may end with it: it would end the event loop
            raise RuntimeError(f"SystemExit: {problem}").with_traceback(problem.__traceback__) from None

    def _too_slow(self, function: RouterFunction, call: Any) -> _Fault:
        line = line_of_coroutine(call, function.module) or line_of_thread(function.module, _THREAD)
        text = f"{at_line(function.shown, line)}: did not answer within {self._timeout_seconds:g} seconds"
        return _Fault("timeouts", text)

    async def _look_again(self) -> None:
        try:
            await self._threads.run(self._look, timeout_seconds=self._timeout_seconds)
        except (TimeoutError, AllHanging):
            self._tell(f"{self.report.origin}: could not be loaded within {self._timeout_seconds:g} seconds")

    def _look(self) -> None:
        """Load the function if its file has changed. Blocks."""
        stamp = stamp_of(self._path)
        if stamp is not None and stamp != self._stamp:
            self._stamp = stamp  # first, so that a file that hangs is loaded once
            try:
                self._function = self._load()
            except LoadError as problem:
                self._tell(str(problem))

    def _tell(self, text: str, fault: _Fault | None = None) -> None:
        """Keep a fault in the report, and tell the log unless it was told just now."""
        now, known = self._clock(), text == self.report.last_error
        self.report.last_error, self.report.last_error_at = text, now
        if known and now - self._told_at < REPEAT_SECONDS:
            return
        self._told_at = now
        traceback = own_traceback(fault.cause, fault.module) if fault is not None and fault.cause is not None else None
        log.error("the custom router failed: %s", text, exc_info=traceback)


def load_router(
    config: Config,
    *,
    router: Callable[..., Any] | str | None = None,
    env: Mapping[str, str] | None = None,
    clock: Callable[[], float] = time.time,
) -> CustomRouter | None:
    """The custom router of a configuration, None when it has none. `router` goes before the configured one.

    Imports it, so it is no work for an event loop. Raises ConfigError for a callable that cannot be called as a router;
    a file or module that cannot be loaded has its `report.last_error`.
    """
    asked = router if router is not None else config.custom_router
    if not asked:
        return None
    shown = shown_config(config, os.environ if env is None else env)
    timeout_seconds = config.custom_router_timeout_seconds
    if callable(asked):
        try:
            function = ready(asked)
        except LoadError as problem:
            raise ConfigError(str(problem)) from None
        return CustomRouter(function.shown, lambda: function, shown, timeout_seconds=timeout_seconds, clock=clock)
    text, folder = asked, dirname(config.source)

    def load() -> RouterFunction:
        modules = Modules(folder)
        found = load_function(text, modules)
        modules.live_with(found)
        return found

    where = read_reference(text)
    path = os.path.abspath(os.path.join(folder, os.path.expanduser(where.where))) if where.is_file else ""
    return CustomRouter(text, load, shown, timeout_seconds=timeout_seconds, path=path, clock=clock)


def _raised(problem: BaseException, function: RouterFunction) -> _Fault:
    if isinstance(problem.__cause__, StopIteration):  # as Python wraps it in coroutines
        problem = problem.__cause__
    where = at_line(function.shown, last_line(problem, function.module))
    return _Fault("failed", f"{where}: {said(problem)}", problem, function.module)


def _ignore(task: asyncio.Task[Any]) -> None:
    """What became of a call that nobody waits for."""
    if not task.cancelled():
        task.exception()
