"""`CCRMiddleware` around toy hosts: whose request it is, what the gateway is told of it, how a host is recognised."""

from __future__ import annotations

import asyncio
import functools
import inspect
from typing import Any

import pytest
from asgiref.sync import markcoroutinefunction
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from fastapi import FastAPI
from flask import Flask
from hypercorn.utils import is_asgi
from starlette.applications import Starlette
from uvicorn import Config as UvicornConfig

from ccr_middleware.gateway import Gateway
from ccr_middleware.middleware import ASGIMiddleware, CCRMiddleware, WSGIMiddleware, detect_interface
from ccr_middleware.testing.asgi import http_scope, request

from .support.wsgi import Answer


class Recorder:
    """An ASGI application that answers with its name and keeps the scopes it got. `fails` on close."""

    def __init__(self, name: str, fails: bool = False) -> None:
        self.name, self.fails = name, fails
        self.scopes: list[Any] = []
        self.closed = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": self.name.encode()})

    async def _live(self, receive: Any, send: Any) -> None:
        for stage in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{stage}"
            await send({"type": f"lifespan.{stage}.complete", "said": self.name})

    async def aclose(self) -> None:
        self.closed += 1
        if self.fails:
            raise LookupError("cannot close")


async def async_function(scope: Any, receive: Any, send: Any) -> None: ...


def returns_awaitable(scope: Any, receive: Any, send: Any) -> Any: ...


def wsgi_function(environ: Any, start_response: Any) -> Any: ...


def either(*args: Any) -> Any: ...


async def with_extra(extra: Any, scope: Any, receive: Any, send: Any) -> None: ...


def wsgi_with_options(environ: Any, start_response: Any, *, debug: bool = False) -> Any: ...


class WSGIObject:
    def __call__(self, environ: Any, start_response: Any) -> Any: ...


class WSGIClass:
    """PEP 3333 allows a class whose instances are the answers."""

    def __init__(self, environ: Any, start_response: Any) -> None: ...


class DoubleCallable:
    """ASGI 2."""

    def __init__(self, scope: Any) -> None: ...

    async def __call__(self, receive: Any, send: Any) -> None: ...


# ---- whose request it is


OURS = ["/ccr", "/ccr/", "/ccr/v1/messages", "/ccr//"]
THEIRS = ["/", "/hello", "/ccrx", "/ccrx/v1/messages", "/CCR", "/x/ccr", "/cc", "ccr", ""]


@pytest.mark.parametrize("path", OURS)
def test_asgi_paths_below_the_prefix_are_the_gateways(path):
    host, gateway = Recorder("host"), Recorder("gateway")
    app = CCRMiddleware(host, prefix="/ccr", gateway=gateway)
    assert asyncio.run(request(app, "GET", path)).body == b"gateway"
    scope = gateway.scopes[0]
    assert (scope["root_path"], scope["path"]) == ("/ccr", path)
    assert host.scopes == []


@pytest.mark.parametrize("path", THEIRS)
def test_asgi_other_paths_reach_the_host_untouched(path):
    host, gateway = Recorder("host"), Recorder("gateway")
    scope = http_scope(path)
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    asyncio.run(CCRMiddleware(host, gateway=gateway)(scope, None, send))
    assert host.scopes[0] is scope
    assert "root_path" not in scope or scope["root_path"] == ""
    assert messages[1]["body"] == b"host"


@pytest.mark.parametrize(
    ("root_path", "path", "raw_path", "expected"),
    [
        # The server repeats its mount point in the path, as ASGI has it.
        ("/proxy", "/proxy/ccr/v1", b"/proxy/ccr/v1", ("/proxy/ccr", "/proxy/ccr/v1", b"/proxy/ccr/v1")),
        ("/proxy/", "/proxy/ccr/v1", b"/proxy/ccr/v1", ("/proxy/ccr", "/proxy/ccr/v1", b"/proxy/ccr/v1")),
        # It does not: then the gateway still gets the whole path.
        ("/proxy", "/ccr/v1", b"/ccr/v1", ("/proxy/ccr", "/proxy/ccr/v1", b"/proxy/ccr/v1")),
        ("/é", "/ccr/v1", b"/ccr/v1", ("/é/ccr", "/é/ccr/v1", b"/%C3%A9/ccr/v1")),
        # A name that only begins like the mount point.
        ("/cc", "/ccr/v1", b"/ccr/v1", ("/cc/ccr", "/cc/ccr/v1", b"/cc/ccr/v1")),
    ],
)
def test_asgi_root_path_grows_and_path_is_whole(root_path, path, raw_path, expected):
    gateway = Recorder("gateway")
    app = CCRMiddleware(Recorder("host"), gateway=gateway)
    asyncio.run(request(app, "GET", path, root_path=root_path, raw_path=raw_path, state={"kept": 1}))
    scope = gateway.scopes[0]
    assert (scope["root_path"], scope["path"], scope["raw_path"]) == expected
    assert scope["state"] == {"kept": 1}


