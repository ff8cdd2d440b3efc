"""Reading JSON that nobody has validated: what has not the expected shape counts as absent, and nothing raises.

For requests, where clients add roles, block types and fields at any time (R2), and for answers, where providers do.
"""

from __future__ import annotations

from typing import Any

from .unified import Json


def as_dict(value: Any) -> Json:
    """The value when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def dicts(value: Any) -> list[Json]:
    """The objects of a list; of anything else: none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """The value when it is a string, else an empty one."""
    return value if isinstance(value, str) else ""
