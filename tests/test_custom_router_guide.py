"""docs/custom-router.md: what it shows is run as it is shown, and its tables hold what there is."""

import asyncio
import dataclasses
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from ccr_middleware.config import load_config
from ccr_middleware.config.schema import Config, Scenario
from ccr_middleware.extensions.router import MAX_THREADS, RouterReport, load_router
from ccr_middleware.extensions.router_context import RouterContext, router_context
from ccr_middleware.extensions.router_function import GROUP
from ccr_middleware.routing.decision import Decision
from ccr_middleware.routing.facts import facts_of
from ccr_middleware.routing.models import Resolver
from ccr_middleware.routing.route import route

from .support.gateway import body

PAGE = (Path(__file__).parents[1] / "docs" / "custom-router.md").read_text(encoding="utf-8")
SOURCE = re.search(r"```python\n(# router\.py\n.*?)```", PAGE, re.DOTALL)[1]
CONFIG = re.search(r"```json5\n(.*?)```", PAGE, re.DOTALL)[1]


def column(head: str, number: int = 0) -> list[str]:
    """The cells of a column of the table whose first head is that."""
    rows = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1].splitlines()
    return [row.strip("|").split("|")[number].strip() for row in rows]


def choose(folder: Path, request: Any, **known: Any) -> Decision | None:
    """What the router of the guide decides."""
    (folder / "router.py").write_text(SOURCE, encoding="utf-8")
    (folder / "config.json").write_text(CONFIG, encoding="utf-8")
    settings = load_config(folder / "config.json", env={"DEEPSEEK_API_KEY": "sk-test"})
    assert settings.warnings == ()
    custom = load_router(settings, env={})
    facts = facts_of(request, {})
    context = router_context(request, {}, facts, route(facts, settings).decision, **known)
    decision = asyncio.run(custom.choose(context, Resolver(settings)))
    assert custom.report.last_error == ""
    return decision


def said(text: str, **more: Any) -> Any:
    return body(messages=[{"role": "user", "content": text}], **more)


@pytest.mark.parametrize(
    ("request_", "known", "target"),
    [
        (said("Hello"), {}, None),
        (said("Hello"), {"project": "-home-me-secret"}, ("ollama", "qwen3-coder")),
        (said("Hello", model="ollama,qwen3-coder"), {"token_count": 50_000}, None),
        (said("Translate this"), {}, ("deepseek", "deepseek-chat")),
        (said("Hello"), {"token_count": 30_001}, ("deepseek", "deepseek-reasoner")),
        (said("Hello", output_config={"effort": "max"}), {}, ("deepseek", "deepseek-reasoner")),
    ],
)
def test_the_example_chooses_as_it_says(tmp_path, request_, known, target):
    decision = choose(tmp_path, request_, **known)
    assert (decision and (decision.provider, decision.model)) == target


def test_the_example_gives_parameters_and_fallbacks(tmp_path):
    translated = choose(tmp_path, said("translate: Haus"))
    hard = choose(tmp_path, said("Hello"), token_count=40_000)
    assert translated.parameters == {"temperature": 0.2}
    assert hard.fallbacks == ("ollama,qwen3-coder",)


def test_the_fields_of_the_context_are_those_of_the_guide():
    assert sorted(name.strip("`") for name in column("field")) == sorted(
        field.name for field in dataclasses.fields(RouterContext)
    )
    scenarios = next(row for row in PAGE.splitlines() if row.startswith("| `scenario` |"))
    assert set(get_args(Scenario)) <= set(re.findall(r"`(\w+)`", scenarios))


def test_the_numbers_and_names_of_the_guide_are_right():
    counters = {"failed", "timeouts", "unusable", "unavailable"}
    assert counters <= {field.name for field in dataclasses.fields(RouterReport)}
    assert all(f"`{name}`" in PAGE for name in counters)
    assert f"`custom_router_timeout_seconds` ({Config().custom_router_timeout_seconds:g})" in PAGE
    assert f"After {MAX_THREADS} of them" in PAGE
    assert f"`{GROUP}`" in PAGE


@pytest.mark.parametrize("python", column("JavaScript", 1))
def test_the_python_of_the_table_is_python(python):
    code = python.replace("`", "")
    if code.startswith("async def"):
        code += " pass"
    elif code.startswith("return"):
        code = f"def f(): {code}"
    compile(code, "table", "exec")
