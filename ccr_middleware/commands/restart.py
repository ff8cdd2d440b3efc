"""`restart`: stop the gateway that runs, and start one in the background as it was started."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .arguments import add_config, add_listening, describe, flags_of

HELP = "stop the gateway and start it again in the background"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `restart`."""
    describe(
        parser,
        "Stop the gateway and start it again in the background, with the flags it was started with unless others are "
        "given. A changed configuration needs no restart: it is noticed by itself.",
        ["ccr-middleware restart", "ccr-middleware restart --log-level debug"],
        "0 it runs; 2 it cannot be stopped or started",
    )
    add_config(parser)
    add_listening(parser)


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Restart it. Raises `ConfigError`."""
    from .daemon import launch
    from .home import lock
    from .running import find
    from .sessions import move_to
    from .stop import stop_it
    from .terminal import say

    with lock(env):
        running = find(env)
        flags: tuple[str, ...] = ()
        if running is not None:
            # Whoever uses it knows its address, which is kept even when any free port was asked for.
            flags = (*running.record.flags, "--port", str(running.record.port))
            stop_it(env)
        record = launch((*flags, *flags_of(args)), env)
        if running is not None:
            move_to(env, running.record.instance, record.instance)
    say(f"The gateway runs at {record.url} (process {record.pid}).")
    return 0
