"""Claude Code as a child process: its arguments, its settings file, its signals and its end."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from ..config import Config
from ..errors import ConfigError
from ..presets.library import Preset
from .environment import for_claude
from .presets import section

NOT_FOUND = 127

#: What a terminal sends to every process in front of it, and what only we are sent.
_FROM_THE_TERMINAL = ("SIGINT", "SIGQUIT")
_FORWARDED = ("SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


def find_claude(config: Config, env: Mapping[str, str]) -> str | None:
    """The executable: `CLAUDE_PATH` of the environment or the configuration, or `claude`; None when there is none."""
    named = env.get("CLAUDE_PATH") or config.claude_path or "claude"
    return shutil.which(os.path.expanduser(named), path=env.get("PATH"))


class Claude:
    """One run of Claude Code. It is made before the gateway is started, so that no signal is missed: before the child
    runs, one ends this process; afterwards it is the child's."""

    def __init__(self, executable: str, arguments: Sequence[str], config: Config, preset: Preset | None = None) -> None:
        self._executable = executable
        self._arguments = list(arguments)
        self._config = config
        self._preset = preset
        self._child: subprocess.Popen[bytes] | None = None
        self._starting = False
        self._early: list[int] = []

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """While this lasts, signals are for Claude Code."""
        numbers = [getattr(signal, name) for name in _FORWARDED if hasattr(signal, name)]
        heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]  # nohup stays nohup
        before = {number: signal.signal(number, self._receive) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._child is None and self._starting:
            self._early.append(number)  # it may run already, and nobody could end it any more
            return
        if self._child is None:
            raise SystemExit(128 + number)
        # Sent again, a key press would count twice, and twice Ctrl-C ends Claude Code.
        if signal.Signals(number).name not in _FROM_THE_TERMINAL or not _in_front_of_a_terminal():
            with suppress(ProcessLookupError):
                self._child.send_signal(number)

    def run(self, base_url: str, env: Mapping[str, str]) -> int:
        """Run it to its end with its arguments as they are; its exit status, 128 + n when signal n ended it."""
        own = self._settings()
        environment = for_claude(self._config, base_url, env)
        extra = own.pop("env", None)
        if isinstance(extra, Mapping):
            environment |= {str(name): str(value) for name, value in extra.items()}
        given = any(argument.partition("=")[0] == "--settings" for argument in self._arguments)
        with _settings_file({} if given else own) as path:
            command = [self._executable, *(["--settings", path] if path else []), *self._arguments]
            quiet = subprocess.DEVNULL if self._config.non_interactive_mode else None
            self._starting = True
            try:
                self._child = subprocess.Popen(command, env=environment, stdin=quiet)
            except OSError as problem:
                raise ConfigError(f"{self._executable}: {problem.strerror}; set CLAUDE_PATH") from None
            for number in self._early:
                self._receive(number, None)
            status = self._child.wait()
        return status if status >= 0 else 128 - status

    def _settings(self) -> dict[str, Any]:
        """Claude Code's settings: the status line when it is turned on, and what the preset says."""
        settings: dict[str, Any] = {}
        status_line = {**(self._config.status_line or {}), **section(self._preset, "StatusLine")}
        if status_line.get("enabled") is True:
            words = [sys.executable, "-m", "ccr_middleware", "statusline"]
            words += [self._preset.id] if self._preset else []
            line = subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
            settings["statusLine"] = {"type": "command", "command": line, "padding": 0}
        return settings | section(self._preset, "claudeCodeSettings")


@contextmanager
def _settings_file(settings: Mapping[str, Any]) -> Iterator[str]:
    """A file with these settings that only this user can read or find, gone afterwards; "" when there are none.

    No key is in it: those are in the environment (defect S-12).
    """
    if not settings:
        yield ""
        return
    with tempfile.TemporaryDirectory(prefix="ccr-code-", ignore_cleanup_errors=True) as folder:  # mode 0700
        path = os.path.join(folder, "settings.json")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        yield path


def _in_front_of_a_terminal() -> bool:
    """Whether the keys of a terminal reach us, and so the child as well."""
    if sys.platform == "win32":
        return True
    for stream in (0, 1, 2):
        try:
            return os.tcgetpgrp(stream) == os.getpgrp()
        except OSError:
            continue
    return False
