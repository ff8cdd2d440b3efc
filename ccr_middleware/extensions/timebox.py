"""Waiting no longer than agreed for what may not even obey when it is cancelled: coroutines of the user's own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

Result = TypeVar("Result")


class TooSlow(Exception):
    """It was not done in its time, and is cancelled."""


async def within(seconds: float, work: Awaitable[Result]) -> Result:
    """What an awaitable gives or raises. Raises TooSlow when it takes longer; nobody waits for it to end then.

    It may neither end the event loop (`SystemExit`) nor pass off its own cancelling as that of the caller: both are
    raised as RuntimeError.
    """
    task = asyncio.ensure_future(_contained(work))
    try:
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            raise TooSlow
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_ignore)
    if task.cancelled():
        raise RuntimeError("it cancelled itself")
    return task.result()


async def _contained(work: Awaitable[Result]) -> Result:
    try:
        return await work
    except SystemExit as problem:  # no task may end with it: it would end the event loop
        raise RuntimeError(f"SystemExit: {problem}").with_traceback(problem.__traceback__) from None


def _ignore(task: asyncio.Task[Any]) -> None:
    """What became of it when nobody waits."""
    if not task.cancelled():
        task.exception()
