"""So many requests at a provider at once, the others in line."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import anyio
import pytest

from ccr_middleware.config import Provider
from ccr_middleware.resilience import Busy
from ccr_middleware.resilience.slots import Slots


def provider(**keys: Any) -> Provider:
    return Provider(name="a", base_url="https://a.example/v1", **{"max_parallel": 1, "queue_seconds": 5} | keys)


class Holder:
    """Takes a place in a task of its own, and keeps it until `done` is set."""

    def __init__(self, slots: Slots, of: Provider, log: list[str] | None = None, name: str = "") -> None:
        self.inside = False
        self.done = asyncio.Event()
        self._log = log
        self._name = name
        self.task = asyncio.ensure_future(self._run(slots, of))

    async def _run(self, slots: Slots, of: Provider) -> None:
        async with slots.place(of):
            self.inside = True
            if self._log is not None:
                self._log.append(self._name)
            await self.done.wait()
        self.inside = False


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_the_line_is_first_come_first_served():
    async def body() -> None:
        slots, order = Slots(), list[str]()
        holders = [Holder(slots, provider(), order, str(n)) for n in range(5)]
        for number, holder in enumerate(holders):
            await settle()
            assert [one.inside for one in holders].count(True) == 1
            assert slots.queued("a") == 4 - number
            holder.done.set()
        await asyncio.gather(*(holder.task for holder in holders))
        assert order == ["0", "1", "2", "3", "4"]

    asyncio.run(body())


def test_without_a_limit_nobody_waits():
    async def body() -> None:
        slots = Slots()
        holders = [Holder(slots, provider(max_parallel=None)) for _ in range(50)]
        await settle()
        assert all(holder.inside for holder in holders)
        for holder in holders:
            holder.done.set()
        await asyncio.gather(*(holder.task for holder in holders))

    asyncio.run(body())


def test_a_full_line_is_529_with_retry_after():
    async def body() -> None:
        slots, of = Slots(), provider(queue_size=1)
        holders = [Holder(slots, of) for _ in range(2)]
        await settle()
        with pytest.raises(Busy) as caught:
            async with slots.place(of):
                pass
        assert (caught.value.status, caught.value.type) == (529, "overloaded_error")
        assert caught.value.headers == {"retry-after": "5"}
        assert caught.value.message == (
            'provider "a" is busy: 1 requests are running and 1 waiting; raise its max_parallel to let more through'
        )
        for holder in holders:
            holder.done.set()
        await asyncio.gather(*(holder.task for holder in holders))

    asyncio.run(body())


def test_who_waits_too_long_leaves_the_line():
    async def body() -> None:
        slots = Slots()
        holder = Holder(slots, provider())
        await settle()
        with pytest.raises(Busy, match=r"no place became free within 0\.02 s"):
            async with slots.place(provider(queue_seconds=0.02)):
                pass
        assert slots.queued("a") == 0
        holder.done.set()
        await holder.task
        async with slots.place(provider()):  # nothing was lost
            pass

    asyncio.run(body())


@pytest.mark.parametrize("with_anyio", [False, True])
def test_who_is_cancelled_leaves_the_line(with_anyio: bool):
    async def body() -> None:
        slots = Slots()
        holder = Holder(slots, provider())
        await settle()
        if with_anyio:
            with anyio.move_on_after(0.02):
                async with slots.place(provider()):
                    pytest.fail("there was no place")
        else:
            waiting = Holder(slots, provider())
            await settle()
            waiting.task.cancel()
            await asyncio.gather(waiting.task, return_exceptions=True)
        assert slots.queued("a") == 0
        holder.done.set()
        await holder.task
        async with slots.place(provider()):
            pass

    asyncio.run(body())


def test_a_place_given_to_somebody_cancelled_in_that_moment_goes_to_the_next():
    async def body() -> None:
        slots = Slots()
        first, second, third = (Holder(slots, provider()) for _ in range(3))
        await settle()
        first.done.set()
        await first.task  # the place is the second's now, which has not run yet
        second.task.cancel()
        await asyncio.gather(second.task, return_exceptions=True)
        await settle()
        assert third.inside
        third.done.set()
        await third.task

    asyncio.run(body())


def test_a_raised_limit_lets_those_in_line_through():
    async def body() -> None:
        slots = Slots()
        holders = [Holder(slots, provider()) for _ in range(3)]
        await settle()
        holders.append(Holder(slots, provider(max_parallel=3)))
        await settle()
        assert [holder.inside for holder in holders] == [True, True, True, False]
        for holder in holders:
            holder.done.set()
        await asyncio.gather(*(holder.task for holder in holders))

    asyncio.run(body())


def test_places_are_shared_by_the_event_loops_of_several_threads():
    slots, lock = Slots(), threading.Lock()
    of = provider(max_parallel=3, queue_size=1000)
    inside, most, served = 0, 0, 0

    async def one(chance: random.Random) -> None:
        nonlocal inside, most, served
        async with slots.place(of):
            with lock:
                inside += 1
                most = max(most, inside)
            await asyncio.sleep(chance.random() / 1000)
            with lock:
                inside -= 1
                served += 1

    async def many(seed: int) -> None:
        chance = random.Random(seed)
        tasks = [asyncio.create_task(one(chance)) for _ in range(60)]
        await asyncio.sleep(0.002)
        for task in tasks[::7]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    threads = [threading.Thread(target=asyncio.run, args=(many(seed),)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert most <= 3
    assert inside == 0
    assert served >= 3 * (60 - 9)
    asyncio.run(_nothing_is_left(slots, of))


async def _nothing_is_left(slots: Slots, of: Provider) -> None:
    assert slots.queued("a") == 0
    holders = [Holder(slots, of) for _ in range(3)]
    await settle()
    assert all(holder.inside for holder in holders)
    for holder in holders:
        holder.done.set()
    await asyncio.gather(*(holder.task for holder in holders))


def test_who_waited_on_a_loop_that_was_closed_holds_nobody_up():
    slots = Slots()

    async def begin() -> Holder:
        holder = Holder(slots, provider())
        await settle()
        return holder

    first_loop, second_loop = asyncio.new_event_loop(), asyncio.new_event_loop()
    holder = first_loop.run_until_complete(begin())
    lost = second_loop.run_until_complete(begin())
    lost.task._log_destroy_pending = False  # the loop is closed under it, as some test clients do
    second_loop.close()
    holder.done.set()
    first_loop.run_until_complete(holder.task)
    first_loop.close()
    asyncio.run(_one_place_is_left(slots))


async def _one_place_is_left(slots: Slots) -> None:
    async with slots.place(provider(queue_seconds=0.1)):
        pass
