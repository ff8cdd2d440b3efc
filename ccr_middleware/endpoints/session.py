"""`/api/session`: who calls, and logging in and out in a browser."""

from __future__ import annotations

from collections.abc import Mapping

from .. import __version__
from ..access.keys import KeyRing
from ..access.origin import is_foreign, is_secure
from ..access.sessions import Sessions
from ..demo import DEMO_SCHEME
from ..errors import BadRequest, NotPermitted
from ..http import Request, send_json
from .answering import parse_body
from .visit import Endpoint, Table, Visit

#: The body of a login is a key and nothing more (bytes).
_MAX_BODY = 64 * 1024


async def who(request: Request, visit: Visit) -> None:
    """`GET /api/session`: who calls, and what a page for managing the gateway has to begin with."""
    config, caller = visit.snapshot.config, visit.caller
    can_log_in = bool(config.admin_key or config.api_key)
    providers = [one for one in config.providers if not one.base_url.startswith(DEMO_SCHEME)]
    answer = {
        "admin": caller.admin,
        "name": caller.label,
        "login_needed": can_log_in and not caller.admin,
        "keys_configured": can_log_in or bool(config.client_keys),
        "version": __version__,
        "first_run": not providers,
        "local": caller.source == "local",
    }
    await send_json(request, answer, _headers(visit))


async def log_in(request: Request, visit: Visit) -> None:
    """`POST /api/session` with `{"key": …}`: a cookie for whoever manages the gateway.

    Raises `NotAuthenticated`, `NotPermitted` for keys of others, `RateLimited` after ten attempts in a minute.
    """
    _check_page(request, visit)
    sessions = visit.state.sessions
    sessions.attempt(_address(request))
    key = parse_body(await request.body(_MAX_BODY)).get("key")
    if not isinstance(key, str) or not key.strip():
        raise BadRequest('key: is missing; send {"key": "<ADMIN_KEY>"}')
    caller = KeyRing.of(visit.snapshot.config).identify([key.strip().encode("utf-8", "replace")], sessions.clock())
    if not caller.admin:
        raise NotPermitted(f'"{caller.label}" may ask models, and may not manage this gateway')
    cookie = sessions.issue(caller, path=_path(request), secure=is_secure(request.scope, request.headers))
    answer = {"admin": True, "name": caller.label}
    await send_json(request, answer, {**_headers(visit), "set-cookie": cookie})


async def log_out(request: Request, visit: Visit) -> None:
    """`DELETE /api/session`: the browser forgets its cookie."""
    _check_page(request, visit)
    cookie = Sessions.clear(path=_path(request), secure=is_secure(request.scope, request.headers))
    await send_json(request, {"success": True}, {**_headers(visit), "set-cookie": cookie})


def _check_page(request: Request, visit: Visit) -> None:
    """No page of somewhere else logs anybody in or out. Raises `NotPermitted`."""
    if is_foreign(request.headers, visit.snapshot.config.allowed_hosts):
        raise NotPermitted("a web page of another origin made this request")


def _path(request: Request) -> str:
    """Where the gateway is mounted: the cookie is for nothing else of the host."""
    return request.scope.get("root_path", "")


def _address(request: Request) -> str:
    """Where a request came from; behind a proxy that is the proxy, unless the server knows better."""
    client = request.scope.get("client")
    return client[0] if client else ""


def _headers(visit: Visit) -> Mapping[str, str]:
    return {"request-id": visit.id, "cache-control": "no-store"}


ENDPOINTS: Table = {
    "/api/session": {
        "GET": Endpoint(who, access="recognised"),
        "POST": Endpoint(log_in, access="public"),
        "DELETE": Endpoint(log_out, access="public"),
    },
}
