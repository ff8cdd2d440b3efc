"""The folder of a gateway that runs as a program of its own. Only such a program asks for it."""

from __future__ import annotations

import os
from collections.abc import Mapping


def home_folder(env: Mapping[str, str]) -> str:
    """The folder, absolute: `CCR_HOME`, or that of CCR v2. It need not exist."""
    return os.path.abspath(os.path.expanduser(env.get("CCR_HOME") or "~/.claude-code-router"))
