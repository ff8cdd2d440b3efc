"""The live feed."""

import asyncio
import threading

from ccr_middleware.history.history import History

from .support.operated import NOON, record


def ids(events):
    return [(event.kind, event.data.id if event.kind == "request" else event.data) for event in events]


def test_who_watches_is_told_what_begins_and_ends():
    async def run():
        history = History()
        history.add(record(1))  # before anybody watched
        with history.subscribe() as feed:
            history.started("req_2", NOON, "claude-sonnet-4-5", "openrouter", "qwen")
            history.add(record(2))
            assert ids(await feed.take()) == [
                (
                    "started",
                    {
                        "id": "req_2",
                        "time": NOON,
                        "asked_model": "claude-sonnet-4-5",
                        "provider": "openrouter",
                        "model": "qwen",
                    },
                ),
                ("request", "req_2"),
            ]
        history.add(record(3))
        assert await feed.take() == []  # it has ended

    asyncio.run(run())


def test_started_does_nothing_while_nobody_watches():
    class Unread(str):
        def __hash__(self):
            raise AssertionError("somebody looked")

    History().started(Unread("a"), NOON, Unread("m"))


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many():
    async def run():
        history = History()
        with history.subscribe() as feed:
            for number in range(1, 701):
                history.add(record(number))
            events = ids(await feed.take())
            assert events[0] == ("lost", {"count": 200})
            assert events[1:] == [("request", f"req_{number}") for number in range(201, 701)]
            history.add(record(701))
            assert ids(await feed.take()) == [("request", "req_701")]

    asyncio.run(run())


def test_events_come_from_any_thread_and_wake_the_reader():
    async def run():
        history = History()
        with history.subscribe() as feed:
            waiting = asyncio.ensure_future(anext(aiter(feed)))
            await asyncio.sleep(0)
            threading.Thread(target=history.add, args=(record(5),)).start()
            event = await asyncio.wait_for(waiting, 5)
            assert event.data.id == "req_5"

    asyncio.run(run())


def test_a_reader_whose_loop_has_gone_is_forgotten():
    history = History()

    async def watch():
        return history.subscribe()

    feed = asyncio.run(watch())
    history.add(record(1))
    assert feed.closed
    assert not history._feeds


def test_the_end_of_the_history_ends_every_feed():
    async def run():
        history = History()
        seen = []

        async def follow():
            async for event in history.subscribe():
                seen.append(event.data.id)

        followers = [asyncio.ensure_future(follow()) for _ in range(3)]
        await asyncio.sleep(0)
        history.add(record(1))
        history.end_feeds()
        await asyncio.wait_for(asyncio.gather(*followers), 5)
        assert seen == ["req_1"] * 3

    asyncio.run(run())
