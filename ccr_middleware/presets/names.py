"""Names of presets. A name becomes a folder and a part of a URL, so nothing else may be meant by it (S-16)."""

from __future__ import annotations

import re

from ..config.places import quote
from ..errors import BadRequest

#: Words that the API has other uses for. A folder that is called so all the same can still be reached.
RESERVED = frozenset({"install", "export", "market", "validate", "apply"})

MAX_NAME = 100

_FORBIDDEN = re.compile(r"[/\\:\x00-\x1f\x7f]")
_SEPARATORS = re.compile(r"[^\w.-]+")


def problem_with_name(name: str) -> str | None:
    """Why a text is no name of a preset; None: it is one."""
    if not name.strip():
        return "is empty; write a name"
    if _FORBIDDEN.search(name) or ".." in name:
        return "is a path; write a name without slashes, colons and '..'"
    if name.startswith((".", "~")) or name != name.strip() or name.endswith("."):
        return "begins or ends with what names of folders should not; begin with a letter"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters; shorten it"
    return None


def check_name(name: str) -> str:
    """The name, if it is one. Raises `BadRequest`."""
    problem = problem_with_name(name)
    if problem:
        raise BadRequest(f"preset name {quote(name)}: {problem}")
    return name


def check_new_name(name: str) -> str:
    """The name of a preset that is to be made. Raises `BadRequest`."""
    if check_name(name).lower() in RESERVED:
        raise BadRequest(f"preset name {quote(name)}: is a word of the API; choose another")
    return name


def folder_for(name: str) -> str:
    """What the folder of a preset with such a name in its manifest is called; "" when nothing is left of it."""
    return _SEPARATORS.sub("-", name).strip("-._~").replace("..", ".")[:MAX_NAME]
