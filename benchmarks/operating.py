"""What history and log files cost for each request, beside a request without either.

    python benchmarks/operating.py [--rounds N] [--calls N]

Everything runs in this process without HTTP on either side, as in formats.py. The first table shows the parts: what the
event loop's thread does, and what all threads do together, until the records are in the database and the lines in the
file. The second one shows whole calls of 2 KB with neither of them and with both. The goal is 40 µs on the event loop's
thread for a record and a line. Each round runs every contestant once, and the ratio is taken within the round.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from formats import BASELINE, PROVIDERS, USAGE, Provider, calls, client_request, provider_pieces

from ccr_middleware import Gateway
from ccr_middleware.config.operation import History as Settings
from ccr_middleware.history.history import History
from ccr_middleware.history.record import Attempt, CallRecord
from ccr_middleware.logs.handler import LogFile
from ccr_middleware.logs.redaction import Redactor
from ccr_middleware.losses import Losses
from ccr_middleware.recording import log_record
from ccr_middleware.testing.answers import Answer
from ccr_middleware.upstream import InProcessTransport

GOAL_MICROSECONDS = 40.0
SECRETS = tuple(f"sk-or-v1-{number:032}" for number in range(10))

log = logging.getLogger("ccr_middleware")

NOTHING_LOST = Losses()


class Cost(NamedTuple):
    """CPU microseconds for each request: of the thread that asks, and of all threads."""

    thread: float
    process: float


Contestant = Callable[[], Awaitable[None]]


def build(number: int) -> CallRecord:
    """A record as a call makes it."""
    return CallRecord(
        id=f"req_{number:024}",
        time=time.time(),
        endpoint="messages",
        asked_model="claude-sonnet-4-5",
        status=200,
        total_seconds=2.0,
        caller="alice",
        caller_name="Alice",
        session="8f1c2d4e-0000-4000-8000-000000000000",
        project="gateway",
        provider="openrouter",
        model="qwen/qwen3-coder",
        scenario="default",
        reason="no other scenario fits: Router.default",
        attempts=(Attempt("openrouter", "qwen/qwen3-coder", 200, None, 1.9),),
        stop_reason="end_turn",
        stream=True,
        input_tokens=12_345,
        output_tokens=678,
        cache_read_tokens=9000,
        first_token_seconds=0.4,
        cost=0.0123,
    )


class Parts:
    """The parts of the work, each done for `number` requests."""

    def __init__(self, folder: str, number: int, handler: LogFile) -> None:
        self._number = number
        self._memory = History(Settings())
        self._disk = History(Settings(), f"{folder}/data")
        self._handler = handler
        self._records = [build(one) for one in range(number)]

    def contestants(self) -> dict[str, Contestant]:
        """What is measured, by what the table calls it."""
        return {
            "the record": self.record,
            "the record into memory": self.memory,
            "the record into memory and database": self.disk,
            "the line into the file": self.line,
            "all of it": self.everything,
        }

    async def record(self) -> None:
        """Make records."""
        for number in range(self._number):
            build(number)

    async def memory(self) -> None:
        """Keep them in memory."""
        for record in self._records:
            self._memory.add(record)

    async def disk(self) -> None:
        """Keep them in the database too."""
        for record in self._records:
            self._disk.add(record)
        await self._disk.aclose()

    async def line(self) -> None:
        """Write their lines."""
        for record in self._records:
            log_record(record, NOTHING_LOST)
        await asyncio.to_thread(self._handler.flush)

    async def everything(self) -> None:
        """Make, keep and tell."""
        for number in range(self._number):
            record = build(number)
            self._disk.add(record)
            log_record(record, NOTHING_LOST)
        await self._disk.aclose()
        await asyncio.to_thread(self._handler.flush)


def gateways(folder: str, number: int) -> dict[str, Contestant]:
    """Whole calls: without history and log, with both."""
    provider = Provider()
    provider.pieces = provider_pieces(Answer(text="Hello", usage=USAGE), BASELINE.provider, stream=False)
    listed = [
        {"name": wire, "api_base_url": url, "api_key": "k", "wire": wire, "models": ["large-coder"]}
        for wire, url in PROVIDERS.items()
    ]
    path, data = client_request(BASELINE, "2k", stream=False)

    def contestant(level: int, **settings: Any) -> Contestant:
        gateway = Gateway({"Providers": listed, **settings}, transport=InProcessTransport(provider))
        call = calls(gateway, path, data)

        async def run() -> None:
            log.setLevel(level)
            for _ in range(number):
                await call()
            await gateway.aclose()
            log.setLevel(logging.INFO)

        return run

    return {
        "a call without history and log": contestant(logging.CRITICAL, history={"enabled": False}),
        "a call with both": contestant(logging.INFO, data_dir=f"{folder}/gateway"),
    }


async def measure(contestants: dict[str, Contestant], rounds: int, number: int) -> dict[str, list[Cost]]:
    """The costs of each, a value for each round, after one that warms what can be."""
    values: dict[str, list[Cost]] = {label: [] for label in contestants}
    for turn in range(-1, rounds):
        for label, run in contestants.items():
            gc.collect()
            thread, process = time.thread_time_ns(), time.process_time_ns()
            await run()
            thread, process = time.thread_time_ns() - thread, time.process_time_ns() - process
            if turn >= 0:
                values[label].append(Cost(thread / 1e3 / number, process / 1e3 / number))
    return values


def table(values: dict[str, list[Cost]], base: list[Cost]) -> str:
    """The medians as a table in Markdown; the ratios are to `base`."""
    lines = [f"| {'each request':36} | loop µs | of a call | all threads µs |", f"| {'---':36} | --: | --: | --: |"]
    for label, costs in values.items():
        thread, process = (statistics.median(one) for one in zip(*costs, strict=True))
        ratio = statistics.median(mine.thread / bare.thread for mine, bare in zip(costs, base, strict=True))
        mark = " !" if label == "all of it" and thread > GOAL_MICROSECONDS else ""
        lines.append(f"| {label:36} | {thread:7.1f} | {ratio:9.3f} | {process:14.1f} |{mark}")
    return "\n".join(lines)


async def _run(rounds: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        handler = LogFile(f"{folder}/logs", redactor=Redactor(lambda: SECRETS))
        log.addHandler(handler)
        log.propagate = False
        log.setLevel(logging.INFO)
        whole = gateways(folder, number // 10)
        calls_made = await measure(whole, rounds, number // 10)
        base = next(iter(calls_made.values()))
        parts = await measure(Parts(folder, number, handler).contestants(), rounds, number)
        print(table(parts | calls_made, base))
        log.removeHandler(handler)
        handler.close()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="what history and log files cost for each request")
    parser.add_argument("--rounds", type=int, default=15, help="rounds; the table shows their median (default 15)")
    parser.add_argument("--calls", type=int, default=2000, help="requests of each round (default 2000)")
    args = parser.parse_args()
    # As the program does when it runs alone: nothing of this is in the lines.
    logging._srcfile = None  # type: ignore[attr-defined]
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    gc.disable()
    asyncio.run(_run(args.rounds, args.calls))


if __name__ == "__main__":
    main()
