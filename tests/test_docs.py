"""What the documentation says is there: endpoints, flags, headers, transformers, dialect fields, links, commands."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from ccr_middleware import __version__, load_config
from ccr_middleware.__main__ import parser
from ccr_middleware.config.schema import Scenario
from ccr_middleware.endpoints.table import CLIENT_ENDPOINTS, api_endpoints, find_endpoint
from ccr_middleware.losses import Action
from ccr_middleware.transformers.builtin import BUILTIN
from ccr_middleware.wire.chat.dialect import ChatDialect

from .test_standalone import VARIABLES

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md")]
SOURCES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("ccr_middleware", "examples")
    for path in (ROOT / folder).rglob("*.py")
]

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table(name: str, head: str) -> dict[str, list[str]]:
    """The rows of the table whose first head is that, by their first cell."""
    found = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text_of(name), re.MULTILINE)
    assert found, f"{name} has no table headed {head!r}"
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in found[1].splitlines()]
    return {row[0].strip("`"): row for row in rows}


# -- endpoints ---------------------------------------------------------------------------------------------


def test_every_endpoint_is_documented_and_no_other() -> None:
    page = text_of("docs/endpoints.md")
    rows = re.findall(r"^\| `([A-Z]+ /\S*)` \| (\w+) \|", page, re.MULTILINE)
    documented = dict(rows)
    assert len(documented) == len(rows)
    words = {"public": "anybody", "recognised": "anybody", "client": "clients", "admin": "admin"}
    there = {
        f"{method} {path}": words[endpoint.access]
        for path, methods in (CLIENT_ENDPOINTS | api_endpoints()).items()
        for method, endpoint in methods.items()
    }
    assert documented == there


def test_every_header_of_ours_is_documented() -> None:
    sources = "".join(text_of(name) for name in SOURCES if name.startswith("ccr_middleware/"))
    headers = set(re.findall(r'"(x-(?:ccr|should)-[a-z-]+)"', sources))
    assert headers >= {"x-ccr-loss", "x-ccr-provider", "x-should-retry"}
    assert all(header in text_of("docs/endpoints.md") for header in headers)


@pytest.mark.parametrize("word", [*get_args(Scenario), *get_args(Action)])
def test_every_scenario_and_action_is_documented(word: str) -> None:
    assert f"`{word}`" in text_of("docs/endpoints.md")


# -- the program -------------------------------------------------------------------------------------------


def test_every_flag_and_variable_is_in_the_readme_and_in_the_help() -> None:
    readme, help_text = text_of("README.md"), parser().format_help()
    flags = set(re.findall(r"--[a-z-]+", help_text)) - {"--help", "--version"}
    assert flags == set(re.findall(r"\[(--[a-z-]+)", readme))
    for variable in VARIABLES:
        assert f"`{variable}`" in readme
        assert variable in help_text


def test_every_variable_the_program_reads_is_known() -> None:
    sources = text_of("ccr_middleware/standalone.py") + text_of("ccr_middleware/home.py")
    read = set(re.findall(r'"([A-Z]+(?:_[A-Z]+)*)"', sources))
    assert read == set(VARIABLES)


@each_page
def test_make_commands_name_targets(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    assert {"run", "test"} <= targets
    found = re.findall(r"```sh\n(.*?)```|`(make [^`]*)`", page.read_text(encoding="utf-8"), re.DOTALL)
    code = "\n".join(block or inline for block, inline in found)
    assert set(re.findall(r"\bmake ([a-z]+)", code)) <= targets


def test_the_first_request_of_the_readme_is_one() -> None:
    method, path, body = re.search(
        r"(curl) http://127\.0\.0\.1:3456(\S+) .*?-d '(.*?)'", text_of("README.md"), re.S
    ).groups()
    assert method == "curl"
    assert find_endpoint("POST", path)
    assert json.loads(body)["messages"]


def test_the_configuration_of_the_readme_loads_without_a_warning() -> None:
    document = re.search(r"```json5\n(.*?)```", text_of("README.md"), re.DOTALL)[1]
    config = load_config(document, env={"DEEPSEEK_API_KEY": "a", "ANTHROPIC_KEY": "b"})
    assert len(config.providers) == 2
    assert not config.warnings


def test_extras_and_version_are_those_of_the_package() -> None:
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    assert set(table("README.md", "extra")) == set(project["optional-dependencies"])
    assert project["version"] == __version__


# -- providers ---------------------------------------------------------------------------------------------

TRANSFORMERS = table("docs/transformers.md", "name")
FIELDS = table("docs/providers.md", "field")


@pytest.mark.parametrize("transformer", BUILTIN, ids=lambda transformer: transformer.name)
def test_every_transformer_is_documented_with_its_options(transformer: Any) -> None:
    _, options, aliases, *_ = TRANSFORMERS[transformer.name]
    names = {field.alias or name for name, field in transformer.Options.model_fields.items()}
    assert set(re.findall(r"`(\w+)`", options)) == names
    assert options.startswith("any") == (transformer.Options.model_config.get("extra") == "allow")
    assert tuple(re.findall(r"`([\w-]+)`", aliases)) == transformer.aliases


def test_no_transformer_is_documented_that_is_not_there() -> None:
    assert list(TRANSFORMERS) == [transformer.name for transformer in BUILTIN]


def shown(value: Any) -> set[str]:
    """How the page may show a default."""
    if isinstance(value, bool):
        return {str(value).lower()}
    if value is None:
        return {"none", "unknown"}
    if isinstance(value, tuple):
        return {", ".join(value)}
    if isinstance(value, Mapping):
        return {"`{}`"}
    return {f"`{value}`", str(value)}


def test_every_dialect_field_is_documented_with_its_default() -> None:
    settable = [field.name for field in fields(ChatDialect) if field.name != "name"]  # the name is ours to give
    assert sorted(FIELDS) == sorted(settable)
    wrong = {name for name in settable if FIELDS[name][1] not in shown(getattr(ChatDialect(), name))}
    assert not wrong


# -- links and files ---------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as web viewers make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path) if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors_of(linked), target


@each_page
def test_files_that_are_named_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    guides = "".join(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))
    written = re.findall(r"^# (\w+\.py)$", guides, re.MULTILINE)
    for name in set(re.findall(r"\b[\w/]+\.py\b", text)) - set(written):
        assert (ROOT / name).exists() or any(f"/{source}".endswith(f"/{name}") for source in SOURCES), name
