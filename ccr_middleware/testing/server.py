"""A provider on a real socket that plays what a test tells it.

    with FakeServer([Answer(text="Hello", then=STALL)]) as server:       # `async with` does the same
        ... ask server.url ...
        assert server.bodies[0]["stream"] is True
        assert server.exchanges[0].closed.wait(1)                # the client closed its connection
        # in a coroutine: (await server.arrived()).closed.reached(1)

It runs in a thread of its own with its own event loop, so it goes on when the code under test blocks, and tests with
and without a loop use it in the same way.
"""

from __future__ import annotations

import asyncio
import http.client
import socket
import struct
import threading
from functools import partial
from types import TracebackType
from typing import Self

import anyio

from ..wire.format import WireName
from .provider import Exchange, Plan, Player
from .script import CUT, PATIENCE_SECONDS, RESET, STALL, Script, Signal


class FakeServer(Player):
    """An HTTP/1.1 server on 127.0.0.1 that plays a plan. `connections` counts those accepted, `live` are open now."""

    def __init__(self, plan: Plan = (), *, wire: WireName | None = None) -> None:
        super().__init__(plan, wire=wire)
        self.connections = 0
        self.live: set[_Connection] = set()
        self.port = 0
        self._ready = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = listening.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(listening)), name="fake server")
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._close()
        if error is None:
            self.verify()

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._close)
        if error is None:
            self.verify()

    def _close(self) -> None:
        if not self._ready.wait(PATIENCE_SECONDS):
            raise AssertionError("the server's thread never began")
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE_SECONDS)
        if self._thread.is_alive():
            raise AssertionError("the server's thread does not end")

    async def _serve(self, listening: socket.socket) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await self._loop.create_server(partial(_Connection, self), sock=listening)
        self._ready.set()
        await self._stop.wait()
        # asyncio loses a connection that was accepted just before `close()`; it is whole two turns of the loop later.
        self._loop.remove_reader(listening)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        server.close()
        for connection in list(self.live):
            connection.transport.abort()
        while self.live:  # noqa: ASYNC110 - a few turns of the loop, until connection_lost was called
            await asyncio.sleep(0)


class _Connection(asyncio.Protocol):
    """One connection: requests are taken in their order, each answered by its script."""

    transport: asyncio.Transport

    def __init__(self, provider: FakeServer) -> None:
        self.provider = provider
        self.requests: asyncio.Queue[Exchange] = asyncio.Queue()
        self.writable = asyncio.Event()
        self.writable.set()
        self.received = b""
        self.current: Exchange | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.number = self.provider.connections
        self.provider.connections += 1
        self.provider.live.add(self)
        self.task = asyncio.ensure_future(self.answer_all())

    def connection_lost(self, error: Exception | None) -> None:
        if self.current is not None and not self.current.answered.is_set():
            self.current.closed.set()
        self.provider.live.discard(self)
        self.task.cancel()

    def pause_writing(self) -> None:
        self.writable.clear()

    def resume_writing(self) -> None:
        self.writable.set()

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (exchange := self.take_request()) is not None:
            self.requests.put_nowait(exchange)

    def take_request(self) -> Exchange | None:
        """Cut one request off what was received; None while it is not complete."""
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return None
        line, *fields = head.decode("latin-1").split("\r\n")
        method, path, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
        length = int(headers.get("content-length", 0))
        if len(rest) < length:
            return None
        self.received = rest[length:]
        return Exchange(method, path, headers, rest[:length], self.number)

    async def answer_all(self) -> None:
        while True:
            exchange = await self.requests.get()
            self.current = exchange
            try:
                script = self.provider.begin(exchange)
                await self.answer(exchange, script)
            except Exception as error:
                self.provider.unexpected.append(f"{exchange.method} {exchange.path}: {error!r}")
                self.transport.abort()

    async def answer(self, exchange: Exchange, script: Script) -> None:
        """Play one script. Cancelled when the client closes the connection."""
        for first in script.before:
            await self.play(first, chunked=False)
        self.transport.write(_head(script))
        for step in script.steps:
            await self.play(step, chunked=script.framing == "chunked")
        exchange.answered.set()
        if script.framing == "chunked":
            self.transport.write(b"0\r\n\r\n")
        if script.framing == "close" or exchange.headers.get("connection", "").lower() == "close":
            self.transport.close()

    async def play(self, step: object, chunked: bool) -> None:
        if isinstance(step, bytes):
            if step:
                self.transport.write(b"%x\r\n%b\r\n" % (len(step), step) if chunked else step)
            await asyncio.sleep(0)
            await self.writable.wait()
        elif isinstance(step, Signal):
            if not await step.reached():
                raise TimeoutError("the test never set this signal")
        elif isinstance(step, int | float):
            await asyncio.sleep(step)
        elif step in (STALL, CUT, RESET):
            await self.misbehave(reset=step is RESET, cut=step is CUT)
        else:
            raise TypeError(f"a socket cannot play {step!r}")

    async def misbehave(self, reset: bool, cut: bool) -> None:
        """Never returns: the connection's end cancels it."""
        if cut:
            self.current = None  # it is not the client who closes
            self.transport.close()
        elif reset:
            self.current = None
            no_linger = struct.pack("ii", 1, 0)
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
            self.transport.abort()
        await asyncio.Event().wait()


def _head(script: Script) -> bytes:
    headers = dict(script.headers)
    if script.framing == "chunked":
        headers["transfer-encoding"] = "chunked"
    elif script.framing == "length":
        cut = CUT in script.steps or RESET in script.steps
        headers["content-length"] = str(sum(len(s) for s in script.steps if isinstance(s, bytes)) + 1000 * cut)
    else:
        headers["connection"] = "close"
    phrase = http.client.responses.get(script.status, "Overloaded")
    lines = [f"HTTP/1.1 {script.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
