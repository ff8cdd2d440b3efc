"""Serve an ASGI application from a WSGI server, streaming.

Strategy: the application runs on an event loop in a background thread, one loop per bridge and process, started by the
first request (so after any fork: gunicorn's `--preload` works). The thread that the server gave to the request is a
servant of the application for as long as the answer takes: it waits for orders in a queue, which are "read a piece of
the request body", "here is a piece of the answer" and "I have ended". So `wsgi.input` is only touched by the thread
that owns it, every piece is handed on the moment it comes, and whatever ends the application wakes the thread.

A client that leaves is noticed when the server fails to write the next piece: the server then calls `close()`, which
delivers `http.disconnect` and cancels the application (F18). WSGI has no earlier sign.

Not promised: gevent and eventlet, which replace the threads this relies on.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import threading
import weakref
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from enum import Enum
from http import HTTPStatus
from queue import SimpleQueue
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from .environ import Message, RequestBody, to_scope

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

logger = logging.getLogger(__name__)

#: Pieces of an answer that may wait for the server; with so many waiting, the application's `send` waits.
MAX_WAITING_PIECES = 4

#: How long the end of the process waits for running requests to clean up, in seconds.
STOP_SECONDS = 2.0

_REASONS = {status.value: status.phrase for status in HTTPStatus} | {529: "Overloaded"}


class WSGIBridge:
    """A WSGI application made of an ASGI one.

    Mutable state: one `LoopThread` per process id, because a fork copies this object but no thread. If the application
    has an `aclose()`, it is awaited on its loop when the loop ends: on `close()`, or when the process exits.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._loops: dict[int, LoopThread] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Exchange:
        """Answer one request. Raises what the application raised before its answer began."""
        exchange = Exchange(self._app, environ)
        self._loop_thread().spawn(exchange)
        try:
            start_response(*exchange.wait_for_head())
        except BaseException:
            exchange.close()
            raise
        return exchange

    def close(self) -> None:
        """End this process's loop: running requests are cancelled. The next request would start a new one."""
        if loop_thread := self._loops.pop(os.getpid(), None):
            loop_thread.stop()

    def _loop_thread(self) -> LoopThread:
        pid = os.getpid()
        loop_thread = self._loops.get(pid)
        if loop_thread is None:
            # setdefault is atomic; a lock in its place might be held during a fork, and then in the child for ever.
            loop_thread = self._loops.setdefault(pid, LoopThread(getattr(self._app, "aclose", None)))
            weakref.finalize(self, loop_thread.stop)
        return loop_thread


class LoopThread:
    """An event loop in a daemon thread of this process, started when first needed.

    `on_stop` is awaited on the loop, after the running requests were cancelled and before the loop is closed.
    """

    def __init__(self, on_stop: Callable[[], Awaitable[None]] | None = None) -> None:
        self._on_stop = on_stop
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def spawn(self, exchange: Exchange) -> None:
        """Begin an exchange. `call_soon_threadsafe` takes the host's context variables (tracing, log context) along."""
        with self._lock:  # so that nothing is begun after the order to stop
            exchange.loop = loop = self._loop or self._start()
            loop.call_soon_threadsafe(self._create_task, exchange)

    def stop(self) -> None:
        """Cancel what runs, end the loop and wait for it for a limited time. Nothing in a forked child."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None or os.getpid() != self._pid:
            return
        with self._lock, suppress(RuntimeError):  # the loop is closed already
            loop.call_soon_threadsafe(self._stopping.set)
        if thread is not threading.current_thread():
            thread.join(STOP_SECONDS)

    def _start(self) -> asyncio.AbstractEventLoop:
        # Made here and not in the thread, so that a failure (no file descriptors) reaches the request.
        runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        loop = runner.get_loop()
        self._thread = threading.Thread(target=self._run, args=(runner,), name="ccr-wsgi-loop", daemon=True)
        self._thread.start()
        self._loop = loop
        return loop

    def _run(self, runner: asyncio.Runner) -> None:
        with runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        await self._stopping.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._on_stop is not None:
            try:
                await self._on_stop()
            except Exception:
                logger.exception("closing the application failed")

    def _create_task(self, exchange: Exchange) -> None:
        exchange.task = asyncio.get_running_loop().create_task(exchange.run())
        self._tasks.add(exchange.task)
        exchange.task.add_done_callback(self._tasks.discard)
        # Not in run() itself: a task that is cancelled before its first step never gets there.
        exchange.task.add_done_callback(exchange.end)


class Order(Enum):
    """What the application may ask of the request's thread, beside sending a message."""

    READ = "read a piece of the request body"
    END = "the application has returned or raised"


