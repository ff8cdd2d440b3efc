"""`stop`: end the gateway of this home folder."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from ..errors import ConfigError
from .arguments import describe

HELP = "stop the gateway that runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `stop`: none."""
    describe(
        parser,
        "Stop the gateway that runs, once its running answers are finished (after 15 seconds in any case). Only a "
        "process that is certainly the gateway is ever ended.",
        ["ccr-middleware stop"],
        "0 none runs any more; 2 it cannot be stopped from here",
    )


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Stop it. Raises `ConfigError` when it does not end."""
    from .home import lock
    from .running import find
    from .terminal import say

    with lock(env):
        running = find(env)
        if running is None:
            say("No gateway runs.")
            return 0
        stop_it(env)
    say(f"The gateway at {running.record.url} was stopped.")
    return 0


def stop_it(env: Mapping[str, str]) -> None:
    """End the gateway that runs; with the lock held. Raises `ConfigError` when it is not gone afterwards."""
    from .daemon import stop
    from .running import find

    running = find(env)
    if running is None:
        return
    record = running.record
    if not running.ours:
        raise ConfigError(
            f"the gateway at {record.url} is no process of this machine; stop it where it was started (a container?)"
        )
    if not stop(record):
        raise ConfigError(f"the gateway (process {record.pid}) does not end; it may belong to another user")
    find(env)  # takes away what one that was killed could not
