"""`/api/presets` and `/preset/<name>`, through a whole gateway."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing.asgi import Reply, request
from ccr_middleware.upstream import InProcessTransport, WireRequest

from .support.presets import PLAIN, SIMPLE, write_preset, zipped

KEY = "the-admin-key"

#: A provider's answer to a chat completions request.
ANSWER = {
    "id": "c",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
}


class Door:
    """A gateway with a folder of presets, asked by whoever manages it."""

    def __init__(self, directory: Path, answer: Any = None, **config: Any) -> None:
        self.directory = directory
        self.asked: list[WireRequest] = []
        self.answer = json.dumps(answer or ANSWER).encode()
        document = {
            "ADMIN_KEY": KEY,
            "presets_dir": str(directory),
            "Providers": [
                {"name": "main", "api_base_url": "http://main.test/v1", "api_key": "sk-main-secret", "models": ["m"]}
            ],
            "Router": {"default": "main,m"},
            **config,
        }
        self.gateway = Gateway(document, transport=InProcessTransport(self._provide), env={})

    async def _provide(self, sent: WireRequest) -> tuple[int, dict[str, str], AsyncIterator[bytes]]:
        self.asked.append(sent)

        async def whole() -> AsyncIterator[bytes]:
            yield self.answer

        return 200, {"content-type": "application/json"}, whole()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        """One request with the admin key."""
        sent = [("x-api-key", KEY), *((name.replace("_", "-"), value) for name, value in headers.items())]
        return asyncio.run(request(self.gateway, method, path, body, headers=sent))

    def json(self, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """The answer to one request, which must have this status."""
        reply = self.ask(method, path, body, **headers)
        assert reply.status == status, reply.body
        return json.loads(reply.body)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "presets")


def test_from_nothing_to_a_preset_and_back(door: Door) -> None:
    archive = zipped({"r/manifest.json": json.dumps(SIMPLE)})
    made = door.json("POST", "/api/presets/install?name=mine", archive, 201, content_type="application/zip")
    assert made["presetName"] == "mine"
    assert made["preset"]["ready"] is False
    [listed] = door.json("GET", "/api/presets")["presets"]
    assert (listed["id"], listed["name"], listed["installed"]) == ("mine", "simple", True)
    shown = door.json("GET", "/api/presets/mine")
    assert shown["problems"] == ["apiKey: is required; write API Key"]
    applied = door.json("POST", "/api/presets/mine/apply", {"values": {"apiKey": "sk-user-secret", "useProxy": False}})
    assert applied["userValues"] == {"apiKey": "***", "useProxy": False}
    shown = door.json("GET", "/api/presets/mine")
    assert shown["problems"] == []
    assert shown["config"]["Providers"][0]["api_key"] == "***"
    door.json("POST", "/api/presets/mine/apply", {"secrets": {"apiKey": "***", "model": "b"}})
    assert json.loads((door.directory / "mine" / "manifest.json").read_text())["userValues"] == {
        "apiKey": "sk-user-secret",
        "useProxy": False,
        "model": "b",
    }
    assert door.json("DELETE", "/api/presets/mine")["success"] is True
    assert door.json("GET", "/api/presets") == {"presets": []}


def test_only_whoever_manages_the_gateway_may_ask(door: Door) -> None:
    write_preset(door.directory, "p", PLAIN)
    asked = [
        ("GET", ""),
        ("GET", "/p"),
        ("DELETE", "/p"),
        ("POST", "/p/apply"),
        ("POST", "/install"),
        ("POST", "/export"),
    ]
    for method, path in asked:
        reply = asyncio.run(request(door.gateway, method, f"/api/presets{path}", {} if method == "POST" else None))
        assert reply.status in (401, 403), (method, path, reply.body)
    assert (door.directory / "p").exists()


@pytest.mark.parametrize("name", ["install", "market", "export", "apply", "github"])
def test_e2_every_name_is_reached(door: Door, name: str) -> None:
    write_preset(door.directory, name, SIMPLE)
    assert door.json("GET", f"/api/presets/{name}")["id"] == name
    assert door.json("POST", f"/api/presets/{name}/apply", {"values": {"apiKey": "sk-1"}})["success"] is True
    assert door.json("DELETE", f"/api/presets/{name}")["success"] is True


def test_names_with_blanks_and_other_letters(door: Door) -> None:
    write_preset(door.directory, "我的 preset", PLAIN)
    assert door.json("GET", "/api/presets/我的 preset")["id"] == "我的 preset"


@pytest.mark.parametrize(("name", "status"), [("nothing", 404), ("..", 400), ("..\\x", 400), ("a/b", 404)])
def test_s16_other_names_are_refused(door: Door, name: str, status: int) -> None:
    for method in ("GET", "DELETE"):
        assert door.ask(method, f"/api/presets/{name}").status in (status, 404)


def test_problems_are_told_field_by_field(door: Door) -> None:
    write_preset(door.directory, "p", SIMPLE)
    answer = door.json("POST", "/api/presets/p/apply", {"values": {"apiKey": "x", "model": "z"}}, 400)
    assert [one["path"] for one in answer["error"]["details"]["problems"]] == ["apiKey", "model"]
    door.json("POST", "/api/presets/p/apply", {"values": [1]}, 400)
    door.json("POST", "/api/presets/p/apply", [], 400)


def test_what_cannot_be_installed(door: Door, tmp_path: Path) -> None:
    source = write_preset(tmp_path, "source", PLAIN)
    install = "/api/presets/install"
    door.json("POST", install, {"path": str(source)}, 403)
    door.json("POST", install, {"url": "https://x.test/p", "allow_code": True}, 403)
    door.json("POST", install, {}, 400)
    door.json("POST", install, {"url": 5}, 400)
    door.json("POST", install, {"url": "http://x.test/p"}, 400)
    door.json("POST", install, b"no zip", 400, content_type="application/octet-stream")
    evil = zipped({"manifest.json": json.dumps(PLAIN), "../evil": "x"})
    door.json("POST", install, evil, 400, content_type="application/zip")
    assert not (tmp_path / "evil").exists()


def test_paths_and_code_may_be_allowed(tmp_path: Path) -> None:
    door = Door(tmp_path / "presets", allowCodeFromApi=True)
    source = write_preset(tmp_path, "source", {**PLAIN, "transformers": [{"path": "x.py"}]})
    made = door.json("POST", "/api/presets/install", {"path": str(source), "allow_code": True}, 201)
    assert made["preset"]["ready"] is True
    door.json("POST", "/api/presets/install", {"path": str(source)}, 409)
    made = door.json("POST", "/api/presets/install", {"path": str(source), "force": True}, 201)
    assert made["preset"]["ready"] is False


def test_u2_what_the_market_page_of_ccr_v2_sends_installs(tmp_path: Path) -> None:
    """It sends `{"repo", "name"}`, which CCR v2's server refuses."""
    door = Door(tmp_path / "presets", PLAIN)
    made = door.json("POST", "/api/presets/install/github", {"repo": "owner/repo", "name": "from market"}, 201)
    assert made["presetName"] == "from market"
    assert made["preset"]["source"] == "https://github.com/owner/repo/archive/HEAD.zip"
    assert [sent.url for sent in door.asked] == ["https://github.com/owner/repo/archive/HEAD.zip"]
    assert not [
        name for sent in door.asked for name in sent.headers if name in ("authorization", "x-api-key", "cookie")
    ]


