"""`python -m ccr_middleware conformance TARGET`."""

from __future__ import annotations

import argparse
import fnmatch
import sys

from ..config.places import did_you_mean
from ..errors import ConfigError
from ..jsonio import dumps_str
from ..testing.features import FEATURES
from . import check_transformer
from .loading import load_target
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
