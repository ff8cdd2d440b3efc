"""Gemini's JSON is that of protocol buffers: names in camel case or with underscores, and a list of one entry may be
that entry alone."""

from __future__ import annotations

import re
from typing import Any

from ....unified import Json

_UNDERSCORE = re.compile(r"(?<=[A-Za-z0-9])_([a-z0-9])")


def camel(holder: Json) -> Json:
    """The object with its own names in camel case; the same object when they are. Values are left as they are."""
    if not any("_" in name for name in holder):
        return holder
    renamed = {_UNDERSCORE.sub(lambda match: match.group(1).upper(), name): value for name, value in holder.items()}
    return renamed | {name: value for name, value in holder.items() if "_" not in name}


def many(holder: Json, key: str) -> Json:
    """The object with a list at `key`, where a single entry was given."""
    value: Any = holder.get(key)
    return holder if value is None or isinstance(value, list) else {**holder, key: [value]}
