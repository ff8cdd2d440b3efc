"""The shipped JSON Schema: it is that of the types, accepts what loading accepts, and finds what is wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import ccr_middleware.config
from ccr_middleware.config import load_config
from ccr_middleware.config.document import parse_document
from ccr_middleware.config.json_schema import as_text, generated, json_schema
from ccr_middleware.config.schema import Section
from ccr_middleware.config.spelling import known_keys, spellings
from ccr_middleware.errors import ConfigError

from .support.json_schema import Validator

ROOT = Path(__file__).parents[1]
SHIPPED = Path(ccr_middleware.config.__file__).parent / "config.schema.json"
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")


def meaning(model: type[Section], field: str) -> str:
    """What docs/configuration.md says of a key, without its links."""
    section = re.search(rf"^##+ [^\n]*\(`{model.__name__}`\)\n(.*?)(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    rows = re.findall(r"^\| (.*) \|$", section[1], re.MULTILINE) if section else []
    cells = [[cell.strip() for cell in row.split("|")] for row in rows]
    found = next((row[-1] for row in cells if len(row) == 6 and row[2].strip("`") == field), "")
    text = re.sub(r",? see \[[^]]*\]\([^)]*\)", "", found)
    return re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", text).strip()


def documents() -> list[Any]:
    """Every configuration in the documentation that can be loaded."""
    found = []
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for index, block in enumerate(re.findall(r"^```json5?\n(.*?)^```", page.read_text("utf-8"), re.S | re.M)):
            try:
                document = parse_document(block).value
                load_config(document, env={})
            except ConfigError:
                continue
            found.append(pytest.param(document, id=f"{page.stem}-{index}"))
    return found


def errors_of(document: Any) -> list[str]:
    return Validator(json_schema()).errors(document)


def test_the_shipped_schema_is_that_of_the_types(request: pytest.FixtureRequest) -> None:
    text = as_text(generated(meaning))
    if request.config.getoption("--update-golden"):
        SHIPPED.write_text(text, encoding="utf-8")
    assert SHIPPED.read_text(encoding="utf-8") == text, "run: pytest tests/test_config_json_schema.py --update-golden"


@pytest.mark.parametrize("document", documents())
def test_it_accepts_every_configuration_of_the_documentation(document: Any) -> None:
    assert errors_of(document) == []


def test_many_configurations_are_looked_at() -> None:
    assert len(documents()) > 20


ACCEPTED: list[Any] = [
    {},
    {"$schema": "./config.schema.json", "anything": {"of": ["mine"]}},
    {"PORT": "3456", "LOG": "false", "API_TIMEOUT_MS": "$TIMEOUT", "APIKEY": 123456, "HOST": None},
    {"port": 1, "host": "::1", "logLevel": "WARNING", "PROXY_URL": ""},
    {"LOG_LEVEL": "Critical"},
    {"Providers": [{"NAME": "deepseek", "APIKEY": "$K", "MODELS": ["m"]}]},
    {"Providers": [{"name": "a", "baseUrl": "http://localhost", "models": [], "timeouts": {"idle_seconds": "$T"}}]},
    {"Providers": [{"name": "a", "api_base_url": "http://h", "apiKeys": "a,b", "transformer": {"use": ["x"]}}]},
    {"Providers": [{"name": "a", "api_base_url": "http://h", "transformers": ["x", ["y", {"z": 1}]]}]},
    {"Providers": [{"name": "a", "api_base_url": "http://h", "transformer": {"use": [], "m": {"use": ["x"]}}}]},
    {"Providers": [{"name": "a", "api_base_url": "http://h", "tokenizer": {"type": "api", "url": "http://h"}}]},
    {"Providers": [{"name": "a", "api_base_url": "http://h", "max_output_tokens": {"*": 5}, "max_parallel": "5"}]},
    {"Router": {"default": "a,b", "longContext": [{"target": "a,b", "weight": 2}, "c,d"], "thinkWhen": "always"}},
    {"Router": {"routes": {"default": "a,b"}}},
    {"rules": [{"when": {"header": {"x": ["a", 1]}, "time": {"from": "9:00", "days": ["Monday"]}}, "target": "a,b"}]},
    {"rules": [{"when": [{"not": {"model": "x"}}], "fallback": "a,b"}], "fallback": {"all": "a,b"}},
    {"fallback_on": ["429", 500, "5XX", "errorEvent", "timeout"], "agents": ["image"], "plugins": ["token-speed"]},
]


@pytest.mark.parametrize("document", ACCEPTED, ids=str)
def test_what_loading_takes_is_accepted(document: Any) -> None:
    load_config(document, env={"TIMEOUT": "5", "T": "5"})
    assert errors_of(document) == []


REFUSED: list[tuple[Any, str]] = [
    ({"PORT": "abc"}, ".PORT"),
    ({"PORT": 70000}, ".PORT"),
    ({"LOG_LEVEL": "loud"}, ".LOG_LEVEL"),
    ({"Providers": {}}, ".Providers"),
    ({"Providers": [{"api_base_url": "http://h"}]}, ".Providers[0].name"),
    ({"Providers": [{"name": "a", "models": "m"}]}, ".Providers[0].models"),
    ({"Providers": [{"name": "a", "timeouts": {"idle_seconds": 0}}]}, ".Providers[0].timeouts.idle_seconds"),
    ({"Providers": [{"name": "a", "wire": "soap"}]}, ".Providers[0].wire"),
    ({"rules": [{"when": {"hedaer": {}}, "target": "a,b"}]}, ".rules[0].when.hedaer"),
    ({"rules": [{"whem": {}}]}, ".rules[0].whem"),
    ({"streaming": {"ping_seconds": "soon"}}, ".streaming.ping_seconds"),
    ({"fallback_on": ["sometimes"]}, ".fallback_on[0]"),
]


@pytest.mark.parametrize(("document", "place"), REFUSED, ids=str)
def test_what_is_wrong_is_found_where_it_is(document: Any, place: str) -> None:
    with pytest.raises(ConfigError):
        load_config(document, env={})
    assert any(error.startswith(f"{place}:") for error in errors_of(document))


def test_editors_offer_each_key_once_and_know_what_it_means() -> None:
    schema = json_schema()
    provider = schema["$defs"]["Provider"]
    assert {"Providers", "Router", "APIKEY", "PORT"} <= schema["properties"].keys()
    assert not {"providers", "raw", "source", "warnings"} & schema["properties"].keys()
    assert "api_base_url" in provider["properties"]
    assert "HOST" not in provider["properties"]
    undescribed = [name for name, one in schema["properties"].items() if not one.get("description")]
    assert undescribed == []


@pytest.mark.parametrize("model", Section.__subclasses__(), ids=lambda model: model.__name__)
def test_every_spelling_is_in_it(model: type[Section]) -> None:
    schema = json_schema()
    section = schema if model.__name__ == "Config" else schema["$defs"].get(model.__name__)
    if section is None:
        assert model.__name__ == "StrictSection"
        return
    section = next((one for one in section.get("anyOf", ()) if "properties" in one), section)
    for field in model.model_fields:
        for name in spellings(model, field):
            known = name in section["properties"] or any(
                re.search(pattern, name) for pattern in section.get("patternProperties", {})
            )
            assert known or name not in known_keys(model), name
