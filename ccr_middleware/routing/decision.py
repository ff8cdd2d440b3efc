"""The result of routing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ..config.schema import Scenario

_NOTHING: Mapping[str, Any] = {}


class Choice(NamedTuple):
    """One of several targets that are as good as each other. `weight`: its share, relative to those of the others."""

    provider: str
    model: str
    weight: float = 1.0


class Decision(NamedTuple):
    """The model that shall answer: names as configured, the scenario, and one sentence why.

    - `fallbacks`: further targets as `provider,model`, tried in this order when all of those before fail.
    - `rule`: the name of the rule of the configuration that chose, or that set something; `""`: none.
    - `parameters`: what to set in the body for this route (see `with_parameters`).
    - `pool`: all targets among which the load is shared, `provider,model` being its first; empty: there is only that.
    """

    provider: str
    model: str
    scenario: Scenario
    reason: str
    fallbacks: tuple[str, ...] = ()
    rule: str = ""
    parameters: Mapping[str, Any] = _NOTHING
    pool: tuple[Choice, ...] = ()
