"""Drives an ASGI application message by message, with nothing between the test and the application.

    reply = await post(app, "/v1/messages?beta=true", {"model": "m"}, headers={"x-api-key": "k"})
    assert reply.status == 200 and reply.json()["type"] == "message"

    async with open_stream(app, "/v1/messages", body) as stream:
        assert await stream.start() == 200
        first = await stream.next()          # one body message of the application
        stream.disconnect()                  # what a server says when its client has left
        await stream.ended()                 # the application returns by itself, and in time

What the application sends is held to the ASGI specification: start, then bodies, then nothing.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
App = Callable[..., Awaitable[None]]
Headers = Mapping[str, str] | Iterable[tuple[str, str]]

#: How long anything may take before the test is called stuck, in seconds.
PATIENCE_SECONDS = 5.0


@dataclass
class Reply:
    """A finished answer. `headers` with lower-case names (the last of equals), `chunks` the non-empty body messages."""

    status: int
    headers: dict[str, str]
    chunks: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        """The whole body."""
        return b"".join(self.chunks)

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def http_scope(path: str, method: str = "POST", headers: Headers = (), root_path: str = "", **more: Any) -> Message:
    """A scope as uvicorn makes it: `path` is the whole path, the mount prefix `root_path` included."""
    bare, _, query = path.partition("?")
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("host", "127.0.0.1:3456"))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": bare,
        "raw_path": bare.encode("utf-8"),
        "query_string": query.encode("ascii"),
        "root_path": root_path,
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "client": ("127.0.0.1", 51234),
        "server": ("127.0.0.1", 3456),
        **more,
    }


def encode(body: Any, headers: Headers = ()) -> tuple[bytes, list[tuple[str, str]]]:
    """A dict or list as JSON with its content type; bytes and None stay."""
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    given = {name.lower() for name, _ in pairs}
    if isinstance(body, dict | list):
        body = json.dumps(body).encode()
        if "content-type" not in given:
            pairs.append(("content-type", "application/json"))
    data = body or b""
    if data and "content-length" not in given and "transfer-encoding" not in given:
        pairs.append(("content-length", str(len(data))))
    return data, pairs


class Stream:
    """One request under way. `lockstep`: the application's `send` returns when the test asks for the next message.

    After `disconnect`, `send` stays silent, as uvicorn, hypercorn and granian do, or raises OSError with
    `send_raises` (ASGI 2.4). `sent` holds every message of the application.
    """

    def __init__(self, app: App, scope: Message, body: list[bytes], lockstep: bool, send_raises: bool) -> None:
        self.sent: list[Message] = []
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self._body = [
            {"type": "http.request", "body": part, "more_body": number < len(body) - 1}
            for number, part in enumerate(body)
        ]
        self._unread: asyncio.Queue[Message] = asyncio.Queue()
        self._turn = asyncio.Event()
        self._gone = asyncio.Event()
        self._finished = self._reported = False
        self._lockstep, self._send_raises = lockstep, send_raises
        self._task = asyncio.ensure_future(self._run(app, scope))

    async def _run(self, app: App, scope: Message) -> None:
        try:
            await app(scope, self._receive, self._send)
        finally:
            self._unread.put_nowait({"type": "test.end"})

    async def _receive(self) -> Message:
        if self._body and not self._gone.is_set():
            return self._body.pop(0)
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if self._gone.is_set() and not self._finished:
            if self._send_raises:
                raise OSError("the client has left")
            return
        self._check(message)
        self.sent.append(message)
        self._unread.put_nowait(message)
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._finished = True
            self._gone.set()  # a server tells so after the answer, too
        elif self._lockstep:
            self._turn.clear()
            await self._turn.wait()

    def _check(self, message: Message) -> None:
        kind = message["type"]
        assert not self._finished, f"{kind} after the last body"
        if kind == "http.response.start":
            assert not self.sent, "a second http.response.start"
            assert type(message["status"]) is int, message
            for name, value in message.get("headers", ()):
                assert isinstance(name + value, bytes), (name, value)
                assert name == name.lower(), f"header name {name!r} is not lower case"
                assert not set(value) & set(b"\r\n\0"), f"header {name!r} holds a line end"
        else:
            assert kind == "http.response.body", f"unknown message {kind}"
            assert self.sent, "a body before http.response.start"
            assert isinstance(message.get("body", b""), bytes), message

    async def _message(self) -> Message:
        self._turn.set()
        message = await asyncio.wait_for(self._unread.get(), PATIENCE_SECONDS)
        if message["type"] == "test.end":
            self._unread.put_nowait(message)
            await self._outcome()
        return message

    async def start(self) -> int:
        """Wait for status and headers; give the status."""
        message = await self._message()
        assert message["type"] == "http.response.start", "the application ended without an answer"
        self.status = message["status"]
        self.headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in message.get("headers", ())}
        return self.status

    async def next(self) -> bytes | None:
        """The next non-empty body message; None when the body has ended."""
        if self.status is None:
            await self.start()
        while True:
            message = await self._message()
            if message["type"] == "test.end":
                return None
            if body := message.get("body"):
                return bytes(body)

    async def read_until(self, mark: bytes) -> bytes:
        """Read until `mark` has come; give everything read by this call."""
        data = b""
        while mark not in data:
            chunk = await self.next()
            assert chunk is not None, f"the body ended before {mark!r}: {data!r}"
            data += chunk
        return data

    async def rest(self) -> bytes:
        """Everything that is left of the body."""
        return b"".join([chunk async for chunk in self])

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterate()

    async def _iterate(self) -> AsyncIterator[bytes]:
        while (chunk := await self.next()) is not None:
            yield chunk

    def disconnect(self) -> None:
        """The client leaves. What the application was about to send no longer arrives."""
        self._gone.set()
        self._lockstep = False
        self._turn.set()

    async def ended(self, timeout_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until the application has returned; raises what it raised, TimeoutError when it hangs."""
        self._lockstep = False
        self._turn.set()
        await asyncio.wait_for(self._outcome(), timeout_seconds)

    async def _outcome(self) -> None:
        """Raise what the application raised. What the test has been told of once is not raised again by `close`."""
        try:
            await asyncio.shield(self._task)
        finally:
            self._reported = self._task.done()

    async def close(self) -> None:
        """End of the test: cancel what still runs, raise what the application raised unless the test has seen it."""
        if not self._task.done():
            await self.cancel()
        if not self._task.cancelled() and self._task.exception() is not None and not self._reported:
            self._task.result()

    async def cancel(self) -> None:
        """Cancel the application's task, as a server that shuts down does."""
        self._task.cancel()
        _, hanging = await asyncio.wait([self._task], timeout=PATIENCE_SECONDS)
        assert not hanging, "the application does not end when it is cancelled"


