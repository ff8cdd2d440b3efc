"""The commands of the program, one module each.

A module has `HELP` (one line), `add_arguments(parser)` and `run(args, env) -> int`, the exit status. It is imported to
show the help, so what is heavy is imported inside `run`.

| status | means |
|---|---|
| 0 | done, or everything is well |
| 1 | what was looked at is not well |
| 2 | something the user can mend: an argument, the configuration, a file; one line says what |
| 3 | no gateway runs |
| 130 | interrupted |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

#: What is typed → the module here. Their order is that of the help.
COMMANDS: Mapping[str, str] = {
    "start": "start",
    "stop": "stop",
    "restart": "restart",
    "status": "status",
    "code": "code",
    "activate": "activate",
    "model": "model",
    "check": "check",
    "keys": "keys",
    "logs": "logs",
    "ui": "ui",
    "preset": "preset",
    "install": "install",
    "import": "v2",
    "explain": "explaining",
    "conformance": "transformer",
    "version": "version",
}

#: Other words for the same.
ALIASES: Mapping[str, Sequence[str]] = {"activate": ("env",)}


def command_module(name: str) -> Any:
    """The module of a command of the table; None where this installation has it not."""
    place = f"{__name__}.{COMMANDS[name]}"
    return import_module(place) if find_spec(place) else None
