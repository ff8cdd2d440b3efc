"""C34, the network's part: every way not to reach a provider becomes one of three errors with a clear text."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from ccr_middleware.errors import ConfigError, UpstreamBroken, UpstreamError, UpstreamTimeout, UpstreamUnreachable
from ccr_middleware.testing import CUT, RESET, FakeServer, Script, json_answer
from ccr_middleware.testing.ports import refusing, unanswering
from ccr_middleware.upstream import Library, PoolSettings, WireRequest, open_transport
from ccr_middleware.upstream.failures import address, reason
from ccr_middleware.upstream.proxy import ProxyRule, is_loopback
from ccr_middleware.upstream.tls import tls_context

from .support.adapters import libraries

SECRET = "sk-very-secret"


library = libraries()


def failure(library: Library, url: str, headers: dict[str, str] | None = None, **settings: object) -> UpstreamError:
    """The error of one request. The key is in the URL and in a header, and must not be in the text."""

    async def main() -> UpstreamError:
        transport = open_transport(PoolSettings(**settings), library)
        request = WireRequest(
            f"{url}/v1/chat?key={SECRET}", {"authorization": f"Bearer {SECRET}"} | (headers or {}), b"{}"
        )
        request.connect_timeout_seconds = 0.2
        try:
            with pytest.raises(UpstreamError) as caught:
                await transport.send(request)
        finally:
            await transport.aclose()
        return caught.value

    error = asyncio.run(main())
    assert SECRET not in error.message
    assert "/v1/chat" not in error.message
    return error


def test_c34_connection_refused(library: Library) -> None:
    with refusing() as url:
        error = failure(library, url)
    assert type(error) is UpstreamUnreachable
    assert error.message == f"cannot connect to {url.removeprefix('http://')}: connection refused"
    assert error.retryable


def test_c34_unknown_host(library: Library) -> None:
    error = failure(library, "http://no-such-host.invalid")
    assert type(error) is UpstreamUnreachable
    assert error.message == "cannot connect to no-such-host.invalid:80: name or service not known"


def test_c34_connect_timeout(library: Library) -> None:
    with unanswering() as url:
        error = failure(library, url)
    assert type(error) is UpstreamTimeout
    assert error.message == f"cannot connect to {url.removeprefix('http://')}: no connection within 0.2 s"
    assert error.status == 504


def test_c34_tls_error(library: Library) -> None:
    async def main() -> tuple[str, UpstreamError]:
        async with misbehaving(lambda writer: writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n"), reads=1) as url:
            return url, await asyncio.to_thread(failure, library, url.replace("http:", "https:"))

    url, error = asyncio.run(main())
    assert type(error) is UpstreamUnreachable
    assert error.message.startswith(f"cannot connect to {url.removeprefix('http://')}: TLS: the server does not speak")


@pytest.mark.parametrize("end", [CUT, RESET])
def test_c34_a_connection_closed_without_an_answer(library: Library, end: object) -> None:
    with FakeServer(Script(before=[end])) as provider:
        error = failure(library, provider.url)
    assert type(error) is UpstreamBroken
    assert error.message.startswith(f"127.0.0.1:{provider.port} gave no answer: ")
    assert error.retryable


def test_an_answer_that_is_no_http_is_broken(library: Library) -> None:
    async def main() -> UpstreamError:
        async with misbehaving(lambda writer: writer.write(b"220 mail.example.com ESMTP\r\n\r\n")) as url:
            return await asyncio.to_thread(failure, library, url)

    error = asyncio.run(main())
    assert type(error) is UpstreamBroken
    assert "ESMTP" not in error.message


@asynccontextmanager
async def misbehaving(act: Callable[[asyncio.StreamWriter], None], reads: int | None = None) -> AsyncIterator[str]:
    """A server that reads the request's head (or so many bytes), acts, and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await (reader.readuntil(b"\r\n\r\n") if reads is None else reader.readexactly(reads))
        act(writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "http://", "127.0.0.1:80", "http://127.0.0.1:notaport"])
def test_a_url_nobody_can_use_names_the_place_to_look(library: Library, url: str) -> None:
    error = failure(library, url)
    assert type(error) is UpstreamUnreachable
    assert "api_base_url" in error.message


def test_a_key_with_a_line_break_is_not_shown(library: Library) -> None:
    with FakeServer(json_answer({})) as provider:
        error = failure(library, provider.url, {"x-api-key": f"{SECRET}\nx: y"})
    assert type(error) is UpstreamUnreachable
    assert "line break" in error.message
    assert provider.exchanges == []


# The proxy (F28)


def test_the_proxy_is_used_and_resolves_the_name(library: Library) -> None:
    async def main() -> bytes:
        transport = open_transport(PoolSettings(proxy_url=f"http://u:p@127.0.0.1:{proxy.port}"), library)
        response = await transport.send(WireRequest("http://api.example.com/v1?a=b", {}, b"{}"))
        body = b"".join([chunk async for chunk in response.chunks()])
        await response.aclose()
        await transport.aclose()
        return body

    with FakeServer([json_answer({"via": "proxy"})]) as proxy:
        assert asyncio.run(main()) == b'{"via": "proxy"}'
    seen = proxy.exchanges[0]
    assert (seen.path, seen.headers["host"]) == ("http://api.example.com/v1?a=b", "api.example.com")
    assert seen.headers["proxy-authorization"] == "Basic dTpw"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_never_proxied(library: Library, host: str) -> None:
    async def main() -> int:
        transport = open_transport(PoolSettings(proxy_url=proxy), library)
        response = await transport.send(WireRequest(f"http://{host}:{provider.port}/v1", {}, b"{}"))
        await response.aclose()
        await transport.aclose()
        return response.status

    with refusing() as proxy, FakeServer(json_answer({})) as provider:
        assert asyncio.run(main()) == 200


