"""Keys of callers: made, stored as hashes, recognised."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..config.operation import ClientKey, moment
from ..config.schema import Config
from ..errors import ConfigError, NotAuthenticated
from .principal import Principal

#: What the keys made here begin with, so that scanners for leaked secrets can know them.
KEY_PREFIX = "ccr-"

_NEEDED = "an API key is needed: send it as x-api-key or as Authorization: Bearer"
_UNKNOWN = "the API key is not one this gateway knows (APIKEY or APIKEYS in its configuration)"
_ASK = "ask whoever runs this gateway for another"


def new_key() -> str:
    """A key nobody can guess: 32 random bytes (256 bits)."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hash_key(key: str) -> str:
    """A key as it is stored: `sha256:<64 hex digits>`. A slow hash is for guessable secrets, which `new_key` is not."""
    return f"sha256:{hashlib.sha256(key.encode('utf-8')).hexdigest()}"


def offered_keys(headers: Mapping[str, str], query: Mapping[str, str]) -> list[bytes]:
    """The keys of a request, as the bytes that came over the wire. Header names are in lower case.

    A key may come as `x-api-key`, as `Authorization: Bearer` (CCR v2 took the bare key there as well), or as Google's
    clients send it: `x-goog-api-key`, and `key` of the query, which the caller gives for those clients only, since
    URLs end in logs. Clients send the one they were configured with, and some send several.
    """
    offered: list[bytes] = []
    # Blanks as HTTP knows them: `strip()` would take bytes off a key that look like blanks in latin-1.
    for name in ("x-api-key", "x-goog-api-key"):
        if key := headers.get(name, "").strip(" \t"):
            offered.append(key.encode("latin-1", "replace"))
    if key := query.get("key", ""):
        offered.append(key.encode("utf-8", "replace"))
    if authorization := headers.get("authorization", "").strip(" \t"):
        scheme, _, token = authorization.partition(" ")
        if not token:
            if scheme.lower() != "bearer":
                offered.append(scheme.encode("latin-1", "replace"))
        elif scheme.lower() == "bearer":
            offered.append(token.strip(" \t").encode("latin-1", "replace"))
    return offered


class _Entry(NamedTuple):
    """Whose key it is, until when it is good (UNIX seconds), and what its owner is told afterwards."""

    principal: Principal
    until: float = math.inf
    refusal: str = ""


class KeyRing:
    """Every key of one configuration, found by its SHA-256.

    Finding one takes as long with one key as with a thousand, and how long it takes says nothing about a key: what is
    compared are hashes, which nobody can steer towards those of a key. Raises ConfigError for two keys of one id.
    """

    __slots__ = ("_entries", "can_manage", "session_secret")

    def __init__(self, client_keys: Sequence[ClientKey] = (), api_key: str = "", admin_key: str = "") -> None:
        """`can_manage`: whether there is a key to manage the gateway with. `session_secret`: what the cookies of its
        sessions are signed with, made of those keys, so that sessions end with them; empty without any."""
        self._entries: dict[bytes, _Entry] = {}
        for key in client_keys:
            self._entries.setdefault(bytes.fromhex(key.key_hash.removeprefix("sha256:")), _entry(key))
        if repeated := _repeated([key.id for key in client_keys]):
            raise ConfigError(f'APIKEYS: two keys have the id "{repeated}"; give each its own')
        # Later ones win: a key that is also the admin's is the admin's.
        if api_key:
            self._add(api_key, Principal("apikey", "APIKEY", admin=not admin_key, source="key"))
        if admin_key:
            self._add(admin_key, Principal("admin", "ADMIN_KEY", admin=True, source="admin"))
        manager = admin_key or api_key
        self.can_manage = bool(manager)
        self.session_secret = _session_secret(manager) if manager else b""

    @classmethod
    def of(cls, config: Config) -> KeyRing:
        """The keys of a configuration. Raises ConfigError."""
        return cls(config.client_keys, config.api_key, config.admin_key)

    def __bool__(self) -> bool:
        """Whether there is any key, so that callers have to have one."""
        return bool(self._entries)

    def identify(self, offered: Sequence[bytes], now: float) -> Principal:
        """Whose keys these are; of several the one that may manage, then the first. One right key is enough.

        `now` is the time in UNIX seconds. Raises `NotAuthenticated` when none is right.
        """
        found: Principal | None = None
        refusal = _UNKNOWN if offered else _NEEDED
        for key in offered:
            entry = self._entries.get(hashlib.sha256(key).digest())
            if entry is None:
                continue
            if now > entry.until:
                refusal = entry.refusal
            elif found is None or entry.principal.admin:
                found = entry.principal
        if found is None:
            raise NotAuthenticated(refusal)
        return found

    def _add(self, key: str, principal: Principal) -> None:
        self._entries[hashlib.sha256(key.encode("utf-8")).digest()] = _Entry(principal)


def _entry(key: ClientKey) -> _Entry:
    principal = Principal(
        key.id,
        key.name,
        models=key.models,
        rpm=key.rpm,
        tpm=key.tpm,
        max_parallel=key.max_parallel,
        source="key",
    )
    if not key.enabled:
        return _Entry(principal, -math.inf, f'the API key "{principal.label}" is switched off; {_ASK}')
    if key.expires_at is None:
        return _Entry(principal)
    refusal = f'the API key "{principal.label}" expired on {key.expires_at}; {_ASK}'
    return _Entry(principal, moment(key.expires_at).timestamp(), refusal)


def _repeated(names: Sequence[str]) -> str:
    """The first name that is there twice, or ""."""
    return next((name for number, name in enumerate(names) if name in names[:number]), "")


def _session_secret(key: str) -> bytes:
    """Not the stored hash of the key: who has read that one must not be able to sign a session."""
    return hashlib.sha256(b"ccr_session\0" + key.encode("utf-8")).digest()
