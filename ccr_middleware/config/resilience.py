"""What is done when a provider fails: several keys, other tries, other targets, rests, and how much at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt

from .section import Section

#: How a failure can be named in `fallback_on`, besides by a status.
FAILURES = ("network", "timeout", "error_event", "empty", "4xx", "5xx")


def _trigger(value: object) -> object:
    """A trigger in any spelling: `"429"`, `"5XX"`, `"errorEvent"`, `"error event"`."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower().replace("-", "_").replace(" ", "_")
    if text.isascii() and text.isdigit():
        return int(text)
    return {"errorevent": "error_event"}.get(text, text)


#: A failure after which the next target is asked: its kind, a class of statuses, or one status.
Trigger = Annotated[
    Literal["network", "timeout", "error_event", "empty", "4xx", "5xx"] | Annotated[int, Field(ge=400, le=599)],
    BeforeValidator(_trigger),
]

#: Failures of the connection or of the provider, none of the request (failure-modes F16).
FALLBACK_ON: tuple[Any, ...] = ("network", "timeout", 408, 409, 429, "5xx", "error_event", "empty")


class ApiKey(Section):
    """One key of several.

    - `weight`: its share among the keys of the same priority.
    - `priority`: keys of the highest priority are used first, the others while all of those rest.
    - `name`: what logs call it; empty: its number, and its last four characters.
    """

    key: str = Field(min_length=1, repr=False)
    weight: float = Field(default=1.0, gt=0)
    priority: int = 0
    name: str = ""


class Retry(Section):
    """Asking the same target again after a failure that may pass.

    - `attempts`: how often, besides the first time; 0: never.
    - `base_seconds`, `max_seconds`: the pause before the n-th is anything between 0 and `base_seconds` · 2ⁿ⁻¹, at most
      `max_seconds` (full jitter).
    - `max_wait_seconds`: the longest pause a provider may demand (`retry-after`, its rate limits); one that demands
      more is not waited for.
    """

    attempts: NonNegativeInt = 1
    base_seconds: float = Field(default=0.5, gt=0)
    max_seconds: float = Field(default=8.0, gt=0)
    max_wait_seconds: float = Field(default=5.0, ge=0)


class Health(Section):
    """When a target or a key is left in peace, in seconds.

    - `failures`: so many in a row within `window_seconds`, and the target rests for `rest_seconds`; each time it fails
      right afterwards it rests twice as long.
    - `key_rest_seconds`: how long a key rests after 429, unless the provider says how long; after 401, 402 and 403
      ten times as long. Doubles too.
    """

    failures: int = Field(default=5, ge=1)
    window_seconds: float = Field(default=60.0, gt=0)
    rest_seconds: float = Field(default=15.0, gt=0)
    key_rest_seconds: float = Field(default=30.0, gt=0)
