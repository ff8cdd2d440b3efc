"""The command line: `python -m ccr_middleware`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from . import __version__
from .errors import ConfigError


def parser() -> argparse.ArgumentParser:
    """The arguments, with their help."""
    top = argparse.ArgumentParser(
        prog="python -m ccr_middleware",
        description="Run the gateway alone. Without a configuration the built-in demo model answers.",
        epilog="Flags win over the environment (CCR_CONFIG, CCR_HOME, HOST, PORT, APIKEY, LOG, LOG_LEVEL), "
        "that over the configuration file.",
    )
    top.add_argument("--config", metavar="FILE", help="configuration; default ~/.claude-code-router/config.json")
    top.add_argument("--host", metavar="H", help="address to listen on; default 127.0.0.1")
    top.add_argument("--port", metavar="P", type=_port, help="port to listen on, 0 for any free one; default 3456")
    top.add_argument(
        "--log-level", metavar="L", choices=["fatal", "error", "warn", "info", "debug", "trace"], help="default info"
    )
    top.add_argument("--version", action="version", version=f"ccr_middleware {__version__}")
    return top


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: must be a number from 0 to 65535")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, or 2 for what the user can mend."""
    args = parser().parse_args(argv)
    from .standalone import serve

    try:
        serve(args, os.environ)
    except ConfigError as problem:
        print(f"ccr_middleware: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:  # before there was anything to end in an orderly way
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