def test_exporting_shows_no_secret(door: Door) -> None:
    made = door.json("POST", "/api/presets/export", {"name": "mine", "description": "d", "keywords": "a, b"}, 201)
    assert made["manifest"]["keywords"] == ["a", "b"]
    assert [field["id"] for field in made["manifest"]["schema"]] == ["main_api_key"]
    reply = door.ask("POST", "/api/presets/export", {"name": "all", "includeSensitive": True})
    assert reply.status == 201
    assert b"sk-main-secret" not in reply.body
    assert "sk-main-secret" in (door.directory / "all" / "manifest.json").read_text()
    door.json("POST", "/api/presets/export", {"name": "mine"}, 409)
    door.json("POST", "/api/presets/export", {"name": "../../x"}, 400)
    door.json("POST", "/api/presets/export", {}, 400)


def test_without_a_folder_there_are_none() -> None:
    gateway = Gateway({"ADMIN_KEY": KEY}, env={})
    reply = asyncio.run(request(gateway, "GET", "/api/presets", headers=[("x-api-key", KEY)]))
    assert reply.status == 404
    assert b"presets_dir" in reply.body


# -- the namespace ---------------------------------------------------------------------------------------------

MESSAGE = {"model": "claude-x", "max_tokens": 10, "messages": [{"role": "user", "content": "Hi"}]}


def test_e2_e4_a_namespace_answers_by_both_names_and_with_the_presets_providers(tmp_path: Path) -> None:
    door = Door(tmp_path / "presets")
    write_preset(door.directory, "folder", PLAIN)
    for name in ("folder", "plain"):
        door.json("POST", f"/preset/{name}/v1/messages", MESSAGE)
    door.json("POST", "/v1/messages", MESSAGE)
    hosts = [sent.url.split("/")[2] for sent in door.asked]
    assert hosts == ["own.test", "own.test", "main.test"]
    assert door.asked[0].headers["authorization"] == "Bearer sk-own-secret"
    assert door.json("POST", "/preset/plain/v1/messages/count_tokens", MESSAGE)["input_tokens"] > 0
    assert [one["id"] for one in door.json("GET", "/preset/plain/v1/models")["data"]]


def test_a_preset_that_is_not_ready_says_so_and_the_gateway_goes_on(tmp_path: Path) -> None:
    door = Door(tmp_path / "presets")
    write_preset(door.directory, "open", SIMPLE)
    write_preset(door.directory, "broken", "{")
    for name in ("open", "broken"):
        reply = door.ask("POST", f"/preset/{name}/v1/messages", MESSAGE)
        assert reply.status >= 400
    assert door.ask("POST", "/preset/nothing/v1/messages", MESSAGE).status == 404
    door.json("POST", "/v1/messages", MESSAGE)