@asynccontextmanager
async def open_stream(
    app: App,
    path: str,
    body: Any = None,
    *,
    method: str = "POST",
    headers: Headers = (),
    root_path: str = "",
    split_body: int = 0,
    lockstep: bool = False,
    send_raises: bool = False,
    **scope: Any,
) -> AsyncIterator[Stream]:
    """Begin a request. `split_body`: into how many bytes a piece the request body is cut (0: one piece)."""
    data, pairs = encode(body, headers)
    parts = [data[at : at + split_body] for at in range(0, len(data), split_body)] if split_body and data else [data]
    stream = Stream(app, http_scope(path, method, pairs, root_path, **scope), parts, lockstep, send_raises)
    try:
        yield stream
    except BaseException:
        await stream.cancel()
        raise
    await stream.close()


async def request(app: App, method: str, path: str, body: Any = None, **options: Any) -> Reply:
    """Send a request and read the whole answer; raises what the application raises. Options as for `open_stream`."""
    async with open_stream(app, path, body, method=method, **options) as stream:
        status = await stream.start()
        chunks = [chunk async for chunk in stream]
        await stream.ended()
    return Reply(status, stream.headers, chunks)


async def post(app: App, path: str, body: Any = None, **options: Any) -> Reply:
    """`request` with POST."""
    return await request(app, "POST", path, body, **options)


async def get(app: App, path: str, **options: Any) -> Reply:
    """`request` with GET."""
    return await request(app, "GET", path, **options)
