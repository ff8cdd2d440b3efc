"""What is known of models by their names, and of providers by their addresses (the catalogue)."""

from __future__ import annotations

from functools import cache

from ... import catalogue
from ..format import WireName
from ..model_rules import Fields, ModelRule, matching, rule
from .model_families import MODEL_FAMILIES

#: The built-in demo is not in the catalogue, since nobody configures it. It answers with thinking when asked for it.
DEMO: Fields = {"name": "demo", "reasoning_style": "thinking"}


def known_of_chat(base_url: str, model: str) -> Fields:
    """The fields of a `ChatDialect` that are known; its `name` is among them when the provider is. What is known of
    the provider goes over what is known of the model."""
    known = matching(MODEL_FAMILIES, model)
    if base_url.startswith("demo:"):
        return known | DEMO
    family = catalogue.family_at(base_url)
    return known if family is None else {**known, "name": family.name, **known_at(family.name, "chat", model)}


def known_at(family: str, wire: WireName, model: str) -> Fields:
    """What the catalogue says of a model, in one format, at the provider of that name; nothing of an unknown one."""
    fields, rules = _facts(family, wire)
    return {**fields, **matching(rules, model)}


@cache
def _facts(family: str, wire: WireName) -> tuple[Fields, tuple[ModelRule, ...]]:
    """The catalogue's facts, made ready for looking models up."""
    known = catalogue.families().get(family)
    facts = known.facts.get(wire) if known else None
    if facts is None:
        return {}, ()
    return facts.fields, tuple(rule(pattern, **fields) for pattern, fields in facts.rules)
