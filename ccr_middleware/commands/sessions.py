"""Who uses a gateway that `code` started, so that it is stopped with its last user and not before.

`code-sessions.json` in the home folder names the gateway that was started for them, and each session by its process
and when that began; a session that was killed therefore counts no more. Everything here is to be called with the
lock of `home.lock` held.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .home import home, read_json, write_private
from .process import is_the_same, started


def _path(env: Mapping[str, str]) -> str:
    return os.path.join(home(env), "code-sessions.json")


def _read(env: Mapping[str, str]) -> tuple[str, list[dict[str, Any]]]:
    """The gateway that is ours to stop ("" for none), and the sessions that live."""
    found = read_json(_path(env))
    listed = found.get("sessions")
    sessions = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    owned = found.get("gateway")
    return owned if isinstance(owned, str) else "", [one for one in sessions if _lives(one)]


def _lives(session: Mapping[str, Any]) -> bool:
    pid, began = session.get("pid"), session.get("started")
    return isinstance(pid, int) and isinstance(began, str) and is_the_same(pid, began)


def _write(env: Mapping[str, str], owned: str, sessions: list[dict[str, Any]]) -> None:
    if owned or sessions:
        write_private(_path(env), json.dumps({"gateway": owned, "sessions": sessions}) + "\n")
        return
    with suppress(OSError):
        os.unlink(_path(env))


def join(env: Mapping[str, str], started_instance: str = "") -> None:
    """Count this process as a session; `started_instance` is the gateway that it had to start."""
    owned, sessions = _read(env)
    pid = os.getpid()
    sessions = [one for one in sessions if one["pid"] != pid]
    _write(env, started_instance or owned, [*sessions, {"pid": pid, "started": started(pid)}])


def leave(env: Mapping[str, str]) -> str:
    """This process is no session any more. The gateway that has thereby lost its last user and is to be stopped, ""
    when there is none."""
    owned, sessions = _read(env)
    pid = os.getpid()
    sessions = [one for one in sessions if one["pid"] != pid]
    _write(env, owned if sessions else "", sessions)
    return "" if sessions else owned


def keep_running(env: Mapping[str, str]) -> None:
    """Somebody wants the gateway to stay: it is not stopped with its last session."""
    _, sessions = _read(env)
    _write(env, "", sessions)


def move_to(env: Mapping[str, str], before: str, after: str) -> None:
    """One gateway has taken the place of another."""
    owned, sessions = _read(env)
    _write(env, after if owned == before else owned, sessions)


def count(env: Mapping[str, str]) -> int:
    """How many sessions there are."""
    return len(_read(env)[1])
