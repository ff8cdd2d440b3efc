"""What the other formats cost, beside a Messages client of a chat-completions provider.

    python benchmarks/formats.py [--rounds N] [--only NAME]

Whole calls through a gateway in this process, without HTTP on either side: requests go in as ASGI messages, providers
answer from bytes made beforehand. So the ratios are those of the gateway's own work; with a server around it they are
nearer to 1. Each round runs every contestant once, and the ratio is taken within the round.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, cast

from payloads import Size, body

from ccr_middleware import Gateway
from ccr_middleware.testing.answers import Answer, ToolCall, Usage
from ccr_middleware.testing.asgi import http_scope
from ccr_middleware.testing.written import answer_document, answer_events
from ccr_middleware.translate import translate_request
from ccr_middleware.upstream import InProcessTransport, WireRequest

WireName = Literal["messages", "chat", "responses", "gemini"]
Json = dict[str, Any]
#: One call of the gateway, from the request to the last byte of its answer.
Run = Callable[[], Awaitable[None]]

PROVIDERS: dict[WireName, str] = {
    "chat": "https://chat.test/v1/chat/completions",
    "gemini": "https://gemini.test/v1beta",
    "responses": "https://responses.test/v1/responses",
    "messages": "https://messages.test/v1/messages",
}
CHUNKS = 500
WORDS = ["The", " stage", " reads", " a", " chunk", ",", " and", " says", " what", " it", " says", ".\n"]
TEXT = [WORDS[i % len(WORDS)] for i in range(CHUNKS)]
USAGE = Usage(1234, 20, cached=1024)
#: How many calls make one value, by measure.
CALLS = {"request": 20, "text": 3, "arguments": 3}


class Way(NamedTuple):
    """The client's format and the provider's."""

    client: WireName
    provider: WireName

    def __str__(self) -> str:
        return f"{self.client} client, {self.provider} provider"


BASELINE = Way("messages", "chat")
WAYS = (
    BASELINE,
    Way("messages", "gemini"),
    Way("messages", "responses"),
    Way("messages", "messages"),
    Way("chat", "chat"),
    Way("responses", "chat"),
    Way("gemini", "chat"),
)


class Provider:
    """Answers every request with the pieces it holds at the moment, each of which is one read."""

    def __init__(self) -> None:
        self.pieces: Sequence[bytes] = ()
        self.stream = False

    async def __call__(self, request: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        return 200, {"content-type": "text/event-stream" if self.stream else "application/json"}, self._body()

    async def _body(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def answers() -> dict[str, Answer]:
    """What the provider says, by measure."""
    arguments = ['{"content":"', *(word.replace("\n", "\\n") for word in TEXT[2:]), '"}']
    return {
        "request": Answer(text="".join(TEXT[:20]), usage=USAGE),
        "text": Answer(text=TEXT, usage=USAGE),
        "arguments": Answer(tool_calls=[ToolCall("Write", arguments)], usage=USAGE),
    }


def provider_pieces(answer: Answer, wire: WireName, *, stream: bool) -> list[bytes]:
    """The answer in the provider's format: an event for each read, or the document."""
    if stream:
        return list(answer_events(answer, wire))
    return [json.dumps(answer_document(answer, wire), separators=(",", ":")).encode()]


def client_request(way: Way, size: Size, *, stream: bool) -> tuple[str, bytes]:
    """The path and the body of a request: what this gateway would send to a provider of the client's format."""
    asked: Json = json.loads(body(size, "json", stream=stream))
    model = asked["model"] = f"{way.provider},large-coder"
    if way.client != "messages":
        asked = translate_request(asked, wire=way.client, model=model).body
    data = json.dumps(asked, ensure_ascii=False, separators=(",", ":")).encode()
    if way.client == "gemini":
        action = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{model}:{action}", data
    return {"messages": "/v1/messages", "chat": "/v1/chat/completions", "responses": "/v1/responses"}[way.client], data


