"""`python -m ccr_middleware statusline [PRESET]`."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import TextIO

from .rendering import Look, render
from .settings import read_settings
from .status import Status
from .variables import variables_of

USAGE = """\
usage: python -m ccr_middleware statusline [--config FILE] [PRESET]

The status line of Claude Code: reads what Claude Code writes to the standard input and prints one line. In Claude
Code's settings.json:

  "statusLine": {"type": "command", "command": "python -m ccr_middleware statusline", "padding": 0}

What it shows is configured as StatusLine, in the configuration or in a preset; see docs/statusline.md.
"""


def run(argv: Sequence[str], env: Mapping[str, str], stdin: TextIO, stdout: TextIO) -> int:
    """Print the line, an empty one when anything goes wrong."""
    if {"-h", "--help"} & set(argv):
        stdout.write(USAGE)
        return 0
    try:
        text = line(argv, env, getattr(stdin, "buffer", stdin).read())
    except Exception:
        text = ""
    _write(stdout, f"{text}\n")
    return 0


def line(argv: Sequence[str], env: Mapping[str, str], given: bytes | str) -> str:
    """The status line for what Claude Code has written. Raises whatever may be wrong with that."""
    status = Status(json.loads(given))
    config, preset = _arguments(argv)
    settings = read_settings(env, config=config, preset=preset, project=status.folder)
    variables = variables_of(status, settings.default_model, env)
    return render(settings.theme, variables, Look.of(env), folder=settings.folder, env=env)


def _arguments(argv: Sequence[str]) -> tuple[str, str]:
    """The file of `--config` and the name of a preset, "" each when it is not given."""
    config, preset, rest = "", "", list(argv)
    while rest:
        argument = rest.pop(0)
        if argument == "--config" and rest:
            config = rest.pop(0)
        elif argument.startswith("--config="):
            config = argument.partition("=")[2]
        elif not argument.startswith("-"):
            preset = preset or argument
    return config, preset


def _write(stdout: TextIO, text: str) -> None:
    """Icons are beyond what some terminals' encodings hold, and Claude Code reads UTF-8."""
    buffer = getattr(stdout, "buffer", None)
    try:
        if buffer is None:
            stdout.write(text)
            return
        buffer.write(text.encode("utf-8", "replace"))
        buffer.flush()
    except OSError:  # nobody reads it any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout.fileno())
