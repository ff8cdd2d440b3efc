"""docs/routing.md: its examples load, and route as the page says."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ccr_middleware import Config, load_config
from ccr_middleware.config.schema import Scenario
from ccr_middleware.routing.aliases import Aliases
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.route import route
from ccr_middleware.routing.rules import RULES

from .test_routing_facts import NEW_HEADERS, new_main

PAGE = (Path(__file__).parent.parent / "docs" / "routing.md").read_text(encoding="utf-8")
DAY = datetime(2025, 6, 4, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def example(heading: str) -> Config:
    section = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)[1]
    document = re.search(r"```json5\n(.*?)```", section, re.DOTALL)[1]
    variables = {name: f"value-of-{name}" for name in re.findall(r"\$([A-Z_]+)", document)}
    config = load_config(document, env=variables)
    assert config.warnings == ()
    return config


def decide(config: Config, *, headers: Any = (), now: datetime = DAY, project: str = "", tokens: int = 0, **body: Any):
    facts = facts_of(new_main(**body), {**NEW_HEADERS, **dict(headers)}, project=project)
    return route(facts, config, now=now, token_count=tokens).decision


def target_of(*args: Any, **keys: Any) -> str:
    decision = decide(*args, **keys)
    return f"{decision.provider},{decision.model}"


def test_the_order_is_the_real_one():
    listed = re.findall(r"^\d+\. .*?\(`(\w+)`\)", PAGE, re.MULTILINE)
    assert listed == ["rule", "subagent", "explicit", "rule", *(rule.__name__ for rule in RULES[2:])]
    assert set(listed) == set(Scenario.__args__)


def test_the_table_of_aliases_is_true():
    aliases = Aliases(example("Aliases").aliases)
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 5
    for names, alias in rows:
        for name in re.findall(r"`(.*?)`", names):
            found = aliases.find(name)
            assert (f"`{found.name}`" if found else "none") == alias, name


THINKING = {"output_config": {"effort": "max"}, "messages": [{"role": "user", "content": "Hi"}]}
NIGHT = DAY.replace(hour=23)
JIRA = [{"name": "mcp__jira__search"}]


@pytest.mark.parametrize(
    ("request_", "rule", "target"),
    [
        ({"headers": {"x-team": "legal"}, "model": "openrouter,z-ai/glm-4.6"}, "private", "ollama,qwen3:32b"),
        ({"project": "/home/a/confidential/x"}, "private", "ollama,qwen3:32b"),
        ({"now": NIGHT}, "nightly", "openrouter,z-ai/glm-4.6"),
        ({"now": NIGHT, **THINKING}, "", "deepseek,deepseek-reasoner"),
        ({"tools": JIRA}, "jira", "openrouter,qwen/qwen3-coder"),
        ({"tools": JIRA, "tokens": 30_000}, "", "deepseek,deepseek-chat"),
        ({"metadata": {"user_id": "intern-12"}}, "interns", "deepseek,deepseek-chat"),
        ({"metadata": {"user_id": "intern-12"}, **THINKING}, "interns", "deepseek,deepseek-reasoner"),
        ({}, "", "deepseek,deepseek-chat"),
    ],
)
def test_the_example_of_rules(request_: Any, rule: str, target: str):
    config = example("Rules of your own")
    assert decide(config, **request_).rule == rule
    assert target_of(config, **request_) == target


def test_the_other_examples():
    assert len(decide(example("Pools")).pool) == 2
    fallbacks = example("Fallbacks")
    assert decide(fallbacks).fallbacks == ("openrouter,deepseek/deepseek-chat", "openrouter,z-ai/glm-4.6")
    assert decide(fallbacks, **THINKING).fallbacks == ("openrouter,z-ai/glm-4.6", "deepseek,deepseek-chat")
    assert decide(example("Parameters"), **THINKING).parameters["thinking.budget_tokens"] == 16_000
