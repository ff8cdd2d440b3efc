"""`activate` (or `env`): shell lines that point Claude Code, or any Anthropic client, at the gateway."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .arguments import add_config, describe

HELP = "print the shell lines that point Claude Code at the gateway"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `activate`."""
    describe(
        parser,
        "Print what a shell has to run so that Claude Code uses the gateway. The gateway is not started.",
        [
            'eval "$(ccr-middleware activate)"',
            "ccr-middleware activate --shell fish | source",
            "ccr-middleware activate --shell powershell | Invoke-Expression",
            "ccr-middleware activate --preset work",
        ],
        "0 printed; 2 the configuration cannot be used, or the gateway wants a key that is not known",
    )
    add_config(parser)
    parser.add_argument("--shell", choices=["sh", "fish", "powershell"], help="default: the one of SHELL, or sh")
    parser.add_argument("--preset", metavar="NAME", help="use this preset")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print them. Raises `ConfigError`."""
    import os
    import sys

    from ..errors import ConfigError
    from .environment import script, variables
    from .presets import installed, namespace
    from .running import find, local_url
    from .settings import settings

    config = settings(args, env)
    running = find(env)
    if running is None and config.port == 0:
        raise ConfigError("no gateway runs, and at port 0 each one has another address; start it first")
    url = running.record.url if running else local_url(config.host, config.port)
    url += namespace(installed(config, env, args.preset) if args.preset else None)
    fish = os.path.basename(env.get("SHELL", "")) == "fish"
    shell = args.shell or ("powershell" if os.name == "nt" else "fish" if fish else "sh")
    sys.stdout.write(script(shell, variables(config, url, env)))
    return 0
