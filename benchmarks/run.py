"""Compare the gateway with a minimal translator, side by side: `make bench`, or `python benchmarks/run.py --help`.

What is measured runs on one core, the fake provider and the load generator on the other. Linux only: cores and
memory are set and read the way Linux has it. See docs/performance.md.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import servers
from measures import MEASURES, Row, Setup
from processes import cores

GOAL = 1.5


def main() -> None:
    """The command line."""
    args = _arguments()
    if not hasattr(os, "sched_setaffinity"):
        sys.exit("the benchmarks need Linux")
    import uvloop

    gc.disable()
    rows = uvloop.run(_measure_all(args))
    print()
    print(_table(rows))
    if args.json:
        Path(args.json).write_text(json.dumps(_document(args, rows), indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="the gateway's costs beside those of a minimal translator")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds (about a minute)")
    parser.add_argument(
        "--only", action="append", metavar="NAME", help=f"one measure; may be repeated: {', '.join(MEASURES)}"
    )
    parser.add_argument("--rounds", type=int, help="rounds of each measure; default 9, with --quick 3")
    parser.add_argument(
        "--transport", choices=["aiohttp", "httpx"], default="aiohttp", help="httpx: as without the extra `speed`"
    )
    parser.add_argument("--floor", choices=["copy", "parse"], default="copy", help="how the floor reads text chunks")
    parser.add_argument("--json", metavar="FILE", help="also write every value to this file")
    args = parser.parse_args()
    if args.rounds is None:
        args.rounds = 3 if args.quick else 9
    if unknown := set(args.only or ()) - set(MEASURES):
        parser.error(f"no measure is called {', '.join(sorted(unknown))}; there are {', '.join(MEASURES)}")
    return args


async def _measure_all(args: argparse.Namespace) -> list[Row]:
    server_core, other_core = cores()
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        upstream = stack.enter_context(servers.start_upstream(other_core))
        starts = (servers.floor(upstream.port, args.floor), servers.gateway(upstream.port, folder, args.transport))
        floor, gateway = (stack.enter_context(start(server_core)) for start in starts)
        os.sched_setaffinity(0, {other_core})
        setup = Setup(upstream, floor, gateway, starts, server_core, args.rounds, args.quick)
        for name in args.only or MEASURES:
            began = time.perf_counter()
            print(f"{name} …", end=" ", file=sys.stderr, flush=True)
            rows += await MEASURES[name](setup)
            gc.collect()
            print(f"{time.perf_counter() - began:.1f} s", file=sys.stderr)
    return rows


def _table(rows: Sequence[Row]) -> str:
    """The medians as a table in Markdown, which reads well in a terminal too."""
    lines = [("what", "unit", "floor", "gateway", "ratio", "rounds"), ("---", "---", "--:", "--:", "--:", "---")]
    for row in rows:
        ratios = row.ratios()
        middle = statistics.median(ratios) if ratios else None
        shown = _number(middle) + (" !" if middle is not None and middle > GOAL else "")
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}" if ratios else ""
        lines.append((row.label, row.unit, _number(row.median("floor")), _number(row.median("gateway")), shown, spread))
    widths = [max(len(line[i]) for line in lines) for i in range(6)]
    text = ["| " + " | ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) + " |" for line in lines]
    return "\n".join([*text, "", f"Medians; ratio: gateway / floor, the median over the rounds; !: over {GOAL}."])


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _document(args: argparse.Namespace, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in ("aiohttp", "httpx", "orjson", "tiktoken", "uvicorn", "uvloop")},
        "machine": {"cores": os.cpu_count(), "kind": platform.machine()},
        "settings": {"quick": args.quick, "rounds": args.rounds, "transport": args.transport, "floor": args.floor},
        "rows": [
            {"key": row.key, "label": row.label, "unit": row.unit, "values": row.values, "ratios": row.ratios()}
            for row in rows
        ],
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    main()
