"""A closed-loop load generator: each connection sends, reads the answer to its end, and sends again.

Requests are bytes made beforehand, and answers are searched, not parsed, so that it costs little beside the server it
measures. Everything runs on the caller's event loop.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, cast

from upstream import FIRST_WORD, LAST_WORD

API_KEY = "sk-client-bench"
_FIRST, _LAST = FIRST_WORD.encode(), LAST_WORD.encode()
#: What every complete answer ends with, JSON and stream alike, within so many bytes.
_TAIL_BYTES = 512
_clock = time.perf_counter


@dataclass
class Report:
    """What happened: seconds per answer, until its first text, and the longest silence after that."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    first_texts: list[float] = field(default_factory=list)
    longest_gaps: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def answers(self) -> int:
        """Complete answers."""
        return len(self.latencies)

    def check(self) -> None:
        """Raises `RuntimeError` if anything went wrong: numbers of a server that fails mean nothing."""
        if self.failures:
            raise RuntimeError(f"{len(self.failures)} requests failed, the first: {self.failures[0]}")


def render(body: bytes, port: int, path: str = "/v1/messages") -> bytes:
    """A whole HTTP request with Claude Code's headers."""
    head = (
        f"POST {path}?beta=true HTTP/1.1",
        f"host: 127.0.0.1:{port}",
        "accept: application/json",
        "content-type: application/json",
        "user-agent: claude-cli/2.0.31 (external, cli)",
        "x-app: cli",
        "anthropic-version: 2023-06-01",
        "anthropic-beta: claude-code-20250219,interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14",
        "anthropic-dangerous-direct-browser-access: true",
        "x-stainless-lang: js",
        "x-stainless-runtime: node",
        "x-stainless-retry-count: 0",
        "x-stainless-timeout: 600",
        f"authorization: Bearer {API_KEY}",
        f"content-length: {len(body)}",
    )
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class _Connection(asyncio.Protocol):
    """One client connection. `next_request` gives what to send next, or None when it is time to stop."""

    def __init__(self, next_request: Callable[[], bytes | None], report: Report, done: asyncio.Future[None]) -> None:
        self._next_request = next_request
        self._report = report
        self._done = done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._report.failures.append(f"the connection was closed ({error})")
            self._done.set_result(None)

    def send(self) -> None:
        """Send the next request, or close."""
        request = self._next_request()
        if request is None:
            if not self._done.done():
                self._done.set_result(None)
            self._transport.close()
            return
        self._head_done = False
        self._head = self._tail = b""
        self._left = -1  # bytes of the body still to come; below zero: a chunked body
        self._first_at = self._last_at = self._longest = 0.0
        self._sent_at = _clock()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if not self._head_done:
            data = self._read_head(data)
            if not data:
                return
        now = _clock()
        if self._first_at:
            self._longest = max(self._longest, now - self._last_at)
            self._last_at = now
        elif _FIRST in data or _FIRST in self._tail + data:
            self._first_at = self._last_at = now
        self._tail = (self._tail + data)[-_TAIL_BYTES:]
        if self._left >= 0:
            self._left -= len(data)
            if self._left <= 0:
                self._finish(now)
        elif self._tail.endswith(b"0\r\n\r\n"):
            self._finish(now)

    def _read_head(self, data: bytes) -> bytes:
        head, blank, rest = (self._head + data).partition(b"\r\n\r\n")
        if not blank:
            self._head = head
            return b""
        self._head, self._head_done = head, True
        lower = head.lower()
        at = lower.find(b"content-length:")
        if at >= 0:
            self._left = int(lower[at + 15 :].split(b"\r\n", 1)[0])
        return rest

    def _finish(self, now: float) -> None:
        report = self._report
        whole = self._left == 0 or b"message_stop" in self._tail or b"[DONE]" in self._tail
        if self._head[9:12] == b"200" and self._first_at and whole:
            report.latencies.append(now - self._sent_at)
            report.first_texts.append(self._first_at - self._sent_at)
            report.longest_gaps.append(self._longest)
        elif len(report.failures) < 100:
            report.failures.append(f"{self._head[:60]!r} … {self._tail[-300:]!r}")
        self.send()


async def run_load(
    port: int, requests: Sequence[bytes], *, connections: int, seconds: float = 0.0, each: int = 0
) -> Report:
    """Send `requests` in turn over some connections: for so many seconds, or so many times on each connection.

    All connections are open before the first request is sent.
    """
    report, loop = Report(), asyncio.get_running_loop()
    source = cycle(requests)
    dones: list[asyncio.Future[None]] = []
    clients: list[_Connection] = []
    deadline = 0.0
    for _ in range(connections):
        left = iter(range(each))

        def next_request(left: Iterator[int] = left) -> bytes | None:
            go_on = next(left, None) is not None if each else _clock() < deadline
            return next(source) if go_on else None

        done = loop.create_future()
        _, client = await loop.create_connection(
            lambda step=next_request, done=done: _Connection(step, report, done),  # type: ignore[misc]
            "127.0.0.1",
            port,
        )
        dones.append(done)
        clients.append(client)
    began = _clock()
    deadline = began + seconds
    for client in clients:
        client.send()
    await asyncio.wait_for(asyncio.gather(*dones), timeout=seconds + 60)
    report.seconds = _clock() - began
    return report


async def read_answer(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Send one request and return the head and the decoded body of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"chunked" not in lower:
            at = lower.index(b"content-length:")
            return head, await reader.readexactly(int(lower[at + 15 :].split(b"\r\n", 1)[0]))
        parts: list[bytes] = []
        while size := int(await reader.readuntil(b"\r\n"), 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        return head, b"".join(parts)
    finally:
        writer.close()


def text_of(body: bytes) -> str:
    """The text of a whole answer in Anthropic's form, JSON or stream. Raises for anything else."""
    if body.startswith(b"{"):
        return "".join(block["text"] for block in json.loads(body)["content"])
    texts: list[str] = []
    for event in body.split(b"\n\n"):
        data = event.partition(b"data: ")[2]
        if data.startswith(b"{"):
            value: dict[str, Any] = json.loads(data)
            texts.append(value.get("delta", {}).get("text", ""))
    return "".join(texts)


async def check_answer(port: int, request: bytes, expected: str) -> None:
    """Raises `RuntimeError` unless the server translates that request's answer to exactly that text."""
    head, body = await read_answer(port, request)
    try:
        text = text_of(body)
    except (ValueError, KeyError, TypeError):
        text = ""
    if text != expected:
        raise RuntimeError(f"port {port} gave a wrong answer: {head[:80]!r} {body[:300]!r}")
