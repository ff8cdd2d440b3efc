"""A provider that plays what a test tells it, in the process.

    provider = FakeProvider([Answer(text="Hello"), Answer(error=429), Script([b"data: {", CUT])])
    gateway = Gateway(config, transport=provider)
    provider.bodies[0]["model"]; provider.requests[0].url; provider.exchanges[0].closed.is_set()

One answer is played per request, in their order; a single one answers every request, and a function is asked for one.
A request nobody has an answer for is answered 500 and makes `verify()` fail. `server.FakeServer` is the same behind a
real socket.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from ..upstream.base import WireRequest
from ..wire.format import WireName
from .answers import Answer
from .script import PATIENCE_SECONDS, Script, Signal, json_answer, play, until
from .written import answer_script


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


#: One answer, in any wire format or to the byte.
Reply = Answer | Script

#: What is played: one answer for every request, one after the other, or whatever a function decides.
Plan = Reply | Sequence[Reply] | Callable[[Exchange], Reply]


class Player:
    """What both kinds of provider share: the plan and the exchanges. Safe across threads.

    `wire`: the format answers are written in; None: as the path of the request says. `unexpected` lists the requests
    without an answer.
    """

    def __init__(self, plan: Plan = (), *, wire: WireName | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self.unexpected: list[str] = []
        self._plan: Reply | list[Reply] | Callable[[Exchange], Reply] = (
            plan if isinstance(plan, Answer | Script) or callable(plan) else list(plan)
        )
        self._wire = wire
        self._lock = threading.Lock()

    def play(self, *answers: Reply) -> None:
        """Answer these, after what is planned already. Raises TypeError for a plan that is no list."""
        if not isinstance(self._plan, list):
            raise TypeError("the plan answers every request already; make the provider with a list")
        self._plan.extend(answers)

    def begin(self, exchange: Exchange) -> Script:
        """Record a request and choose its answer."""
        with self._lock:
            number = len(self.exchanges)
            self.exchanges.append(exchange)
        reply = self._reply(exchange, number)
        if isinstance(reply, Answer):
            return answer_script(reply, exchange.path, exchange.body, self._wire)
        return reply

    def _reply(self, exchange: Exchange, number: int) -> Reply:
        if isinstance(self._plan, Answer | Script):
            return self._plan
        if not isinstance(self._plan, list):
            return self._plan(exchange)
        if number < len(self._plan):
            return self._plan[number]
        self.unexpected.append(f"request {number}: {exchange.method} {exchange.path}")
        return json_answer({"error": {"message": "the test has no script for this request"}}, 500)

    def verify(self) -> None:
        """Raise AssertionError when there were requests without an answer."""
        if self.unexpected:
            raise AssertionError(f"requests without a script: {self.unexpected}")

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of all requests."""
        return [exchange.json() for exchange in self.exchanges]

    async def arrived(self, count: int = 1, timeout_seconds: float = PATIENCE_SECONDS) -> Exchange:
        """Wait until `count` requests have come; give the last of them. Raises AssertionError when they do not."""
        if not await until(lambda: len(self.exchanges) >= count, timeout_seconds):
            raise AssertionError("the request never came")
        return self.exchanges[count - 1]


class FakeProvider(Player):
    """A `Transport` without a network. `requests` holds every `WireRequest`; a script may raise what a transport may
    (`UpstreamTimeout`, `UpstreamUnreachable`, `UpstreamBroken`)."""

    def __init__(self, plan: Plan = (), *, wire: WireName | None = None) -> None:
        super().__init__(plan, wire=wire)
        self.requests: list[WireRequest] = []
        self.closed = False

    async def send(self, request: WireRequest) -> FakeResponse:
        """Play the steps before the head, then give the answer to be read."""
        self.requests.append(request)
        url = urlsplit(request.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        exchange = Exchange(request.method, path, dict(request.headers), request.body)
        script = self.begin(exchange)
        response = FakeResponse(script, exchange)
        try:
            async for _ in play(script.before):
                raise TypeError("bytes cannot come before the head")
        except BaseException:
            exchange.closed.set()
            raise
        return response

    async def aclose(self) -> None:
        """Nothing is held; remembered in `closed`."""
        self.closed = True

    @property
    def unreleased(self) -> list[Exchange]:
        """Answers begun whose `aclose()` was never called."""
        return [one for one in self.exchanges if not one.releases and not one.closed.is_set()]


class FakeResponse:
    """The answer of a `FakeProvider`: a `WireResponse`."""

    def __init__(self, script: Script, exchange: Exchange) -> None:
        self.status = script.status
        self.headers = {name.lower(): value for name, value in script.headers.items()}
        self._steps, self._exchange, self._read = script.steps, exchange, False

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the script. Raises AssertionError when read twice, or after `aclose()`."""
        if self._read:
            raise AssertionError("chunks() is iterated once")
        self._read = True
        async for chunk in play(self._steps):
            if self._exchange.releases:
                raise AssertionError("read after aclose()")
            yield chunk
        self._exchange.answered.set()

    async def aclose(self) -> None:
        """Let go. Before the end of the body this is what a socket's peer sees as a close."""
        self._exchange.releases += 1
        if not self._exchange.answered.is_set():
            self._exchange.closed.set()
