"""`GET /api/transformers`: which there are, their options, who uses them."""

import asyncio
import re
from pathlib import Path

from ccr_middleware.testing import FakeProvider, get
from ccr_middleware.transformers.builtin import BUILTIN

from .support.own import SHOUT, gateway, listed, listing, provider

PAGE = (Path(__file__).parents[1] / "docs" / "endpoints.md").read_text(encoding="utf-8")


def test_every_built_in_is_listed_in_its_order(tmp_path):
    found = [one for one in listing(gateway(tmp_path)) if one["origin"] == "builtin"]
    assert [(one["name"], tuple(one["aliases"])) for one in found] == [(cls.name, cls.aliases) for cls in BUILTIN]
    for one in found:
        assert one["error"] is None
        assert one["options"]["type"] == "object"
        assert one["level"] in ("unified", "wire")
        assert one["description"].endswith((".", ","))
        assert one["used_by"] == []


def test_the_keys_are_those_of_the_documentation(tmp_path):
    table = re.search(r"^## Transformers\n.*?\n\|[-|]+\n(.*?)\n\n", PAGE, re.DOTALL | re.MULTILINE)[1]
    keys = [key for row in table.splitlines() for key in re.findall(r"`(\w+)`", row.split("|")[1])]
    for one in listing(gateway(tmp_path)):
        assert sorted(one) == sorted(keys)


def test_the_endpoint_is_the_path_of_the_wire_format(tmp_path):
    entries = listed(gateway(tmp_path))
    assert {name: one["endpoint"] for name, one in entries.items() if one["endpoint"]} == {
        "Anthropic": "/v1/messages",
        "OpenAI": "/v1/chat/completions",
        "openai-responses": "/v1/responses",
        "gemini": "/v1beta/models/:modelAndAction",
        "vertex-gemini": "/v1beta/models/:modelAndAction",
        "vertex-claude": "/v1/messages",
        "vertex-openai": "/v1/chat/completions",
    }


def test_one_of_ones_own_is_listed_with_its_options_and_users(tmp_path):
    (tmp_path / "x.py").write_text(SHOUT, encoding="utf-8")
    models = {"use": ["tooluse"], "m": {"use": ["LOUD"]}}
    used = [provider("a", use=["shout", "loud"]), provider("b", transformer=models), provider("c")]
    entry = listed(gateway(tmp_path, Providers=used, transformers=[{"path": "./x.py"}]))["shout"]
    schema = entry.pop("options")
    assert entry == {
        "name": "shout",
        "aliases": ["loud"],
        "endpoint": None,
        "level": "wire",
        "origin": "file:./x.py",
        "error": None,
        "description": "Shouts.",
        "used_by": ["a", "b"],
    }
    assert {name: option["default"] for name, option in schema["properties"].items()} == {
        "mark": "plain",
        "end_mark": ".",
    }
    assert schema["additionalProperties"] is False


def test_options_that_have_no_schema_are_an_error_of_one_transformer(tmp_path):
    field = "    at: object = None\n    how: __import__('typing').Callable[[], int] = None\n"
    (tmp_path / "x.py").write_text(SHOUT.replace("    mark: str", f"{field}    mark: str"), encoding="utf-8")
    entry = listed(gateway(tmp_path, transformers=[{"path": "x.py"}]))["shout"]
    assert entry["options"] is None
    assert entry["error"].startswith("its options cannot be shown: PydanticInvalidForJsonSchema")


def test_the_key_is_needed(tmp_path):
    app = gateway(tmp_path, FakeProvider(), APIKEY="the-key")
    assert asyncio.run(get(app, "/api/transformers")).status == 401
    assert asyncio.run(get(app, "/api/transformers", headers=[("x-api-key", "the-key")])).status == 200
