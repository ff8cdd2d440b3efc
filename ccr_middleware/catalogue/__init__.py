"""The catalogue of providers: what has to be known of each, in one data file (`providers.toml`)."""

from .records import Entry, Facts, Family, Fields, Rule
from .table import entries, families, family_at, find, similar

__all__ = ["Entry", "Facts", "Family", "Fields", "Rule", "entries", "families", "family_at", "find", "similar"]
