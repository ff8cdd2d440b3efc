"""Presets from the web, over a transport without a network."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest

from ccr_middleware.errors import BadRequest, GatewayError, NotFound, RequestTooLarge, UpstreamError, UpstreamTimeout
from ccr_middleware.presets import download as downloading
from ccr_middleware.presets.download import archive_url, download, is_repository
from ccr_middleware.upstream import InProcessTransport, WireRequest

Page = tuple[int, dict[str, str], bytes]


def fetch(pages: Mapping[str, Page], url: str, asked: list[WireRequest] | None = None) -> bytes:
    """Download from a web of these pages."""

    async def answer(request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        if asked is not None:
            asked.append(request)
        status, headers, body = pages.get(request.url, (404, {}, b""))
        return status, headers, pieces(body)

    async def pieces(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1_000_000):
            yield body[start : start + 1_000_000]

    return asyncio.run(download(InProcessTransport(answer), url))


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("https://github.com/owner/repo", "https://github.com/owner/repo/archive/HEAD.zip"),
        ("https://github.com/owner/repo/", "https://github.com/owner/repo/archive/HEAD.zip"),
        ("https://github.com/owner/repo.git", "https://github.com/owner/repo/archive/HEAD.zip"),
        ("https://www.github.com/o/r.x", "https://github.com/o/r.x/archive/HEAD.zip"),
        ("https://github.com/o/r/tree/dev", "https://github.com/o/r/archive/dev.zip"),
        ("https://github.com/o/r/tree/feature/x y", "https://github.com/o/r/archive/feature/x%20y.zip"),
        ("owner/repo", "https://github.com/owner/repo/archive/HEAD.zip"),
        ("https://github.com/o/r/archive/refs/heads/main.zip", "https://github.com/o/r/archive/refs/heads/main.zip"),
        (" https://x.test/p.zip?v=1 ", "https://x.test/p.zip?v=1"),
        ("http://127.0.0.1:8080/p.zip", "http://127.0.0.1:8080/p.zip"),
        ("http://localhost/p.zip", "http://localhost/p.zip"),
    ],
)
def test_e5_addresses(written: str, url: str) -> None:
    assert archive_url(written) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://x.test/p.zip", "ftp://x.test/p.zip", "file:///etc/passwd", "https://", "https:///p", "https://[bad",
        "https://x:99999/", "javascript:alert(1)", "", "/etc/passwd", "data://x",
    ],
)  # fmt: skip
def test_what_is_not_downloaded(url: str) -> None:
    with pytest.raises(BadRequest, match="https://"):
        archive_url(url)


@pytest.mark.parametrize(
    ("text", "is_one"), [("a/b", True), ("./a", False), ("../a", False), ("a", False), ("~/a", False)]
)
def test_repositories_in_short(text: str, is_one: bool) -> None:
    assert is_repository(text) is is_one


def test_redirects_are_followed() -> None:
    pages: dict[str, Page] = {
        "https://github.com/o/r/archive/HEAD.zip": (302, {"location": "https://code.test/x"}, b""),
        "https://code.test/x": (301, {"location": "/y"}, b""),
        "https://code.test/y": (200, {}, b"PK"),
    }
    asked: list[WireRequest] = []
    assert fetch(pages, "o/r", asked) == b"PK"
    assert [request.method for request in asked] == ["GET", "GET", "GET"]
    assert all("authorization" not in request.headers for request in asked)


@pytest.mark.parametrize(
    "location", ["http://x.test/", "http://127.0.0.1/admin", "file:///etc/passwd", "ftp://x.test", "https://[x"]
)
def test_redirects_lead_nowhere_else(location: str) -> None:
    with pytest.raises(BadRequest):
        fetch({"https://x.test/p": (302, {"location": location}, b"")}, "https://x.test/p")


@pytest.mark.parametrize(
    ("page", "error"),
    [
        ((404, {}, b""), NotFound),
        ((500, {}, b""), UpstreamError),
        ((403, {}, b""), UpstreamError),
        ((302, {}, b""), UpstreamError),
        ((302, {"location": "https://x.test/p"}, b""), UpstreamError),
        ((200, {}, bytes(20 * 1024 * 1024 + 1)), RequestTooLarge),
    ],
)
def test_what_goes_wrong(page: Page, error: type[GatewayError]) -> None:
    with pytest.raises(error) as caught:
        fetch({"https://x.test/p": page}, "https://x.test/p?token=secret".partition("?")[0])
    assert "x.test" in caught.value.message or error is RequestTooLarge


def test_an_address_with_a_key_is_not_told() -> None:
    with pytest.raises(NotFound) as caught:
        fetch({}, "https://me:pass@x.test/p?token=secret")
    assert "x.test/p" in caught.value.message
    assert "secret" not in caught.value.message
    assert "pass" not in caught.value.message


def test_a_server_that_never_answers() -> None:
    async def answer(request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(UpstreamTimeout, match=r"x\.test did not send the preset within"):
        asyncio.run(downloading.download(InProcessTransport(answer), "https://x.test/p", timeout_seconds=0.02))
