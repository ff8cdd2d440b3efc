"""`code`: run Claude Code through the gateway, which is started for it when none runs.

Everything behind the word `code` is Claude Code's: it is passed on as it is, to the program itself and through no
shell (defects L-1, S-13).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .arguments import describe

if TYPE_CHECKING:
    from ..config import Config

HELP = "run Claude Code through the gateway; every argument is passed on to it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `code`. Only for the help: they are never parsed."""
    describe(
        parser,
        "Run Claude Code through the gateway. All arguments go to Claude Code as they are. A gateway that had to be "
        "started is stopped when the last Claude Code that was started in this way has ended. "
        "The name of an installed preset in place of `code` uses that preset.",
        [
            "ccr-middleware code",
            'ccr-middleware code -p "explain this repository" --output-format json',
            "ccr-middleware --config team.json code --continue",
            "ccr-middleware work --resume      # with the preset `work`",
        ],
        "that of Claude Code (128 + n when signal n ended it); 127 there is none; 2 the gateway cannot be used",
    )
    parser.add_argument("arguments", nargs="*", metavar="ARG", help="for Claude Code")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Run Claude Code with `args.arguments`. Raises `ConfigError`."""
    return run_claude(args, args.arguments, env)


def run_claude(args: argparse.Namespace, arguments: Sequence[str], env: Mapping[str, str], preset: str = "") -> int:
    """Run Claude Code with these arguments, with a preset perhaps, and give its exit status. Raises `ConfigError`."""
    from .claude import NOT_FOUND, Claude, find_claude
    from .environment import token
    from .presets import namespace, usable
    from .settings import settings
    from .terminal import note

    config = settings(args, env)
    chosen = usable(config, env, preset) if preset else None
    token(config, env)  # before anything is started for nothing
    executable = find_claude(config, env)
    if executable is None:
        note("ccr_middleware: there is no Claude Code: install it, or set CLAUDE_PATH to its executable")
        return NOT_FOUND
    claude = Claude(executable, arguments, config, chosen)
    with claude.receiving():
        try:
            url = _join(args, env, config)
            return claude.run(url + namespace(chosen), env)
        finally:
            _leave(env)


def _join(args: argparse.Namespace, env: Mapping[str, str], config: Config) -> str:
    """The address of a gateway that runs; this process counts as one that uses it."""
    from .arguments import flags_of
    from .daemon import launch
    from .home import lock
    from .running import ask_health, find, local_url
    from .sessions import join

    with lock(env):
        running = find(env)
        if running is not None:
            join(env)
            return running.record.url
        if config.port and ask_health(config.host, config.port) is not None:
            join(env)
            return local_url(config.host, config.port)  # one that was started otherwise, such as in a container
        record = launch(flags_of(args), env)
        join(env, record.instance)
        return record.url


def _leave(env: Mapping[str, str]) -> None:
    """This process uses the gateway no more. One that was started for `code` and has no user left is stopped."""
    from .daemon import stop
    from .home import lock
    from .running import find
    from .sessions import leave

    with lock(env):
        unused = leave(env)
        running = find(env) if unused else None
        if running is not None and running.ours and running.record.instance == unused:
            stop(running.record)
