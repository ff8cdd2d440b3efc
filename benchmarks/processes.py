"""The servers being measured, as processes: started on one core, watched from outside, ended."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
_START_TIMEOUT_SECONDS = 20.0


def cores() -> tuple[int, int]:
    """The core for what is measured, and the one for everything else; the same one where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """What is started inside runs on that core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """A server process. `start_seconds`: from spawning it to its first answer."""

    def __init__(
        self, name: str, arguments: Sequence[str], port: int, core: int, env: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.port = port
        began = time.perf_counter()
        with on_core(core):
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=HERE.parent,
                env={**os.environ, **(env or {})},
            )
        self._wait()
        self.start_seconds = time.perf_counter() - began

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _wait(self) -> None:
        deadline = time.perf_counter() + _START_TIMEOUT_SECONDS
        while time.perf_counter() < deadline:
            if self._process.poll() is not None:
                break
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            try:
                connection.request("GET", "/health")
                connection.getresponse().read()
                return
            except OSError:
                time.sleep(0.002)
            finally:
                connection.close()
        self.stop()
        command = " ".join(map(str, self._process.args))  # type: ignore[arg-type]
        raise RuntimeError(f"{self.name} did not start; try it by hand: {command}")

    def cpu_seconds(self) -> float:
        """What all its threads have used so far, in user and system mode.

        Read from the process's CPU clock, whose id Linux makes from the pid; /proc shows the same in steps of 10 ms.
        """
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def rss_mb(self) -> float:
        """Resident memory now, in MB."""
        with open(f"/proc/{self._process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1_000_000

    def stop(self) -> None:
        """End it; a killed server has nothing to lose."""
        self._process.kill()
        self._process.wait()


def python_seconds(statement: str, core: int) -> float:
    """How long a new interpreter takes to run a statement, in seconds of wall time."""
    began = time.perf_counter()
    with on_core(core):
        subprocess.run([sys.executable, "-c", statement], check=True, cwd=HERE.parent)
    return time.perf_counter() - began
