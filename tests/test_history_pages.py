"""Finding records: in memory and in the database, which must answer alike."""

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccr_middleware.config.operation import History as Settings
from ccr_middleware.errors import BadRequest
from ccr_middleware.history.filters import Filters
from ccr_middleware.history.history import History
from ccr_middleware.history.ring import Ring
from ccr_middleware.history.store import Store
from ccr_middleware.history.usage import GROUPINGS, report, sum_up

from .support.operated import NOON, record

names = st.sampled_from(["", "qwen", "Qwen", "claude-sonnet-4-5", "gpt-5"])
providers = st.sampled_from(["", "openrouter", "OpenRouter", "azure"])
people = st.sampled_from(["", "alice", "bob"])
statuses = st.sampled_from([200, 400, 429, 500])
times = st.integers(-200_000, 200_000).map(lambda seconds: NOON + seconds / 2)
few = st.integers(0, 5)

some_records = st.lists(
    st.builds(
        lambda **fields: record(**fields),
        number=st.integers(1, 50),
        time=times,
        asked_model=names,
        model=names,
        provider=providers,
        caller=people,
        session=people,
        status=statuses,
        error=st.none() | st.sampled_from(["Überlastet", "50% 'of' it_all\\", "100\U0001f600"]),
        input_tokens=few,
        output_tokens=few,
        cache_read_tokens=few,
        cost=st.none() | st.integers(0, 8).map(lambda eighths: eighths / 8),
        first_token_seconds=st.none() | st.just(0.5),
    ),
    max_size=25,
)

some_filters = st.builds(
    Filters,
    model=names | st.just("openrouter,qwen"),
    provider=providers,
    status=st.sampled_from(["", "ok", "error", "200", "429"]),
    session=people,
    caller=people,
    since=st.none() | times,
    until=st.none() | times,
    q=st.sampled_from(["", "req_1", "ÜBER", "%", "_", "'", "\\", "\U0001f600", "QWEN"]),
)


def both(folder, records):
    """The same records in memory and in a new database."""
    ring, store = Ring(1000, 1000), Store(str(folder))
    store.configure(1e6, 100)
    for one in records:
        ring.add(one)
        store.add(one)
    if not records:
        store.add(record())  # so that there is a database to ask
        ring.add(record())
    return ring, store


def all_pages(source, filters, limit):
    """The ids of all pages, one after the other, and how long these were."""
    ids, sizes, before = [], [], None
    while True:
        records, before = source.page(filters, limit, before)
        ids += [one.id for one in records]
        sizes.append(len(records))
        if before is None:
            return ids, sizes


