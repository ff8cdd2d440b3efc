"""docs/resilience.md tells of every trigger, state and field there is, and shows the protocol as it is."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import get_args

from ccr_middleware.config.resilience import FAILURES, FALLBACK_ON
from ccr_middleware.resilience import StateStore
from ccr_middleware.resilience.breaker import BreakerState
from tests.support.resilient import World

PAGE = (Path(__file__).parent.parent / "docs" / "resilience.md").read_text(encoding="utf-8")


def test_every_trigger_is_told_and_the_default_is_right():
    assert all(f'`"{name}"`' in PAGE for name in FAILURES)
    assert f"`{json.dumps(FALLBACK_ON)}`" in PAGE


def test_every_state_and_every_field_of_the_report_is_told():
    fields = set(World("a").resilience.snapshot(World("a").config)[0])
    table = PAGE.partition("| field | meaning |")[2]
    assert set(re.findall(r"`([a-z_]+)`", table)) == fields
    assert all(f"| `{state}` |" in PAGE for state in get_args(BreakerState))


def test_the_protocol_is_shown_as_it_is():
    shown = re.findall(r"def (\w+)(\(.*\) -> .*): \.\.\.", PAGE)
    there = [(name, str(inspect.signature(method))) for name, method in vars(StateStore).items() if name in dict(shown)]
    assert [name for name, _ in shown] == [name for name, _ in there]
    for (_, documented), (_, real) in zip(shown, there, strict=True):
        assert documented.replace(" ", "") == real.replace("'", "").replace(" ", "")
