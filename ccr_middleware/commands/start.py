"""`start`: run the gateway, here or in the background."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..errors import ConfigError
from .arguments import add_config, add_listening, describe, flags_of

HELP = "run the gateway (what happens without a command, too)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `start`."""
    describe(
        parser,
        "Run the gateway until it is told to stop. Without a configuration the built-in demo model answers.",
        ["ccr-middleware start", "ccr-middleware start --daemon --port 4000", "ccr-middleware --config team.json"],
        "0 it ran and was stopped, or with --daemon: it runs; 2 it cannot start",
    )
    add_config(parser)
    add_listening(parser)
    parser.add_argument("--quiet", action="store_true", help="log to the files only, not to the standard error")
    parser.add_argument(
        "--daemon",
        action="store_true",
        help="run it in the background; waits until it answers. What it prints goes to logs/daemon.out in CCR_HOME",
    )


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Serve, or see to it that a daemon does. Raises `ConfigError`."""
    if getattr(args, "daemon", False):
        return _in_the_background(args, env)
    import uuid
    from contextlib import AbstractContextManager

    from .. import __version__
    from ..config import Config
    from ..standalone import PortInUse, serve
    from .running import find, recorded

    instance = uuid.uuid4().hex

    def while_listening(config: Config, port: int) -> AbstractContextManager[None]:
        return recorded(
            env,
            host=config.host,
            port=port,
            instance=instance,
            config=config.source,
            flags=flags_of(args),
            version=__version__,
        )

    try:
        serve(args, env, instance=instance, while_listening=while_listening)
    except PortInUse as problem:
        running = find(env)
        if running is None:
            raise
        already = f"a gateway already runs at {running.record.url} (process {running.record.pid})"
        raise ConfigError(f"{already}: {problem}") from None
    return 0


def _in_the_background(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    from .daemon import launch
    from .home import lock
    from .running import find
    from .sessions import keep_running
    from .terminal import say

    with lock(env):
        running = find(env)
        keep_running(env)
        if running is not None:
            say(f"The gateway already runs at {running.record.url} (process {running.record.pid}).")
            return 0
        record = launch(flags_of(args), env)
    say(f"The gateway runs at {record.url} (process {record.pid}).")
    return 0
