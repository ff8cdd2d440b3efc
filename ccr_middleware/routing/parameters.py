"""Setting fields of a request's body for a route."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..unified import Json


def with_parameters(body: Json, parameters: Mapping[str, Any]) -> Json:
    """The body with the fields of `parameters` set, by name or dotted path; None takes a field out.

    The given body is not changed: what is on the way to a field is copied, all else shared. Objects that are not there
    are made; lists are entered by index (`messages.-1.content`). A path through anything else is not followed. Without
    parameters it is the same object.
    """
    for path, value in parameters.items():
        body = _with(body, path.split("."), value)
    return body


def _with(holder: Any, path: list[str], value: Any) -> Any:
    """A copy of an object or list with the value at the path; the same object where the path leads nowhere."""
    key, *rest = path
    if isinstance(holder, dict):
        return _with_member(holder, key, rest, value)
    if isinstance(holder, list) and (index := index_of(key, holder)) is not None:
        if not rest and value is None:
            return [*holder[:index], *holder[index + 1 :]]
        item = _with(holder[index], rest, value) if rest else value
        return [*holder[:index], item, *holder[index + 1 :]]
    return holder


def _with_member(holder: Json, key: str, rest: list[str], value: Any) -> Json:
    if not rest:
        return {**holder, key: value} if value is not None else {k: v for k, v in holder.items() if k != key}
    if key not in holder and value is None:
        return holder
    return {**holder, key: _with(holder.get(key, {}), rest, value)}


def index_of(key: str, items: list[Any]) -> int | None:
    """The position a part of a path means in a list, counted from its end when negative; None: none."""
    if not key.isascii() or not key.removeprefix("-").isdigit() or len(key) > 9:
        return None
    index = int(key)
    index += len(items) if index < 0 else 0
    return index if 0 <= index < len(items) else None
