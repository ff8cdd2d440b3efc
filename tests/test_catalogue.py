"""The catalogue of providers: its data, how a provider is found in it, and what is made of it."""

import re
import tomllib
from dataclasses import fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import catalogue
from ccr_middleware.catalogue import Entry, Family
from ccr_middleware.wire.chat.dialect import ChatDialect
from ccr_middleware.wire.chat.dialect import dialect_for as chat_dialect
from ccr_middleware.wire.openai.known import known_at
from ccr_middleware.wire.responses.dialect import ResponsesDialect
from ccr_middleware.wire.responses.dialect import dialect_for as responses_dialect

Json = dict[str, Any]

PAGE = (Path(__file__).parents[1] / "docs" / "providers.md").read_text(encoding="utf-8")
FILE = tomllib.loads(files("ccr_middleware.catalogue").joinpath("providers.toml").read_text(encoding="utf-8"))
PARAMETERS = {"region": "us-west-2", "resource": "mine"}
DIALECTS = {"chat": ChatDialect, "responses": ResponsesDialect}

each_family = pytest.mark.parametrize("family", catalogue.families().values(), ids=lambda family: family.name)


# -- the data ----------------------------------------------------------------------------------------------


def test_there_are_many_providers_under_names_of_their_own() -> None:
    assert len(catalogue.families()) >= 25
    names = [name.lower() for entry in catalogue.entries() for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name) for name in names)


def test_the_file_has_no_member_that_is_not_read() -> None:
    shared = {*Entry._fields} - {"name", "family"}
    known = shared | {"hosts", "ports", "endpoints", *DIALECTS}
    for table in FILE["providers"].values():
        assert set(table) <= known
        assert all(set(endpoint) <= shared for endpoint in table.get("endpoints", {}).values())
        for form in DIALECTS:
            for rule in table.get(form, {}).get("rules", ()):
                assert isinstance(rule["match"], list)
                assert isinstance(rule.get("like", []), list)
    used = {
        name for table in FILE["providers"].values() for form in DIALECTS for name in groups_of(table.get(form, {}))
    }
    assert used == set(FILE["groups"])


def groups_of(facts: Json) -> set[str]:
    """The groups that a table of facts names."""
    return {*facts.get("like", ()), *(name for rule in facts.get("rules", ()) for name in rule.get("like", ()))}


@each_family
def test_the_facts_are_fields_of_the_dialects(family: Family) -> None:
    for form, facts in family.facts.items():
        known = {field.name for field in fields(DIALECTS[form])} - {"name"}
        for values in (facts.fields, *(rule.fields for rule in facts.rules)):
            assert set(values) <= known
        for rule in facts.rules:
            re.compile(rule.pattern)


@each_family
def test_the_facts_have_values_of_the_right_type(family: Family) -> None:
    checks = {"chat": chat_dialect, "responses": responses_dialect}
    for form, facts in family.facts.items():
        for values in (facts.fields, *(rule.fields for rule in facts.rules)):
            checks[form]("", "", values)


@each_family
def test_a_provider_is_found_by_the_addresses_of_its_endpoints(family: Family) -> None:
    if not family.hosts and not family.ports:
        return  # nothing is known of it but the addresses
    for entry in family.entries:
        found = catalogue.family_at(entry.address(PARAMETERS))
        assert (found and found.name) == (None if entry.name == "bedrock-runtime" else family.name)


def test_nothing_is_read_before_it_is_needed() -> None:
    first, again = catalogue.families(), catalogue.families()
    assert first is again
    assert catalogue.entries() is catalogue.entries()
    with pytest.raises(AttributeError):
        first["openai"].name = "other"  # type: ignore[misc]


# -- addresses and hosts -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com./v1", "openai"),
        ("https://eu.api.openai.com", "openai"),
        ("https://notapi.openai.com", None),
        ("https://api.openai.com.evil.example", None),
        ("https://us-east5-aiplatform.googleapis.com/v1", "gemini"),
        ("https://aiplatform.eu.rep.googleapis.com", "gemini"),
        ("https://bedrock-mantle.eu-west-1.api.aws/v1", "bedrock-mantle"),
        ("https://bedrock-mantle.api.aws", None),
        ("http://localhost:11434", "ollama"),
        ("http://192.168.1.7:1234/v1", "lmstudio"),
        ("http://host.docker.internal:8000/v1", "vllm"),
        ("http://[::1]:8080", "llamacpp"),
        ("https://llm.example:11434", None),
        ("http://localhost", None),
        ("http://localhost:99999", None),
        ("http://[bad", None),
        ("", None),
    ],
)
def test_a_host_tells_the_provider(url: str, name: str | None) -> None:
    found = catalogue.family_at(url)
    assert (found and found.name) == name


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("deepseek", "deepseek"),
        (" DeepSeek ", "deepseek"),
        ("KIMI", "moonshot"),
        ("llama.cpp", "llamacpp"),
        ("github-models", "github"),
        ("bedrock", "bedrock-mantle"),
        ("nobody", None),
        ("", None),
    ],
)
def test_an_entry_is_found_by_its_names(name: str, found: str | None) -> None:
    entry = catalogue.find(name)
    assert (entry and entry.name) == found


def test_names_that_look_alike_are_told() -> None:
    assert catalogue.similar("depseek")[0] == "deepseek"
    assert catalogue.similar("OpenRuoter")[0] == "openrouter"
    assert len(catalogue.similar("zai-anthropics")) == 3
    assert catalogue.similar("x") == []


# -- one place for each fact -------------------------------------------------------------------------------


def test_the_dialects_are_made_of_the_catalogue() -> None:
    deepseek = catalogue.families()["deepseek"].facts
    dialect = chat_dialect("https://api.deepseek.com", "any")
    assert all(getattr(dialect, name) == value for name, value in deepseek["chat"].fields.items())
    responses = responses_dialect("https://api.deepseek.com", "any")
    assert all(getattr(responses, name) == value for name, value in deepseek["responses"].fields.items())
    assert known_at("nobody", "responses", "any") == {}
    assert known_at("mistral", "responses", "any") == {}


def test_groups_come_before_what_is_said_of_one_provider() -> None:
    rules = catalogue.families()["openrouter"].facts["chat"].rules
    assert rules[: len(FILE["groups"]["router"]["rules"])] == catalogue.families()["vercel"].facts["chat"].rules
    assert catalogue.families()["openai"].facts["chat"].fields["replay_field"] is None


# -- the documentation -------------------------------------------------------------------------------------


def row_of(entry: Entry) -> str:
    """How the page shows an entry."""
    also = ", ".join(f"`{alias}`" for alias in entry.aliases)
    key = f"`{entry.env}`" if entry.env else ""
    cells = [f"`{entry.name}`", also, f"[{entry.title}]({entry.docs})", entry.wire, f"`{entry.base_url}`", key]
    return " ".join(f"| {cell}" if cell else "|" for cell in cells) + " |"


def test_the_page_shows_the_whole_catalogue() -> None:
    section = re.search(r"^## The catalogue\n(.*?)^## ", PAGE, re.DOTALL | re.MULTILINE)
    assert section
    rows = [line for line in section[1].splitlines() if line.startswith("| `")]
    assert rows == [row_of(entry) for entry in catalogue.entries()]
