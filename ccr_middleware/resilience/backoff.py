"""How long to wait before the same target is asked again."""

from __future__ import annotations

import math
from email.utils import parsedate_to_datetime

from ..config.resilience import Retry
from ..errors import GatewayError
from .names import Chance


def pause_seconds(retry: Retry, tries: int, demanded: float | None, chance: Chance) -> float | None:
    """The pause before another try, after `tries` at this target; None: not worth waiting for.

    Exponential with full jitter, so that calls that failed together do not come back together. What the provider
    demands is waited for in full, and a little more.
    """
    jitter = chance() * min(retry.base_seconds * 2.0 ** min(tries - 1, 30), retry.max_seconds)
    if demanded is None:
        return jitter
    if demanded > retry.max_wait_seconds:
        return None
    return demanded + min(jitter, retry.max_wait_seconds - demanded)


def demanded_seconds(error: GatewayError, now: float) -> float | None:
    """The `retry-after` of an error in seconds from `now` (UNIX seconds): a number or an HTTP date. None: it has none
    that can be read, or one that is over.

    `wire.retry_after` has put there what the provider said in other ways, its rate limits' reset among them.
    """
    text = error.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - now
        except (ValueError, OverflowError):
            return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