def calls(gateway: Gateway, path: str, data: bytes) -> Callable[[], Awaitable[bytes]]:
    """What makes one call and returns the body of its answer."""
    scope = http_scope(path, headers={"content-type": "application/json", "content-length": str(len(data))})
    request = {"type": "http.request", "body": data, "more_body": False}

    async def call() -> bytes:
        requests: Iterator[Json] = iter((request,))
        never = asyncio.get_running_loop().create_future()
        out: list[bytes] = []

        async def receive() -> Any:
            message = next(requests, None)
            return message if message is not None else await never

        async def send(message: Any) -> None:
            if message.get("status", 200) != 200:
                raise RuntimeError(f"{path} was refused: {message}")
            out.append(message.get("body", b""))

        await gateway(cast(Any, dict(scope)), receive, send)
        return b"".join(out)

    return call


async def contestant(way: Way, measure: str) -> Run:
    """A way's run of one measure, after one call that shows that the answer arrives and that warms what can be."""
    provider, stream = Provider(), measure != "request"
    provider.stream = stream
    provider.pieces = provider_pieces(answers()[measure], way.provider, stream=stream)
    providers = [
        {"name": wire, "api_base_url": url, "api_key": "k", "wire": wire, "models": ["large-coder"]}
        for wire, url in PROVIDERS.items()
    ]
    gateway = Gateway({"Providers": providers}, transport=InProcessTransport(provider))
    path, data = client_request(way, "2k" if stream else "60k", stream=stream)
    call = calls(gateway, path, data)
    answer = await call()
    if answer.count(b"stage") < (CHUNKS // len(WORDS) if stream else 1):
        raise RuntimeError(f"{way} gave a wrong answer: {answer[:500]!r}")

    async def run() -> None:
        for _ in range(CALLS[measure]):
            await call()

    await run()
    return run


async def measure_all(measure: str, rounds: int) -> dict[Way, list[float]]:
    """CPU microseconds of each way: a value for each round, of one request or one chunk."""
    # Gemini sends arguments whole.
    ways = [way for way in WAYS if (way.provider, measure) != ("gemini", "arguments")]
    runs = {way: await contestant(way, measure) for way in ways}
    values: dict[Way, list[float]] = {way: [] for way in ways}
    pieces = CALLS[measure] * (CHUNKS if measure != "request" else 1)
    for _ in range(rounds):
        for way, run in runs.items():
            gc.collect()
            before = time.thread_time_ns()
            await run()
            values[way].append((time.thread_time_ns() - before) / 1e3 / pieces)
    return values


def table(measured: dict[str, dict[Way, list[float]]]) -> str:
    """The medians as a table in Markdown."""
    labels = {"request": "60 KB request", "text": "text chunk", "arguments": "piece of arguments"}
    heads = [f"{labels[measure]:>12}, µs | ratio" for measure in measured]
    lines = [f"| {'':35} | {' | '.join(heads)} |", f"| {'---':35} {'| --: | --: ' * len(heads)}|"]
    for way in WAYS:
        cells = [
            _cells(values, way, width=len(head) - 8) for head, values in zip(heads, measured.values(), strict=True)
        ]
        lines.append(f"| {way!s:35} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cells(values: dict[Way, list[float]], way: Way, width: int) -> str:
    if way not in values:
        return f"{'-':>{width}} | {'-':>5}"
    middle = statistics.median(values[way])
    ratio = statistics.median(a / b for a, b in zip(values[way], values[BASELINE], strict=True))
    return f"{middle:{width}.{0 if middle > 100 else 1}f} | {ratio:5.2f}"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="what the formats of clients and providers cost")
    parser.add_argument("--rounds", type=int, default=15, help="rounds; the table shows their median (default 15)")
    parser.add_argument("--only", choices=list(CALLS), help="one measure")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    gc.disable()

    async def everything() -> dict[str, dict[Way, list[float]]]:
        return {measure: await measure_all(measure, args.rounds) for measure in CALLS if args.only in (None, measure)}

    print(table(asyncio.run(everything())))


if __name__ == "__main__":
    main()
