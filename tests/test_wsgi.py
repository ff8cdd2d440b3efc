"""The ASGI → WSGI bridge, with toy applications and the standard library's checker of WSGI rules."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import io
import os
import subprocess
import sys
import textwrap
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from ccr_middleware.environ import READ_BYTES, to_scope
from ccr_middleware.wsgi import MAX_WAITING_PIECES, WSGIBridge

WAIT_SECONDS = 5


class Answer:
    """An answer in the hands of a server: the head is there, the pieces are taken with `next`."""

    def __init__(self, bridge: Any, **environ: Any) -> None:
        setup_testing_defaults(environ)
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.pieces = iter(bridge(environ, self._start_response))

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        self.pieces.close()

    def rest(self) -> bytes:
        """Take everything and close, as a server does."""
        try:
            return b"".join(self.pieces)
        finally:
            self.close()


async def start(send: Any, status: int = 200, headers: Any = ((b"content-type", b"text/plain"),)) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send: Any, data: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def say_ok(scope: Any, receive: Any, send: Any) -> None:
    await start(send)
    await body(send, b"ok", more=False)


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the body, one piece for each piece received."""
    await start(send)
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        more = message["more_body"]
        await body(send, message["body"], more=more)


@pytest.fixture
def serve():
    """Makes bridges and ends them."""
    bridges: list[WSGIBridge] = []

    def make(app: Any) -> WSGIBridge:
        bridges.append(WSGIBridge(app))
        return bridges[-1]

    yield make
    for bridge in bridges:
        bridge.close()


def loop_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "ccr-wsgi-loop"]


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


# ---- the request body


class Input(io.BytesIO):
    """A `wsgi.input` that counts how often it was read."""

    reads = 0

    def read(self, *args: Any) -> bytes:
        self.reads += 1
        return super().read(*args)


def post(bridge: WSGIBridge, stream: Any, **environ: Any) -> Answer:
    return Answer(bridge, REQUEST_METHOD="POST", **{"wsgi.input": stream, **environ})


def test_body_is_read_in_pieces_and_not_beyond_its_length(serve):
    data = bytes(range(256)) * 1024
    answer = post(serve(echo), Input(data + b"the next request"), CONTENT_LENGTH=str(len(data)))
    pieces = list(answer.pieces)
    assert b"".join(pieces) == data
    assert [len(piece) for piece in pieces] == [READ_BYTES] * (len(data) // READ_BYTES)


def test_body_of_unknown_length_is_read_to_its_end(serve):
    data = b"y" * (READ_BYTES + 5)
    assert post(serve(echo), Input(data), **{"wsgi.input_terminated": True}).rest() == data


@pytest.mark.parametrize("environ", [{}, {"CONTENT_LENGTH": ""}, {"CONTENT_LENGTH": "0"}])
def test_without_a_length_nothing_is_read(serve, environ):
    stream = Input(b"the next request")
    assert post(serve(echo), stream, **environ).rest() == b""
    assert stream.reads == 0


def test_body_is_not_read_before_it_is_asked_for(serve):
    stream = Input(b"x" * 10)
    assert post(serve(say_ok), stream, CONTENT_LENGTH="10").rest() == b"ok"
    assert stream.reads == 0


def failing_input(*_: Any) -> bytes:
    raise ValueError("broken chunk")


@pytest.mark.parametrize("how", ["short", "raises"])
def test_half_sent_body_is_a_disconnect(serve, how):
    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while not seen or seen[-1] == "http.request":
            seen.append((await receive())["type"])

    stream = Input(b"half")
    if how == "raises":
        stream.read = failing_input
    with pytest.raises(ConnectionResetError, match="in the middle of its request"):
        post(serve(app), stream, CONTENT_LENGTH="8")
    assert seen == (["http.request"] if how == "short" else []) + ["http.disconnect"]


def test_giving_up_on_receive_loses_nothing(serve):
    reading, allowed = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, *args: Any) -> bytes:
            reading.set()
            assert allowed.wait(WAIT_SECONDS)
            return super().read(*args)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        first = asyncio.create_task(receive())
        assert await asyncio.to_thread(reading.wait, WAIT_SECONDS)
        first.cancel()
        allowed.set()
        message = await receive()
        await start(send)
        await body(send, message["body"], more=False)

    assert post(serve(app), Slow(b"whole"), CONTENT_LENGTH="5").rest() == b"whole"


def test_an_answer_may_begin_before_the_body_was_read(serve):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"go on;")
        await body(send, (await receive())["body"], more=False)

    answer = post(serve(app), Input(b"rest"), CONTENT_LENGTH="4")
    assert next(answer) == b"go on;"
    assert answer.rest() == b"rest"


# ---- head and scope


def test_head_of_the_answer(serve):
    headers = [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-latin", b"caf\xe9")]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send, int(scope["query_string"]), headers)
        await body(send, b"", more=False)

    bridge = serve(app)
    assert Answer(bridge, QUERY_STRING="200").headers == [
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("x-latin", "caf\xe9"),
    ]
    statuses = [Answer(bridge, QUERY_STRING=code).status for code in ("404", "529", "599")]
    assert statuses == ["404 Not Found", "529 Overloaded", "599 Unknown"]


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_that_have_no_body(serve, method, status):
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send, status, [(b"content-length", b"4")])
        await body(send, b"four", more=False)

    answer = Answer(serve(app), REQUEST_METHOD=method)
    assert answer.headers == [("content-length", "4")]
    assert answer.rest() == b""


