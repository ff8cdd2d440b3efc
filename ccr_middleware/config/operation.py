"""Operating the gateway: the keys of its clients, what is kept of their requests, its logs, plugins and prices."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)

from .section import Section

#: How a key is stored: its SHA-256 in hex.
KEY_HASH = re.compile(r"sha256:[0-9a-f]{64}")


def moment(text: str) -> datetime:
    """A date or a date with time as ISO 8601 has it; a day ends at its end, and without a zone it is UTC.

    Raises ValueError.
    """
    text = text.strip()
    found = datetime.fromisoformat(text)
    if len(text) <= len("2026-01-01"):
        found = found.replace(hour=23, minute=59, second=59)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _a_moment(text: str) -> str:
    try:
        moment(text)
    except ValueError:
        raise ValueError("must be a date such as 2027-01-31, or a date with time") from None
    return text


def _a_hash(text: str) -> str:
    text = text.lower()
    if not KEY_HASH.fullmatch(text):
        raise ValueError('must be "sha256:" and 64 hex digits; `python -m ccr_middleware keys create` makes one')
    return text


class ClientKey(Section):
    """One entry of `APIKEYS`: a key that clients call with, and what it is good for.

    - `id`: what it is called in logs and history; `hint`: its last characters, so that people can tell it.
    - `key_hash`: `sha256:` and the hash in hex, never the key itself.
    - `expires_at`: the date (or date with time) after which it is refused; None: never.
    - `models`: the models it may use, as `provider,model`, `model` or patterns of them; None: all.
    - `rpm`, `tpm`: requests and tokens a minute; `max_parallel`: requests at once; None: no limit.
    """

    id: str = Field(min_length=1)
    name: str = ""
    hint: str = ""
    key_hash: Annotated[str, AfterValidator(_a_hash)] = Field(repr=False)
    expires_at: Annotated[str, AfterValidator(_a_moment)] | None = None
    models: tuple[str, ...] | None = None
    rpm: PositiveInt | None = None
    tpm: PositiveInt | None = None
    max_parallel: PositiveInt | None = None
    enabled: bool = True
    created_at: str | None = None


class Price(Section):
    """What a million tokens cost, in whichever currency. What is read from a cache or written to one costs as much as
    other input unless it is said."""

    input: NonNegativeFloat = 0.0
    output: NonNegativeFloat = 0.0
    cache_read: NonNegativeFloat | None = None
    cache_write: NonNegativeFloat | None = None


class History(Section):
    """What is remembered of requests.

    - `enabled`: whether anything is; `size`: how many are kept in memory.
    - `bodies`: of which requests the bodies are kept too; `max_body_bytes`: how much of each.
    - `days`, `max_mb`: how long and how much of it stays in `data_dir`.
    """

    enabled: bool = True
    size: PositiveInt = 1000
    bodies: Literal["off", "errors", "all"] = "off"
    max_body_bytes: PositiveInt = 65_536
    days: PositiveFloat = 30.0
    max_mb: PositiveFloat = 200.0


class Logs(Section):
    """Log files.

    - `dir`: the folder; None: `logs` in the home folder when the gateway runs alone, and no files otherwise.
    - `max_mb`: a file is ended at this size; `files`, `days`: how many are kept beside the present one, and how long.
    """

    dir: str | None = None
    max_mb: PositiveFloat = 50.0
    files: NonNegativeInt = 3
    days: PositiveFloat = 14.0


class PluginUse(Section):
    """One plugin: a built-in or installed one by its `name`, or one of one's own.

    - `path`: a file, perhaps with `:Class`; `module`: a module that Python can import, perhaps with `:Class`.
    - `timeout_seconds`: how long each of its hooks may take.
    """

    name: str = ""
    path: str = ""
    module: str = ""
    enabled: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
    timeout_seconds: PositiveFloat = 5.0

    @property
    def reference(self) -> str:
        """Where its code is, "" for one that is known by name."""
        return self.path or self.module


def _by_name(value: object) -> object:
    """A text in the list is the name of a plugin, which is wanted."""
    return {"name": value, "enabled": True} if isinstance(value, str) else value


PluginUses = tuple[Annotated[PluginUse, BeforeValidator(_by_name)], ...]
