"""The rules of the configuration among the built-in ones, in the order they are asked.

Those of the configuration stand behind the subagent tag and the explicit model: whoever names a model for one request
has a reason that no general rule knows. They stand before all else, because the built-in rules only guess what is
wanted. A policy that must hold whatever a client asks for is a rule with `before_explicit`.
"""

from __future__ import annotations

from typing import NamedTuple

from ..config.conditions import Condition
from ..config.places import quote
from ..config.rules import Rule
from ..config.schema import Config
from .conditions import Check, check_of
from .reasons import why_not
from .rules import NAMING_RULES, NEEDS_COUNT, PASS, SCENARIO_RULES, Case, Step, named
from .rules import Rule as AskedRule

ADJUSTS = Step(adjusts=True)


class DeclaredRule(NamedTuple):
    """A rule of the configuration that is in use. `name`: its own, or its place."""

    name: str
    rule: Rule
    check: Check

    @property
    def title(self) -> str:
        """What it is called where all rules are listed."""
        return f"rule {quote(self.name)}"

    def decide(self, case: Case) -> Step:
        """What the rule says about a request."""
        holds = self.check.holds(case)
        if not holds:
            return PASS if holds is False else NEEDS_COUNT
        if self.rule.target is None:
            return ADJUSTS
        step = named("rule", case.resolver.choices(self.rule.target), f"{self.title}: {self.check.text}")
        return step if step.decision else Step(note=f"The target of {self.title} was passed over: {step.note}")

    def why_not(self, case: Case) -> str:
        """Why it says nothing."""
        return self.check.why_not(case)


class Asked(NamedTuple):
    """One rule in the order. `declared`: None for a built-in one."""

    name: str
    decide: AskedRule
    declared: DeclaredRule | None = None

    def why_not(self, case: Case) -> str:
        """Why the rule says nothing about a request."""
        return self.declared.why_not(case) if self.declared else why_not(self.name, case)


class Ruleset:
    """The rules of one configuration, made once for it.

    `may_count`: whether any of them can depend on the number of tokens.
    """

    __slots__ = ("may_count", "order")

    def __init__(self, config: Config) -> None:
        first: list[Asked] = []
        later: list[Asked] = []
        for index, rule in enumerate(config.rules):
            if rule.enabled:
                declared = DeclaredRule(rule.name or f"rules[{index}]", rule, check_of(rule.when))
                (first if rule.before_explicit else later).append(Asked(declared.title, declared.decide, declared))
        self.order = (*first, *_NAMING, *later, *_SCENARIOS)
        self.may_count = any(map(_reads_tokens, (one for rule in config.rules if rule.enabled for one in rule.when)))


def _reads_tokens(condition: Condition) -> bool:
    inner = (*condition.any, *condition.unless)
    return condition.token_count is not None or condition.scenario is not None or any(map(_reads_tokens, inner))


_NAMING = tuple(Asked(rule.__name__, rule) for rule in NAMING_RULES)
_SCENARIOS = tuple(Asked(rule.__name__, rule) for rule in SCENARIO_RULES)
