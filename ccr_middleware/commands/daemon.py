"""A gateway in a process of its own, apart from the terminal it was started from."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import IO, Any

from ..errors import ConfigError
from .home import home
from .process import end
from .running import Record, ask_health, read_record
from .terminal import Progress

#: How long a gateway may take until it answers, in seconds.
START_SECONDS = 30.0
#: How long one may take to end: longer than it gives its own last answers, in seconds.
STOP_SECONDS = 15.0


def launch(flags: Sequence[str], env: Mapping[str, str]) -> Record:
    """Start one and wait until it answers. To be called with the lock held and no gateway running.

    Raises `ConfigError` with what it said when it did not start.
    """
    path = os.path.join(home(env), "logs", "daemon.out")
    with Progress() as progress, _open_output(path) as output:
        progress.show("starting the gateway ...")
        child = subprocess.Popen(
            [sys.executable, "-m", "ccr_middleware", "start", "--quiet", *flags],
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **_apart(),
        )
        try:
            record = _wait(child, env)
        except BaseException:
            child.kill()
            child.wait()
            raise
        if record is None:
            raise ConfigError(_what_it_said(path, child.poll()))
        child.returncode = 0  # it is not ours to wait for
    return record


def _apart() -> dict[str, Any]:
    """A session of its own, so that the end of the terminal is not its end."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _open_output(path: str) -> IO[bytes]:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    except OSError as problem:
        raise ConfigError(f"{path}: {problem.strerror}; set CCR_HOME to a folder that can be written to") from None
    return os.fdopen(handle, "wb")


def _wait(child: subprocess.Popen[bytes], env: Mapping[str, str]) -> Record | None:
    """The child's record as soon as it answers; None when it ended. Raises `ConfigError` when it does neither."""
    give_up_at = time.monotonic() + START_SECONDS
    while time.monotonic() < give_up_at:
        if child.poll() is not None:
            return None
        record = read_record(env)
        if record is not None and record.pid == child.pid and ask_health(record.host, record.port) == record.instance:
            return record
        time.sleep(0.03)
    raise ConfigError(f"the gateway did not answer within {START_SECONDS:.0f} s; start it without --daemon to see why")


def _what_it_said(path: str, status: int | None) -> str:
    """The last line of a gateway that did not start, which is the one that says why."""
    with open(path, encoding="utf-8", errors="replace") as file:
        lines = [line for line in file.read().splitlines() if line.strip()]
    if not lines:
        return f"the gateway ended at once with status {status} and said nothing"
    return lines[-1].removeprefix("ccr_middleware: ")


def stop(record: Record) -> bool:
    """End a gateway; whether it is gone. It may take a while, since running answers are finished first."""
    with Progress() as progress:
        progress.show("waiting for the gateway to end ...")
        return end(record.pid, record.started, STOP_SECONDS)
