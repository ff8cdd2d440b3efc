"""Typed access to a request nobody has checked.

A member that is absent or null gives nothing; one of another type is a `BadRequest` that names the place, as in
`messages[2].content[0].text: must be a string`. Paths are written as the client writes them in its own language.
"""

from __future__ import annotations

from typing import Any

from .errors import BadRequest
from .losses import Losses
from .unified import Json


def at(path: str, key: str) -> str:
    """The place of a member: `key` alone at the top level."""
    return f"{path}.{key}" if path else key


def read_text(holder: Json, key: str, path: str = "") -> str:
    """A string; absent is empty."""
    value = holder.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise BadRequest(f"{at(path, key)}: must be a string")


def read_name(holder: Json, key: str, path: str = "") -> str:
    """A string that has to be there and says something."""
    if name := read_text(holder, key, path):
        return name
    raise BadRequest(f"{at(path, key)}: must be a non-empty string")


def read_number(holder: Json, key: str, path: str = "") -> float | None:
    """A number."""
    value = holder.get(key)
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    raise BadRequest(f"{at(path, key)}: must be a number")


def read_count(holder: Json, key: str, path: str = "", *, least: int = 1) -> int | None:
    """A whole number that is not less than `least`; `8.0` is one."""
    value = read_number(holder, key, path)
    if value is None:
        return None
    if value != value or value in (float("inf"), float("-inf")) or value != int(value) or value < least:
        raise BadRequest(f"{at(path, key)}: must be a whole number, {least} or more")
    return int(value)


def read_flag(holder: Json, key: str, path: str = "") -> bool | None:
    """True or false."""
    value = holder.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise BadRequest(f"{at(path, key)}: must be true or false")


def read_object(holder: Json, key: str, path: str = "") -> Json | None:
    """An object."""
    value = holder.get(key)
    if value is None or isinstance(value, dict):
        return value
    raise BadRequest(f"{at(path, key)}: must be an object")


def read_list(holder: Json, key: str, path: str = "") -> list[Any]:
    """A list; absent is empty."""
    value = holder.get(key)
    if value is None or isinstance(value, list):
        return value or []
    raise BadRequest(f"{at(path, key)}: must be a list")


def read_texts(holder: Json, key: str, path: str = "") -> list[str]:
    """A list of strings; absent is empty, and so are left out the empty ones."""
    values = holder.get(key)
    if values is None:
        return []
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return [value for value in values if value]
    raise BadRequest(f"{at(path, key)}: must be a list of strings")


def entries(values: list[Any], path: str) -> list[tuple[str, Json]]:
    """The objects of a list with their places: `("tools[0]", {...})`."""
    found = []
    for index, value in enumerate(values):
        place = f"{path}[{index}]"
        if not isinstance(value, dict):
            raise BadRequest(f"{place}: must be an object")
        found.append((place, value))
    return found


def report_unknown(holder: Json, known: frozenset[str], feature: str, losses: Losses) -> None:
    """Report the members nobody here knows, with at most eight of their names. Empty ones ask for nothing."""
    unknown = [name for name, value in holder.items() if name not in known and value not in (None, False, "", [], {})]
    if unknown:
        names = ", ".join(ascii(name[:40]) for name in unknown[:8])
        losses.add(feature, "dropped", f"Not known to this gateway: {names}.")
