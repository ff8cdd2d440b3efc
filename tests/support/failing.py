"""Every way in which a target fails, on real sockets, and a gateway with a first and a second target.

with ExitStack() as held:
    first, server = FAULTS["429"].serve(held, "chat", Answer(text="Hello"))
    app = gateway(first, Place(second.url, "messages"), retry={"attempts": 1})
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from ccr_middleware import Gateway
from ccr_middleware.testing import CUT, STALL, Answer, FakeServer, Script, json_answer, stream
from ccr_middleware.testing.gateways import PATHS
from ccr_middleware.testing.ports import refusing, unanswering
from ccr_middleware.testing.provider import Reply
from ccr_middleware.testing.wires import WRITERS
from ccr_middleware.wire.format import WireName

Json = dict[str, Any]

#: Pauses between tries too short to be noticed.
QUICK = {"base_seconds": 0.001, "max_seconds": 0.001}


class Place(NamedTuple):
    """Where a provider is, what it speaks, and its further settings."""

    url: str
    wire: WireName
    more: Mapping[str, Any] = MappingProxyType({})


def gateway(first: Place, *others: Place, **more: Any) -> Gateway:
    """A gateway whose default target is `first,m`; the others (`second,m`, `third,m`) are its fallbacks, in order."""
    providers, names = [], ("first", "second", "third")
    for name, (url, wire, own) in zip(names, (first, *others), strict=False):
        known = {"name": name, "api_base_url": url + PATHS[wire], "models": ["m"], "wire": wire}
        providers.append(known | ({} if "api_keys" in own else {"api_key": f"sk-{name}"}) | dict(own))
    document = {
        "Providers": providers,
        "Router": {"default": "first,m"},
        "fallback": {"all": [f"{name},m" for name in names[1 : len(others) + 1]]},
        **more,
        "retry": QUICK | {"attempts": 0} | more.get("retry", {}),
    }
    return Gateway(document, env={})


@dataclass(frozen=True)
class Fault:
    """One way to fail: what a server answers, or (`place`) where there is no server that could.

    `timeouts`: the limit it exceeds, for the `timeouts` of the provider.
    """

    answer: Callable[[WireName], Reply] | None = None
    place: Callable[[], Any] | None = None
    timeouts: Json = field(default_factory=dict)

    def serve(self, held: ExitStack, wire: WireName, *then: Reply, **more: Any) -> Failing:
        """Who fails once in this way and answers `then` afterwards; `more` are further settings of the provider."""
        settings = {"timeouts": self.timeouts, **more} if self.timeouts else more
        if self.answer is None:
            assert self.place is not None
            return Failing(Place(held.enter_context(self.place()), wire, settings), None)
        server = held.enter_context(FakeServer([self.answer(wire), *then]))
        return Failing(Place(server.url, wire, settings), server)


class Failing(NamedTuple):
    """Who fails: where, and the server if there is one."""

    place: Place
    server: FakeServer | None


@contextmanager
def nowhere() -> Iterator[str]:
    """A URL whose host does not resolve."""
    yield "http://no-such-host.invalid"


@contextmanager
def without_tls() -> Iterator[str]:
    """An https URL of a server that does not speak TLS."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1)
                    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _status(code: int) -> Fault:
    return Fault(lambda _: Answer(error=code))


def error_event(wire: WireName, status: int = 529, *, opened: bool = False) -> Script:
    """A stream with nothing but an error, after what a stream opens with if `opened`."""
    writer = WRITERS[wire](Answer(error=status), "m")
    events = [*(writer.begin() if opened else ()), writer.failure_event()]
    return stream(b"".join(map(writer.frame, events)))


def opened(wire: WireName) -> bytes:
    """What a stream opens with: no content."""
    writer = WRITERS[wire](Answer(then=CUT), "m")
    return b"".join(map(writer.frame, writer.begin()))


#: All of them; those after the first content are `LATE`.
FAULTS: dict[str, Fault] = {
    "refused": Fault(place=refusing),
    "DNS": Fault(place=nowhere),
    "TLS": Fault(place=without_tls),
    "connect timeout": Fault(place=unanswering, timeouts={"connect_seconds": 0.05}),
    "first-byte timeout": Fault(lambda _: Script(before=[STALL]), timeouts={"first_byte_seconds": 0.05}),
    "idle stall": Fault(lambda wire: stream(opened(wire), STALL), timeouts={"idle_seconds": 0.05}),
    "cut in headers": Fault(lambda _: Script(before=[b"HTTP/1.1 200 OK\r\ncontent-ty", CUT])),  # type: ignore[list-item]
    "cut before content": Fault(lambda wire: stream(opened(wire), CUT)),
    "error event first": Fault(error_event),
    "error event after the opening": Fault(lambda wire: error_event(wire, opened=True)),
    "empty stream": Fault(lambda _: stream(b"")),
    "HTML 502": Fault(lambda _: json_answer(b"<html>Bad gateway</html>", 502, {"content-type": "text/html"})),
    "HTML 200": Fault(lambda _: stream(b"<!doctype html><html></html>", headers={"content-type": "text/html"})),
    **{str(code): _status(code) for code in (400, 401, 402, 403, 404, 408, 409, 413, 429, 500, 503, 529)},
}

#: Faults after the first content, "Hel".
LATE: dict[str, Answer] = {
    "cut after content": Answer(text=["Hel"], then=CUT),
    "stall after content": Answer(text=["Hel"], then=STALL),
    "error event after content": Answer(text=["Hel"], error=500),
}
