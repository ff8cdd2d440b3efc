"""Failing and falling over leave nothing behind: neither objects of ours, nor tasks, nor connections."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, FakeServer, check_stream
from ccr_middleware.testing.provider import Exchange, Reply

from .support.failing import Place, gateway
from .support.gateway import ask, body
from .test_failover_load import FAILURES

ROUND, AT_ONCE = 120, 30
#: Records of calls that are kept, each with as many attempts as there were.
KEPT = 10


def ours() -> Counter[str]:
    """How many objects there are of each class of the package; what plays the providers keeps its exchanges."""
    gc.collect()
    names = (f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    return Counter(name for name in names if name.startswith("ccr_middleware.") and ".testing." not in name)


def descriptors() -> int:
    """How many files and sockets this process has open."""
    return len(os.listdir("/proc/self/fd"))


async def ask_many(app: Gateway) -> None:
    """A round of questions, all of them answered."""
    at_once = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with at_once:
            reply = await ask(app, body())
        assert check_stream(reply.body).text == "Hello"

    await asyncio.gather(*(one() for _ in range(ROUND)))


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="what is open is read from /proc")
@pytest.mark.skipif(sys.gettrace() is not None, reason="a debugger or coverage holds frames")
def test_rounds_of_failures_leave_nothing_behind() -> None:
    failures = cycle(FAILURES)

    def failing(_: Exchange) -> Reply:
        return next(failures)

    async def main() -> None:
        places = Place(first.url, "chat", {"max_parallel": 10}), Place(second.url, "messages")
        app = gateway(
            *places, retry={"attempts": 1}, health={"failures": 3, "rest_seconds": 0.02}, history={"size": KEPT}
        )
        async with app.lifespan():
            await ask_many(app)
            await ask_many(app)
            before, open_before, tasks = ours(), descriptors(), len(asyncio.all_tasks())
            for _ in range(3):
                await ask_many(app)
            grown = {name: count - before[name] for name, count in ours().items() if count > before[name] + 3 * KEPT}
            assert not grown
            assert descriptors() <= open_before + AT_ONCE // 2
            assert len(asyncio.all_tasks()) == tasks
            assert len(first.live) + len(second.live) <= 2 * AT_ONCE

    with FakeServer(failing) as first, FakeServer(Answer(text="Hello")) as second:
        asyncio.run(asyncio.wait_for(main(), 60))
