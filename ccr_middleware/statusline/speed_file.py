"""Where the plugin `token-speed` leaves what it measured of a session, for the status line to read.

    $TMPDIR/claude-code-router/session-<session>.json

The folder belongs to one user. Where somebody else has it, as on a machine of several users, its name ends in one's own
user id.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from typing import Any

FOLDER = "claude-code-router"
PREFIX = "session"

#: A file that says more than this (bytes) is none of ours.
MAX_BYTES = 64 * 1024


def temp_folder(env: Mapping[str, str]) -> str:
    """The folder for temporary files, as CCR v2's runtime finds it."""
    return next((env[name] for name in ("TMPDIR", "TMP", "TEMP") if env.get(name)), "/tmp")


def own_folders(env: Mapping[str, str], folder: str = FOLDER) -> tuple[str, ...]:
    """Where the files may be: the usual folder, and the one for when that is somebody else's."""
    usual = os.path.join(temp_folder(env), folder)
    return (usual, f"{usual}-{os.getuid()}") if hasattr(os, "getuid") else (usual,)


def file_name(session: str, prefix: str = PREFIX, extension: str = "json") -> str:
    """The name of a session's file, "" for a session that can be part of none."""
    plain = session.replace("-", "").replace("_", "")
    if not (plain.isascii() and plain.isalnum() and len(session) <= 128):
        return ""
    return f"{prefix}-{session}.{extension}" if extension else f"{prefix}-{session}"


def is_own(found: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user."""
    return not hasattr(os, "getuid") or found.st_uid == os.getuid()


def read_speed(session: str, env: Mapping[str, str]) -> dict[str, Any]:
    """What was measured of a session; empty when there is nothing to read, or somebody else wrote it."""
    name = file_name(session)
    for folder in own_folders(env) if name else ():
        try:
            if not is_own(os.lstat(folder)):
                continue
            with open(os.open(os.path.join(folder, name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as file:
                found = os.fstat(file.fileno())
                if stat.S_ISREG(found.st_mode) and is_own(found):
                    data = json.loads(file.read(MAX_BYTES))
                    return data if isinstance(data, dict) else {}
        except (OSError, ValueError):
            continue
    return {}
