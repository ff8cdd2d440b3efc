"""What a WSGI server does with an application, by hand; and toy ASGI applications to serve that way.

    answer = Answer(bridge, PATH_INFO="/x")        # the head is there: answer.status, answer.headers
    next(answer); answer.rest(); answer.close()

The fixture `serve` makes bridges; import `serve_fixture` to have it.
"""

from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest

from ccr_middleware.wsgi import WSGIBridge

#: How long a test waits for what must happen, in seconds.
WAIT_SECONDS = 5


class Answer:
    """An answer in the hands of a server: the head is there, the pieces are taken with `next`."""

    def __init__(self, app: Any, **environ: Any) -> None:
        setup_testing_defaults(environ)
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self._response = app(environ, self._start_response)
        self.pieces = iter(self._response)

    def _start_response(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        self.status, self.headers = status, headers

    def __next__(self) -> bytes:
        return next(self.pieces)

    def close(self) -> None:
        getattr(self._response, "close", lambda: None)()

    def rest(self) -> bytes:
        """Take everything and close, as a server does."""
        try:
            return b"".join(self.pieces)
        finally:
            self.close()


async def start(send: Any, status: int = 200, headers: Any = ((b"content-type", b"text/plain"),)) -> None:
    """Send status and headers."""
    await send({"type": "http.response.start", "status": status, "headers": headers})


async def body(send: Any, data: bytes, *, more: bool = True) -> None:
    """Send a piece of the body."""
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def say_ok(scope: Any, receive: Any, send: Any) -> None:
    """Answers "ok"."""
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


def post(app: Any, stream: Any, **environ: Any) -> Answer:
    """A POST with `stream` as its body; say its length in `environ`."""
    return Answer(app, REQUEST_METHOD="POST", **{"wsgi.input": stream, **environ})


@pytest.fixture(name="serve")
def serve_fixture() -> Iterator[Callable[[Any], WSGIBridge]]:
    """Makes bridges and ends them."""
    bridges: list[WSGIBridge] = []

    def make(app: Any) -> WSGIBridge:
        bridges.append(WSGIBridge(app))
        return bridges[-1]

    yield make
    for bridge in bridges:
        bridge.close()
