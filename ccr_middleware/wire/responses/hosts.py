"""What is known of Responses models by their names, and of providers by their hosts.

What a provider or model does in chat completions too stands in its `chat` part of the catalogue and in
`wire.chat.model_families`; here is what is different or more. `owner/name#n` are public issue threads.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from ... import catalogue
from ..chat.model_families import Fields, ModelRule, rule


class Host(NamedTuple):
    """A provider: its fields, and rules for its models."""

    fields: Fields
    models: tuple[ModelRule, ...] = ()


#: Which efforts a model takes: anomalyco/opencode#26268 and anomalyco/models.dev#2296. A gpt-5 that searches the web
#: refuses `minimal`, see `reasoning`.
MODEL_RULES: tuple[ModelRule, ...] = (
    rule(r"o[134](?:-|$)|gpt-5|gpt-[6-9]", summary="auto", encrypted_reasoning=True),
    rule(r"gpt-5(?:-mini|-nano)?(?:-2\d{3}|$)", off_effort="minimal"),
    rule(r"(?:gpt-5\.[1-9]|gpt-[6-9])(?!.*(?:codex|pro|chat))", off_effort="none"),
    rule(r"gpt-5-codex", efforts=("low", "medium", "high")),
    rule(r"gpt-5-pro", efforts=("high",)),
    rule(r"gpt-5\.\d-pro", efforts=("medium", "high", "xhigh")),
    # "Encrypted content is not supported with this model": these may not reason at all.
    rule(r"gpt-5(?:\.\d)?-chat", summary="none", encrypted_reasoning=False),
)


@cache
def host(name: str) -> Host | None:
    """The provider whose chat dialect has that name, if more is known of its Responses."""
    family = catalogue.families().get(name)
    facts = family.facts.get("responses") if family else None
    return facts and Host(facts.fields, tuple(rule(pattern, **fields) for pattern, fields in facts.rules))