@given(records=some_records, filters=some_filters, limit=st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_pages_hold_every_record_that_fits_once_newest_first(tmp_path_factory, records, filters, limit):
    ring, store = both(tmp_path_factory.mktemp("history"), records)
    wanted = [one.id for one in (records or [record()])[::-1] if filters.accept(one)]
    for source in (ring, store):
        ids, sizes = all_pages(source, filters, limit)
        assert ids == wanted
        assert all(size == limit for size in sizes[:-1])
    store.close()


@given(records=some_records, by=st.sampled_from(GROUPINGS), offset=st.sampled_from([0, 60, -330, 840]))
@settings(max_examples=60, deadline=None)
def test_usage_is_the_same_from_memory_and_database(tmp_path_factory, records, by, offset):
    ring, store = both(tmp_path_factory.mktemp("history"), records)
    kept = [one for _, one in ring.all()]
    expected = report(sum_up(kept, by, offset), by)
    assert report(store.usage(Filters(), by, offset), by) == expected
    assert expected["totals"]["requests"] == len(kept)
    assert sum(group["errors"] for group in expected["usage"]) == expected["totals"]["errors"]
    store.close()


def test_records_that_come_while_somebody_pages_change_nothing_behind():
    ring = Ring(100, 1000)
    for number in range(10):
        ring.add(record(number))
    first, before = ring.page(Filters(), 4, None)
    for number in range(10, 20):
        ring.add(record(number))
    second, _ = ring.page(Filters(), 4, before)
    assert [one.id for one in first + second] == [f"req_{number}" for number in range(9, 1, -1)]


def test_memory_is_bounded_in_records_and_in_bodies():
    ring = Ring(100, max_body_bytes=4 * 1024 * 1024)  # room for four pairs of bodies
    for number in range(1000):
        ring.add(record(number, request_body="x"))
    assert [number for number, _ in ring.all()] == list(range(1000, 900, -1))
    assert ring.get("req_999").request_body == "x"
    assert ring.get("req_990").request_body is None
    assert ring.get("req_1") is None


def history(tmp_path, where, **fields):
    return History(Settings(days=1e6, **fields), str(tmp_path / "data") if where == "disk" else None)


where = pytest.mark.parametrize("where", ["memory", "disk"])


@where
def test_the_whole_way(tmp_path, where):
    async def run():
        kept = history(tmp_path, where)
        assert await kept.page() == ([], None)
        assert (await kept.usage())["usage"] == []
        for number in range(5):
            kept.add(record(number, response_body="hello" if number == 3 else None))
        page, following = await kept.page(limit=2)
        assert [one.id for one in page] == ["req_4", "req_3"]
        assert page[1].response_body is None
        page, following = await kept.page(limit=3, before=following)
        assert ([one.id for one in page], following) == (["req_2", "req_1", "req_0"], None)
        assert (await kept.get("req_3")).response_body == "hello"
        assert await kept.get("req_9") is None
        await kept.aclose()
        assert len((await kept.page())[0]) == 5  # closing forgets nothing
        kept.add(record(5))  # nor is it the end
        assert len((await kept.page())[0]) == 6
        await kept.aclose()

    asyncio.run(run())


@where
def test_usage_by_day_of_whoever_looks(tmp_path, where):
    """Days begin at midnight of the one who asks: 23:30 UTC is the next day in Berlin."""

    async def run():
        kept = history(tmp_path, where)
        late = datetime(2026, 1, 31, 23, 30, tzinfo=UTC).timestamp()
        kept.add(record(1, cost=0.25))
        kept.add(record(2, time=late, status=500, error="no", first_token_seconds=None, cost=None))
        utc, berlin = await kept.usage("day"), await kept.usage("day", utc_offset_minutes=60)
        assert [group["group"] for group in utc["usage"]] == ["2026-01-31"]
        assert [group["group"] for group in berlin["usage"]] == ["2026-01-31", "2026-02-01"]
        hours = await kept.usage("hour", since=late)
        assert hours["usage"] == [
            {
                "group": "2026-01-31T23",
                "requests": 1,
                "errors": 1,
                "input_tokens": 100,
                "output_tokens": 30,
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "cost": None,
                "mean_seconds": 2.0,
                "mean_first_token_seconds": None,
            }
        ]
        assert utc["totals"]["cost"] == 0.25
        assert utc["totals"]["mean_first_token_seconds"] == 0.5
        await kept.aclose()

    asyncio.run(run())


@pytest.mark.parametrize("cursor", ["x", "-1", "1 ", "", "9" * 30, "²"])
def test_a_cursor_that_is_none_is_refused(cursor):
    with pytest.raises(BadRequest, match="before"):
        asyncio.run(History().page(before=cursor))


def test_a_history_that_is_off_keeps_nothing(tmp_path):
    async def run():
        kept = history(tmp_path, "disk", enabled=False)
        kept.add(record())
        assert await kept.page() == ([], None)
        assert not (tmp_path / "data").exists()

    asyncio.run(run())


def test_other_settings_keep_what_there_is(tmp_path):
    async def run():
        kept = history(tmp_path, "memory", size=10)
        for number in range(10):
            kept.add(record(number, request_body="{}"))
        kept.configure(Settings(size=5), None)
        page, _ = await kept.page()
        assert [one.id for one in page] == [f"req_{number}" for number in range(9, 4, -1)]
        assert (await kept.get("req_7")).request_body == "{}"
        kept.configure(Settings(size=5, days=1e6), str(tmp_path / "data"))
        kept.add(record(10))
        assert [one.id for one in (await kept.page())[0]] == ["req_10"]  # the database begins now
        kept.configure(Settings(size=5), None)
        assert len((await kept.page())[0]) == 5
        await kept.aclose()

    asyncio.run(run())
