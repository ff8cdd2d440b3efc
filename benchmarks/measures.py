"""What is measured, and how. Each measure runs its rounds in turn over the contestants, so that a busy moment of the
machine hits them all, and returns rows with one value for each round and contestant.

CPU time is that of the server process alone, all threads, user and system, divided by what it served: it hardly
depends on how fast the other core was.
"""

from __future__ import annotations

import asyncio
import random
import statistics
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from load import check_answer, read_answer, render, run_load
from payloads import Size, body, never_seen
from processes import Server, python_seconds
from servers import Start
from upstream import words

STREAMS = 200


@dataclass
class Row:
    """One line of the table: values by contestant, one for each round."""

    key: str
    label: str
    unit: str
    values: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """One round's value."""
        self.values.setdefault(name, []).append(value)

    def median(self, name: str) -> float | None:
        """The middle value of a contestant."""
        values = self.values.get(name)
        return statistics.median(values) if values else None

    def ratios(self) -> list[float]:
        """Gateway over floor, of the two values of each round."""
        pairs = zip(self.values.get("floor", ()), self.values.get("gateway", ()), strict=False)
        return [theirs / ours for ours, theirs in pairs if ours > 0]


@dataclass(frozen=True)
class Setup:
    """The servers that run throughout, how to start fresh ones, and how much to do."""

    upstream: Server
    floor: Server
    gateway: Server
    starts: tuple[Start, Start]
    server_core: int
    rounds: int
    quick: bool

    @property
    def seconds(self) -> float:
        """How long one contestant is under load in one round."""
        return 0.3 if self.quick else 0.4

    def contestants(self, round_number: int) -> tuple[Server, ...]:
        """Floor and gateway, the other one first in every second round."""
        pair = (self.floor, self.gateway)
        return pair[::-1] if round_number % 2 else pair


Measure = Callable[[Setup], Awaitable[list[Row]]]


async def _cpu(
    server: Server, bodies: Sequence[bytes], *, connections: int, seconds: float = 0, each: int = 0
) -> float:
    """CPU seconds for each answer of a load."""
    requests = [render(one, server.port) for one in bodies]
    before = server.cpu_seconds()
    report = await run_load(server.port, requests, connections=connections, seconds=seconds, each=each)
    used = server.cpu_seconds() - before
    report.check()
    return used / report.answers


async def _verify(setup: Setup, request: bytes, text: str, scenario: str = "") -> None:
    """Both translate that request's answer right, and the gateway routes it as expected."""
    for server in (setup.floor, setup.gateway):
        await check_answer(server.port, render(request, server.port), text)
    if scenario:
        head, _ = await read_answer(setup.gateway.port, render(request, setup.gateway.port))
        if f"x-ccr-scenario: {scenario}\r\n".encode() not in head.lower():
            raise RuntimeError(f"the gateway did not route by {scenario}: {head!r}")


async def _closed_loop(setup: Setup, row: Row, bodies: Sequence[bytes], connections: int, scale: float) -> list[Row]:
    """CPU for each answer times `scale`, rounds interleaved, after a warm-up."""
    for server in setup.contestants(0):
        await _cpu(server, bodies, connections=connections, seconds=setup.seconds / 3)
    for number in range(setup.rounds):
        for server in setup.contestants(number):
            used = await _cpu(server, bodies, connections=connections, seconds=setup.seconds)
            row.add(server.name, used * scale)
    return [row]


def _json(size: Size, connections: int, scenario: str) -> Measure:
    async def measure(setup: Setup) -> list[Row]:
        request = body(size, "json", stream=False)
        await _verify(setup, request, "".join(words(20)), scenario)
        row = Row(f"json-{size}", f"JSON request of {size.upper()}B, {connections} connections", "CPU ms")
        return await _closed_loop(setup, row, [request], connections, 1e3)

    return measure


async def turn(setup: Setup) -> list[Row]:
    """One turn of a session as it really is: the history is known, the newest 4 KB are not, the answer is a stream."""
    row = Row("turn-60k", "a turn: 60KB of which 4KB are new, 50 chunks back", "CPU ms")
    for number in range(setup.rounds):
        # Each request is sent once to each contestant.
        bodies = [body("60k", "burst-50", stream=True, newest=number * 1000 + i + 1) for i in range(100)]
        for server in setup.contestants(number):
            used = await _cpu(server, bodies, connections=10, each=10)
            row.add(server.name, used * 1e3)
    return [row]


def _stream(kind: str, label: str) -> Measure:
    async def measure(setup: Setup) -> list[Row]:
        request = body("2k", f"{kind}-50", stream=True)
        if kind != "tool":
            await _verify(setup, request, "".join(words(50)), "default")
        return await _closed_loop(setup, Row(f"stream-{kind}", label, "CPU µs"), [request], 32, 1e6 / 50)

    return measure


async def paced(setup: Setup) -> list[Row]:
    """Many slow streams at once, as they are in real life: one chunk, one read, one write."""
    chunks, rounds = (40, 2) if setup.quick else (100, min(3, setup.rounds))
    row = Row("paced", f"{STREAMS} streams, a chunk every 50 ms: each chunk", "CPU µs")
    request = body("2k", f"paced-{chunks}-50", stream=True)
    await _verify(setup, body("2k", "paced-3-5", stream=True), "".join(words(3)))
    for number in range(rounds):
        for server in setup.contestants(number):
            used = await _cpu(server, [request], connections=STREAMS, each=1)
            row.add(server.name, used * 1e6 / chunks)
    return [row]


