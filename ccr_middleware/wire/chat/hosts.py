"""What is known of chat-completions providers by their hosts: the catalogue, made ready for looking models up.

The demo is not in the catalogue, since nobody configures it.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ... import catalogue
from .model_families import Fields, ModelRule, rule


class Host(NamedTuple):
    """A provider: its name, fields, and rules for its models."""

    name: str
    fields: Fields
    models: tuple[ModelRule, ...] = ()


#: The built-in demo answers with thinking when asked for it.
DEMO = Host("demo", {"reasoning_style": "thinking"})


def host_at(base_url: str) -> Host | None:
    """The provider an address belongs to, if it is known."""
    if base_url.startswith("demo:"):
        return DEMO
    family = catalogue.family_at(base_url)
    return host(family.name) if family is not None else None


@cache
def host(name: str) -> Host:
    """The provider of that name in the catalogue. Raises KeyError."""
    facts = catalogue.families()[name].facts.get("chat", catalogue.Facts({}))
    return Host(name, facts.fields, tuple(rule(pattern, **fields) for pattern, fields in facts.rules))