def test_asgi_prefix_repeated_as_mount_point_is_the_hosts():
    host, gateway = Recorder("host"), Recorder("gateway")
    reply = asyncio.run(request(CCRMiddleware(host, gateway=gateway), "GET", "/ccr/hello", root_path="/ccr"))
    assert reply.body == b"host"


def test_asgi_websockets_below_the_prefix_are_the_hosts():
    host = Recorder("host")

    async def main() -> Any:
        scope = {**http_scope("/ccr/v1/messages"), "type": "websocket"}
        peer = ApplicationCommunicator(CCRMiddleware(host, gateway=Recorder("gateway")), scope)
        message = await peer.receive_output()
        await peer.wait()
        return message

    assert asyncio.run(main()) == {"type": "websocket.accept"}


def test_two_gateways_around_one_host():
    one, two, host = Recorder("one"), Recorder("two"), Recorder("host")
    app = CCRMiddleware(CCRMiddleware(host, "/team/a", gateway=one), "/team/b", gateway=two)

    async def main() -> list[bytes]:
        return [(await request(app, "GET", path)).body for path in ("/team/a/x", "/team/b/x", "/team")]

    assert asyncio.run(main()) == [b"one", b"two", b"host"]


def call_wsgi(app: Any, **environ: Any) -> tuple[str, bytes]:
    answer = Answer(app, **environ)
    return answer.status, answer.rest()


def wsgi_host(environ: Any, start_response: Any) -> list[bytes]:
    start_response("200 OK", [])
    return [f"host {environ['SCRIPT_NAME']}|{environ['PATH_INFO']}".encode()]


@pytest.mark.parametrize("path", OURS)
def test_wsgi_paths_below_the_prefix_are_the_gateways(path):
    gateway = Recorder("gateway")
    app = CCRMiddleware(wsgi_host, gateway=gateway)
    assert call_wsgi(app, PATH_INFO=path, SCRIPT_NAME="/proxy") == ("200 OK", b"gateway")
    scope = gateway.scopes[0]
    assert (scope["root_path"], scope["path"]) == ("/proxy/ccr", "/proxy" + path)
    app.close()
    assert gateway.closed == 1


@pytest.mark.parametrize("path", THEIRS)
def test_wsgi_other_paths_reach_the_host_untouched(path):
    app = CCRMiddleware(wsgi_host, gateway=Recorder("gateway"))
    assert call_wsgi(app, PATH_INFO=path, SCRIPT_NAME="/proxy") == ("200 OK", f"host /proxy|{path}".encode())


def test_wsgi_prefix_beyond_ascii():
    gateway = Recorder("gateway")
    app = CCRMiddleware(wsgi_host, prefix="/é", gateway=gateway)
    raw = "/é/日".encode().decode("latin-1")
    assert call_wsgi(app, PATH_INFO=raw) == ("200 OK", b"gateway")
    assert (gateway.scopes[0]["root_path"], gateway.scopes[0]["path"]) == ("/é", "/é/日")
    app.close()


# ---- the host's lifespan


async def live(app: Any) -> list[Any]:
    peer = ApplicationCommunicator(app, {"type": "lifespan", "asgi": {"version": "3.0"}})
    answers = []
    for stage in ("startup", "shutdown"):
        await peer.send_input({"type": f"lifespan.{stage}"})
        answers.append(await peer.receive_output())
    await peer.wait()
    return answers


@pytest.mark.parametrize("fails", [False, True])
def test_the_gateway_is_closed_with_the_host(fails, caplog):
    host, gateway = Recorder("host"), Recorder("gateway", fails)
    answers = asyncio.run(live(CCRMiddleware(host, gateway=gateway)))
    assert answers == [
        {"type": "lifespan.startup.complete", "said": "host"},
        {"type": "lifespan.shutdown.complete", "said": "host"},
    ]
    assert gateway.closed == 1
    assert ("cannot close" in caplog.text) is fails


