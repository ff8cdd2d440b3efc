"""The door: who is let in to which endpoint, in which order callers are recognised, and what pages may not (C47)."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from ccr_middleware.access.door import Access, Door
from ccr_middleware.access.keys import KeyRing, hash_key
from ccr_middleware.access.principal import LOCAL, OPEN, Principal
from ccr_middleware.access.sessions import Sessions
from ccr_middleware.config.operation import ClientKey
from ccr_middleware.errors import GatewayError, InternalError, NotAuthenticated, NotPermitted, RateLimited

HOST = {"host": "127.0.0.1:3456"}
OWN_PAGE = {"origin": "http://127.0.0.1:3456"}
FOREIGN_PAGE = {"origin": "https://evil.example"}
CLIENT, ADMIN = {"x-api-key": "client"}, {"authorization": "Bearer boss"}
KEYS = KeyRing([ClientKey(id="k1", key_hash=hash_key("client"))], admin_key="boss")
NO_KEYS = KeyRing()
CLIENT_KEYS_ONLY = KeyRing([ClientKey(id="k1", key_hash=hash_key("client"))])


def door(keys: KeyRing = KEYS, **more: Any) -> Door:
    return Door(keys, Sessions(lambda: keys.session_secret), **more)


def admit(
    at: Door,
    access: Access = "client",
    headers: Mapping[str, str] = {},
    *,
    method: str = "POST",
    query: Mapping[str, str] = {},
    server: tuple[str, int] = ("127.0.0.1", 3456),
) -> Principal:
    scope = {"type": "http", "server": server, "headers": []}
    return asyncio.run(at.admit(scope, {**HOST, **headers}, query, method, access))


def cookie(keys: KeyRing = KEYS) -> dict[str, str]:
    """The cookie of somebody who is logged in."""
    issued = Sessions(lambda: keys.session_secret).issue(Principal("admin", "ADMIN_KEY", admin=True))
    return {"cookie": f"theme=dark; {issued.partition(';')[0]}"}


def host(known: Principal | None) -> Any:
    return lambda scope: known


# -- keys


@pytest.mark.parametrize("headers", [CLIENT, {"authorization": "Bearer client"}, {"x-goog-api-key": "client"}])
def test_c37_a_client_asks_models_and_manages_nothing(headers: dict[str, str]) -> None:
    assert admit(door(), "client", headers).id == "k1"
    with pytest.raises(NotPermitted, match='"k1" may ask models'):
        admit(door(), "admin", headers)


def test_c37_nobody_and_a_wrong_key_are_401_everywhere() -> None:
    for access in ("client", "admin"):
        for headers in ({}, {"x-api-key": "wrong"}, {**FOREIGN_PAGE} if access == "client" else {}):
            with pytest.raises(NotAuthenticated):
                admit(door(local=True), access, headers)


def test_the_key_for_managing_does_everything() -> None:
    assert admit(door(), "client", ADMIN).admin
    assert admit(door(), "admin", ADMIN).admin


def test_a_key_in_the_query_counts_where_it_is_given() -> None:
    assert admit(door(), query={"key": "client"}).id == "k1"


def test_with_a_key_any_host_name_will_do() -> None:
    """The pages are opened under addresses of the local network, too (F25)."""
    headers = {"host": "gateway.lan:3456", "origin": "http://gateway.lan:3456"}
    assert admit(door(), "admin", {**headers, **ADMIN}).admin
    assert admit(door(), "admin", {**headers, **cookie()}).source == "session"


def test_c47_with_the_right_key_a_foreign_page_manages_nothing() -> None:
    for headers in (ADMIN, cookie()):
        for method in ("GET", "POST"):
            with pytest.raises(NotPermitted, match="another origin"):
                admit(door(), "admin", {**headers, **FOREIGN_PAGE}, method=method)
    assert admit(door(), "client", {**CLIENT, **FOREIGN_PAGE}).id == "k1", "but a client with a key may be a page"
    allowed = door(allowed_hosts=["evil.example"])
    assert admit(allowed, "admin", {**ADMIN, **FOREIGN_PAGE}).admin


# -- sessions


def test_a_session_manages_from_its_own_pages() -> None:
    for page in (OWN_PAGE, {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}):
        assert admit(door(), "admin", {**cookie(), **page}).source == "session"
    assert admit(door(), "admin", cookie(), method="GET").admin, "pages are also opened by a link or a bookmark"


@pytest.mark.parametrize(
    "page",
    [{}, FOREIGN_PAGE, {"origin": "null"}, {"origin": "http://127.0.0.1:3000"}, {"sec-fetch-site": "same-site"}],
)
@pytest.mark.parametrize("access", ["admin", "client"])
def test_c47_what_changes_something_needs_proof_that_our_page_asked(access: Access, page: dict[str, str]) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(NotPermitted):
            admit(door(), access, {**cookie(), **page}, method=method)


def test_a_session_asks_models_as_well_for_the_playground() -> None:
    assert admit(door(), "client", {**cookie(), **OWN_PAGE}).admin


def test_a_wrong_key_does_not_spoil_a_session() -> None:
    assert admit(door(), "admin", {"x-api-key": "wrong", **cookie(), **OWN_PAGE}).source == "session"
    assert admit(door(), "admin", {**CLIENT, **cookie(), **OWN_PAGE}).source == "session"
    with pytest.raises(NotAuthenticated):
        admit(door(), "admin", {"x-api-key": "wrong", **cookie(KeyRing(admin_key="former"))}, method="GET")


# -- nothing configured


def test_without_any_key_programs_ask_models() -> None:
    for headers in ({}, {"x-api-key": "test"}, {"host": "localhost:3456"}):
        assert admit(door(NO_KEYS), headers=headers) is OPEN


@pytest.mark.parametrize(
    "headers",
    [FOREIGN_PAGE, {"origin": "null"}, {"origin": "http://127.0.0.1:3000"}, {"sec-fetch-site": "cross-site"}],
)
def test_c47_without_any_key_no_foreign_page_asks_models(headers: dict[str, str]) -> None:
    for local in (True, False):
        with pytest.raises(NotPermitted, match="allowed_hosts"):
            admit(door(NO_KEYS, local=local), headers=headers)
    assert admit(door(NO_KEYS), headers=OWN_PAGE) is OPEN


def test_c47_without_any_key_no_foreign_name_asks_models() -> None:
    """DNS rebinding: to the browser the page is of the same origin, and its requests come to this machine."""
    rebound = {"host": "evil.example:3456", "origin": "http://evil.example:3456"}
    with pytest.raises(NotPermitted, match="allowed_hosts"):
        admit(door(NO_KEYS), headers=rebound)
    with pytest.raises(NotPermitted, match="allowed_hosts"):
        admit(door(NO_KEYS, local=True), headers=rebound, server=("gateway", 80))
    assert admit(door(NO_KEYS, allowed_hosts=["evil.example"]), headers=rebound) is OPEN
    assert admit(door(NO_KEYS), headers=rebound, server=("10.0.0.7", 3456)) is OPEN, "a host decides on its names"


def test_an_http_1_0_client_without_host_asks_models_and_manages_nothing() -> None:
    scope = {"type": "http", "server": ("127.0.0.1", 3456)}
    at = door(NO_KEYS, local=True)
    assert asyncio.run(at.admit(scope, {}, {}, "POST", "client")) is OPEN
    with pytest.raises(NotPermitted):
        asyncio.run(at.admit(scope, {}, {}, "GET", "admin"))


@pytest.mark.parametrize("keys", [NO_KEYS, CLIENT_KEYS_ONLY], ids=["no key", "client keys"])
def test_c47_without_a_key_for_it_only_this_machine_manages(keys: KeyRing) -> None:
    with pytest.raises(NotPermitted, match=r"ADMIN_KEY.*authenticate"):
        admit(door(keys), "admin")
    at = door(keys, local=True)
    assert admit(at, "admin") is LOCAL
    assert admit(at, "admin", {"host": "localhost:3456", "origin": "http://localhost:3456"}) is LOCAL
    for headers in (FOREIGN_PAGE, {"sec-fetch-site": "same-site"}, {"host": "evil.example"}):
        with pytest.raises(NotPermitted):
            admit(at, "admin", headers)
    rebound = {"host": "evil.example", "origin": "http://evil.example", "sec-fetch-site": "same-origin"}
    with pytest.raises(NotPermitted):
        admit(at, "admin", rebound)
    assert admit(door(keys, local=True, allowed_hosts=["evil.example"]), "admin", rebound) is LOCAL


def test_at_this_machine_a_key_that_was_sent_has_to_be_right() -> None:
    at = door(CLIENT_KEYS_ONLY, local=True)
    with pytest.raises(NotPermitted, match="may ask models"):
        admit(at, "admin", CLIENT)
    with pytest.raises(NotAuthenticated):
        admit(at, "admin", {"x-api-key": "wrong"})


def test_with_keys_for_clients_only_the_own_pages_still_ask_models() -> None:
    """Whoever manages at this machine without a key has just made the first key in a page, and goes on there."""
    at = door(CLIENT_KEYS_ONLY, local=True)
    assert admit(at, "client", OWN_PAGE) is LOCAL
    for headers in ({}, {"x-api-key": "wrong", **OWN_PAGE}, {"host": "evil.example", "origin": "http://evil.example"}):
        with pytest.raises(NotAuthenticated):
            admit(at, "client", headers)
    for other in (door(CLIENT_KEYS_ONLY), door(KEYS, local=True)):
        with pytest.raises(NotAuthenticated):
            admit(other, "client", OWN_PAGE)


# -- the host's users

USER = Principal("ada", "Ada", models=("a,*",), rpm=7, groups=frozenset({"staff"}))
BOSS = Principal("eve", admin=True)


def test_the_host_says_who_calls() -> None:
    at = door(NO_KEYS, authenticate=host(USER))
    known = admit(at)
    assert (known.id, known.models, known.rpm, known.groups, known.source) == ("ada", ("a,*",), 7, {"staff"}, "host")
    with pytest.raises(NotPermitted, match='"Ada" may ask models'):
        admit(at, "admin")
    assert admit(door(NO_KEYS, authenticate=host(BOSS)), "admin").id == "eve"


def test_the_host_may_have_to_wait_for_it_and_sees_the_scope() -> None:
    seen: list[Any] = []

    async def authenticate(scope: Mapping[str, Any]) -> Principal:
        await asyncio.sleep(0)
        seen.append(scope)
        return USER

    assert admit(door(NO_KEYS, authenticate=authenticate)).id == "ada"
    assert seen[0]["type"] == "http"


def test_whom_the_host_does_not_know_is_nobody_even_at_this_machine() -> None:
    for keys in (NO_KEYS, KEYS):
        at = door(keys, authenticate=host(None), local=True)
        for access in ("client", "admin"):
            with pytest.raises(NotAuthenticated, match="log in there"):
                admit(at, access)
    with pytest.raises(NotAuthenticated, match="not one this gateway knows"):
        admit(door(authenticate=host(None)), headers={"x-api-key": "wrong"})


def test_keys_and_sessions_come_before_the_host() -> None:
    at = door(authenticate=host(USER))
    assert admit(at, headers=CLIENT).id == "k1"
    assert admit(at, headers={"x-api-key": "wrong"}).id == "ada", "a header of the host's own scheme is no wrong key"
    assert admit(at, "admin", ADMIN).id == "admin"
    assert admit(at, "admin", {**cookie(), **OWN_PAGE}).source == "session"
    assert admit(door(authenticate=host(BOSS)), "admin", CLIENT).id == "eve", "one right is enough"


def test_c47_the_hosts_cookies_do_not_let_foreign_pages_in() -> None:
    at = door(NO_KEYS, authenticate=host(BOSS))
    for access in ("client", "admin"):
        with pytest.raises(NotPermitted, match="another origin"):
            admit(at, access, FOREIGN_PAGE)
        assert admit(at, access, OWN_PAGE).id == "eve"
    assert admit(door(NO_KEYS, authenticate=host(BOSS), allowed_hosts=["evil.example"]), "client", FOREIGN_PAGE)


def test_errors_of_the_gateway_pass_and_others_are_faults(caplog: pytest.LogCaptureFixture) -> None:
    def limited(scope: Any) -> Any:
        raise RateLimited("the host has had enough", retry_after_seconds=3)

    with pytest.raises(RateLimited, match="had enough"):
        admit(door(NO_KEYS, authenticate=limited))

    def broken(scope: Any) -> Any:
        raise KeyError("secret detail")

    with caplog.at_level(logging.ERROR), pytest.raises(InternalError) as caught:
        admit(door(NO_KEYS, authenticate=broken))
    assert "secret detail" not in caught.value.message
    assert "secret detail" in caplog.text
    with pytest.raises(InternalError):
        admit(door(NO_KEYS, authenticate=lambda scope: True))
    assert "Principal or None" in caplog.text


# -- everybody


def test_public_endpoints_look_at_nobody() -> None:
    def authenticate(scope: Any) -> Any:
        raise AssertionError("asked")

    at = door(authenticate=authenticate)
    assert admit(at, "public", {"x-api-key": "wrong", **FOREIGN_PAGE}) is OPEN


@pytest.mark.parametrize(
    ("at", "headers", "found"),
    [
        (door(), {}, "open"),
        (door(), CLIENT, "k1"),
        (door(), ADMIN, "admin"),
        (door(), cookie(), "admin"),
        (door(NO_KEYS, local=True), {}, "local"),
        (door(NO_KEYS), {}, "open"),
        (door(NO_KEYS, authenticate=host(USER)), {}, "ada"),
        (door(NO_KEYS, authenticate=host(None)), {}, "open"),
        (door(NO_KEYS, authenticate=lambda scope: 1 / 0), {}, "open"),
        (door(NO_KEYS, local=True), FOREIGN_PAGE, "open"),
    ],
)
def test_who_is_recognised_without_being_refused(at: Door, headers: dict[str, str], found: str) -> None:
    assert admit(at, "recognised", headers, method="GET").id == found


def test_every_refusal_is_an_error_clients_are_told_in_their_format() -> None:
    with pytest.raises(GatewayError) as caught:
        admit(door(NO_KEYS), "admin")
    assert (caught.value.status, caught.value.type) == (403, "permission_error")
