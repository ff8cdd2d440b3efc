"""A kept connection that the provider closes in the very moment: the one case in which a request is sent twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ccr_middleware.errors import UpstreamBroken
from ccr_middleware.testing import CUT, RESET, Answer, FakeServer, Script, check_error, check_stream, json_answer
from ccr_middleware.testing.asgi import Reply as Answered
from ccr_middleware.testing.provider import Reply
from ccr_middleware.upstream import Library, StaleConnection, Transport

from .support.adapters import libraries, read, request_to, run
from .support.failing import Place, gateway
from .support.gateway import ask, body

library = libraries()

GONE = [Script(before=[CUT]), Script(before=[RESET])]
each_end = pytest.mark.parametrize("gone", GONE, ids=["closed", "reset"])


@each_end
def test_an_adapter_tells_a_kept_connection_from_a_new_one(library: Library, gone: Script) -> None:
    async def scenario(transport: Transport) -> None:
        for _ in range(2):
            response = await transport.send(request_to(provider))
            await read(response)
            await response.aclose()
        with pytest.raises(StaleConnection, match="gave no answer"):
            await transport.send(request_to(provider))
        with pytest.raises(UpstreamBroken, match="gave no answer") as broken:
            await transport.send(request_to(provider))
        assert type(broken.value) is UpstreamBroken

    with FakeServer([json_answer({}), json_answer({}), gone, gone]) as provider:
        run(library, scenario)
    assert [exchange.connection for exchange in provider.exchanges] == [0, 0, 0, 1]


def test_an_answer_that_breaks_off_is_not_stale(library: Library) -> None:
    async def scenario(transport: Transport) -> None:
        await read(await transport.send(request_to(provider)))
        response = await transport.send(request_to(provider))
        with pytest.raises(UpstreamBroken) as broken:
            await read(response)
        assert type(broken.value) is UpstreamBroken
        await response.aclose()

    with FakeServer([json_answer({}), Answer(text=["Hel"], then=CUT)]) as provider:
        run(library, scenario)
    assert [exchange.connection for exchange in provider.exchanges] == [0, 0]


def twice(*answers: Reply, **more: Any) -> tuple[Answered, FakeServer]:
    """Two questions one after the other over one connection; the second answer, and who gave it."""

    async def main(url: str) -> Answered:
        app = gateway(Place(url, "chat"), **more)
        async with app.lifespan():
            assert (await ask(app, body())).status == 200
            return await ask(app, body())

    with FakeServer([Answer(text="One."), *answers]) as provider:
        return asyncio.run(asyncio.wait_for(main(provider.url), 10)), provider


@each_end
def test_it_is_sent_once_more_and_is_no_further_attempt(gone: Script) -> None:
    reply, provider = twice(gone, Answer(text="Two."))
    assert check_stream(reply.body).text == "Two."
    assert reply.headers["x-ccr-attempts"] == "1"
    first, second = provider.exchanges[1:]
    assert (first.connection, second.connection) == (0, 1)
    assert first.body == second.body


def test_it_is_sent_once_more_and_never_again() -> None:
    reply, provider = twice(*GONE)
    assert (reply.status, check_error(reply.body)["type"]) == (502, "api_error")
    assert len(provider.exchanges) == 3


def test_each_further_attempt_is_sent_once_on_its_new_connection() -> None:
    reply, provider = twice(*GONE, GONE[0], retry={"attempts": 1})
    assert (reply.status, reply.headers["x-ccr-attempts"]) == (502, "2")
    assert len(provider.exchanges) == 4


@pytest.mark.parametrize("streaming", [True, False])
def test_after_a_byte_of_an_answer_nothing_is_sent_twice(streaming: bool) -> None:
    async def main() -> Answered:
        app = gateway(Place(provider.url, "chat"))
        async with app.lifespan():
            await ask(app, body(streaming))
            return await ask(app, body(streaming))

    with FakeServer([Answer(text="One."), Answer(text=["Tw"], then=CUT)]) as provider:
        reply = asyncio.run(asyncio.wait_for(main(), 10))
    assert len(provider.exchanges) == 2
    assert provider.connections == 1
    assert reply.status == (200 if streaming else 502)
