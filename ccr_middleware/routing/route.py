"""Asking the rules in order. Pure: the counts come from outside, and what is to be logged goes back."""

from __future__ import annotations

from typing import NamedTuple

from ..config.schema import Config
from ..errors import NotFound
from .decision import Decision
from .facts import Facts
from .models import Resolver
from .rules import RULES, UNCOUNTED_RULES, Case, long_context, without_default


class Routed(NamedTuple):
    """The decision, and what the operator should know of how it came about, one sentence each."""

    decision: Decision
    notes: tuple[str, ...] = ()


def route(
    facts: Facts,
    config: Config,
    *,
    token_count: int | None = None,
    last_input_tokens: int | None = None,
    resolver: Resolver | None = None,
) -> Routed:
    """Choose the model for a request.

    `token_count`: what the request holds, as far as it was counted (see `needs_token_count`); `last_input_tokens`:
    what the session's last request held; `resolver`: that of the configuration, which is otherwise made for this one
    request. Raises NotFound when the client named a provider that does not exist, or when there is no provider at all.
    """
    case = Case(facts, config, resolver or Resolver(config), token_count or 0, last_input_tokens or 0)
    notes: list[str] = []
    for rule in RULES:
        decision, note = rule(case)
        if note:
            notes.append(note)
        if decision:
            return Routed(decision, tuple(notes))
    return Routed(without_default(case), tuple(notes))


def needs_token_count(
    facts: Facts,
    config: Config,
    at_most: int,
    last_input_tokens: int | None = None,
    *,
    resolver: Resolver | None = None,
) -> bool:
    """Whether the exact number of tokens can change the decision; counting is the dearest part of routing (F14).

    `at_most`: an upper bound of the tokens, such as the bytes of the request.
    """
    case = Case(facts, config, resolver or Resolver(config), at_most, last_input_tokens or 0)
    if long_context(case).decision is None:
        return False
    try:
        return not any(rule(case).decision for rule in UNCOUNTED_RULES)
    except NotFound:
        return False
