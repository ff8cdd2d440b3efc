"""The command line: `python -m ccr_middleware`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any

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
    commands = top.add_subparsers(title="other commands", dest="command", metavar="COMMAND")
    about = "run a transformer through every request feature and every kind of answer"
    _conformance(commands.add_parser("conformance", help=about, description=f"{about.capitalize()}."))
    about = "tell what would become of a Messages request: who would answer and why, and what would be sent"
    _explain(commands.add_parser("explain", help=about, description=f"{about.capitalize()}. Nothing is sent."))
    return top


def _explain(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="the request's body, as JSON; - is the standard input")
    # Before the command it means the same, so nothing may be set here.
    command.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="as above")
    command.add_argument(
        "--header",
        metavar="H",
        type=_header,
        action="append",
        default=[],
        help='a header of the request: "name: value"',
    )
    command.add_argument("--json", action="store_true", help="print the explanation as JSON")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f'{text}: must be "name: value"')
    return name.strip(), value.strip()


def _conformance(command: argparse.ArgumentParser) -> None:
    target = "a transformer: its name, module:Class, path/to/file.py or path/to/file.py:Class"
    wires = ["chat", "messages", "responses", "gemini"]
    command.add_argument("target", metavar="TARGET", help=target)
    command.add_argument("--options", metavar="JSON", type=_json_object, default={}, help="its options")
    command.add_argument(
        "--wire", choices=wires, help="the wire format it is used with; default: the one it names, or chat"
    )
    command.add_argument(
        "--allow", metavar="FEATURE", action="append", default=[], help="what it is there to remove: *.cache_control"
    )
    command.add_argument("--json", action="store_true", help="print the scorecard as JSON")


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"must be JSON: {problem}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return value


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: must be a number from 0 to 65535")
    return int(text)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 for a check that failed, 2 for what the user can mend."""
    args = parser().parse_args(argv)
    try:
        if args.command == "conformance":
            from .conformance.command import run

            return run(args)
        if args.command == "explain":
            from .explain_command import run as explain

            return explain(args, os.environ)
        from .standalone import serve

        serve(args, os.environ)
    except ConfigError as problem:
        print(f"ccr_middleware: {problem}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:  # before there was anything to end in an orderly way
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
