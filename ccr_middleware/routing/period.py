"""Times of the day and week."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from ..config.conditions import DAYS, TimeOfDay

_MIDNIGHT = time()


class Period:
    """A `TimeOfDay`, to be asked with the present time. `text`: which, in words."""

    __slots__ = ("_days", "_end", "_start", "_zone", "text")

    def __init__(self, written: TimeOfDay) -> None:
        self._start = written.start or _MIDNIGHT
        self._end = written.end or _MIDNIGHT  # of the next day, as all that is not after the start
        self._days = frozenset(DAYS.index(day) for day in written.days)
        self._zone: tzinfo | None = ZoneInfo(written.zone) if written.zone else None
        hours = f"from {self._start:%H:%M} to {self._end:%H:%M}"
        days = f" on {', '.join(written.days)}" if written.days else ""
        self.text = hours + days + (f" in {written.zone}" if written.zone else "")

    def holds(self, now: datetime) -> bool:
        """Whether an aware date and time lies in it. What reaches past midnight belongs to the day it begins on."""
        now = self._local(now)
        clock = now.time()
        if self._start < self._end:
            return self._start <= clock < self._end and self._includes(now)
        if clock >= self._start:
            return self._includes(now)
        return clock < self._end and self._includes(now - timedelta(days=1))

    def shown(self, now: datetime) -> str:
        """Day and time as they are meant here."""
        now = self._local(now)
        return f"{DAYS[now.weekday()]} {now:%H:%M}"

    def _local(self, now: datetime) -> datetime:
        return now.astimezone(self._zone) if self._zone is not None else now

    def _includes(self, day: datetime) -> bool:
        return not self._days or day.weekday() in self._days
