"""The history of one gateway: what is kept, where, and how it is found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from ..config.operation import History as Settings
from ..errors import BadRequest
from ..threads import Threads
from ..unified import Json
from .feed import Feed, FeedEvent
from .filters import Filters
from .record import CallRecord
from .ring import Ring
from .usage import By, Sums, report, sum_up

if TYPE_CHECKING:
    from .store import Store

#: So many questions to the history are answered at once; others wait.
READERS = 4

Answer = TypeVar("Answer")

#: One page: the records, newest first, and the cursor of the next one.
Page = tuple[list[CallRecord], str | None]


class History:
    """Keeps finished calls in memory and, with a `data_dir`, in `<data_dir>/history.sqlite3`; tells who watches.

    `add` and `started` may be called on any thread and never wait. Nothing is opened and no thread starts before the
    first record or question. With a database every answer comes from there, with the latest records in it; when it
    cannot be used, from memory.
    """

    def __init__(self, settings: Settings | None = None, data_dir: str | None = None) -> None:
        self._threads = Threads("ccr-history", READERS)
        self._feeds: dict[Feed, None] = {}
        self._store: Store | None = None
        self._data_dir: str | None = None
        self._settings = settings or Settings()
        self._ring = Ring(self._settings.size, self._settings.max_body_bytes)
        self.configure(self._settings, data_dir)

    def configure(self, settings: Settings, data_dir: str | None) -> None:
        """Go on with other settings. What is in memory is kept as far as there is room."""
        old, self._settings = self._settings, settings
        if (old.size, old.max_body_bytes) != (settings.size, settings.max_body_bytes):
            self._ring = self._ring.resized(settings.size, settings.max_body_bytes)
        self._enabled = settings.enabled
        if data_dir != self._data_dir:
            self._data_dir, self._store = data_dir, None
        if data_dir is not None and settings.enabled:
            from .store import Store  # sqlite3 is for those who keep files

            if self._store is None:
                self._store = Store(data_dir)
            self._store.configure(settings.days, settings.max_mb)

    # -- what happens ------------------------------------------------------------------------------------

    def started(
        self, id: str, time: float, asked_model: str, provider: str | None = None, model: str | None = None
    ) -> None:
        """A call began, or its target was chosen: for the live feed alone."""
        if self._feeds:
            notice = {"id": id, "time": time, "asked_model": asked_model, "provider": provider, "model": model}
            self._tell(FeedEvent("started", notice))

    def add(self, record: CallRecord) -> None:
        """A call has ended. The record must not be changed any more."""
        if not self._enabled:
            return
        self._ring.add(record)
        if self._store is not None:
            self._store.add(record)
        if self._feeds:
            self._tell(FeedEvent("request", record))

    def subscribe(self) -> Feed:
        """What happens from now on, on the running loop."""
        feed = Feed(self._forget)
        self._feeds[feed] = None
        return feed

    def end_feeds(self) -> None:
        """End all live feeds, from any thread: servers wait for open connections before they stop."""
        for feed in list(self._feeds):
            feed.close()

    def _tell(self, event: FeedEvent) -> None:
        for feed in list(self._feeds):
            if not feed.put(event):
                self._forget(feed)

    def _forget(self, feed: Feed) -> None:
        self._feeds.pop(feed, None)

    # -- what is asked -----------------------------------------------------------------------------------

    async def page(self, filters: Filters | None = None, limit: int = 50, before: str | None = None) -> Page:
        """The newest records that fit, without bodies, and the `before` of the next page (None: that was all).

        Raises `BadRequest` for a cursor that is none.
        """
        wanted = filters or Filters()
        number = _number_of(before)
        store = self._store
        records, following = await self._ask(
            partial(store.page, wanted, limit, number) if store else None,
            partial(self._ring.page, wanted, limit, number),
        )
        return records, None if following is None else str(following)

    async def get(self, id: str) -> CallRecord | None:
        """The latest record with that id, with its bodies when they were kept."""
        store = self._store
        return await self._ask(partial(store.get, id) if store else None, partial(self._ring.get, id))

    async def usage(
        self, by: By = "day", since: float | None = None, until: float | None = None, utc_offset_minutes: int = 0
    ) -> Json:
        """Sums by day, hour, model, provider or caller, and in all. Days begin at midnight of that offset from UTC."""
        store, filters = self._store, Filters(since=since, until=until)

        def in_memory() -> list[Sums]:
            wanted = [record for _, record in self._ring.all() if filters.accept(record)]
            return sum_up(wanted, by, utc_offset_minutes)

        on_disk = partial(store.usage, filters, by, utc_offset_minutes) if store else None
        groups = await self._ask(on_disk, in_memory)
        return report(groups, by)

    async def aclose(self) -> None:
        """Write what is not yet written, and end all feeds. A record that comes later begins anew."""
        self.end_feeds()
        if self._store is not None:
            await self._threads.run(self._store.close)

    async def _ask(self, store: Callable[[], Answer] | None, memory: Callable[[], Answer]) -> Answer:
        """What the database says, or else the memory; never on the event loop."""

        def answer() -> Answer:
            if store is not None:
                from .store import Unusable

                try:
                    return store()
                except Unusable:
                    pass
            return memory()

        return await self._threads.run(answer)


def _number_of(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 18:
        raise BadRequest('before: must be the "next" of an earlier page')
    return int(cursor)