class Exchange:
    """One request and its answer; to the server, the iterable of the answer's pieces.

    The upper half of the methods runs in the request's thread, the lower half on the loop. The halves share the queue
    of orders (loop → thread) and `call_soon_threadsafe` (thread → loop), nothing else.
    """

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[None]

    def __init__(self, app: ASGIApp, environ: WSGIEnvironment) -> None:
        self._app = app
        self._scope = to_scope(environ)
        self._orders: SimpleQueue[Message | Order] = SimpleQueue()
        # Of the thread:
        self._input = RequestBody(environ)
        self._body_allowed = environ["REQUEST_METHOD"] != "HEAD"
        self._complete = False
        # Of the loop; the fault is read by the thread, after the order to end:
        self._fault: BaseException | None = None
        self._room = asyncio.Semaphore(MAX_WAITING_PIECES)
        self._client_left = asyncio.Event()
        self._body_over = False
        self._reading: asyncio.Future[Message] | None = None
        self._sent_all = False

    # ---- in the request's thread

    def wait_for_head(self) -> tuple[str, list[tuple[str, str]]]:
        """Status line and headers, as `start_response` takes them."""
        message = self._next_message()
        status: int = message["status"]
        if status in (204, 304):
            self._body_allowed = False
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
        return f"{status} {_REASONS.get(status, 'Unknown')}", headers

    def __iter__(self) -> Iterator[bytes]:
        """The pieces of the answer, each as soon as the application has sent it."""
        return self

    def __next__(self) -> bytes:
        """The next piece, never empty. Raises what the application raised in mid-answer."""
        while not self._complete:
            message = self._next_message()
            self._complete = not message.get("more_body", False)
            piece: bytes = message.get("body", b"")
            if piece and self._body_allowed:
                return piece
        raise StopIteration

    def close(self) -> None:
        """Called by the server at the end, whatever the end was. Does not wait for the application."""
        self._complete = True
        self._on_loop(self._leave)

    def _next_message(self) -> Message:
        """Carry out orders until one is a message. Raises when the application has ended instead."""
        while True:
            order = self._orders.get()
            if order is Order.READ:
                self._on_loop(self._deliver, self._input.read())
            elif order is Order.END:
                self._complete = True
                raise self._failure()
            else:
                self._on_loop(self._room.release)
                return order

    def _failure(self) -> Exception:
        """What to tell the server: no interrupt or cancellation of the loop may hit its thread."""
        if self._input.broken:
            # Servers know this error number for a client that left and make no noise about it.
            failure: Exception = ConnectionResetError(errno.ECONNRESET, "the client left in the middle of its request")
        elif isinstance(self._fault, Exception):
            return self._fault
        else:
            failure = RuntimeError("the application ended without completing its answer")
        failure.__cause__ = self._fault
        return failure

    def _on_loop(self, function: Callable[..., None], *args: Any) -> None:
        with suppress(RuntimeError):  # the loop has been closed, and the application has ended with it
            self.loop.call_soon_threadsafe(function, *args)

    # ---- on the loop

    async def run(self) -> None:
        """Run the application. Raises nothing but a cancellation before its first step."""
        try:
            await self._app(self._scope, self._receive, self._send)
        except BaseException as error:  # SystemExit would end the loop
            self._fault = error
            if isinstance(error, Exception) and (self._sent_all or self._client_left.is_set()):
                logger.exception("the application failed after its answer was over")

    def end(self, _: asyncio.Task[None]) -> None:
        """The task is done: wake the thread, if it still waits."""
        self._orders.put(Order.END)

    async def _receive(self) -> Message:
        if self._body_over or self._client_left.is_set():
            await self._client_left.wait()
            return {"type": "http.disconnect"}
        if self._reading is None:
            self._reading = asyncio.get_running_loop().create_future()
            self._orders.put(Order.READ)
        # Shielded: an application that gives up waiting and asks again must not lose the piece read meanwhile.
        message = await asyncio.shield(self._reading)
        self._reading = None
        self._body_over = not message.get("more_body", False)
        return message

    async def _send(self, message: Message) -> None:
        if self._sent_all or self._client_left.is_set():
            return
        await self._room.acquire()
        if self._client_left.is_set():
            self._room.release()  # for the next one that waits
            return
        self._sent_all = message["type"] == "http.response.body" and not message.get("more_body", False)
        self._orders.put(message)

    def _deliver(self, message: Message) -> None:
        if self._reading is not None and not self._reading.done():
            self._reading.set_result(message)
        if message["type"] == "http.disconnect":
            self._client_left.set()

    def _leave(self) -> None:
        self._room.release()
        self._deliver({"type": "http.disconnect"})
        if not self._sent_all:
            self.task.cancel()
