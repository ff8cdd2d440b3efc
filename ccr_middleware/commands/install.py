"""`install`: short for `preset install`."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from .arguments import add_config, describe
from .preset import add_install
from .preset import run as run_preset

HELP = "install a preset"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `install`."""
    describe(
        parser,
        "Install a preset, and ask for what it needs; the same as preset install.",
        ["ccr-middleware install https://github.com/owner/repo"],
        "0 done; 1 it is there, and cannot be used as it is; 2 an argument or a file is wrong",
    )
    add_config(parser)
    add_install(parser)


def run(args: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Do it. Raises `ConfigError`."""
    args.action = "install"
    return run_preset(args, env)
