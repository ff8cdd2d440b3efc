"""One writer at a time, among threads and among processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ..errors import GatewayError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: How long a lock is waited for, and how often it is tried (seconds).
PATIENCE = 10.0
_PAUSE = 0.01
#: Without `fcntl` a lock is a file. One that is older belongs to a process that has ended (seconds).
_STALE = 30.0


@contextmanager
def locked(path: str) -> Iterator[None]:
    """Hold the lock that a file stands for; the file is made if it is not there.

    Raises GatewayError (503) when another holds it for ten seconds, OSError when the file cannot be made.
    """
    lock = _locked_file if fcntl else _exclusive_file
    with lock(path):
        yield


@contextmanager
def _locked_file(path: str) -> Iterator[None]:
    """A lock of the system, which ends with the process. The file stays: whoever waits has it open."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        _wait_for(lambda: fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB), path)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _exclusive_file(path: str) -> Iterator[None]:
    """A file that only one can make."""

    def make() -> None:
        with suppress(FileNotFoundError):
            if time.time() - os.stat(path).st_mtime > _STALE:
                os.remove(path)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            raise BlockingIOError from None

    _wait_for(make, path)
    try:
        yield
    finally:
        with suppress(FileNotFoundError):
            os.remove(path)


def _wait_for(take: Callable[[], None], path: str) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            take()
            return
        except BlockingIOError:
            if time.monotonic() > until:
                raise GatewayError(
                    f"{path}: another process holds this lock and writes; try again, or end that process", status=503
                ) from None
            time.sleep(_PAUSE)
