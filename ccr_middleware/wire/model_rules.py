"""What is known of models by their names, as rules: a pattern, and fields of a dialect.

All rules whose pattern matches apply, later ones over earlier ones. Patterns are matched at the beginning of the
lower-case name, or after a `/` in it (`deepseek/deepseek-v4-pro`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

#: Fields of a dialect, and their values.
Fields = dict[str, Any]


class ModelRule(NamedTuple):
    """Fields for the models whose name matches."""

    pattern: re.Pattern[str]
    fields: Fields


def rule(pattern: str, **fields: Any) -> ModelRule:
    """A rule for names that begin with the pattern, after a vendor's prefix if there is one."""
    return ModelRule(re.compile(rf"(?:.*/)?(?:{pattern})"), fields)


def matching(rules: Iterable[ModelRule], model: str) -> Fields:
    """The fields of all rules that a model's name, in any case, matches."""
    found: Fields = {}
    name = model.lower()
    for pattern, fields in rules:
        if pattern.match(name):
            found |= fields
    return found