def test_the_environment_does_not_steer_us(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing() as proxy, FakeServer(json_answer({})) as provider:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
        monkeypatch.setenv("ALL_PROXY", proxy)

        async def main() -> int:
            transport = open_transport(PoolSettings(), library)
            response = await transport.send(WireRequest(f"{provider.url}/v1", {}, b"{}"))
            await response.aclose()
            await transport.aclose()
            return response.status

        assert asyncio.run(main()) == 200


def test_a_proxy_that_is_not_there(library: Library) -> None:
    with refusing() as proxy:
        error = failure(library, "https://api.example.com", proxy_url=proxy)
    place = proxy.removeprefix("http://")
    assert type(error) is UpstreamUnreachable
    assert error.message == f"cannot connect to api.example.com:443 through the proxy {place}: connection refused"


def test_a_proxy_that_refuses_the_tunnel(library: Library) -> None:
    with FakeServer(json_answer({}, 407)) as proxy:
        error = failure(library, "https://api.example.com", proxy_url=proxy.url)
    assert type(error) is UpstreamUnreachable
    assert error.message.endswith(f"through the proxy 127.0.0.1:{proxy.port}: the proxy answered 407")
    assert proxy.exchanges[0].method == "CONNECT"
    assert SECRET not in str(proxy.exchanges[0])


@pytest.mark.parametrize("proxy_url", ["socks5://127.0.0.1:1080", "http://", "http://host:port"])
def test_a_proxy_url_that_cannot_work_is_a_config_error(library: Library, proxy_url: str) -> None:
    with pytest.raises(ConfigError, match="PROXY_URL"):
        open_transport(PoolSettings(proxy_url=proxy_url), library)


def test_certificates_that_cannot_be_read_are_a_config_error(library: Library) -> None:
    with pytest.raises(ConfigError, match="verify"):
        open_transport(PoolSettings(verify="no-such-file.pem"), library)


@pytest.mark.parametrize(
    ("written", "used"), [("localhost:8080", "http://localhost:8080"), ("https://proxy", "https://proxy")]
)
def test_a_proxy_as_written_and_as_used(written: str, used: str) -> None:
    assert ProxyRule(written).proxy_for("https://api.example.com") == used


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1/x", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:8000/", True),
        ("http://LOCALHOST:1/", True),
        ("http://ollama.localhost/", True),
        ("http://localhost.example.com/", False),
        ("http://10.0.0.1/", False),
        ("http://[::1", False),
    ],
)
def test_loopback_by_spelling(url: str, expected: bool) -> None:
    assert is_loopback(url) is expected


# Texts


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://user:pass@api.example.com/v1?key=k", "api.example.com:443"),
        ("http://[::1]:8000/x", "[::1]:8000"),
        ("http://host:99999/", "the provider"),
        ("nonsense", "the provider"),
    ],
)
def test_the_address_is_host_and_port(url: str, expected: str) -> None:
    assert address(url) == expected


def test_the_cause_is_found_below_wrappers_and_in_groups() -> None:
    attempts = ExceptionGroup("all attempts", [OSError(101, "x"), ConnectionRefusedError(111, "y")])
    wrapper, outermost = OSError("All connection attempts failed"), RuntimeError("https://api.example.com?key=k")
    wrapper.__cause__, outermost.__cause__ = attempts, wrapper
    assert reason(outermost) == "connection refused"


def test_the_failure_of_an_earlier_attempt_is_not_taken_for_the_cause() -> None:
    later = RuntimeError()
    later.__context__ = ConnectionRefusedError(111, "x")
    assert "refused" not in reason(later)


def test_reasons_of_names_and_certificates() -> None:
    assert reason(socket.gaierror(-3, "Temporary failure in name resolution")) == "temporary failure in name resolution"
    untrusted = ssl.SSLCertVerificationError()
    untrusted.verify_message = "self-signed certificate"
    assert reason(untrusted) == "TLS: certificate verify failed: self-signed certificate"
    assert reason(ValueError("https://x?key=k")) == "the connection was closed or what came is no valid HTTP"


def test_tls_trust(tmp_path) -> None:
    assert tls_context(True).verify_mode is ssl.CERT_REQUIRED
    unchecked = tls_context(False)
    assert (unchecked.verify_mode, unchecked.check_hostname) == (ssl.CERT_NONE, False)
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        if path.name == "empty.pem":
            path.write_text("no certificate")
        with pytest.raises(ConfigError, match=r"^verify: .*PEM"):
            tls_context(str(path))
    assert tls_context(str(tmp_path)).verify_mode is ssl.CERT_REQUIRED


def test_a_response_that_never_began_leaves_nothing_behind(library: Library) -> None:
    async def main() -> None:
        transport = open_transport(PoolSettings(max_connections=1), library)
        for _ in range(3):
            with pytest.raises(UpstreamUnreachable):
                await transport.send(WireRequest(f"{url}/v1", {}, b"{}"))
        await transport.aclose()

    with refusing() as url:
        asyncio.run(main())


def test_c34_the_next_request_works_after_a_cut(library: Library) -> None:
    async def main() -> int:
        transport = open_transport(PoolSettings(max_connections=1), library)
        with pytest.raises(UpstreamBroken):
            await transport.send(WireRequest(f"{provider.url}/v1", {}, b"{}"))
        response = await transport.send(WireRequest(f"{provider.url}/v1", {}, b"{}"))
        await response.aclose()
        await transport.aclose()
        return response.status

    with FakeServer([Script(before=[CUT]), json_answer({})]) as provider:
        assert asyncio.run(main()) == 200
