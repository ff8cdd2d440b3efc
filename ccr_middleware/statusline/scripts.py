"""Modules whose text comes from a program of the user's own.

A Python file or anything executable. It gets `{"variables": {…}, "options": {…}}` on its standard input; the first line
it prints is shown. All of a line run at once, and are ended when they take too long.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

#: How long they may take, all together (seconds).
TIMEOUT_SECONDS = 1.0

#: What CCR v2 runs; nothing here does.
_FOREIGN = (".js", ".mjs", ".cjs", ".ts")

#: Longer outputs (characters) are cut.
MAX_LENGTH = 500


class Scripts:
    """The programs of one line, started on entering and ended on leaving."""

    def __init__(
        self, modules: Sequence[Mapping[str, Any]], variables: Mapping[str, str], folder: str, env: Mapping[str, str]
    ) -> None:
        self._modules = [
            one for one in modules if one.get("type") == "script" and isinstance(one.get("scriptPath"), str)
        ]
        self._variables = variables
        self._folder = folder
        self._env = env
        self._running: dict[int, Any] = {}
        self._until = time.monotonic() + TIMEOUT_SECONDS

    def __enter__(self) -> Scripts:
        for module in self._modules:
            process = self._start(os.path.join(self._folder, os.path.expanduser(module["scriptPath"])))
            if process is not None:
                self._running[id(module)] = process
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                pipe.close()

    def output(self, module: Mapping[str, Any]) -> str:
        """The first line that a module's program prints, "" when it fails or takes too long."""
        process = self._running.get(id(module))
        if process is None:
            return ""
        import subprocess

        options = module.get("options")
        given = {"variables": dict(self._variables), "options": options if isinstance(options, dict) else {}}
        try:
            printed, _ = process.communicate(
                json.dumps(given).encode(), timeout=max(0.01, self._until - time.monotonic())
            )
        except (OSError, ValueError, subprocess.SubprocessError):
            return ""
        lines = printed.decode("utf-8", "replace").splitlines()
        return lines[0].strip()[:MAX_LENGTH] if lines and process.returncode == 0 else ""

    def _start(self, path: str) -> Any:
        """The program at a path, running; None when there is none that can."""
        if path.lower().endswith(_FOREIGN):
            hint = "a script for CCR v2 is not run; write it in Python, see docs/statusline.md"
            print(f"statusline: {path}: {hint}", file=sys.stderr)  # noqa: T201
            return None
        import subprocess

        command = [sys.executable, path] if path.lower().endswith(".py") else [path]
        try:
            return subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(self._env)
            )
        except OSError:
            return None
