"""What the transformers that read answers cost for each chunk, beside what decoding the chunk's JSON costs.

    python benchmarks/stages.py [--rounds N] [--chunks N]

A stage is fed unified chunks, as it is in the gateway, so the numbers hold neither the decoding nor the writing of
events. Everything runs in this process on one core; each round runs every contestant once, and the ratio is taken
within the round. The goal for a chain of three is 3 µs for each chunk.
"""

from __future__ import annotations

import argparse
import gc
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ccr_middleware.jsonio import loads
from ccr_middleware.losses import Losses
from ccr_middleware.transformers.base import TransformContext
from ccr_middleware.transformers.builtin import builtin_registry

Json = dict[str, Any]

GOAL_MICROSECONDS = 3.0

CONTEXT = TransformContext("bench", "bench", Losses(), stream=True)
WORDS = ["The", " stage", " reads", " a", " chunk", ",", " and", " says", " what", " it", " says", ".\n"]

#: A chunk as providers send it.
WIRE_CHUNK = json.dumps(
    {
        "id": "chatcmpl-9f86d081884c7d65",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "bench-model",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "delta": {"content": " stage"}, "logprobs": None, "finish_reason": None}],
    }
).encode()


def text_chunks(number: int) -> list[Json]:
    """Answer text, a word at a time."""
    return [{"text": WORDS[i % len(WORDS)]} for i in range(number)]


def tagged_chunks(number: int) -> list[Json]:
    """The same with reasoning between tags in it, the tags in pieces."""
    chunks = text_chunks(number)
    for start in range(0, number - 20, 40):
        chunks[start : start + 3] = [{"text": "<th"}, {"text": "ink>"}, {"text": "so"}]
        chunks[start + 10 : start + 12] = [{"text": "</"}, {"text": "think>"}]
    return chunks


def call_chunks(number: int, name: str, head: str, tail: str) -> list[Json]:
    """One tool call whose arguments come a word at a time."""
    pieces = [head, *(WORDS[i % len(WORDS)].replace("\n", "\\n") for i in range(number - 3)), tail]
    first: Json = {"tool_calls": [{"index": 0, "id": "call_0001", "name": name}]}
    return [first, *({"tool_calls": [{"index": 0, "arguments": piece}]} for piece in pieces)]


def cases(number: int) -> dict[str, tuple[Sequence[str], list[Json]]]:
    """What is measured: the transformers, nearest to the wire first, and the chunks."""
    text, tagged = text_chunks(number), tagged_chunks(number)
    write = call_chunks(number, "Write", '{"content":"', '"}')
    broken = call_chunks(number, "Write", "{'content':'", "',}")
    leave = call_chunks(number, "ExitTool", '{"response":"', '"}')
    chain = ("enhancetool", "extrathinktag", "forcereasoning")
    return {
        "extrathinktag, text": (["extrathinktag"], text),
        "extrathinktag, text with tags": (["extrathinktag"], tagged),
        "forcereasoning, text": (["forcereasoning"], text),
        "tooluse, text": (["tooluse"], text),
        "tooluse, the exit's arguments": (["tooluse"], leave),
        "tooluse, another tool's arguments": (["tooluse"], write),
        "enhancetool, text": (["enhancetool"], text),
        "enhancetool, arguments": (["enhancetool"], write),
        "enhancetool, arguments to repair": (["enhancetool"], broken),
        "three in a chain, text": (chain, text),
        "three in a chain, text with tags": (chain, tagged),
        "three in a chain, arguments": (chain, write),
    }


def run_stages(names: Sequence[str], chunks: list[Json]) -> Callable[[], None]:
    """A run of one answer through new stages; chunks come one by one."""
    registry = builtin_registry()
    steps = [registry.make(name, {}, "benchmark") for name in names]

    def run() -> None:
        stages = [stage for step in steps if (stage := step.open_response_stream(CONTEXT)) is not None]
        for chunk in chunks:
            out: Iterable[Json] = (chunk,)
            for stage in stages:
                out = [piece for given in out for piece in stage.feed(given)]
        held: Iterable[Json] = ({"finish": "stop"},)
        for stage in stages:
            held = [piece for given in held for piece in stage.feed(given)] + list(stage.finish())

    return run


def decode(number: int) -> Callable[[], None]:
    """What a decoder has to do for each chunk at least."""

    def run() -> None:
        for _ in range(number):
            loads(WIRE_CHUNK)

    return run


def microseconds(run: Callable[[], None], number: int) -> float:
    """CPU time of this thread for each chunk."""
    before = time.thread_time_ns()
    run()
    return (time.thread_time_ns() - before) / 1e3 / number


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="what the stages of transformers cost for each chunk")
    parser.add_argument("--rounds", type=int, default=15, help="rounds; the table shows their median (default 15)")
    parser.add_argument("--chunks", type=int, default=4000, help="chunks of one answer (default 4000)")
    args = parser.parse_args()
    runs = {label: run_stages(names, chunks) for label, (names, chunks) in cases(args.chunks).items()}
    baseline = decode(args.chunks)
    values: dict[str, list[float]] = {label: [] for label in runs}
    ratios: dict[str, list[float]] = {label: [] for label in runs}
    decoding: list[float] = []
    gc.disable()
    for _ in range(args.rounds):
        decoding.append(microseconds(baseline, args.chunks))
        for label, run in runs.items():
            value = microseconds(run, args.chunks)
            values[label].append(value)
            ratios[label].append(value / decoding[-1])
    print(f"| {'each chunk':34} | CPU µs | of decoding |")
    print(f"| {'---':34} | --:    | --:         |")
    print(f"| {'decoding its JSON':34} | {statistics.median(decoding):6.2f} | {1:11.2f} |")
    for label in runs:
        middle = statistics.median(values[label])
        mark = " !" if label.startswith("three") and middle > GOAL_MICROSECONDS else ""
        print(f"| {label:34} | {middle:6.2f} | {statistics.median(ratios[label]):11.2f} |{mark}")


if __name__ == "__main__":
    main()