def test_a_host_without_lifespan_says_so_itself():
    async def host(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("only http")

    gateway = Recorder("gateway")
    with pytest.raises(ValueError, match="only http"):
        asyncio.run(CCRMiddleware(host, gateway=gateway)({"type": "lifespan"}, None, None))
    assert gateway.closed == 0


# ---- recognising hosts


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        (async_function, "asgi"),
        (returns_awaitable, "asgi"),
        (functools.partial(with_extra, 1), "asgi"),
        (functools.partial(functools.partial(returns_awaitable)), "asgi"),
        (Recorder("x"), "asgi"),
        (Recorder("x").__call__, "asgi"),
        (markcoroutinefunction(lambda *args: None), "asgi"),
        (Starlette(), "asgi"),
        (FastAPI(), "asgi"),
        (object.__new__(ASGIHandler), "asgi"),
        (Starlette().router, "asgi"),
        (wsgi_function, "wsgi"),
        (wsgi_with_options, "wsgi"),
        (functools.partial(wsgi_with_options, debug=True), "wsgi"),
        (WSGIObject(), "wsgi"),
        (WSGIClass, "wsgi"),
        (Flask("x"), "wsgi"),
        (Flask("x").wsgi_app, "wsgi"),
        (object.__new__(WSGIHandler), "wsgi"),
    ],
)
def test_recognises(app, expected):
    assert detect_interface(app) == expected
    wrapped = CCRMiddleware(app, gateway=Recorder("gateway"))
    assert isinstance(wrapped, ASGIMiddleware if expected == "asgi" else WSGIMiddleware)
    assert detect_interface(wrapped) == expected  # what is wrapped can be wrapped again


def test_servers_recognise_what_is_wrapped():
    asgi = CCRMiddleware(async_function, gateway=Recorder("gateway"))
    wsgi = CCRMiddleware(wsgi_function, gateway=Recorder("gateway"))
    assert (is_asgi(asgi), is_asgi(wsgi)) == (True, False)
    config = UvicornConfig(asgi, log_config=None)
    config.load()
    assert config.interface == "asgi3"
    assert list(inspect.signature(wsgi).parameters) == ["environ", "start_response"]


@pytest.mark.parametrize(
    ("app", "said"),
    [
        (either, 'pass interface="asgi" or interface="wsgi"'),
        (lambda: None, "cannot tell"),
        (42, "not callable"),
        (None, "not callable"),
        (Starlette, "Starlette is a class: give an instance"),
        (DoubleCallable, "DoubleCallable is a class"),
    ],
)
def test_says_what_it_cannot_recognise(app, said):
    with pytest.raises(TypeError, match=said):
        CCRMiddleware(app, gateway=Recorder("gateway"))


def test_the_interface_can_be_given():
    assert isinstance(CCRMiddleware(either, interface="asgi", gateway=Recorder("g")), ASGIMiddleware)
    assert isinstance(CCRMiddleware(either, interface="wsgi", gateway=Recorder("g")), WSGIMiddleware)
    with pytest.raises(ValueError, match='interface="http" is unknown: use "asgi", "wsgi" or "auto"'):
        CCRMiddleware(either, interface="http")


# ---- options


@pytest.mark.parametrize(
    "prefix", ["ccr", "/ccr/", "//ccr", "/a//b", "/a b", "/a?b", "/a#b", "/%C3%A9", "http://x/ccr"]
)
def test_an_unusable_prefix_is_refused_with_the_fix(prefix):
    with pytest.raises(ValueError, match='written plainly: prefix="/ccr"'):
        CCRMiddleware(async_function, prefix=prefix)


@pytest.mark.parametrize("prefix", ["", "/"])
def test_a_prefix_that_leaves_nothing_to_the_host_is_refused(prefix):
    with pytest.raises(ValueError, match="serve the Gateway itself"):
        CCRMiddleware(async_function, prefix=prefix)


def test_config_makes_a_gateway_and_excludes_a_given_one():
    assert isinstance(CCRMiddleware(async_function, config={}).gateway, Gateway)
    assert isinstance(CCRMiddleware(async_function).gateway, Gateway)
    with pytest.raises(ValueError, match="both config and gateway"):
        CCRMiddleware(async_function, config={}, gateway=Recorder("gateway"))


def test_starlettes_add_middleware():
    app, gateway = Starlette(), Recorder("gateway")
    app.add_middleware(CCRMiddleware, prefix="/llm", gateway=gateway)

    async def main() -> list[Any]:
        return [(await request(app, "GET", path)).status for path in ("/llm/x", "/other")]

    assert asyncio.run(main()) == [200, 404]
    assert gateway.scopes[0]["root_path"] == "/llm"
