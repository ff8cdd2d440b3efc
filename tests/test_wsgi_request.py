"""The ASGI → WSGI bridge: what becomes of a request, its body, and the head of an answer."""

from __future__ import annotations

import asyncio
import io
import threading
from typing import Any

import pytest

from ccr_middleware.environ import READ_BYTES, to_scope

from .support.wsgi import WAIT_SECONDS, Answer, body, echo, post, say_ok, serve_fixture, start  # noqa: F401 - the fixture `serve`

# ---- the request body


class Input(io.BytesIO):
    """A `wsgi.input` that counts how often it was read."""

    reads = 0

    def read(self, *args: Any) -> bytes:
        self.reads += 1
        return super().read(*args)


def test_body_is_read_in_pieces_and_not_beyond_its_length(serve):
    data = bytes(range(256)) * 1024 + b"tail"
    answer = post(serve(echo), Input(data + b"the next request"), CONTENT_LENGTH=str(len(data)))
    pieces = list(answer.pieces)
    assert b"".join(pieces) == data
    assert [len(piece) for piece in pieces] == [READ_BYTES] * (len(data) // READ_BYTES) + [4]


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