async def first_text(setup: Setup) -> list[Row]:
    """What a client waits longer for its first text than without a gateway, when many begin at once."""
    rows: list[Row] = []
    sizes: tuple[Size, ...] = ("2k", "60k")
    for size in sizes:
        label = f"first text later by, {STREAMS} x {size.upper()}B at once"
        middle = Row(f"first-text-{size}-p50", f"{label}: p50", "ms")
        late = Row(f"first-text-{size}-p99", f"{label}: p99", "ms")
        request = body(size, "paced-3-20", stream=True)
        for number in range(-1, setup.rounds):  # the first one opens the connections to the provider
            direct = await _first_texts(setup.upstream, request)
            for server in setup.contestants(number):
                times = await _first_texts(server, request)
                if number >= 0:
                    middle.add(server.name, 1e3 * (_quantile(times, 0.5) - _quantile(direct, 0.5)))
                    late.add(server.name, 1e3 * (_quantile(times, 0.99) - _quantile(direct, 0.99)))
        rows += [middle, late]
    return rows


async def _first_texts(server: Server, request: bytes) -> list[float]:
    report = await run_load(server.port, [render(request, server.port)], connections=STREAMS, each=1)
    report.check()
    return report.first_texts


def _quantile(values: Sequence[float], part: float) -> float:
    return sorted(values)[int(part * (len(values) - 1))]


async def fresh(setup: Setup) -> list[Row]:
    """New processes: how soon they answer, and what they hold."""
    rows = {
        key: Row(key, label, unit)
        for key, label, unit in (
            ("start", "spawn to first answer", "ms"),
            ("first-message", "first message of a new process", "ms"),
            ("rss-idle", "RSS idle, before the first message", "MB"),
            ("rss-used", "RSS idle, after the first message", "MB"),
            ("rss-streams", f"RSS peak with {STREAMS} paced streams of 60KB requests", "MB"),
        )
    }
    chunks = 10 if setup.quick else 20
    streams = body("60k", f"paced-{chunks}-100", stream=True)
    message = body("2k", "burst-50", stream=True)
    for number in range(2 if setup.quick else min(5, setup.rounds)):
        for start in setup.starts[:: -1 if number % 2 else 1]:
            with start(setup.server_core) as server:
                rows["start"].add(server.name, server.start_seconds * 1e3)
                rows["rss-idle"].add(server.name, server.rss_mb())
                first = await run_load(server.port, [render(message, server.port)], connections=1, each=1)
                first.check()
                rows["first-message"].add(server.name, first.latencies[0] * 1e3)
                rows["rss-used"].add(server.name, server.rss_mb())
                rows["rss-streams"].add(server.name, await _peak_rss(server, streams))
    return list(rows.values())


async def _peak_rss(server: Server, request: bytes) -> float:
    peak = 0.0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, server.rss_mb())
            await asyncio.sleep(0.05)

    watching = asyncio.ensure_future(watch())
    report = await run_load(server.port, [render(request, server.port)], connections=STREAMS, each=1)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    report.check()
    return peak


async def imports(setup: Setup) -> list[Row]:
    """What importing adds to a bare interpreter."""
    statements = {
        "import": ("import ccr_middleware", "import ccr_middleware"),
        "import-gateway": ("from ccr_middleware import Gateway", "from ccr_middleware import Gateway"),
        "import-floor": ("for comparison: what the floor imports", "import aiohttp, orjson, uvicorn, uvloop"),
    }
    rows = {key: Row(key, label, "ms") for key, (label, _) in statements.items()}
    for statement in ("pass", *(code for _, code in statements.values())):
        python_seconds(statement, setup.server_core)
    for _ in range(3 if setup.quick else 7):
        bare = python_seconds("pass", setup.server_core)
        for key, (_, statement) in statements.items():
            rows[key].add("gateway", 1e3 * (python_seconds(statement, setup.server_core) - bare))
    return list(rows.values())


async def stall(setup: Setup) -> list[Row]:
    """The longest silence on a stream with a chunk every 10 ms, while requests of 1 MB nobody has seen come in."""
    row = Row("stall", "longest gap of a 10 ms stream during a new 1MB request", "ms")
    chunks = 150
    stream = body("2k", f"paced-{chunks}-10", stream=True)
    seeds = random.Random()
    for number in range(min(5, setup.rounds)):
        for server in setup.contestants(number):
            large = [render(never_seen(1_000_000, "burst-3", seeds.getrandbits(32)), server.port) for _ in range(2)]
            listening = asyncio.ensure_future(
                run_load(server.port, [render(stream, server.port)], connections=1, each=1)
            )
            await asyncio.sleep(0.2)
            (await run_load(server.port, large, connections=1, each=2)).check()
            report = await listening
            report.check()
            row.add(server.name, 1e3 * report.longest_gaps[0])
    return [row]


MEASURES: dict[str, Measure] = {
    "json-2k": _json("2k", 32, "default"),
    "json-60k": _json("60k", 16, "default"),
    "json-700k": _json("700k", 4, "long_context"),
    "turn-60k": turn,
    "stream-burst": _stream("burst", "stream, 50 chunks in one write: each chunk"),
    "stream-turns": _stream("turns", "stream, one chunk per loop turn: each chunk"),
    "stream-tool": _stream("tool", "stream, tool call in 50 pieces in one write: each piece"),
    "paced": paced,
    "first-text": first_text,
    "fresh": fresh,
    "imports": imports,
    "stall": stall,
}
