"""Both HTTP adapters against real sockets: what is sent and what arrives."""

import gzip

import pytest

from ccr_middleware.errors import UpstreamBroken
from ccr_middleware.testing import CUT, RESET, Exchange, FakeServer, Script, Signal, json_answer
from ccr_middleware.upstream import Library, Transport, WireResponse

from .support.adapters import BODY, HEADERS, libraries, read, request_to, run

library = libraries()


def exchange_of(library: Library, script: Script, **fields: object) -> tuple[WireResponse, bytes, Exchange]:
    """One request, its answer read to the end, and what the provider saw."""
    results = []

    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider, **fields))
        try:
            results.extend([response, await read(response)])
        finally:
            await response.aclose()

    with FakeServer(script) as provider:
        run(library, scenario)
    return results[0], results[1], provider.exchanges[0]


# What is sent


def test_only_our_headers_are_sent(library: Library) -> None:
    _, _, seen = exchange_of(library, json_answer({}))
    assert (seen.method, seen.path, seen.body) == ("POST", "/v1/chat/completions", BODY)
    assert {name: value for name, value in seen.headers.items() if name != "host"} == {
        **HEADERS,
        "accept-encoding": "identity",
        "content-length": str(len(BODY)),
    }


def test_a_get_has_no_body_and_no_headers_about_one(library: Library) -> None:
    _, _, seen = exchange_of(library, json_answer({}), method="GET", headers={"x-api-key": "k"}, body=b"")
    assert set(seen.headers) == {"host", "x-api-key", "accept-encoding"}


def test_an_accept_encoding_of_the_caller_is_kept(library: Library) -> None:
    _, _, seen = exchange_of(library, json_answer({}), headers={"accept-encoding": "gzip"})
    assert seen.headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("value", ["café", "日本語 😀"])
def test_header_values_beyond_ascii_leave_as_utf8(library: Library, value: str) -> None:
    _, _, seen = exchange_of(library, json_answer({}), headers={"x-title": value})
    assert seen.headers["x-title"].encode("latin-1") == value.encode()


def test_half_an_emoji_in_a_header_does_not_crash(library: Library) -> None:
    _, _, seen = exchange_of(library, json_answer({}), headers={"x-title": "a\ud83db"})
    assert seen.headers["x-title"] == "ab"


@pytest.mark.parametrize("size", [0, 1, 2**20, 3 * 2**20 + 1])
def test_bodies_of_any_size_arrive_whole(library: Library, size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    _, _, seen = exchange_of(library, json_answer({}), body=body[:size])
    assert seen.body == body[:size]


def test_cookies_are_never_sent_back(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(2):  # by name: cookie jars take nothing from bare addresses
            request = request_to(provider, url=f"http://localhost:{provider.port}/v1")
            await read(await transport.send(request))

    with FakeServer(json_answer({}, headers={"set-cookie": "session=1; Path=/"})) as provider:
        run(library, scenario)
    assert ["cookie" in seen.headers for seen in provider.exchanges] == [False, False]


# What arrives


def test_status_headers_and_body(library: Library) -> None:
    script = json_answer({"error": "slow down"}, 429, {"Retry-After": "7", "X-Request-ID": "r1"})
    response, body, _ = exchange_of(library, script)
    assert response.status == 429
    assert body == b'{"error": "slow down"}'
    assert (response.headers["retry-after"], response.headers["x-request-id"]) == ("7", "r1")
    assert all(name == name.lower() for name in response.headers)


def test_response_headers_are_read_byte_for_byte(library: Library) -> None:
    response, _, _ = exchange_of(library, json_answer({}, headers={"x-name": "caf\xe9 \xff"}))
    assert response.headers["x-name"] == "caf\xe9 \xff"


def test_a_long_header_line_is_taken(library: Library) -> None:
    response, _, _ = exchange_of(library, json_answer({}, headers={"content-security-policy": "x" * 20_000}))
    assert len(response.headers["content-security-policy"]) == 20_000


def test_chunks_come_as_they_are_sent(library: Library) -> None:
    gate = Signal()

    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        chunks = response.chunks()
        assert await anext(chunks) == b"data: 1\n\n"
        gate.set()  # the provider sends the second only now
        assert await anext(chunks) == b"data: 2\n\n"
        assert [chunk async for chunk in chunks] == []
        await response.aclose()

    with FakeServer(Script([b"data: 1\n\n", gate, b"data: 2\n\n"])) as provider:
        run(library, scenario)


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
def test_compressed_answers_arrive_decompressed(library: Library, framing: str) -> None:
    text = b"data: hello\n\n" * 500
    packed = gzip.compress(text)
    script = Script([packed[:20], packed[20:]], headers={"content-encoding": "gzip"}, framing=framing)
    assert exchange_of(library, script)[1] == text


def test_an_answer_ended_by_the_close_of_the_connection_is_whole(library: Library) -> None:
    assert exchange_of(library, Script([b"a", b"b"], framing="close"))[1] == b"ab"


@pytest.mark.parametrize("framing", ["chunked", "length"])
@pytest.mark.parametrize("end", [CUT, RESET])
def test_an_answer_cut_short_is_broken(library: Library, framing: str, end: object) -> None:
    arrived = []

    async def collect(response: WireResponse) -> None:
        async for chunk in response.chunks():
            arrived.append(chunk)
            gate.set()

    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        with pytest.raises(UpstreamBroken, match=r"^127\.0\.0\.1:\d+ broke off its answer: ") as caught:
            await collect(response)
        assert caught.value.retryable
        await response.aclose()

    gate = Signal()
    with FakeServer(Script([b"data: 1\n\n", gate, end], framing=framing)) as provider:
        run(library, scenario)
    assert b"".join(arrived) == b"data: 1\n\n"


def test_a_corrupt_compressed_answer_is_broken(library: Library) -> None:
    with pytest.raises(UpstreamBroken):
        exchange_of(library, Script([b"this is no gzip"], headers={"content-encoding": "gzip"}, framing="length"))


def test_redirects_are_answers(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        response = await transport.send(request_to(provider))
        assert (response.status, response.headers["location"]) == (307, "/elsewhere")
        await response.aclose()

    with FakeServer([json_answer({}, 307, {"location": "/elsewhere"})]) as provider:
        run(library, scenario)
    assert len(provider.exchanges) == 1
