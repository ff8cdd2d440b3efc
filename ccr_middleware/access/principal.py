"""Who calls: what every part of the gateway may know of a caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

#: How a caller was recognised: by a key, by the key of whoever manages the gateway, by the cookie of a login, by the
#: host application, as somebody at this machine, or not at all because nothing is protected.
Source = Literal["key", "admin", "session", "host", "local", "open"]

#: Ids that no key of a client may have, because callers without such a key are called so.
RESERVED_IDS = frozenset({"admin", "apikey", "local", "open"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller, and what it may.

    - `id`: what limits, logs and history know it by; stable, and never a secret. `name`: for people to read.
    - `admin`: may manage the gateway, too.
    - `models`: patterns of the models it may use (see `access.models`); None: all.
    - `groups`, `attributes`: for rules and routers of one's own; a host gives what it knows.
    - `rpm`, `tpm`, `max_parallel`: requests and tokens a minute, requests at once; None: no limit.
    """

    id: str
    name: str = ""
    admin: bool = False
    models: tuple[str, ...] | None = None
    groups: frozenset[str] = frozenset()
    rpm: int | None = None
    tpm: int | None = None
    max_parallel: int | None = None
    source: Source = "open"
    attributes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """The name, or the id of one without."""
        return self.name or self.id


#: A caller of a gateway that asks nobody who they are.
OPEN = Principal("open")

#: Whoever sits at this machine, where nothing but this machine can reach the gateway and no key is set for managing it.
LOCAL = Principal("local", admin=True, source="local")
