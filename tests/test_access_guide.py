"""docs/access.md: what it shows is what runs, and its tables hold what there is."""

import asyncio
import dataclasses
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.routing import Mount

from ccr_middleware import Gateway
from ccr_middleware.access import Principal
from ccr_middleware.access.key_documents import describe
from ccr_middleware.access.keys import KeyRing, hash_key
from ccr_middleware.access.principal import RESERVED_IDS
from ccr_middleware.config import load_config
from ccr_middleware.config.document import parse_document
from ccr_middleware.config.operation import ClientKey
from ccr_middleware.endpoints import keys, session
from ccr_middleware.testing.asgi import request

NOW = datetime(2026, 6, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
CONFIG = re.search(r"```json5\n(.*?)```", PAGE, re.DOTALL)[1]


def rows(head: str) -> list[list[str]]:
    """The rows of the table with that first head, as cells."""
    found = re.search(rf"^\| {head} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)[1].splitlines()
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row.strip("|"))] for row in found]


def test_the_configuration_is_one() -> None:
    config = load_config(parse_document(CONFIG).value, env={"CCR_ADMIN_KEY": "boss-key", "CCR_KEY": "client-key"})
    assert config.warnings == ()
    ring = KeyRing.of(config)
    assert ring.identify([b"boss-key"], 0).admin
    assert not ring.identify([b"client-key"], 0).admin
    assert ring.identify([b"secret"], 0).name == "Ada's laptop"


def test_the_fields_of_a_key_are_those_of_the_guide() -> None:
    told = {name for row in rows("field") for name in re.findall(r"`(\w+)`", row[0])}
    assert told == {*ClientKey.model_fields, "hint"}
    reserved = next(row[1] for row in rows("field") if row[0] == "`id`")
    assert set(re.findall(r"`(\w+)`", reserved)) >= RESERVED_IDS


def test_the_endpoints_are_those_of_the_guide() -> None:
    told = {tuple(re.match(r"`(\w+) (\S+?)`", row[0]).groups()) for row in rows("request")}
    there = {
        (method, path) for part in (keys, session) for path, methods in part.ENDPOINTS.items() for method in methods
    }
    assert told == there
    key = ClientKey(id="k1", key_hash=hash_key("x"))
    shown = next(row[1] for row in rows("request") if row[0].startswith("`GET /api/keys"))
    assert set(re.findall(r'"(\w+)"', shown)) - {"keys"} == set(describe(key, now=NOW))


def test_a_principal_has_what_the_guide_gives_it() -> None:
    block = next(block for block in BLOCKS if block.startswith("Principal("))
    made = eval(compile(block, "guide", "eval"), {"Principal": Principal})
    assert made.label == "ada"
    named = set(re.findall(r"(\w+)=", block))
    assert {field.name for field in dataclasses.fields(Principal)} - named == {"source"}


@pytest.mark.parametrize(
    ("path", "blocks"),
    [("fastapi_app/app_with_users.py", 1), ("flask_app/app_with_users.py", 1), ("django_app/project/users.py", 1)],
)
def test_the_examples_are_shown_as_they_are(path: str, blocks: int) -> None:
    """`test_hosts_examples` runs them."""
    source = (ROOT / "examples" / path).read_text(encoding="utf-8")
    assert sum(block in source for block in BLOCKS) == blocks
    assert f"(../examples/{path})" in PAGE


class Backend(AuthenticationBackend):
    """Takes a user's name for who they are."""

    async def authenticate(self, conn: Any) -> Any:
        """The user of the header; nobody without it."""
        name = conn.headers.get("x-name")
        return (AuthCredentials(["admin"] if name == "ada" else []), SimpleUser(name)) if name else None


class NamedUser(SimpleUser):
    """`SimpleUser` has no identity."""

    @property
    def identity(self) -> str:
        """The name."""
        return self.username


def test_users_of_starlette_call_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.SimpleUser", NamedUser)
    there: dict[str, Any] = {}
    exec(next(block for block in BLOCKS if "starlette_users.py" in block), there)
    gateway = Gateway(authenticate=there["authenticate"])
    app = Starlette(
        routes=[Mount("/ccr", gateway)], middleware=[Middleware(AuthenticationMiddleware, backend=Backend())]
    )

    def status(path: str, **headers: str) -> int:
        return int(asyncio.run(request(app, "GET", path, headers=headers)).status)

    assert [status("/ccr/v1/models", **{"x-name": "bob"}), status("/ccr/v1/models")] == [200, 401]
    pages = [status("/ccr/api/transformers", **{"x-name": name}) for name in ("ada", "bob")]
    assert pages == [200, 403]


def test_every_link_leads_somewhere() -> None:
    for page in ("access.md", "security.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert (ROOT / "docs" / link).exists(), link
