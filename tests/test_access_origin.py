"""Where requests come from: host names, origins, and what browsers say about both (C47)."""

import pytest

from ccr_middleware.access.origin import (
    allowed_host,
    arrived_on_loopback,
    is_foreign,
    is_loopback_host,
    is_own_page,
    is_secure,
    parse_host,
    same_origin,
)


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:3456", "localhost.", "ui.localhost:80", "127.0.0.1", "127.9.9.9:1", "[::1]", "[::1]:3456"],
)
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "notlocalhost",
        "0.0.0.0:3456",  # browsers reach this machine by it
        "192.168.1.5",
        "[::]",
        "::1:3456:x",
        "localhost@evil.example",
        "evil.example@localhost",
        "localhost/evil",
        "localhost:port",
        "localhost:99999",
        "2130706433",
    ],
)
def test_other_names_are_not_of_this_machine_wherever_they_point(host: str) -> None:
    assert not is_loopback_host(host)


@pytest.mark.parametrize(
    ("host", "allowed", "fine"),
    [
        ("gw.example", ["gw.example"], True),
        ("GW.example:8443", ["gw.example"], True),
        ("gw.example:8443", ["gw.example:8443"], True),
        ("gw.example:9", ["gw.example:8443"], False),
        ("gw.example", ["gw.example:8443"], False),
        ("a.gw.example", ["gw.example"], False),
        ("127.0.0.1:3456", [], True),
        ("", ["gw.example"], False),
        ("gw.example", [""], False),
    ],
)
def test_allowed_hosts(host: str, allowed: list[str], fine: bool) -> None:
    assert allowed_host(host, allowed) is fine


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:3456", "localhost:3456", True),
        ("HTTP://LocalHost:3456", "localhost:3456", True),
        ("https://gw.example", "gw.example", True),
        ("https://gw.example", "gw.example:443", True),
        ("https://gw.example:443", "gw.example", True),
        ("http://gw.example", "gw.example:80", True),
        ("http://localhost:3000", "localhost:3456", False),  # another application of the same machine
        ("https://gw.example:8443", "gw.example", False),
        ("https://evil.example", "gw.example", False),
        ("https://gw.example.evil.example", "gw.example", False),
        ("null", "gw.example", False),
        ("", "gw.example", False),
        ("", "", False),
        ("file://", "gw.example", False),
        ("chrome-extension://abcdef", "abcdef", False),
        ("https://user@gw.example", "gw.example", False),
        ("https://gw.example/x", "gw.example", False),
        ("http://[::1]:3456", "[::1]:3456", True),
        ("http://[::1", "[::1", False),
    ],
)
def test_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin({"origin": origin, "host": host}) is same


def test_a_forwarded_host_counts_only_when_it_is_listed() -> None:
    headers = {"origin": "https://gw.example:8443", "host": "10.0.0.2:80", "x-forwarded-host": "gw.example:8443, inner"}
    assert not same_origin(headers)
    assert same_origin(headers, ["gw.example"])
    assert not same_origin(headers, ["other.example"])
    del headers["x-forwarded-host"]
    assert not same_origin(headers, ["gw.example"]), "another port is another application"
    assert same_origin(headers, ["gw.example:8443"])


@pytest.mark.parametrize(
    ("headers", "foreign", "own"),
    [
        ({}, False, False),  # a program
        ({"sec-fetch-site": "none"}, False, True),
        ({"sec-fetch-site": "same-origin"}, False, True),
        ({"sec-fetch-site": "same-site"}, True, False),
        ({"sec-fetch-site": "cross-site"}, True, False),
        ({"origin": "http://h:1", "sec-fetch-site": "cross-site"}, False, True),
        ({"origin": "http://other", "sec-fetch-site": "same-origin"}, True, False),
        ({"origin": ""}, True, False),
    ],
)
def test_pages_of_somewhere_else(headers: dict[str, str], foreign: bool, own: bool) -> None:
    headers = {"host": "h:1", **headers}
    assert is_foreign(headers) is foreign
    assert is_own_page(headers) is own


@pytest.mark.parametrize(
    ("server", "there"),
    [
        (("127.0.0.1", 80), True),
        (("::1", 80), True),
        (("localhost", 80), True),
        (("10.0.0.1", 80), False),
        (("/run/gateway.sock", None), False),
        (None, False),
    ],
)
def test_where_a_request_arrived(server: object, there: bool) -> None:
    assert arrived_on_loopback({"server": server}) is there


@pytest.mark.parametrize(
    ("scheme", "headers", "secure"),
    [
        ("https", {}, True),
        ("http", {}, False),
        ("http", {"x-forwarded-proto": "https, http"}, True),
        ("http", {"origin": "https://gw.example"}, True),
        ("http", {"origin": "http://gw.example"}, False),
    ],
)
def test_whether_the_browser_came_by_https(scheme: str, headers: dict[str, str], secure: bool) -> None:
    assert is_secure({"scheme": scheme}, headers) is secure


def test_hosts_are_taken_apart() -> None:
    assert parse_host("GW.Example.:8443") == ("gw.example", 8443)
    assert parse_host("[::1]") == ("::1", None)
    assert parse_host("a/b") is None
