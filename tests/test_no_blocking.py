"""Nothing blocks the event loop, not even the first request of a process or a prompt of a megabyte (C40)."""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockingError, blockbuster_ctx

from ccr_middleware import Gateway
from ccr_middleware.testing import (
    Exchange,
    FakeServer,
    Script,
    Signal,
    check_message,
    check_stream,
    get,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.tokens import encoding
from ccr_middleware.upstream import open_transport
from ccr_middleware.upstream.base import PoolSettings

from .support import chat
from .support.gateway import ask, body, config, gateway
from .test_door_bodies import LANE, MESSAGE

ROOT = Path(__file__).parents[1]
LARGE = "def count(words): return len(words)\n" * 28_000  # about a megabyte


def answer_for(exchange: Exchange) -> Script:
    """What the provider says: a message to the lane, a stream or JSON to the other."""
    if "messages" in exchange.path:
        return json_answer(MESSAGE)
    return stream(chat.answer("Hello")) if exchange.json()["stream"] else json_answer(chat.whole("Hello"))


def config_for(url: str) -> dict[str, Any]:
    """Both providers at one URL."""
    document = config(Router={"default": "chat,m1", "longContext": LANE})
    for provider, path in zip(document["Providers"], ("/v1", "/v1/messages"), strict=True):
        provider["api_base_url"] = url + path
    return document


async def use(app: Gateway) -> None:
    """Requests of every kind, the first ones of this gateway."""
    assert check_stream((await ask(app)).body).text == "Hello"
    assert check_message((await ask(app, body(stream=False))).json()).text == "Hello"
    assert check_stream((await ask(app, body(model=LANE))).body).text == "Hello"
    assert (await ask(app, body(messages=[{"role": "user", "content": LARGE}]))).status == 200
    assert (await ask(app, b"{")).status == 400
    assert (await ask(app, body(model="nobody,m"))).status == 404
    assert (await get(app, "/v1/models")).status == 200
    counted = await post(app, "/v1/messages/count_tokens", body(messages=[{"role": "user", "content": LARGE + "."}]))
    assert counted.json()["input_tokens"] > 100_000
    await app.aclose()


def use_guarded(library: Any = None) -> None:
    """`use`, where everything that blocks raises BlockingError; with the gateway's own choice of library or another."""
    with FakeServer(answer_for) as provider:

        async def main() -> None:
            transport = open_transport(PoolSettings(), library) if library else None
            await use(Gateway(config_for(provider.url), transport=transport))
            if transport:
                await transport.aclose()

        with blockbuster_ctx():
            asyncio.run(asyncio.wait_for(main(), 30))


@pytest.mark.parametrize("library", ["aiohttp", "httpx"])
def test_requests_do_not_block_the_loop(library: str) -> None:
    use_guarded(library)


def test_the_guard_sees_what_blocks() -> None:
    """The tests here mean something: what blocks does not pass."""

    async def main() -> None:
        with pytest.raises(BlockingError):
            time.sleep(0.001)  # noqa: ASYNC251

    with blockbuster_ctx():
        asyncio.run(main())


def test_c40_the_first_requests_of_a_process_neither_block_nor_need_a_network() -> None:
    """In a process of its own, where no library is loaded and no encoding built, and every way out is closed."""
    code = (
        "import socket\n"
        "def refuse(*args, **more): raise AssertionError(f'a way out: {args}')\n"
        "resolve = socket.getaddrinfo\n"
        "socket.getaddrinfo = lambda host, *a, **k: (resolve if host == '127.0.0.1' else refuse)(host, *a, **k)\n"
        "from tests.test_no_blocking import use_guarded; use_guarded()"
    )
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "TIKTOKEN_CACHE_DIR": "/nowhere"}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_c40_a_stream_goes_on_while_a_large_prompt_is_counted() -> None:
    """By order, not by time: the counting is held until the stream has come to its end."""
    encoding.CL100K.load()
    counting, go_on = threading.Event(), Signal()
    app, _ = gateway(stream(chat.answer("Hel", "lo"), feeding="bytes"))
    counter = app._state.counters.standard
    count_tokens = counter._count_tokens

    def held(text: str) -> int:
        if len(text) > 100_000:
            counting.set()
            assert go_on.wait(5), "the stream did not go on"
        return count_tokens(text)

    counter._count_tokens = held
    request = body(messages=[{"role": "user", "content": LARGE}])

    async def main() -> int:
        counted = asyncio.ensure_future(post(app, "/v1/messages/count_tokens", request))
        while not counting.is_set():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.001)
        assert check_stream((await ask(app)).body).text == "Hello"
        assert not counted.done()
        go_on.set()
        return int((await counted).json()["input_tokens"])

    assert asyncio.run(asyncio.wait_for(main(), 20)) > 100_000


@pytest.mark.parametrize("built", [True, False], ids=["encoding built", "encoding not built"])
def test_c40_many_chunks_pass_while_a_megabyte_is_really_counted(built: bool) -> None:
    encoding.CL100K.load()
    if not built:
        encoding.CL100K.forget()
    steps = [chat.sse(chat.text("word "), done=False), 0.0] * 300  # each waits for a turn of the loop
    app, _ = gateway(Script(steps=[*steps, chat.sse(chat.finish())]))
    request = body(messages=[{"role": "user", "content": LARGE}])
    small = json.dumps(body(stream=True)).encode()

    async def main() -> int:
        passed = 0
        async with open_stream(app, "/v1/messages", small) as other:
            assert await other.next()
            counted = asyncio.ensure_future(post(app, "/v1/messages/count_tokens", request))
            while not counted.done():
                passed += bool(await other.next())
                await asyncio.sleep(0)
            assert (await counted).json()["input_tokens"] > 100_000
        return passed

    assert asyncio.run(asyncio.wait_for(main(), 20)) >= 10
