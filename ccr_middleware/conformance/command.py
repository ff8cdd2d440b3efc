"""`python -m ccr_middleware conformance TARGET`."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Mapping
from typing import Any

from ..config.places import did_you_mean
from ..errors import ConfigError
from ..extensions.transformers import find_transformer
from ..jsonio import dumps_str
from ..testing.features import FEATURES
from ..transformers.builtin import builtin_registry
from ..transformers.registry import AnyTransformer
from . import check_transformer
from .scenarios import ANSWERS


def run(args: argparse.Namespace) -> int:
    """Check, print the scorecard, and return the exit status: 0, or 1 when there are faults. Raises ConfigError for
    a target that is none."""
    _check_names(args.allow)
    card = check_transformer(load_target(args.target, args.options), args.wire, args.allow)
    sys.stdout.write((dumps_str(card.json()) if args.json else card.text()) + "\n")
    return 0 if card.passed else 1


def _check_names(allowed: list[str]) -> None:
    known = [*(feature.name for feature in FEATURES), *ANSWERS]
    for name in allowed:
        if not fnmatch.filter(known, name):
            raise ConfigError(f'--allow: there is no feature or answer "{name}"{did_you_mean(name, known)}')


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
