"""Sessions of people who manage the gateway in a browser: a signed cookie, and nothing remembered.

The cookie is `<who>.<until>.<signature>`, the signature an HMAC-SHA256 under a secret made of the key for managing
(`KeyRing.session_secret`). So it is good in every worker and after a restart, and ends when that key is changed. It
cannot be taken back before it ends but by changing the key; logging out makes the browser forget it.
"""

from __future__ import annotations

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote

from ..errors import RateLimited
from ..resilience.names import Clock
from ..resilience.store import MemoryStore, StateStore
from .principal import Principal

COOKIE = "ccr_session"

#: How long a login is good (seconds).
SESSION_SECONDS = 12 * 3600

#: So often may one address try to log in within a minute.
LOGINS_PER_MINUTE = 10

#: Addresses whose attempts are remembered.
_MAX_ADDRESSES = 10_000
_WINDOW_SECONDS = 60.0


class Sessions:
    """Makes and reads the cookies. `secret` gives what they are signed with at this moment, empty when nobody can log
    in. Mutable: attempts to log in by address, in `store`; one that is shared counts for all workers."""

    def __init__(
        self, secret: Callable[[], bytes], *, clock: Clock = time.time, store: StateStore | None = None
    ) -> None:
        self._secret = secret
        self.clock = clock
        self._attempts: StateStore = store or MemoryStore(clock, _MAX_ADDRESSES)

    def attempt(self, address: str) -> None:
        """Somebody at this address tries to log in. Raises `RateLimited` for the eleventh time within a minute."""
        if self._attempts.increment(f"login:{address}", _WINDOW_SECONDS) > LOGINS_PER_MINUTE:
            raise RateLimited(
                "too many attempts to log in from this address; wait a minute", retry_after_seconds=_WINDOW_SECONDS
            )

    def issue(self, principal: Principal, *, path: str = "/", secure: bool = False) -> str:
        """The value of the `Set-Cookie` that logs this caller in; `path` is where the gateway is mounted.

        Raises ValueError where there is no key to manage the gateway with.
        """
        if not (secret := self._secret()):
            raise ValueError("there is no session without ADMIN_KEY or APIKEY")
        until = int(self.clock()) + SESSION_SECONDS
        payload = f"{_encode(principal.label.encode())}.{until}"
        return _cookie(f"{payload}.{_signature(secret, payload)}", path, secure, SESSION_SECONDS)

    @staticmethod
    def clear(*, path: str = "/", secure: bool = False) -> str:
        """The value of the `Set-Cookie` that makes a browser forget the session."""
        return _cookie("", path, secure, 0)

    def read(self, cookies: str) -> Principal | None:
        """Who a `Cookie` header is logged in as; None: nobody, or not any more.

        Cookies know no ports and may come several at once (of gateways side by side): any that is ours will do.
        """
        if COOKIE not in cookies or not (secret := self._secret()):
            return None
        for part in cookies.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE and (principal := self._read_one(secret, value)) is not None:
                return principal
        return None

    def _read_one(self, secret: bytes, value: str) -> Principal | None:
        payload, _, signature = value.rpartition(".")
        if not hmac.compare_digest(_signature(secret, payload).encode(), signature.encode("utf-8", "replace")):
            return None
        who, _, until = payload.partition(".")  # ours, as the signature says
        if int(until) <= self.clock():
            return None
        return Principal("admin", _decode(who).decode(), admin=True, source="session")


def _signature(secret: bytes, payload: str) -> str:
    return _encode(hmac.digest(secret, payload.encode("utf-8", "replace"), "sha256"))


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _cookie(value: str, path: str, secure: bool, seconds: int) -> str:
    attributes = f"Path={quote(path.rstrip('/'))}/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
    return f"{COOKIE}={value}; {attributes}{'; Secure' if secure else ''}"
