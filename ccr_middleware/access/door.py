"""The door: who a request comes from, and whether it may go on to an endpoint."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from ..errors import GatewayError, InternalError, NotAuthenticated, NotPermitted
from .keys import KeyRing, offered_keys
from .origin import SAFE_METHODS, allowed_host, arrived_on_loopback, is_foreign, is_own_page
from .principal import LOCAL, OPEN, Principal
from .sessions import Sessions

log = logging.getLogger("ccr_middleware")

#: Who may call an endpoint: anybody without being looked at, anybody but recognised if possible, whoever may ask
#: models, or whoever manages the gateway.
Access = Literal["public", "recognised", "client", "admin"]

#: A host's word for who calls: the ASGI scope → the caller, or None. May be a coroutine function.
Authenticate = Callable[[Mapping[str, Any]], Principal | Awaitable[Principal | None] | None]

_NO_MANAGER = (
    "nobody may manage this gateway from here: set ADMIN_KEY in its configuration and send that key, or give "
    "Gateway(authenticate=...) a function that knows who may"
)
_FOREIGN_PAGE = (
    "a web page of another origin made this request; if it is a page of yours, add its host name to allowed_hosts in "
    "the configuration"
)
_FOREIGN_HOST = (
    "without a key this gateway only answers under the names of its own machine; set a key, or add the host name to "
    "allowed_hosts in the configuration"
)
_HOST_KNOWS_NOBODY = "the application around this gateway does not know you: log in there, or send an API key"


class _Knock(NamedTuple):
    """What is looked at of a request: `headers` by lower-case names, `offered` the keys it came with."""

    scope: Mapping[str, Any]
    headers: Mapping[str, str]
    method: str
    offered: Sequence[bytes]


class Door:
    """Lets callers in, under one configuration.

    What is asked, in this order, until somebody is recognised who may: keys in the headers, the session's cookie, the
    host application (`authenticate`). Without any key and without `authenticate` models may be asked by everybody
    who is no web page; the gateway may then be managed only if it is `local`, that is when nothing but this machine
    can reach it. `allowed_hosts` are further names of its own.
    """

    __slots__ = ("_allowed_hosts", "_authenticate", "_clock", "_local", "_sessions", "keys")

    def __init__(
        self,
        keys: KeyRing,
        sessions: Sessions,
        *,
        authenticate: Authenticate | None = None,
        local: bool = False,
        allowed_hosts: Collection[str] = (),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.keys = keys
        self._sessions = sessions
        self._authenticate = authenticate
        self._local = local
        self._allowed_hosts = tuple(allowed_hosts)
        self._clock = clock

    async def admit(
        self,
        scope: Mapping[str, Any],
        headers: Mapping[str, str],
        query: Mapping[str, str],
        method: str,
        access: Access,
    ) -> Principal:
        """Who calls. `headers` have lower-case names; `query` is only looked at for Google's `key`.

        Raises `NotAuthenticated`, `NotPermitted`, what `authenticate` raises of the gateway's errors, and
        `InternalError` when it fails otherwise.
        """
        if access == "public":
            return OPEN
        knock = _Knock(scope, headers, method, offered_keys(headers, query) if self.keys else ())
        if access == "recognised":
            return await self._recognise(knock)
        return await self._admit(knock, manage=access == "admin")

    async def _admit(self, knock: _Knock, *, manage: bool) -> Principal:
        if manage and is_foreign(knock.headers, self._allowed_hosts):
            raise NotPermitted(_FOREIGN_PAGE)
        known, refusal = self._by_key(knock.offered)
        if known is None or (manage and not known.admin):
            known = self._by_cookie(knock) or await self._by_host(knock) or known
        if known is None:
            return self._unrecognised(knock, manage, refusal)
        if manage and not known.admin:
            raise NotPermitted(f'"{known.label}" may ask models, and may not manage this gateway')
        return known

    async def _recognise(self, knock: _Knock) -> Principal:
        """Who calls, as one who manages the gateway if they may; nobody in particular instead of an error."""
        for manage in (True, False):
            with suppress(GatewayError):
                return await self._admit(knock, manage=manage)
        return OPEN

    def _by_key(self, offered: Sequence[bytes]) -> tuple[Principal | None, NotAuthenticated | None]:
        """Whose key was sent; else why nobody's. Where there are no keys it means nothing what clients send."""
        if not self.keys:
            return None, None
        try:
            return self.keys.identify(offered, self._clock()), None
        except NotAuthenticated as refusal:
            return None, refusal

    def _by_cookie(self, knock: _Knock) -> Principal | None:
        """Who is logged in. Browsers send cookies whoever asks, so what changes something must come from our pages."""
        cookies = knock.headers.get("cookie")
        known = self._sessions.read(cookies) if cookies else None
        if known and knock.method not in SAFE_METHODS and not is_own_page(knock.headers, self._allowed_hosts):
            raise NotPermitted(_FOREIGN_PAGE)
        return known

    async def _by_host(self, knock: _Knock) -> Principal | None:
        """Who the host application says it is; it may have known by a cookie, too."""
        known = await self._ask_host(knock.scope)
        if known and knock.method not in SAFE_METHODS and is_foreign(knock.headers, self._allowed_hosts):
            raise NotPermitted(_FOREIGN_PAGE)
        return known

    async def _ask_host(self, scope: Mapping[str, Any]) -> Principal | None:
        if self._authenticate is None:
            return None
        try:
            answer = self._authenticate(scope)
            known = await answer if inspect.isawaitable(answer) else answer
            if known is None or known.source == "host":
                return known
            return dataclasses.replace(known, source="host")
        except GatewayError:
            raise
        except Exception:
            log.exception("authenticate failed; it has to return a Principal or None")
            raise InternalError("who calls could not be found out; the gateway's log tells why") from None

    def _unrecognised(self, knock: _Knock, manage: bool, refusal: NotAuthenticated | None) -> Principal:
        """What somebody without a right key may: everything on a machine of one's own, ask models where no key is."""
        if self._authenticate is not None:
            raise refusal if refusal and knock.offered else NotAuthenticated(_HOST_KNOWS_NOBODY)
        if refusal is not None and (self.keys.can_manage or knock.offered):
            raise refusal
        if manage:
            return self._local_admin(knock)
        if refusal is None:
            self._check_no_page(knock)
            return OPEN
        if self._local and self._own_name(knock) and is_own_page(knock.headers, self._allowed_hosts):
            return LOCAL  # the pages for managing a gateway, which could make themselves a key as well
        raise refusal

    def _local_admin(self, knock: _Knock) -> Principal:
        """Whoever is at this machine, where there is no key for managing."""
        if not self._local:
            raise NotPermitted(_NO_MANAGER)
        if not self._own_name(knock):
            raise NotPermitted(_FOREIGN_HOST)
        return LOCAL

    def _check_no_page(self, knock: _Knock) -> None:
        """No web page may spend somebody's money. Raises `NotPermitted`.

        The host name matters only where just this machine can come in: elsewhere whoever made the page could call
        themselves.
        """
        if is_foreign(knock.headers, self._allowed_hosts):
            raise NotPermitted(_FOREIGN_PAGE)
        named = "host" in knock.headers and (self._local or arrived_on_loopback(knock.scope))
        if named and not self._own_name(knock):
            raise NotPermitted(_FOREIGN_HOST)

    def _own_name(self, knock: _Knock) -> bool:
        """Whether the request came under a name of this machine, or one it was given in the configuration."""
        return allowed_host(knock.headers.get("host", ""), self._allowed_hosts)
