"""Where in the user's own code something happens, for messages and for the log."""

from __future__ import annotations

import sys
import threading
from types import FrameType, TracebackType
from typing import Any


def own_traceback(
    problem: BaseException, module: str
) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    """An exception for the log, its traceback from the user's module on; all of it when that is not in it."""
    step = problem.__traceback__
    while step is not None and step.tb_frame.f_globals.get("__name__") != module:
        step = step.tb_next
    return type(problem), problem, step or problem.__traceback__


def line_of_coroutine(coroutine: Any, module: str) -> int | None:
    """The line of a module at which a coroutine waits, itself or in one that it awaits; None when it is not there."""
    line = None
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        line = _line_in(frame, module) or line
        coroutine = coroutine.cr_await
    return line


def line_of_thread(module: str, name: str) -> int | None:
    """The line of a module at which some thread of that name is; None when none is there."""
    frames = sys._current_frames()
    for thread in threading.enumerate():
        step: FrameType | None = frames.get(thread.ident or 0) if thread.name == name else None
        while step is not None:
            if (line := _line_in(step, module)) is not None:
                return line
            step = step.f_back
    return None


def _line_in(frame: FrameType, module: str) -> int | None:
    return frame.f_lineno if frame.f_globals.get("__name__") == module else None
