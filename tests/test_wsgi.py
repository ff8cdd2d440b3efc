"""The ASGI → WSGI bridge: streaming, clients that leave, applications that fail."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from ccr_middleware.wsgi import MAX_WAITING_PIECES

from .support.wsgi import WAIT_SECONDS, Answer, body, echo, say_ok, serve_fixture, start  # noqa: F401 - the fixture `serve`

# ---- streaming


def test_c48_each_piece_is_handed_on_before_the_next_is_made(serve):
    allowed = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"one")
        assert await asyncio.to_thread(allowed.wait, WAIT_SECONDS)
        await body(send, b"two", more=False)

    answer = Answer(serve(app))
    assert next(answer) == b"one"
    allowed.set()
    assert answer.rest() == b"two"


def test_obeys_the_rules_of_wsgi(serve):
    bridge = validator(serve(echo))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": "5",
        "wsgi.input": io.BytesIO(b"hello"),
    }
    answer = Answer(bridge, **environ)
    assert (answer.status, answer.headers) == ("200 OK", [("content-type", "text/plain")])
    assert answer.rest() == b"hello"


def test_send_waits_while_the_server_does_not_take(serve):
    sent = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal sent
        await start(send)
        if scope["path"] == "/short":
            await body(send, b"", more=False)
            return
        for _ in range(20):
            await body(send, b"x")
            sent += 1
        await body(send, b"", more=False)

    bridge = serve(app)
    answer = Answer(bridge)
    Answer(bridge, PATH_INFO="/short").rest()  # the loop has had its turns
    assert sent == MAX_WAITING_PIECES
    next(answer)
    next(answer)
    Answer(bridge, PATH_INFO="/short").rest()
    assert sent == MAX_WAITING_PIECES + 2
    assert len(answer.rest()) == 18


def test_empty_pieces_are_not_handed_on(serve):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"")
        await body(send, b"x")
        await body(send, b"", more=False)

    assert list(Answer(serve(app)).pieces) == [b"x"]


# ---- the client leaves


def test_c39_close_cancels_the_application_and_delivers_the_disconnect(serve):
    ended = threading.Event()
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"x")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append(await receive())
            await body(send, b"nobody takes this")
            raise
        finally:
            ended.set()

    bridge = serve(app)
    answer = Answer(bridge)
    assert next(answer) == b"x"
    answer.close()
    assert ended.wait(WAIT_SECONDS)
    assert seen == [{"type": "http.disconnect"}]
    answer.close()  # a second time does no harm
    assert list(answer.pieces) == []
    assert Answer(serve(say_ok)).rest() == b"ok"


def test_c39_close_ends_an_application_that_waits_for_room(serve):
    ended = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await start(send)
            while True:
                await body(send, b"x")
        finally:
            ended.set()

    Answer(serve(app)).close()
    assert ended.wait(WAIT_SECONDS)


def test_what_is_done_after_the_answer_is_not_cancelled(serve):
    allowed, done = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"x", more=False)
        assert await asyncio.to_thread(allowed.wait, WAIT_SECONDS)
        assert (await receive())["type"] == "http.disconnect"
        done.set()

    answer = Answer(serve(app))
    assert answer.rest() == b"x"
    allowed.set()
    assert done.wait(WAIT_SECONDS)


def test_a_server_that_fails_to_start_the_answer_ends_the_application(serve):
    ended = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        try:
            await start(send)
            await asyncio.Event().wait()
        finally:
            ended.set()

    def start_response(*_: Any) -> None:
        raise OSError("the server cannot")

    environ: dict[str, Any] = {}
    setup_testing_defaults(environ)
    with pytest.raises(OSError, match="the server cannot"):
        serve(app)(environ, start_response)
    assert ended.wait(WAIT_SECONDS)


# ---- the application fails


def test_failure_before_the_answer_is_raised_to_the_server(serve):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise LookupError("early")

    with pytest.raises(LookupError, match="early"):
        Answer(serve(app))


def test_failure_in_mid_answer_is_raised_to_the_server(serve):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"x")
        raise LookupError("late")

    answer = Answer(serve(app))
    assert next(answer) == b"x"
    with pytest.raises(LookupError, match="late"):
        next(answer)
    assert list(answer.pieces) == []  # and nobody waits for what will never come
    answer.close()


@pytest.mark.parametrize("begin", [True, False])
def test_an_answer_never_completed_is_an_error(serve, begin):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begin:
            await start(send)

    with pytest.raises(RuntimeError, match="without completing"):
        Answer(serve(app)).rest()


@pytest.mark.parametrize("interrupt", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
def test_interrupts_neither_end_the_loop_nor_reach_the_servers_thread(serve, interrupt):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/bad":
            raise interrupt
        await say_ok(scope, receive, send)

    bridge = serve(app)
    with pytest.raises(RuntimeError, match="without completing"):
        Answer(bridge, PATH_INFO="/bad")
    assert Answer(bridge).rest() == b"ok"


def test_failure_after_the_answer_is_logged(serve, caplog):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await say_ok(scope, receive, send)
        raise LookupError("too late to tell")

    bridge = serve(app)
    assert Answer(bridge).rest() == b"ok"
    bridge.close()
    assert "too late to tell" in caplog.text
