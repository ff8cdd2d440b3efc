"""`/api/requests` and `/api/usage`."""

import asyncio
import json

import pytest

from ccr_middleware.config.operation import History as Settings
from ccr_middleware.endpoints import history as endpoints
from ccr_middleware.history.history import History
from ccr_middleware.testing import get, open_stream

from .support.operated import NOON, record, serve


def filled(number=5, **fields):
    history = History(Settings())
    for one in range(number):
        history.add(record(one, **fields))
    return history


def ask(path, history):
    return asyncio.run(get(serve(endpoints.ENDPOINTS, history=history), path))


def events_of(data):
    """(kind, data) of each event; comments left out."""
    found = []
    for block in data.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "event" in lines:
            found.append((lines["event"], json.loads(lines["data"])))
    return found


def test_requests_come_in_pages_newest_first():
    history = filled(5, request_body="{}")
    first = ask("/api/requests?limit=3", history)
    assert first.headers["cache-control"] == "no-store"
    assert first.headers["request-id"] == "req_visit"
    page = first.json()
    assert [one["id"] for one in page["requests"]] == ["req_4", "req_3", "req_2"]
    assert page["requests"][0]["request_body"] is None
    page = ask(f"/api/requests?limit=3&before={page['next']}", history).json()
    assert ([one["id"] for one in page["requests"]], page["next"]) == (["req_1", "req_0"], None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("model=CLAUDE-sonnet-4-5", ["a", "b", "c"]),
        ("model=openrouter,qwen", ["b", "c"]),
        ("model=gpt-5&provider=azure", ["a"]),
        ("status=ok", ["b", "c"]),
        ("status=error", ["a"]),
        ("status=429", ["a"]),
        ("session=s1", ["b"]),
        ("caller=bob", ["c"]),
        (f"since={NOON + 2}", ["b", "c"]),
        (f"until={NOON + 2}", ["a"]),
        ("since=2026-01-31", ["a", "b", "c"]),
        ("since=2026-01-31T12:00:02Z&until=2026-01-31T13:00:03%2B01:00", ["b"]),
        ("until=2026-01-31", ["a", "b", "c"]),  # a day includes its end
        ("until=2026-01-30", []),
        ("q=TOO+many", ["a"]),
        ("q=%25", []),
    ],
)
def test_filters(query, found):
    history = History()
    history.add(record(1, id="a", provider="azure", model="gpt-5", status=429, error="too many requests"))
    history.add(record(2, id="b", session="s1"))
    history.add(record(3, id="c", caller="bob"))
    assert sorted(one["id"] for one in ask(f"/api/requests?{query}", history).json()["requests"]) == found


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/requests?limit=0", "limit"),
        ("/api/requests?limit=1001", "limit"),
        ("/api/requests?limit=ten", "limit"),
        ("/api/requests?limit=-%E2%85%A8", "limit"),
        ("/api/requests?before=x", "before"),
        ("/api/requests?status=bad", "status"),
        ("/api/requests?status=%C2%B2%C2%B2%C2%B2", "status"),
        ("/api/requests?since=yesterday", "since"),
        ("/api/requests?until=1e999", "until"),
        ("/api/usage?by=shoe", "by"),
        ("/api/usage?until=2026-13-01", "until"),
        ("/api/usage?utc_offset=9999", "utc_offset"),
    ],
)
def test_parameters_that_make_no_sense_are_named(path, named):
    reply = ask(path, filled())
    assert reply.status == 400
    assert reply.json()["error"].startswith(f"{named}: must be ")


def test_one_request_with_its_bodies():
    history = filled(2, request_body="{}", response_body="hi")
    shown = ask("/api/requests/req_1", history).json()
    assert (shown["id"], shown["request_body"], shown["response_body"]) == ("req_1", "{}", "hi")
    missing = ask("/api/requests/req_9", history)
    assert missing.status == 404
    assert "req_9" in missing.json()["error"]


def test_usage():
    answer = ask("/api/usage?by=model", filled(3, cost=0.5)).json()
    assert [group["group"] for group in answer["usage"]] == ["qwen"]
    assert answer["totals"]["cost"] == 1.5
    assert answer["totals"]["output_tokens"] == 90
    assert ask("/api/usage?by=day&since=2026-02-01", filled(3)).json()["totals"]["requests"] == 0
    late = filled(1, time=NOON + 11.75 * 3600)
    assert ask("/api/usage?utc_offset=60", late).json()["usage"][0]["group"] == "2026-02-01"


def test_the_live_feed_tells_what_begins_and_ends_until_the_client_leaves():
    async def run():
        history = filled()
        app = serve(endpoints.ENDPOINTS, history=history)
        async with open_stream(app, "/api/requests/stream", method="GET") as stream:
            assert await stream.start() == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert stream.headers["x-accel-buffering"] == "no"
            assert await stream.next() == b"retry: 2000\n\n"
            history.started("req_7", NOON, "claude-sonnet-4-5")
            history.add(record(7, request_body="secret"))
            (first, started), (second, ended) = events_of(await stream.read_until(b"event: request"))
            assert (first, started["id"], second, ended["id"]) == ("started", "req_7", "request", "req_7")
            assert ended["request_body"] is None
            assert len(history._feeds) == 1
            stream.disconnect()
            await stream.ended()
        assert not history._feeds

    asyncio.run(run())


def test_the_live_feed_shows_that_it_is_alive_and_tells_what_a_slow_client_missed(monkeypatch):
    monkeypatch.setattr(endpoints, "PING_SECONDS", 0.02)

    async def run():
        history = History()
        async with open_stream(
            serve(endpoints.ENDPOINTS, history=history), "/api/requests/stream", method="GET", lockstep=True
        ) as stream:
            await stream.read_until(b": ping\n\n")
            for number in range(600):
                history.add(record(number))
            data = await stream.read_until(b"req_599")
            assert ("lost", {"count": 100}) in events_of(data)
            history.end_feeds()
            await stream.rest()
            await stream.ended()

    asyncio.run(run())


def test_head_of_the_live_feed_ends_at_once():
    async def run():
        app = serve(endpoints.ENDPOINTS, history=History())
        async with open_stream(app, "/api/requests/stream", method="HEAD") as stream:
            assert await stream.rest() == b""

    asyncio.run(run())
