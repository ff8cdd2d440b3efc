"""The arguments of a tool call, from JSON text to the object that Anthropic's clients insist on."""

from __future__ import annotations

from ..jsonio import loads
from ..unified import Json

#: The one key under which arguments are kept that are no JSON: they were cut, or the model wrote something else.
RAW = "_raw"


def parse_arguments(text: str) -> Json | None:
    """The object; none at all is an empty one, and what is no object is its `value`. None for what is no JSON."""
    if not text.strip():
        return {}
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else {"value": value}


def keep_arguments(text: str) -> Json:
    """The object; what is no JSON is kept rather than lost."""
    arguments = parse_arguments(text)
    return {RAW: text} if arguments is None else arguments
