"""Finding the transformer that is to be checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError
from ..extensions.transformers import find_transformer
from ..transformers.builtin import builtin_registry
from ..transformers.registry import AnyTransformer


def load_target(text: str, options: Mapping[str, Any] | None = None) -> AnyTransformer:
    """The transformer that `text` means in a `use` list: a name, `module:Class`, `path/to/file.py` with one transformer
    in it, or `path/to/file.py:Class`. Raises ConfigError when there is none, or for options it does not take."""
    registry = builtin_registry()
    try:
        entry = find_transformer(text, registry)
    except ConfigError as problem:
        raise ConfigError(f"conformance: {problem}") from None
    if entry is not None:
        registry.add(entry)
    return registry.make(text, dict(options or {}), "conformance")
