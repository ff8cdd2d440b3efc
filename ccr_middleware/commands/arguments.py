"""Arguments that several commands share, and the way their help looks."""

from __future__ import annotations

import argparse
import os
import shutil
import textwrap
from collections.abc import Sequence
from typing import NoReturn

LEVELS = ("fatal", "error", "warn", "info", "debug", "trace")


class Parser(argparse.ArgumentParser):
    """Tells a mistake in one line, and where to read on, instead of repeating how everything is used."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        self.exit(2, f"ccr_middleware: {message}; see {self.prog} --help\n")


def describe(parser: argparse.ArgumentParser, about: str, examples: Sequence[str], status: str) -> None:
    """What the help says besides the arguments: what the command is for, examples, what its exit status means."""
    columns = max(40, shutil.get_terminal_size().columns - 2)  # as argparse has it
    shown = "\n".join(f"  {example}" for example in examples)
    wrapped = textwrap.fill(f"exit status: {status}", columns, subsequent_indent="  ")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = textwrap.fill(about, columns)
    parser.epilog = f"examples:\n{shown}\n\n{wrapped}"


def add_config(parser: argparse.ArgumentParser) -> None:
    """`--config`, which means the same before the command, so that nothing may be set here. Once is enough: of an
    action with aliases there is one parser under several names."""
    if "--config" in parser._option_string_actions:
        return
    parser.add_argument(
        "--config",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="configuration; default: CCR_CONFIG, or config.json in CCR_HOME (~/.claude-code-router)",
    )


def add_listening(parser: argparse.ArgumentParser) -> None:
    """Where a gateway listens and how much it logs."""
    parser.add_argument("--host", metavar="H", default=argparse.SUPPRESS, help="address to listen on")
    parser.add_argument(
        "--port", metavar="P", type=port_number, default=argparse.SUPPRESS, help="port to listen on, 0 for any free one"
    )
    parser.add_argument("--log-level", metavar="L", choices=LEVELS, default=argparse.SUPPRESS, help=", ".join(LEVELS))


def flags_of(args: argparse.Namespace) -> tuple[str, ...]:
    """The flags that were given, to be given to another process."""
    flags: list[str] = []
    for name in ("config", "host", "port", "log_level"):
        value = getattr(args, name, None)
        if value is not None:
            value = os.path.abspath(os.path.expanduser(value)) if name == "config" else value
            flags += [f"--{name.replace('_', '-')}", str(value)]
    return tuple(flags)


def port_number(text: str) -> int:
    """A port from its text, as argparse wants it."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text}: must be a number from 0 to 65535")
    return int(text)


def positive(text: str) -> int:
    """A whole number of at least one, as argparse wants it."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of at least 1")
    return int(text)


def seconds(text: str) -> float:
    """A positive number of seconds, as argparse wants it."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0 < value < 10**6:
        raise argparse.ArgumentTypeError(f"{text}: must be a number of seconds above 0")
    return value
