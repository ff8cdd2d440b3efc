"""Processes, told apart from others that were given the same number later (defect L-2)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress


def started(pid: int) -> str:
    """When a process began, in the system's own terms: with the number it names one process for ever.

    `""` when there is no such process, or when it has ended and only its parent has not noticed.
    """
    if pid <= 0:
        return ""
    if sys.platform == "win32":
        return _from_windows(pid)
    if os.path.exists("/proc/self/stat"):
        return _from_proc(pid)
    return _from_ps(pid)


def _from_proc(pid: int) -> str:
    """Ticks since the machine was started, and which start that was (proc(5))."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read(8)
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else f"{boot}:{fields[19]}"


def _from_ps(pid: int) -> str:
    try:
        done = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
            env={**os.environ, "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    state, _, began = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else " ".join(began.split())


if sys.platform == "win32":

    def _from_windows(pid: int) -> str:
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return ""
        times = [wintypes.FILETIME() for _ in range(4)]
        found = kernel.GetProcessTimes(handle, *map(ctypes.byref, times))
        kernel.CloseHandle(handle)
        ended = times[1].dwHighDateTime or times[1].dwLowDateTime
        return f"{times[0].dwHighDateTime}:{times[0].dwLowDateTime}" if found and not ended else ""


def is_the_same(pid: int, began: str) -> bool:
    """Whether the process of that number is still the one that began then."""
    return bool(began) and started(pid) == began


def end(pid: int, began: str, patience_seconds: float) -> bool:
    """Ask a process to end and wait; after `patience_seconds` it is killed. Whether it is gone.

    Nothing is ever sent to a process that began at another time.
    """
    for number, patience in ((signal.SIGTERM, patience_seconds), (getattr(signal, "SIGKILL", signal.SIGTERM), 2.0)):
        if not is_the_same(pid, began):
            return True
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        if _gone(pid, began, patience):
            return True
    return False


def _gone(pid: int, began: str, patience_seconds: float) -> bool:
    give_up_at = time.monotonic() + patience_seconds
    while time.monotonic() < give_up_at:
        if sys.platform != "win32":
            with suppress(OSError):  # one of our own children stays in the table until somebody asks for it
                os.waitpid(pid, os.WNOHANG)
        if not is_the_same(pid, began):
            return True
        time.sleep(0.02)
    return False
