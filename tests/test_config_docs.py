"""docs/configuration.md names every key of the schema, its spellings and its default, and its examples load."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo

from ccr_middleware.config import load_config
from ccr_middleware.config.agents import AgentUse, Search
from ccr_middleware.config.conditions import Comparison, Condition, StrictSection, TimeOfDay
from ccr_middleware.config.operation import ClientKey, History, Logs, PluginUse, Price
from ccr_middleware.config.resilience import ApiKey, Health, Retry
from ccr_middleware.config.rules import Fallback, Parameters, Rule, WeightedTarget
from ccr_middleware.config.schema import (
    Config,
    Pool,
    Provider,
    Router,
    Section,
    Streaming,
    Timeouts,
    TransformerUse,
    Vertex,
)
from ccr_middleware.config.spelling import file_spelling, spellings
from ccr_middleware.config.tokenizer import Tokenizer, Tokenizers

PAGE = (Path(__file__).parent.parent / "docs" / "configuration.md").read_text(encoding="utf-8")
MODELS: tuple[type[Section], ...] = (
    Config,
    Provider,
    TransformerUse,
    Router,
    Timeouts,
    Streaming,
    Pool,
    Tokenizer,
    Tokenizers,
    Vertex,
    ApiKey,
    Retry,
    Health,
    AgentUse,
    Search,
    Rule,
    Condition,
    Comparison,
    TimeOfDay,
    WeightedTarget,
    Fallback,
    Parameters,
    ClientKey,
    Price,
    History,
    Logs,
    PluginUse,
)
FIELDS = [(model, field) for model in MODELS for field in model.model_fields]

#: Keys whose place in the file is not a member of the section itself.
SPECIAL = {
    (Provider, "use"): ("transformer.use", "transformers", "use"),
    (Provider, "use_by_model"): ("transformer.<model>.use", "use_by_model", "useByModel"),
    (TransformerUse, "name"): ("name", "use"),
    (Config, "raw"): ("—",),
    (Config, "source"): ("—",),
    (Config, "warnings"): ("—",),
}


def rows_of(model: type[Section]) -> dict[str, list[str]]:
    """The cells of each row of a model's tables, by Python name."""
    section = re.search(rf"^##+ [^\n]*\(`{model.__name__}`\)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert section, f"no section about {model.__name__}"
    rows = re.findall(r"^\| (.*) \|$", section[1], re.MULTILINE)
    cells = [[cell.strip() for cell in row.split("|")] for row in rows if not row.startswith(("key", "---"))]
    return {cell[2].strip("`"): cell for cell in cells}


def default_of(field: FieldInfo) -> str:
    """How the page shows a default."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, Section):
        return "see below"
    return "not set" if value is None else f"`{json.dumps(value)}`"


def test_all_sections_of_the_schema_are_looked_at():
    def below(model: type[Section]) -> set[type[Section]]:
        return {model}.union(*(below(sub) for sub in model.__subclasses__()))

    assert {*MODELS, Section, StrictSection} == {
        model for model in below(Section) if model.__module__.startswith("ccr_middleware.config.")
    }


@pytest.mark.parametrize(("model", "field"), FIELDS, ids=lambda value: getattr(value, "__name__", value))
def test_every_field_is_documented_with_its_spellings_and_default(model: type[Section], field: str):
    rows = rows_of(model)
    assert field in rows
    key, also, _, type_, default, meaning = rows[field]
    documented = [name.strip("` ") for name in (key, *also.split(","))]
    assert [name for name in documented if name] == list(SPECIAL.get((model, field)) or spellings(model, field))
    assert default == default_of(model.model_fields[field])
    assert type_
    assert meaning


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_nothing_is_documented_that_does_not_exist(model: type[Section]):
    assert set(rows_of(model)) == set(model.model_fields)


def test_the_file_spelling_is_the_first():
    assert file_spelling(Config, "api_key") == "APIKEY"
    assert file_spelling(Provider, "base_url") == "api_base_url"
    assert file_spelling(Router, "web_search") == "webSearch"
    assert file_spelling(Timeouts, "idle_seconds") == "idle_seconds"


@pytest.mark.parametrize("example", re.findall(r"```json5\n(.*?)```", PAGE, re.DOTALL))
def test_the_examples_load_without_a_warning(example: str):
    variables = {name: f"value-of-{name}" for name in re.findall(r"\$([A-Z_]+)", example)}
    config = load_config(example + "\n", env=variables)
    assert config.warnings == ()
    assert config.model_fields_set - {"raw", "source", "warnings"}
