"""`status`: whether a gateway runs, and where."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from .arguments import describe

HELP = "tell whether a gateway runs, and where"

NOT_RUNNING = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `status`."""
    describe(
        parser,
        "Tell whether the gateway of this home folder runs, and where. The process and its /health are both asked.",
        ["ccr-middleware status", "ccr-middleware status --json"],
        "0 it runs; 1 its process is there and does not answer; 3 none runs",
    )
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print it, and say it by the exit status."""
    import json
    import sys

    from .running import find
    from .terminal import Paint, say

    running = find(env)
    found = _as_json(running, env)
    if args.json:
        say(json.dumps(found))
    else:
        paint = Paint(sys.stdout, env)
        say(_as_text(found, paint))
    if running is None:
        return NOT_RUNNING
    return 0 if running.answers else 1


def _as_json(running: Any, env: Mapping[str, str]) -> dict[str, Any]:
    """What is known: `running`, and of one that runs `answers`, `url`, `pid`, `config`, `version`, `uptime_seconds`,
    `code_sessions` (the Claude Codes that `code` started)."""
    import time

    from .sessions import count

    if running is None:
        return {"running": False}
    record = running.record
    return {
        "running": True,
        "answers": running.answers,
        "url": record.url,
        "pid": record.pid,
        "config": record.config or None,
        "version": record.version,
        "uptime_seconds": round(max(0.0, time.time() - record.time), 1),
        "code_sessions": count(env),
    }


def _as_text(found: Mapping[str, Any], paint: Any) -> str:
    if not found["running"]:
        return f"{paint('yellow', 'not running')}; start it with: ccr-middleware start --daemon"
    state = paint("green", "running") if found["answers"] else paint("red", "running, and does not answer")
    rows = [
        ("state", state),
        ("address", found["url"]),
        ("process", str(found["pid"])),
        ("configuration", found["config"] or "none: the demo model answers"),
        ("version", found["version"]),
        ("up", duration(found["uptime_seconds"])),
        ("code sessions", str(found["code_sessions"])),
    ]
    return "\n".join(f"{name:<14} {value}" for name, value in rows)


def duration(seconds: float) -> str:
    """A time for people: `42 s`, `7 min`, `3 h 5 min`, `2 d 4 h`."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"
