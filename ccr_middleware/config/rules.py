"""What operators write about routing beside `Router`: pools, fallbacks, parameters, rules and aliases."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from .conditions import Condition, Scenario, StrictSection, as_list, problem
from .section import Section

#: What a parameter cannot set: the target decides the model, and the client whether it reads a stream.
_NOT_PARAMETERS = frozenset({"model", "stream"})


class WeightedTarget(Section):
    """One target of a pool. `weight`: its share, relative to those of the others."""

    target: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        return {"target": value} if isinstance(value, str) else value


#: `provider,model` (or an alias), or a pool of equals among which each request is given to one.
Target = str | Annotated[tuple[WeightedTarget, ...], Field(min_length=1)]


def texts_of(target: Target) -> tuple[str, ...]:
    """The targets that are named, as written."""
    return (target,) if isinstance(target, str) else tuple(member.target for member in target)


def _checked_parameters(parameters: dict[str, Any]) -> dict[str, Any]:
    for path in parameters:
        if path.partition(".")[0] in _NOT_PARAMETERS:
            raise problem(f"{path} cannot be set; the target decides the model, and the client about the stream")
        if not all(path.split(".")):
            raise problem(f'"{path}" is no field; write its name, or a path such as "thinking.budget_tokens"')
    return parameters


#: Fields of the body by name or dotted path; None takes a field out.
BodyFields = Annotated[dict[str, Any], AfterValidator(_checked_parameters)]
Fallbacks = Annotated[tuple[str, ...], BeforeValidator(as_list)]


class Fallback(Section):
    """The targets that are tried when one fails, in order, by scenario. `all` follows after each of them.

    `explicit`, `subagent` and the rules without a list of their own use `default`'s, as CCR v2 does.
    """

    default: Fallbacks | None = None
    background: Fallbacks | None = None
    think: Fallbacks | None = None
    long_context: Fallbacks | None = None
    web_search: Fallbacks | None = None
    image: Fallbacks | None = None
    explicit: Fallbacks | None = None
    subagent: Fallbacks | None = None
    all: Fallbacks = ()

    def of(self, scenario: Scenario | str) -> tuple[str, ...]:
        """The scenario's own targets, without those for all."""
        own: tuple[str, ...] | None = getattr(self, scenario, None)
        if own is None and scenario not in _ROUTED:
            own = self.default
        return own or ()


_ROUTED = frozenset(Fallback.model_fields) - {"explicit", "subagent", "all"}


class Parameters(Section):
    """Fields of the body that are set for the requests of a scenario."""

    default: BodyFields = Field(default_factory=dict)
    background: BodyFields = Field(default_factory=dict)
    think: BodyFields = Field(default_factory=dict)
    long_context: BodyFields = Field(default_factory=dict)
    web_search: BodyFields = Field(default_factory=dict)
    image: BodyFields = Field(default_factory=dict)
    explicit: BodyFields = Field(default_factory=dict)
    subagent: BodyFields = Field(default_factory=dict)

    def of(self, scenario: Scenario | str) -> dict[str, Any]:
        """What is set for a scenario."""
        parameters: dict[str, Any] = getattr(self, scenario, None) or {}
        return parameters


class Rule(StrictSection):
    """Requests that meet all of `when` go to `target`, with these `parameters`; when it fails, to `fallback`.

    - `target`: None: the built-in rules choose, and only the rest is the rule's.
    - `fallback`: None: that of `Fallback.default`.
    - `before_explicit`: it also holds for requests that name their model, or whose subagent tag does.
    """

    name: str = ""
    when: Annotated[tuple[Condition, ...], BeforeValidator(as_list), Field(min_length=1)]
    target: Target | None = None
    fallback: Fallbacks | None = None
    parameters: BodyFields = Field(default_factory=dict)
    before_explicit: bool = False
    enabled: bool = True

    @model_validator(mode="after")
    def _does_something(self) -> Rule:
        if self.target is None and self.fallback is None and not self.parameters:
            raise problem("does nothing; write a target")
        return self
