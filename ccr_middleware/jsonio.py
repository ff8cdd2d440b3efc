"""JSON in and out, as fast as what is installed allows.

`orjson` (extra `speed`) when present, else pydantic-core's reader and writer. Both refuse lone surrogates, which
real clients do send (half an emoji at the cut of a tool result); the standard library takes them, so it is the
fallback in both directions. NaN and Infinity are no JSON: refused in, `null` out. Integers over 64 bits may become
floats, as they do in JavaScript.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from functools import partial
from typing import Any

_fast_loads: Callable[[bytes | str], Any]
_fast_dumps: Callable[[Any], bytes]
try:
    import orjson

    _fast_loads, _fast_dumps = orjson.loads, orjson.dumps
except ImportError:
    from pydantic_core import from_json, to_json

    _fast_loads = partial(from_json, allow_inf_nan=False, cache_strings="keys")
    _fast_dumps = partial(to_json, inf_nan_mode="null")


_encode = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode


def _no_constants(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def loads(data: bytes | str) -> Any:
    """Parse JSON. Raises ValueError with line and column on bad input."""
    try:
        return _fast_loads(data)
    except ValueError:
        try:
            return json.loads(data, parse_constant=_no_constants)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def dumps(value: Any) -> bytes:
    """Serialise to compact UTF-8 JSON. Lone surrogates leave as `\\udXXX` escapes."""
    try:
        return _fast_dumps(value)
    except (TypeError, ValueError):
        return _encode(_finite(value)).encode("ascii")


def _finite(value: Any) -> Any:
    """The value with `null` where a number is none."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def dumps_str(value: Any) -> str:
    """Serialise to a JSON string (for tool arguments and text)."""
    return dumps(value).decode("utf-8")
