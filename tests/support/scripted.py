"""Providers that play a script: what they answer, in which pieces, and how they misbehave.

    script = stream(chat.answer("Hello"), feeding="bytes")             # one of FEEDINGS
    script = Script(steps=[chat.sse(chat.text("He"), done=False), 0.05, gate, CUT])
    script = json_answer(chat.whole("Hello")); error = json_answer({"error": {...}}, 429, {"retry-after": "3"})

    transport = ScriptedTransport([script, ...])       # in the process: an upstream.base.Transport
    transport.requests[0].url; transport.bodies[0]["model"]; transport.exchanges[0].closed.is_set()

`sockets.ScriptedProvider` has the same exchanges behind a real socket. Both play the same scripts, one per request
in their order; a single Script answers every request, a function is asked for one. A request without a script is
answered 500 and makes `verify()` fail (a socket's provider calls it on leaving).

The steps of a script: bytes are sent, a number is waited (seconds), a `Signal` is waited for, `STALL` says nothing
until the client leaves, `CUT` ends the connection before the promised end, `RESET` resets it, an exception is raised
(in the process only). `before` holds steps that come before status and headers.
"""

import enum
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import anyio

from ccr_middleware.errors import UpstreamBroken
from ccr_middleware.upstream.base import WireRequest

#: How long a test waits for a signal before it is called stuck, in seconds.
PATIENCE_SECONDS = 5.0

#: The ways to cut one stream into network reads; every streaming test runs with all of them.
FEEDINGS = ("whole", "bytes", "crlf")
Feeding = Literal["whole", "bytes", "crlf"]


class Step(enum.Enum):
    """What a provider can do besides sending and waiting."""

    STALL = enum.auto()
    CUT = enum.auto()
    RESET = enum.auto()


STALL, CUT, RESET = Step.STALL, Step.CUT, Step.RESET


