"""The status line of Claude Code: its JSON on the standard input, one line on the standard output.

It runs several times a second as a process of its own, so nothing here imports anything but the standard library, and
of that only what is cheap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO


def main(argv: Sequence[str], env: Mapping[str, str], stdin: TextIO, stdout: TextIO) -> int:
    """Print the status line and return 0. `argv`: the name of a preset whose `StatusLine` goes before, or nothing.

    Whatever goes wrong, an empty line is printed: Claude Code shows nothing then, and works on.
    """
    from .command import run

    return run(argv, env, stdin, stdout)
