"""Another model's name in an answer that passes, and not a byte else of it changed."""

from __future__ import annotations

import re
from itertools import islice

from ..jsonio import dumps, loads
from ..lenient import as_dict

_MODEL = re.compile(rb'("model"\s*:\s*)"(?:[^"\\]|\\.)*"')
_OPENING = re.compile(rb'(?m)^data:([^\r\n]*"message_start"[^\r\n]*)')

#: The model is named before the content; whoever has more of such keys before it is left alone.
_MOST = 8


def rename_message(message: bytes, name: str, *, within: str = "") -> bytes:
    """A message as JSON (or an object that has one at `within`) with another `model`.

    As it is when it is no JSON, has no model, or has it in a place that is not found.
    """
    try:
        wanted = as_dict(loads(message))
    except ValueError:
        return message
    holder = as_dict(wanted.get(within)) if within else wanted
    if "model" not in holder:
        return message
    holder["model"] = name
    for found in islice(_MODEL.finditer(message), _MOST):
        renamed = message[: found.end(1)] + dumps(name) + message[found.end() :]
        if loads(renamed) == wanted:
            return renamed
    return message


def rename_opening(events: bytes, name: str) -> bytes:
    """Whole events with another model in their message_start."""
    found = _OPENING.search(events)
    if found is None:
        return events
    return events[: found.start(1)] + rename_message(found[1], name, within="message") + events[found.end(1) :]
