"""Hosts without a server between: several gateways in one process, dispatchers, what stands around a mount."""

from __future__ import annotations

import asyncio
import json
from io import BytesIO
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from ccr_middleware import CCRMiddleware, Gateway
from ccr_middleware.testing import (
    STALL,
    FakeProvider,
    Script,
    check_message,
    check_stream,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.testing.asgi import request
from ccr_middleware.wsgi import WSGIBridge

from .support import chat
from .support.wsgi import post as wsgi_post

CONFIG = {
    "Providers": [
        {"name": "p", "api_base_url": "http://p.invalid/v1/chat/completions", "api_key": "k", "models": ["m"]}
    ],
    "Router": {"default": "p,m"},
}
MESSAGE = {"model": "p,m", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}


def gateway_that_says(text: str) -> Gateway:
    return Gateway(CONFIG, transport=FakeProvider(lambda exchange: json_answer(chat.whole(text))))


class PassOn(BaseHTTPMiddleware):
    """The least a `BaseHTTPMiddleware` can do."""

    async def dispatch(self, request: Any, call_next: Any) -> Any:
        return await call_next(request)


def test_two_gateways_in_one_process_do_not_see_each_other():
    one, two = gateway_that_says("one"), gateway_that_says("two")
    app = Starlette(routes=[Mount("/a", one), Mount("/b", two)])

    async def main() -> list[str]:
        paths = ["/a/v1/messages", "/b/v1/messages", "/a/v1/messages/"]
        replies = await asyncio.gather(*(post(app, path, MESSAGE) for path in paths))
        return [check_message(reply.json()).text for reply in replies]

    assert asyncio.run(main()) == ["one", "two", "one"]


@pytest.mark.parametrize("root_path", ["", "/proxy"])
def test_c48_mount_prefix_and_root_path(root_path):
    app = FastAPI()
    app.mount("/llm/ccr", gateway_that_says("deep"))

    async def main() -> None:
        base = f"{root_path}/llm/ccr"
        reply = await post(app, f"{base}/v1/messages?beta=true", MESSAGE, root_path=root_path)
        assert check_message(reply.json()).text == "deep"
        assert (await request(app, "HEAD", f"{base}/", root_path=root_path)).status == 200
        assert (await request(app, "GET", f"{base}/nothing", root_path=root_path)).json()["type"] == "error"

    asyncio.run(main())


def test_gzip_in_the_host_leaves_streams_alone():
    transport = FakeProvider(lambda exchange: stream(chat.answer("word " * 500)))
    inner = Gateway(CONFIG, transport=transport)
    app = Starlette(routes=[Mount("/ccr", inner)], middleware=[Middleware(GZipMiddleware)])

    async def main() -> Any:
        return await post(app, "/ccr/v1/messages", {**MESSAGE, "stream": True}, headers={"accept-encoding": "gzip"})

    reply = asyncio.run(main())
    assert "content-encoding" not in reply.headers
    assert check_stream(reply.body).text == "word " * 500


@pytest.mark.parametrize("begun", [False, True])
def test_c39_base_http_middleware_lets_the_disconnect_through(begun):
    """True of Starlette 1.x. Should it become false again, the host guide has to say so."""
    script = Script([chat.sse(chat.text("one"), done=False), STALL]) if begun else Script(before=[STALL])
    transport = FakeProvider(script)
    app = Starlette(
        routes=[Mount("/ccr", Gateway(CONFIG, transport=transport))],
        middleware=[Middleware(PassOn), Middleware(PassOn)],
    )

    async def main() -> None:
        async with open_stream(app, "/ccr/v1/messages", {**MESSAGE, "stream": True}) as client:
            exchange = await transport.arrived()
            if begun:
                await client.read_until(b'"one"')
            client.disconnect()
            assert await exchange.closed.reached()
            await client.ended()

    asyncio.run(main())


def ask_wsgi(app: Any, path: str) -> tuple[str, str]:
    data = json.dumps(MESSAGE).encode()
    answer = wsgi_post(app, BytesIO(data), PATH_INFO=path, CONTENT_LENGTH=str(len(data)))
    return answer.status, check_message(json.loads(answer.rest())).text


def test_a_bridge_in_a_wsgi_dispatcher():
    bridge = WSGIBridge(gateway_that_says("bridged"))
    app = DispatcherMiddleware(Flask("host").wsgi_app, {"/llm/ccr": bridge})
    assert ask_wsgi(app, "/llm/ccr/v1/messages") == ("200 OK", "bridged")
    bridge.close()


def test_two_gateways_around_one_flask_application():
    host = Flask("host")
    inner = CCRMiddleware(host.wsgi_app, "/a", gateway=gateway_that_says("one"))
    outer = CCRMiddleware(inner, "/b", gateway=gateway_that_says("two"))
    texts = [ask_wsgi(outer, path)[1] for path in ("/a/v1/messages", "/b/v1/messages")]
    assert texts == ["one", "two"]
    inner.close()
    outer.close()
