"""How much was used: calls, tokens, cost and time, by day or model or whom."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple, get_args

from ..unified import Json
from .record import CallRecord

#: By what usage can be told apart.
By = Literal["day", "hour", "model", "provider", "caller"]
GROUPINGS: tuple[By, ...] = get_args(By)

#: How times are written, for Python and SQLite alike.
TIME_FORMATS = {"day": "%Y-%m-%d", "hour": "%Y-%m-%dT%H"}


class Sums(NamedTuple):
    """One group. `cost` is that of the records that have one, None when none has; so is `first_token_seconds`, of
    which there were `first_tokens`."""

    group: str
    requests: int = 0
    errors: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost: float | None = None
    total_seconds: float = 0.0
    first_token_seconds: float | None = None
    first_tokens: int = 0

    def plus(self, other: Sums) -> Sums:
        """Both together, under this one's name."""
        sums: list[Any] = [_sum(mine, theirs) for mine, theirs in zip(self[1:], other[1:], strict=True)]
        return Sums(self.group, *sums)

    def to_json(self) -> Json:
        """Without the group; means are None where there was nothing."""
        return {
            "requests": self.requests,
            "errors": self.errors,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "cost": self.cost,
            "mean_seconds": _mean(self.total_seconds, self.requests),
            "mean_first_token_seconds": _mean(self.first_token_seconds, self.first_tokens),
        }


def _sum(mine: float | None, theirs: float | None) -> float | None:
    return theirs if mine is None else mine if theirs is None else mine + theirs


def _mean(whole: float | None, number: int) -> float | None:
    return whole / number if whole is not None and number else None


def sum_up(records: Iterable[CallRecord], by: By, utc_offset_minutes: int = 0) -> list[Sums]:
    """The sums of records in memory, in no order."""
    groups: dict[str, Sums] = {}
    for record in records:
        group = group_of(record, by, utc_offset_minutes)
        groups[group] = groups.get(group, Sums(group)).plus(_one(record))
    return list(groups.values())


def group_of(record: CallRecord, by: By, utc_offset_minutes: int = 0) -> str:
    """The group of a record: its day (`2026-01-31`), its hour (`2026-01-31T23`), or a name."""
    if by in TIME_FORMATS:
        return time.strftime(TIME_FORMATS[by], time.gmtime(int(record.time) + 60 * utc_offset_minutes))
    name: str = getattr(record, by)
    return name


def _one(record: CallRecord) -> Sums:
    return Sums(
        "",
        1,
        int(record.failed),
        record.input_tokens,
        record.output_tokens,
        record.cache_read_tokens,
        record.cache_write_tokens,
        record.cost,
        record.total_seconds,
        record.first_token_seconds,
        int(record.first_token_seconds is not None),
    )


def report(groups: Iterable[Sums], by: By) -> Json:
    """As the API shows it: times in their order, names by how often; and the totals."""
    groups = sorted(groups, key=lambda one: (0 if by in TIME_FORMATS else -one.requests, one.group))
    totals = Sums("")
    for one in groups:
        totals = totals.plus(one)
    return {"usage": [{"group": one.group, **one.to_json()} for one in groups], "totals": totals.to_json()}
