"""Sessions in a browser: the cookie, its end, and guessing at it."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.access.principal import Principal
from ccr_middleware.access.sessions import LOGINS_PER_MINUTE, SESSION_SECONDS, Sessions
from ccr_middleware.errors import RateLimited

BOSS = Principal("admin", "ADMIN_KEY", admin=True)


class Clock:
    """A clock that is put forward by hand."""

    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def sessions(secret: bytes = b"s" * 32, clock: Clock | None = None) -> Sessions:
    return Sessions(lambda: secret, clock=clock or Clock())


def value(cookie: str) -> str:
    """What a browser sends back of a `Set-Cookie`."""
    return cookie.partition(";")[0]


def test_a_cookie_is_read_by_every_worker_that_has_the_key() -> None:
    issued = value(sessions().issue(BOSS))
    known = sessions().read(f"a=1; {issued}; b=2")
    assert known is not None
    assert (known.admin, known.source, known.name) == (True, "session", "ADMIN_KEY")
    assert sessions(b"t" * 32).read(issued) is None
    assert sessions(b"").read(issued) is None


def test_a_session_ends() -> None:
    clock = Clock()
    at = sessions(clock=clock)
    issued = value(at.issue(BOSS))
    clock.now += SESSION_SECONDS - 1
    assert at.read(issued)
    clock.now += 1
    assert at.read(issued) is None


def test_attributes_of_the_cookie() -> None:
    plain = sessions().issue(BOSS, path="/llm/ccr")
    assert {"Path=/llm/ccr/", "HttpOnly", "SameSite=Strict", f"Max-Age={SESSION_SECONDS}"} <= set(plain.split("; "))
    assert "Secure" not in plain
    assert "Domain" not in plain
    assert sessions().issue(BOSS, secure=True).endswith("; Secure")
    assert "Path=/;" in sessions().issue(BOSS)
    assert "Path=/a%3B%20Domain%3Dx/;" in sessions().issue(BOSS, path="/a; Domain=x")
    cleared = Sessions.clear(path="/ccr")
    assert cleared.startswith("ccr_session=; Path=/ccr/; Max-Age=0;")


def test_of_several_cookies_ours_is_found() -> None:
    """Gateways on other ports of the same machine set cookies of the same name."""
    issued = value(sessions().issue(BOSS))
    other = value(sessions(b"o" * 32).issue(BOSS))
    assert sessions().read(f"{other}; {issued}")
    assert sessions().read(f"{issued}; {other}")


def test_nobody_logs_in_without_a_key() -> None:
    with pytest.raises(ValueError, match="ADMIN_KEY"):
        sessions(b"").issue(BOSS)


@pytest.mark.parametrize("forged", ["", ".", "..", "a.b.c", "a.99999999999.", "ccr_session", "é.1.é", "x" * 10_000])
def test_forged_cookies_are_nobody(forged: str) -> None:
    assert sessions().read(f"ccr_session={forged}") is None


@given(st.integers(0, 10_000), st.characters(codec="latin-1"))
def test_a_changed_cookie_is_nobody(place: int, character: str) -> None:
    name, _, issued = value(sessions().issue(BOSS)).partition("=")
    place %= len(issued)
    changed = issued[:place] + character + issued[place + 1 :]
    if changed == issued or changed.rstrip() == issued or ";" in changed:
        return
    assert sessions().read(f"{name}={changed}") is None


def test_a_later_end_cannot_be_written_into_it() -> None:
    who, until, signature = value(sessions().issue(BOSS)).partition("=")[2].split(".")
    assert base64.urlsafe_b64decode(who + "===") == b"ADMIN_KEY"
    assert sessions().read(f"ccr_session={who}.{int(until) + 1}.{signature}") is None


def test_logging_in_is_tried_ten_times_a_minute() -> None:
    clock = Clock()
    at = sessions(clock=clock)
    for _ in range(LOGINS_PER_MINUTE):
        at.attempt("10.0.0.1")
    with pytest.raises(RateLimited) as caught:
        at.attempt("10.0.0.1")
    assert caught.value.status == 429
    assert caught.value.headers["retry-after"] == "60"
    at.attempt("10.0.0.2")
    clock.now += 61
    at.attempt("10.0.0.1")


def test_attempts_of_very_many_addresses_take_limited_memory() -> None:
    at = sessions()
    for number in range(12_000):
        at.attempt(f"10.{number}")
    assert len(at._attempts._items) == 10_000  # type: ignore[attr-defined]
