"""A thousand requests whose first target fails at every third: nobody notices, and nothing is left behind."""

from __future__ import annotations

import asyncio
import gc
import random
import re
from collections import Counter

from ccr_middleware.attempt import Attempt
from ccr_middleware.call import Call
from ccr_middleware.resilience import Plan
from ccr_middleware.testing import CUT, RESET, Answer, FakeServer, Script, check_message, check_stream, stream
from ccr_middleware.testing.provider import Exchange, Reply
from ccr_middleware.testing.script import until

from .support.failing import Place, error_event, gateway, opened
from .support.gateway import ask, body

REQUESTS, AT_ONCE = 1000, 50

#: How the first target fails.
FAILURES: list[Reply] = [
    Answer(error=429),
    Answer(error=500),
    Answer(error=529),
    Script(before=[CUT]),
    Script(before=[RESET]),
    stream(opened("chat"), CUT),
    error_event("chat"),
    stream(b""),
]


def number_of(exchange: Exchange) -> str:
    """Which question a provider was asked."""
    found = re.search(rb"question (\d+)", exchange.body)
    assert found
    return found[1].decode()


def second(exchange: Exchange) -> Reply:
    """Answers everything."""
    return Answer(text=["second ", number_of(exchange), "."])


class Unreliable:
    """Answers, or fails at 30 % of the requests."""

    def __init__(self) -> None:
        self.chance = random.Random(4)
        self.failing = True

    def __call__(self, exchange: Exchange) -> Reply:
        if self.failing and self.chance.random() < 0.3:
            return self.chance.choice(FAILURES)
        return Answer(text=["first ", number_of(exchange), "."])


def test_a_thousand_requests_with_a_first_target_that_fails_at_every_third() -> None:
    """Streams and whole answers in turn; both wire lanes; more at once than the first target takes."""
    unreliable = Unreliable()

    async def main() -> None:
        places = (Place(first.url, "chat", {"max_parallel": 40, "queue_size": 20}), Place(other.url, "messages"))
        app = gateway(*places, retry={"attempts": 1}, health={"failures": 5, "rest_seconds": 0.05})
        who: Counter[str] = Counter()
        at_once = asyncio.Semaphore(AT_ONCE)

        async def question(number: int) -> None:
            streaming = number % 4 > 0
            content = [{"role": "user", "content": f"question {number}"}]
            async with at_once:
                reply = await ask(app, body(streaming, messages=content))
            assert reply.status == 200, reply.body
            checked = check_stream(reply.body) if streaming else check_message(reply.json())
            provider = reply.headers["x-ccr-provider"]
            assert (checked.text, checked.stop_reason) == (f"{provider} {number}.", "end_turn")
            who[provider] += 1

        async with app.lifespan():
            await question(REQUESTS)  # what is made once is made
            tasks = len(asyncio.all_tasks())
            await asyncio.gather(*map(question, range(REQUESTS)))
            assert len(asyncio.all_tasks()) == tasks
            assert who.total() == REQUESTS + 1
            assert min(who["first"], who["second"]) > 0
            assert len(first.live) <= 40
            assert len(other.live) <= AT_ONCE

            unreliable.failing = False
            health = app._state.resilience
            assert await until(lambda: all(row["state"] != "open" for row in health.snapshot(app.config)))
            await question(REQUESTS + 1)
            rows = health.snapshot(app.config)
            assert [(row["state"], row["failures"], row["in_flight"], row["queued"]) for row in rows] == [
                ("closed", 0, 0, 0)
            ] * 2
            gc.collect()
            left = Counter(type(one).__name__ for one in gc.get_objects() if type(one) in (Call, Attempt, Plan))
            assert not left
        assert await until(lambda: not first.live and not other.live)

    with FakeServer(unreliable) as first, FakeServer(second) as other:
        asyncio.run(asyncio.wait_for(main(), 60))
