"""The result of routing."""

from __future__ import annotations

from dataclasses import dataclass

from ..config.schema import Scenario


@dataclass(frozen=True, slots=True)
class Decision:
    """The model that shall answer: names as configured, the scenario, and one sentence why."""

    provider: str
    model: str
    scenario: Scenario
    reason: str