class Signal(threading.Event):
    """An event both threads and coroutines can set and wait for."""

    async def reached(self, timeout_seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait in a coroutine; False when it did not come in time."""
        return await until(self.is_set, timeout_seconds)


async def until(condition: Callable[[], Any], timeout_seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until the condition holds; False when it did not in time."""
    with anyio.move_on_after(timeout_seconds):
        while not condition():  # noqa: ASYNC110 - what is waited for happens in another thread
            await anyio.sleep(0.002)
    return bool(condition())


@dataclass(frozen=True)
class Script:
    """One answer. `framing` says how a socket's client learns the end: `chunked`, `length` (Content-Length: of all
    bytes, and of more than comes when the script cuts) or `close` (the connection ends)."""

    steps: Sequence[bytes | float | Signal | Step | Exception] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    before: Sequence[float | Signal | Step | Exception] = ()
    framing: Literal["chunked", "length", "close"] = "chunked"


Plan = Script | Sequence[Script] | Callable[["Exchange"], Script]


def feed(data: bytes, feeding: str = "whole") -> list[bytes]:
    """Cut a stream: as one piece, into single bytes, or as one piece with CRLF line ends."""
    if feeding == "bytes":
        return [data[at : at + 1] for at in range(len(data))]
    return [data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") if feeding == "crlf" else data]


def stream(data: bytes, *then: float | Signal | Step | Exception, feeding: str = "whole", **options: Any) -> Script:
    """A streamed answer; `then` follows the last byte (`STALL`: the connection stays open; `CUT`)."""
    return Script(steps=[*feed(data, feeding), *then], **options)


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None, **options: Any) -> Script:
    """A whole answer with Content-Length. Bytes and str are sent as they are, with the content type given."""
    if isinstance(body, bytes | str):
        data = body.encode() if isinstance(body, str) else body
    else:
        data = json.dumps(body).encode()
    return Script([data], status, {"content-type": "application/json", **(headers or {})}, framing="length", **options)


@dataclass
class Exchange:
    """One request and what became of its answer.

    `headers` with lower-case names. `connection` numbers the connection it came on. `answered` is set when the last
    step was played, `closed` when the client let go before that (the clients of a socket: closed the connection).
    `releases` counts `aclose()` in the process.
    """

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int = 0
    answered: Signal = field(default_factory=Signal)
    closed: Signal = field(default_factory=Signal)
    releases: int = 0

    def json(self) -> Any:
        """The request's body as JSON."""
        return json.loads(self.body)


class Scripted:
    """What both kinds of provider share: the plan and the exchanges. Safe across threads."""

    def __init__(self, plan: Plan) -> None:
        self.exchanges: list[Exchange] = []
        self.unexpected: list[str] = []
        self._plan = plan
        self._lock = threading.Lock()

    def begin(self, exchange: Exchange) -> Script:
        """Record a request and choose its script."""
        with self._lock:
            number = len(self.exchanges)
            self.exchanges.append(exchange)
        if isinstance(self._plan, Script):
            return self._plan
        if callable(self._plan):
            return self._plan(exchange)
        if number < len(self._plan):
            return self._plan[number]
        self.unexpected.append(f"request {number}: {exchange.method} {exchange.path}")
        return json_answer({"error": {"message": "the test has no script for this request"}}, 500)

    def verify(self) -> None:
        """Fail when there were requests without a script."""
        assert not self.unexpected, f"requests without a script: {self.unexpected}"

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of all requests."""
        return [exchange.json() for exchange in self.exchanges]

    async def arrived(self, count: int = 1, timeout_seconds: float = PATIENCE_SECONDS) -> Exchange:
        """Wait until `count` requests have come; give the last of them."""
        assert await until(lambda: len(self.exchanges) >= count, timeout_seconds), "the request never came"
        return self.exchanges[count - 1]


class ScriptedTransport(Scripted):
    """A `Transport` without a network. `requests` holds every `WireRequest`; a step may raise `UpstreamTimeout(…)`."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self.requests: list[WireRequest] = []
        self.closed = False

    async def send(self, request: WireRequest) -> "ScriptedResponse":
        """Play the steps before the head, then give the answer to be read."""
        self.requests.append(request)
        url = urlsplit(request.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        exchange = Exchange(request.method, path, dict(request.headers), request.body)
        script = self.begin(exchange)
        response = ScriptedResponse(script, exchange)
        try:
            async for _ in play(script.before):
                raise TypeError("bytes cannot come before the head")
        except BaseException:
            exchange.closed.set()
            raise
        return response

    async def aclose(self) -> None:
        """Nothing is held; remembered for tests."""
        self.closed = True

    @property
    def unreleased(self) -> list[Exchange]:
        """Answers begun whose `aclose()` was never called."""
        return [one for one in self.exchanges if not one.releases and not one.closed.is_set()]


class ScriptedResponse:
    """The answer of a `ScriptedTransport`."""

    def __init__(self, script: Script, exchange: Exchange) -> None:
        self.status = script.status
        self.headers = {name.lower(): value for name, value in script.headers.items()}
        self._steps, self._exchange, self._read = script.steps, exchange, False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the script."""
        assert not self._read, "chunks() is iterated once"
        self._read = True
        async for chunk in play(self._steps):
            assert not self._exchange.releases, "read after aclose()"
            yield chunk
        self._exchange.answered.set()

    async def aclose(self) -> None:
        """Let go. Before the end of the body this is what a socket's peer sees as a close."""
        self._exchange.releases += 1
        if not self._exchange.answered.is_set():
            self._exchange.closed.set()


async def play(steps: Iterable[Any]) -> AsyncIterator[bytes]:
    """Play steps in the process: give the bytes, wait, stall until cancelled, raise."""
    for step in steps:
        if isinstance(step, bytes):
            yield step
        elif isinstance(step, Signal):
            assert await step.reached(), "the test never set this signal"
        elif isinstance(step, Step):
            if step is STALL:
                await anyio.sleep_forever()
            raise UpstreamBroken(f"the script says {step.name}")
        elif isinstance(step, Exception):
            raise step
        else:
            await anyio.sleep(step)