def test_scope():
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "/caf\xc3\xa9",
        "PATH_INFO": "/v1/\xe6\x97\xa5",
        "QUERY_STRING": "beta=true&x=%20",
        "SERVER_PROTOCOL": "HTTP/1.0",
        "SERVER_NAME": "example.test",
        "SERVER_PORT": "8443",
        "REMOTE_ADDR": "192.0.2.7",
        "REMOTE_PORT": "5555",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "12",
        "HTTP_X_API_KEY": "k\xe9y",
        "HTTP_CONTENT_LENGTH": "99",
        "wsgi.url_scheme": "https",
    }
    scope = to_scope(environ)
    assert scope.pop("asgi")["version"] == "3.0"
    assert scope.pop("extensions")["wsgi"] is environ
    assert scope == {
        "type": "http",
        "http_version": "1.0",
        "method": "POST",
        "scheme": "https",
        "root_path": "/café",
        "path": "/café/v1/日",
        "query_string": b"beta=true&x=%20",
        "headers": [
            (b"content-type", b"application/json"),
            (b"content-length", b"12"),
            (b"x-api-key", b"k\xe9y"),
        ],
        "client": ("192.0.2.7", 5555),
        "server": ("example.test", 8443),
    }


def test_scope_of_a_unix_socket_request():
    scope = to_scope({"REQUEST_METHOD": "GET", "REMOTE_ADDR": "", "SERVER_NAME": "s", "SERVER_PORT": "80"})
    assert (scope["client"], scope["path"], scope["root_path"]) == (None, "", "")


# ---- the loop and its thread


def test_requests_at_once_share_one_thread_and_do_not_mix(serve):
    threads_seen: set[int] = set()
    together = threading.Barrier(16)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        threads_seen.add(threading.get_ident())
        await echo(scope, receive, send)

    bridge = serve(app)

    def request(number: int) -> bool:
        data = str(number).encode() * 1000
        together.wait(WAIT_SECONDS)
        return post(bridge, Input(data), CONTENT_LENGTH=str(len(data))).rest() == data

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(request, range(16)))
    assert len(threads_seen) == 1


def test_the_hosts_context_reaches_the_application(serve):
    request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, request_id.get().encode(), more=False)

    bridge = serve(app)
    for name in ("first", "second"):
        request_id.set(name)
        assert Answer(bridge).rest() == name.encode()


class Closable:
    """An application with an `aclose()`."""

    def __init__(self) -> None:
        self.closed = 0
        self.running = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await start(send)
        await body(send, b"x")
        self.running.set()
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed += 1


def test_close_cancels_awaits_aclose_and_ends_the_thread():
    before = loop_threads()
    app = Closable()
    bridge = WSGIBridge(app)
    bridge.close()  # nothing has begun
    assert (app.closed, loop_threads()) == (0, before)
    answer = Answer(bridge)
    assert len(loop_threads()) == len(before) + 1
    bridge.close()
    assert (app.closed, loop_threads()) == (1, before)
    assert next(answer) == b"x"
    with pytest.raises(RuntimeError, match="without completing"):
        next(answer)
    answer.close()


def test_a_closed_bridge_begins_anew(serve):
    bridge = serve(say_ok)
    assert Answer(bridge).rest() == b"ok"
    bridge.close()
    assert Answer(bridge).rest() == b"ok"


def test_a_failing_aclose_is_logged(serve, caplog):
    class App(Closable):
        __call__ = staticmethod(say_ok)

        async def aclose(self) -> None:
            raise LookupError("cannot close")

    bridge = serve(App())
    Answer(bridge).rest()
    bridge.close()
    assert "cannot close" in caplog.text


def test_a_forgotten_bridge_leaves_no_thread():
    before = loop_threads()
    bridge = WSGIBridge(say_ok)
    assert Answer(bridge).rest() == b"ok"
    gone = weakref.ref(bridge)
    del bridge
    gc.collect()
    assert gone() is None
    assert loop_threads() == before


def run_python(program: str) -> subprocess.CompletedProcess[str]:
    toys = "from tests.test_wsgi import *\n"
    command = [sys.executable, "-W", "error", "-W", "ignore:This process:DeprecationWarning", "-c"]
    return subprocess.run(
        [*command, toys + textwrap.dedent(program)], capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_gets_a_loop_of_its_own():
    result = run_python("""
        bridge = WSGIBridge(say_ok)
        assert Answer(bridge).rest() == b"ok"
        child = os.fork()
        if child == 0:
            assert not loop_threads()
            assert Answer(bridge).rest() == b"ok"
            assert len(loop_threads()) == 1
            print("child", flush=True)
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0
        assert Answer(bridge).rest() == b"ok"
        print("parent")
    """)
    assert (result.returncode, result.stdout, result.stderr) == (0, "child\nparent\n", "")


def test_the_end_of_the_process_closes_quietly():
    result = run_python("""
        class App(Closable):
            async def aclose(self):
                print("closed", flush=True)

        app = App()
        bridge = WSGIBridge(app)
        answer = Answer(bridge)
        assert app.running.wait(5)
    """)
    assert (result.returncode, result.stdout, result.stderr) == (0, "closed\n", "")
