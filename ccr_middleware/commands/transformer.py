"""`conformance`: a transformer put through everything. The work is done by the package `conformance`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from .arguments import describe

HELP = "run a transformer through every request feature and every kind of answer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `conformance`."""
    target = "a transformer: its name, module:Class, path/to/file.py or path/to/file.py:Class"
    wires = ["chat", "messages", "responses", "gemini"]
    describe(
        parser,
        f"{HELP.capitalize()}.",
        [
            "ccr-middleware conformance my_transformers.py:Shorten",
            "ccr-middleware conformance maxtoken --options '{\"max_tokens\": 4096}' --wire gemini",
        ],
        "0 it keeps its promises; 1 it has faults; 2 there is no such transformer",
    )
    parser.add_argument("target", metavar="TARGET", help=target)
    parser.add_argument("--options", metavar="JSON", type=_json_object, default={}, help="its options")
    parser.add_argument(
        "--wire", choices=wires, help="the wire format it is used with; default: the one it names, or chat"
    )
    parser.add_argument(
        "--allow", metavar="FEATURE", action="append", default=[], help="what it is there to remove: *.cache_control"
    )
    parser.add_argument("--json", action="store_true", help="print the scorecard as JSON")


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(f"must be JSON: {problem}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError("must be a JSON object")
    return value


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Check it. Raises `ConfigError`."""
    from ..conformance.command import run as check

    return check(args)
