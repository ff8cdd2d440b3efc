"""A transformer and the features of requests: what was there before it must be there after it, or be reported."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from fnmatch import fnmatchcase
from typing import cast

from ..losses import Losses
from ..pairing import pair_tools
from ..testing.fate import Feature, trace
from ..testing.features import FEATURES
from ..unified import UnifiedMessage
from .scorecard import Row, Verdict
from .structure import faults
from .subject import Sent, Subject


def check_requests(subject: Subject, allowed: Collection[str] = ()) -> Iterator[Row]:
    """One row per feature. `allowed`: names of features that are meant to go; `*` stands for anything."""
    for feature in FEATURES:
        is_allowed = any(fnmatchcase(feature.name, pattern) for pattern in allowed)
        try:
            verdict, detail = _check(subject, feature, is_allowed)
        except Exception as problem:
            verdict, detail = "failed", f"{type(problem).__name__}: {problem}"
        yield Row("request", feature.name, verdict, detail)


def _check(subject: Subject, feature: Feature, is_allowed: bool) -> tuple[Verdict, str]:
    request = copy.deepcopy(feature.request)
    sent, plain = subject.send(request), subject.send(copy.deepcopy(feature.plain))
    if request != feature.request:
        return "failed", "the client's own request was changed; copy what is to be edited"
    if subject.send(copy.deepcopy(feature.request)).after != sent.after:
        return "failed", "the same request came out differently the second time; keep nothing on the transformer"
    if broken := _broken(subject, sent):
        return "failed", broken
    before, after = trace(feature, sent.before, plain.before), trace(feature, sent.after, plain.after)
    if before is None:
        return "absent", ""
    if after is not None:
        return "kept" if before == after else "changed", ""
    if reported := sent.losses.header():
        return "reported", reported
    return ("allowed", "") if is_allowed else ("lost", feature.about)


def _broken(subject: Subject, sent: Sent) -> str:
    """Why the request can no longer be sent; empty when it can."""
    losses = Losses()
    if subject.unified:
        pair_tools(cast(list[UnifiedMessage], sent.after["messages"]), losses)
    if len(losses):
        return f"calls and results no longer belong together ({losses.header()})"
    return "; ".join(faults(subject.wire, sent.body))
