"""`ui`: the web interface in a browser; the gateway is started when none runs."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .arguments import add_config, describe, flags_of

HELP = "open the web interface; the gateway is started when none runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `ui`."""
    describe(
        parser,
        "Print the address of the web interface, and open it in a browser when this is a terminal. A gateway that "
        "has to be started goes on running.",
        ["ccr-middleware ui", "ccr-middleware ui --no-open"],
        "0 printed; 2 the gateway cannot be started",
    )
    add_config(parser)
    parser.add_argument("--no-open", action="store_true", help="only print it")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print it, and open it. Raises `ConfigError`."""
    import sys

    from .daemon import launch
    from .home import lock
    from .running import find
    from .terminal import note, say

    with lock(env):
        running = find(env)
        record = running.record if running else launch(flags_of(args), env)
    url = f"{record.url}/ui/"
    say(url)
    if not args.no_open and sys.stdout.isatty() and not _open(url):
        note("No browser could be opened; open the address yourself.")
    return 0


def _open(url: str) -> bool:
    """Open a browser; whether there is one."""
    import webbrowser

    try:
        return webbrowser.open(url)
    except webbrowser.Error:
        return False
