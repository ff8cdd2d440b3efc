"""The result of routing."""

from __future__ import annotations

from typing import NamedTuple

from ..config.schema import Scenario


class Decision(NamedTuple):
    """The model that shall answer: names as configured, the scenario, and one sentence why."""

    provider: str
    model: str
    scenario: Scenario
    reason: str
