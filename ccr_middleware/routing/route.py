"""Asking the rules in order. Pure: the counts and the time come from outside, and what is to be logged goes back."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from ..config.rules import Rule
from ..config.schema import Config
from ..errors import NotFound
from .decision import Decision
from .facts import Facts
from .models import Resolver
from .rules import Case, Step, is_long, without_default
from .ruleset import Asked, DeclaredRule, Ruleset


class Routed(NamedTuple):
    """The decision, and what the operator should know of how it came about, one sentence each."""

    decision: Decision
    notes: tuple[str, ...] = ()


class Tried(NamedTuple):
    """One rule that was asked: whether it had its say, and why or why not, in one sentence."""

    rule: str
    matched: bool
    why: str


def route(
    facts: Facts,
    config: Config,
    *,
    token_count: int | None = None,
    last_input_tokens: int | None = None,
    resolver: Resolver | None = None,
    rules: Ruleset | None = None,
    now: datetime | None = None,
    trace: list[Tried] | None = None,
) -> Routed:
    """Choose the model for a request.

    `token_count`: what the request holds, as far as it was counted (see `needs_token_count`); `last_input_tokens`:
    what the session's last request held; `resolver`, `rules`: those of the configuration, which are otherwise made for
    this one request; `now`: the time, aware and in the machine's own zone, for rules that ask for it; `trace`: filled
    with the rules that were asked. Raises NotFound when the client named a provider that does not exist, or when there
    is no provider at all.
    """
    case = Case(facts, config, resolver or Resolver(config), token_count or 0, last_input_tokens or 0, now=now)
    notes: list[str] = []
    adjusting: DeclaredRule | None = None
    for asked in (rules or Ruleset(config)).order:
        if adjusting is not None and asked.declared is not None:
            continue
        step = asked.decide(case)
        if trace is not None:
            trace.append(_tried(asked, step, case))
        if step.note:
            notes.append(step.note)
        if step.decision is not None:
            decision = complete(step.decision, config, case.resolver, asked.declared or adjusting)
            return Routed(decision, tuple(notes))
        if step.adjusts:
            adjusting = asked.declared
    decision = without_default(case)
    if trace is not None:
        trace.append(Tried("no default", True, decision.reason))
    return Routed(complete(decision, config, case.resolver, adjusting), tuple(notes))


def needs_token_count(
    facts: Facts,
    config: Config,
    at_most: int,
    last_input_tokens: int | None = None,
    *,
    resolver: Resolver | None = None,
    rules: Ruleset | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether the exact number of tokens can change the decision; counting is the dearest part of routing (F14).

    `at_most`: an upper bound of the tokens, such as the bytes of the request. The rest as for `route`.
    """
    rules, last, router = rules or Ruleset(config), last_input_tokens or 0, config.router
    if not rules.may_count and not (router.long_context and is_long(at_most, last, router.long_context_threshold)):
        return False
    case = Case(facts, config, resolver or Resolver(config), at_most, last, at_least=0, now=now)
    adjusted = False
    for asked in rules.order:
        if adjusted and asked.declared is not None:
            continue
        try:
            step = asked.decide(case)
        except NotFound:
            return False
        if step.needs_count or step.decision is not None:
            return step.needs_count
        adjusted = adjusted or step.adjusts
    return False


def complete(decision: Decision, config: Config, resolver: Resolver, declared: DeclaredRule | None = None) -> Decision:
    """The decision with its fallbacks and parameters: those of the rule that chose it, else of its scenario.

    Fallbacks it already has come first, and parameters it already has win. Targets that cannot be used, the chosen one
    and its pool, and repetitions are left out of the fallbacks.
    """
    rule = declared.rule if declared is not None else None
    listed = _listed(decision, config, rule)
    parameters = config.parameters.of(decision.scenario)
    if not listed and not parameters and rule is None:
        return decision
    parameters = {**parameters, **(rule.parameters if rule is not None else {}), **decision.parameters}
    return decision._replace(
        fallbacks=_usable(listed, decision, resolver),
        parameters=parameters,
        rule=declared.name if declared is not None else decision.rule,
    )


def _listed(decision: Decision, config: Config, rule: Rule | None) -> tuple[str, ...]:
    """The fallbacks as they are written."""
    if decision.fallbacks:
        own = decision.fallbacks
    elif rule is not None and rule.fallback is not None:
        own = rule.fallback
        if not own:
            return ()  # whoever writes that there is none means nobody else
    else:
        own = config.fallback.of(decision.scenario)
    return (*own, *config.fallback.all)


def _usable(listed: tuple[str, ...], decision: Decision, resolver: Resolver) -> tuple[str, ...]:
    """The targets that can be used, each once, without those that answer anyway."""
    taken = {(decision.provider, decision.model), *(choice[:2] for choice in decision.pool)}
    found = dict.fromkeys(choice[:2] for text in listed for choice in resolver.choices(text).choices)
    return tuple(f"{provider},{model}" for provider, model in found if (provider, model) not in taken)


def _tried(asked: Asked, step: Step, case: Case) -> Tried:
    """What is told of a rule that was asked."""
    if step.decision is not None:
        return Tried(asked.name, True, step.decision.reason)
    if step.adjusts and asked.declared is not None:
        return Tried(asked.name, True, f"{asked.declared.check.text}; the choice is left to the built-in rules")
    return Tried(asked.name, False, step.note or asked.why_not(case))
