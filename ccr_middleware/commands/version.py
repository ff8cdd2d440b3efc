"""`version`: which version this is."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .. import __version__
from .arguments import describe
from .terminal import say

HELP = "print the version"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `version`: none."""
    describe(parser, "Print the version.", ["ccr-middleware version"], "0")


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print it."""
    say(f"ccr_middleware {__version__}")
    return 0
