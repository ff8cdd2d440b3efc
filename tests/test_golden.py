"""Golden cases: whole requests and answers of our own writing, with what becomes of them.

A case is a folder `golden/chat/<case>/`. Three of its files are given:

- `request.json`: what the client asks (without `stream`; it is asked both ways).
- `provider.json`: the provider's `api_base_url`, model and other settings; without it a provider nobody knows.
- `stream.sse`, `whole.json`: how the provider answers, as a stream and as JSON.

The others are what the gateway makes of them. `pytest tests/test_golden.py --update-golden` writes them anew; a person
looks at every difference.

- `upstream.json`: the body the provider is sent when a stream is asked for.
- `losses.txt`: what is reported as lost, one `feature=action` a line; without it nothing is.
- `events.jsonl`: the events the client is sent, one a line.
- `message.json`: the JSON answer made of `whole.json`.
"""

import asyncio
import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.anthropic.events import frame
from ccr_middleware.testing import FakeProvider, check_message, check_stream, json_answer, post, stream
from ccr_middleware.testing.asgi import Reply

from .support.strict_chat import check_body

GOLDEN = Path(__file__).parent / "golden" / "chat"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())

#: The fields of a body that an endpoint of this host knows besides those of OpenAI, and those of its messages.
DIALECTS: dict[str, tuple[set[str], set[str]]] = {
    "api.deepseek.com": ({"thinking"}, {"reasoning_content"}),
    "openrouter.ai": ({"reasoning", "top_k"}, {"reasoning_details"}),
    "api.mistral.ai": (set(), {"prefix"}),
}


class Case:
    """One folder."""

    def __init__(self, name: str, update: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = GOLDEN / name
        self.update = update
        self.monkeypatch = monkeypatch
        self.request = json.loads(self.given("request.json"))
        given = self.folder / "provider.json"
        settings = json.loads(given.read_text()) if given.exists() else {}
        self.provider = {
            "name": "p",
            "api_base_url": "https://llm.example/v1",
            "models": ["m"],
            "api_key": "k",
        } | settings

    def given(self, name: str) -> str:
        """A file that is part of the case."""
        return (self.folder / name).read_text(encoding="utf-8")

    def expect(self, name: str, text: str) -> None:
        """Compare with a file, or write it."""
        path = self.folder / name
        if self.update:
            path.unlink(missing_ok=True)
            if text:
                path.write_text(text, encoding="utf-8")
        assert text == (path.read_text(encoding="utf-8") if path.exists() else ""), f"{path} differs"

    def ask(self, script: Any, *, streaming: bool) -> tuple[Reply, Any]:
        """The request through a gateway whose ids count 1, 2, 3; gives the answer, and the body the provider got."""
        transport, numbers = FakeProvider(script), count(1)
        router = {"default": f"p,{self.provider['models'][0]}"}
        self.monkeypatch.setattr("ccr_middleware.gateway.new_id", lambda prefix: f"{prefix}{next(numbers)}")
        gateway = Gateway({"Providers": [self.provider], "Router": router}, transport=transport)
        reply = asyncio.run(post(gateway, "/v1/messages", self.request | {"stream": streaming}))
        assert reply.status == 200, reply.body
        return reply, transport.bodies[0]


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    return Case(request.param, request.config.getoption("--update-golden"), monkeypatch)


def pretty(value: Any) -> str:
    """JSON as a person reads it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def test_what_is_sent_and_what_is_lost(case: Case) -> None:
    reply, sent = case.ask(stream(case.given("stream.sse").encode()), streaming=True)
    case.expect("upstream.json", pretty(sent))
    case.expect(
        "losses.txt", reply.headers.get("x-ccr-loss", "").replace(", ", "\n") + "\n" * ("x-ccr-loss" in reply.headers)
    )


def test_a_strict_endpoint_takes_it(case: Case) -> None:
    host = case.provider["api_base_url"].split("/")[2]
    fields, message_fields = DIALECTS.get(host, (set(), set()))
    routed = host == "openrouter.ai"
    for streaming in (True, False):
        _, sent = case.ask(json_answer(case.given("whole.json")), streaming=streaming)
        assert sent["stream"] is streaming
        if routed and sent["tools"][0]["type"].startswith("openrouter:"):
            del sent["tools"]  # a tool of its own
        check_body(sent, fields=fields, message_fields=message_fields, cache_control=routed, prefix=True)


@pytest.mark.parametrize("feeding", ["whole", "bytes", "crlf"])
def test_the_events_of_its_stream(case: Case, feeding: str) -> None:
    data = case.given("stream.sse").encode()
    reply, _ = case.ask(stream(data, feeding=feeding), streaming=True)
    checked = check_stream(reply.body)
    if feeding == "whole":
        lines = [json.dumps(event, ensure_ascii=False) + "\n" for event in checked.events]
        case.expect("events.jsonl", "".join(lines))
    expected = map(json.loads, case.given("events.jsonl").splitlines())
    assert checked.message == check_stream(frame(expected)).message


def test_the_message_of_its_json_and_that_the_stream_says_the_same(case: Case) -> None:
    reply, _ = case.ask(json_answer(case.given("whole.json")), streaming=False)
    message = check_message(reply.json()).message
    case.expect("message.json", pretty(message))
    of_stream, _ = case.ask(stream(case.given("stream.sse").encode()), streaming=False)
    assert of_stream.json() == message


def test_there_are_enough_cases_and_none_is_half() -> None:
    assert len(CASES) >= 12
    for name in CASES:
        files = {path.name for path in (GOLDEN / name).iterdir()}
        assert files - {"provider.json", "losses.txt"} == {
            "request.json",
            "upstream.json",
            "stream.sse",
            "events.jsonl",
            "whole.json",
            "message.json",
        }, name
