"""Every host on a real server: what a client meets under the prefix, and what the host still answers itself (C39, C48).

One server for each kind serves all the tests of the kind. Its configuration has two providers: the demo model, and a
scripted one that plays what the test at hand says.
"""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from ccr_middleware.demo import DEMO_URL
from ccr_middleware.testing import STALL, FakeServer, Script, Signal, check_error, check_message, check_stream

from .support import chat
from .support.servers import HOST_KINDS, HOSTS, hello_url, serve_host, show_output

WAIT_SECONDS = 10
STREAM = {"content-type": "text/event-stream"}


@dataclass
class Served:
    """A host that runs, and the provider behind its gateway."""

    kind: str
    base_url: str
    provider: FakeServer
    script: Script | None = None

    @property
    def sees_the_client_leave(self) -> bool:
        """Whether a client that leaves is seen at once; below WSGI it is when something is sent to it."""
        return HOSTS[self.kind].interface == "asgi"

    def open(
        self, method: str, path: str, body: Any = None, headers: Any = (), url: str = ""
    ) -> http.client.HTTPResponse:
        """Send a request and read the head of its answer. The answer is to be closed."""
        parts = urlsplit(url or self.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        kind = {"content-type": "application/json"} if data else {}
        connection.request(method, parts.path + path, data, {**kind, "connection": "close", **dict(headers)})
        response = connection.getresponse()
        connection.close()  # the answer holds the socket until it is read or closed
        return response

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> tuple[http.client.HTTPResponse, bytes]:
        """Send a request and read the whole answer."""
        with self.open(method, path, body, **options) as response:
            return response, response.read()


@pytest.fixture(scope="module", params=HOST_KINDS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    kind: str = request.param
    with FakeServer(lambda exchange: served.script) as provider:
        config = tmp_path_factory.mktemp(kind) / "config.json"
        write_config(config, provider.url)
        with serve_host(kind, config) as base_url:
            served = Served(kind, base_url, provider)
            yield served


@pytest.fixture(autouse=True)
def show_what_the_server_said() -> Iterator[None]:
    yield
    show_output()


def write_config(path: Path, url: str) -> None:
    scripted = {"name": "scripted", "api_base_url": f"{url}/v1/chat/completions", "api_key": "k", "models": ["m"]}
    demo = {"name": "demo", "api_base_url": DEMO_URL, "api_key": "k", "models": ["demo"]}
    path.write_text(json.dumps({"Providers": [scripted, demo], "Router": {"default": "demo,demo"}}))


def message(model: str = "demo,demo", text: str = "Hi", **fields: Any) -> dict[str, Any]:
    return {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": text}], **fields}


def piece(text: str) -> bytes:
    return chat.sse(chat.text(text), done=False)


ENDING = chat.sse(chat.finish("stop"), chat.usage(12, 3))


def read_until(response: http.client.HTTPResponse, mark: bytes) -> bytes:
    data = b""
    while mark not in data:
        more = response.read1()
        assert more, f"the answer ended before {mark!r}: {data!r}"
        data += more
    return data


# ---- what a client meets


def test_c48_head_health_and_trailing_slashes(served):
    response, data = served.ask("HEAD", "/")
    assert (response.status, data) == (200, b"")
    for path in ("/health", "/health/"):
        response, data = served.ask("GET", path)
        assert response.status == 200
        assert isinstance(json.loads(data), dict)


@pytest.mark.parametrize("path", ["/v1/messages?beta=true", "/v1/messages/?beta=true", "/v1/messages"])
def test_c48_messages(served, path):
    response, data = served.ask("POST", path, message())
    assert response.status == 200
    check_message(json.loads(data))


def test_c48_messages_streamed(served):
    response, data = served.ask("POST", "/v1/messages?beta=true", message(stream=True))
    assert response.status == 200
    assert response.headers.get_content_type() == "text/event-stream"
    assert response.headers["x-accel-buffering"] == "no"
    assert check_stream(data).text


@pytest.mark.parametrize("path", ["/nothing/here", "/v1/messages/x", "/v1/caf%C3%A9?beta=true"])
def test_c48_unknown_paths_are_refused_as_anthropic_does(served, path):
    response, data = served.ask("POST", path, message())
    assert response.status == 404
    assert json.loads(data)["error"]["type"] == "not_found_error"
    check_error(data)


def test_c48_everything_else_is_the_hosts(served):
    response, data = served.ask("GET", "", url=hello_url(served.base_url))
    if HOSTS[served.kind].mount:
        assert (response.status, json.loads(data)["hello"][:5]) == (200, "from ")
    else:  # no host: everything is the gateway's
        assert response.status == 404
        check_error(data)


def test_c48_streamed_events_arrive_one_by_one(served):
    gates = [Signal(), Signal()]
    steps = [piece("one"), gates[0], piece("two"), gates[1], piece("three"), ENDING]
    served.script = Script(steps)
    with served.open("POST", "/v1/messages?beta=true", message("scripted,m", stream=True)) as response:
        # The provider says the next word only after the client has read this one.
        data = read_until(response, b'"one"')
        gates[0].set()
        data += read_until(response, b'"two"')
        gates[1].set()
        data += response.read()
    assert check_stream(data).text == "onetwothree"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_large_body_arrives_whole(served, chunked):
    served.script = Script([json.dumps(chat.whole("ok")).encode()], headers={"content-type": "application/json"})
    text = "0123456789abcdef" * 200_000  # 3.2 MB, more than Django takes for itself
    data = json.dumps(message("scripted,m", text)).encode()
    body: bytes | Iterable[bytes] = (data[at : at + 100_000] for at in range(0, len(data), 100_000))
    response, answer = served.ask("POST", "/v1/messages", body if chunked else data)
    assert response.status == 200, answer
    check_message(json.loads(answer))
    assert served.provider.exchanges[-1].json()["messages"][-1]["content"] == text


# ---- the client leaves


def begin(served: Served) -> http.client.HTTPConnection:
    """Send a request for a stream, and wait until it has reached the provider."""
    known = len(served.provider.exchanges)
    parts = urlsplit(served.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    data = json.dumps(message("scripted,m", stream=True)).encode()
    connection.request("POST", f"{parts.path}/v1/messages", data, {"content-type": "application/json"})
    asyncio.run(served.provider.arrived(known + 1))
    return connection


@pytest.mark.parametrize("begun", [False, True])
def test_c39_a_client_that_leaves_ends_the_providers_work(served, begun):
    gone = Signal()
    # Below WSGI a server notices when it writes, so there the provider goes on talking.
    rest: list[Any] = [STALL] if served.sees_the_client_leave else [gone, *[piece("more"), 0.01] * 400]
    served.script = Script([piece("one"), *rest]) if begun else Script(rest[1:], before=rest[:1])
    connection = begin(served)
    if begun:
        with connection.getresponse() as response:
            read_until(response, b'"one"')
    connection.close()
    gone.set()
    assert served.provider.exchanges[-1].closed.wait(WAIT_SECONDS), "the provider went on for nobody"
    assert served.ask("GET", "/health")[0].status == 200


def test_a_half_sent_request_harms_nobody(served):
    parts = urlsplit(served.base_url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=WAIT_SECONDS)
    connection.putrequest("POST", f"{parts.path}/v1/messages")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", "1000")
    connection.endheaders(b'{"model"')
    connection.close()
    response, _ = served.ask("GET", "/health")
    assert response.status == 200
