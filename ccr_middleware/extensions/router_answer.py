"""What a custom router returned → a decision. Pure.

"provider,model"    ("provider", "model")      a target, in any form that a client may name it
{"target": …, "fallback": […], "scenario": …, "parameters": {…}}
Decision(…)
None    ""                                     the rules shall choose
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ..config.places import did_you_mean, quote
from ..config.rules import BodyFields
from ..config.schema import ROUTED_SCENARIOS, Router, Scenario
from ..config.spelling import spellings
from ..routing.decision import Decision
from ..routing.models import Found, Resolver
from ..routing.rules import named
from .router_context import RouterContext

_KEYS = ("target", "fallback", "scenario", "parameters")

_SCENARIOS: Mapping[str, Scenario] = {
    name.lower(): scenario for scenario in ROUTED_SCENARIOS for name in spellings(Router, scenario)
}

_PARAMETERS: TypeAdapter[dict[str, Any]] = TypeAdapter(BodyFields)


class Unusable(Exception):
    """What was returned cannot be used: one line that says why and what to return."""


def to_decision(answer: Any, context: RouterContext, resolver: Resolver) -> Decision | None:
    """The decision an answer stands for, None when the rules shall choose. Raises Unusable."""
    if isinstance(answer, Decision):
        first = _found((answer.provider, answer.model), resolver).choices[0]
        return answer._replace(provider=first.provider, model=first.model)
    if answer is None or answer is False or (isinstance(answer, str | Mapping | Sequence) and not answer):
        return None
    if isinstance(answer, Mapping):
        return _from_mapping(answer, context, resolver)
    return _decision(answer, context, resolver)


def _from_mapping(answer: Mapping[Any, Any], context: RouterContext, resolver: Resolver) -> Decision:
    for key in answer:
        if key not in _KEYS:
            hint = did_you_mean(str(key), _KEYS) or f"; known are {', '.join(_KEYS)}"
            raise Unusable(f"the key {quote(key)} is not known{hint}")
    if answer.get("target"):
        decision = _decision(answer["target"], context, resolver)
    elif context.decision is not None:
        decision = context.decision
    else:
        raise Unusable('there is no target; return {"target": "provider,model"}')
    if answer.get("scenario"):
        decision = decision._replace(scenario=_scenario(answer["scenario"]))
    if answer.get("fallback"):
        decision = decision._replace(fallbacks=_fallbacks(answer["fallback"], resolver))
    if answer.get("parameters"):
        decision = decision._replace(parameters={**decision.parameters, **_parameters(answer["parameters"])})
    return decision


def _decision(target: Any, context: RouterContext, resolver: Resolver) -> Decision:
    """A decision for a target, or for the pool that an alias stands for. The request keeps its scenario."""
    found = _found(target, resolver)
    decision = named(context.scenario, found, "the custom router chose it").decision
    assert decision is not None, "there are choices"
    return decision


def _found(target: Any, resolver: Resolver) -> Found:
    """The configured targets that a text or a pair names, at least one."""
    if isinstance(target, tuple | list) and len(target) == 2 and all(isinstance(part, str) for part in target):
        target = f"{target[0]},{target[1]}"
    if not isinstance(target, str):
        raise Unusable(f'"provider,model", a pair of the two or None is expected, not {type(target).__name__}')
    found = resolver.choices(target)
    if not found.choices:
        raise Unusable(found.note)
    return found


def _fallbacks(written: Any, resolver: Resolver) -> tuple[str, ...]:
    targets = [written] if isinstance(written, str) else written
    if not isinstance(targets, Sequence):
        raise Unusable('fallback must be a list of targets, such as ["provider,model"]')
    choices = [choice for target in targets for choice in _found(target, resolver).choices]
    return tuple(f"{choice.provider},{choice.model}" for choice in choices)


def _parameters(written: Any) -> Mapping[str, Any]:
    try:
        return _PARAMETERS.validate_python(written)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        what = problem["msg"] if problem["type"] == "routing" else 'must be an object, such as {"temperature": 0}'
        raise Unusable(f"parameters: {what}") from None


def _scenario(written: Any) -> Scenario:
    scenario = _SCENARIOS.get(written.strip().lower()) if isinstance(written, str) else None
    if scenario is None:
        raise Unusable(f"there is no scenario {quote(written)}; known are {', '.join(ROUTED_SCENARIOS)}")
    return scenario
