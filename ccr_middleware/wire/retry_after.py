"""In how many seconds a provider may be asked again, from the many ways of saying so."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from .provider_error_body import Told

#: No wait of more than a day is believed.
_LONGEST_SECONDS = 86_400

#: `1h2m3.5s`, `6m0s`, `120ms`
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_SENTENCE = re.compile(r"(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:h|ms|m|s))+)", re.IGNORECASE)


def retry_after_seconds(headers: Mapping[str, str], told: Told) -> str | None:
    """The value of our `retry-after` where the provider sent none itself; None when nothing was said.

    In this order: `retry-after-ms`, Google's RetryInfo, the sentence in OpenAI's and Groq's messages, the
    `x-ratelimit-reset…` headers. `headers` with lower-case names.
    """
    seconds = _milliseconds(headers.get("retry-after-ms", ""))
    if seconds is None:
        seconds = told.wait_seconds
    if seconds is None and (sentence := _SENTENCE.search(told.text)):
        seconds = _duration(sentence[1])
    if seconds is None:
        seconds = _reset(headers, told)
    if seconds is None or math.isnan(seconds):
        return None
    return str(math.ceil(min(max(seconds, 0), _LONGEST_SECONDS)))


def _milliseconds(text: str) -> float | None:
    try:
        return float(text) / 1000
    except ValueError:
        return None


def _duration(text: str) -> float | None:
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, milliseconds = (float(group or 0) for group in match.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def _reset(headers: Mapping[str, str], told: Told) -> float | None:
    """The longest wait among the limits that are used up (`x-ratelimit-remaining-tokens: 0`), or may be."""
    waits = [_moment(told.reset, headers)] if told.reset else []
    for name, value in headers.items():
        prefix, found, kind = name.partition("ratelimit-reset")
        if found and headers.get(f"{prefix}ratelimit-remaining{kind}", "0").strip() in ("0", "0.0"):
            waits.append(_duration(value) or _moment(value, headers))
    return max((wait for wait in waits if wait is not None), default=None)


def _moment(value: str, headers: Mapping[str, str]) -> float | None:
    """Seconds until a moment: a number of seconds, or a point in time (UNIX seconds or milliseconds, ISO 8601),
    for which the answer's own `date` is now."""
    now = _date(headers.get("date", ""))
    try:
        number = float(value)
    except ValueError:
        try:
            moment = datetime.fromisoformat(value)
            number = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except ValueError:
            return None
    if number < 1e8:
        return number
    if now is None:
        return None
    return max((number / 1000 if number > 1e11 else number) - now, 0.0)


def _date(value: str) -> float | None:
    try:
        return parsedate_to_datetime(value).timestamp()
    except ValueError:
        return None
