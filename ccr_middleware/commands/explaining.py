"""`explain`: what would become of a request. The work is done by `explain_command`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .arguments import add_config, describe

HELP = "tell what would become of a Messages request: who would answer and why, and what would be sent"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `explain`."""
    describe(
        parser,
        f"{HELP[0].upper()}{HELP[1:]}. Nothing is sent.",
        ["ccr-middleware explain request.json", 'ccr-middleware explain - --header "x-team: legal" --json'],
        "0 explained; 1 the request would be refused; 2 it or the configuration cannot be read",
    )
    parser.add_argument("file", metavar="FILE", help="the request's body, as JSON; - is the standard input")
    add_config(parser)
    parser.add_argument(
        "--header",
        metavar="H",
        type=_header,
        action="append",
        default=[],
        help='a header of the request: "name: value"',
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON")


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError(f'{text}: must be "name: value"')
    return name.strip(), value.strip()


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Explain. Raises `ConfigError`."""
    import logging

    from ..explain_command import run as explain

    # Warnings about the configuration belong beside the explanation, and look like what else is said there.
    logging.basicConfig(format="ccr_middleware: %(message)s", level=logging.WARNING)
    return explain(args, env)
