"""`/api/session` and `/api/keys` of a whole gateway, and that keys count from the next request on (C37, C47)."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import FakeProvider, json_answer
from ccr_middleware.testing.asgi import Reply, request

from .support.gateway import body, config

ADMIN = {"x-api-key": "boss-key-1"}
OWN_PAGE = {"origin": "http://127.0.0.1:3456"}
FOREIGN_PAGE = {"origin": "https://evil.example"}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}
LANE = "claude,claude-sonnet-4-5"


def gateway(folder: Path, text: str = "", **more: Any) -> Gateway:
    """A gateway with a file, whose provider answers whatever it is asked."""
    file = folder / "config.json"
    file.write_text(text or json.dumps(config(ADMIN_KEY="boss-key-1")), encoding="utf-8")
    return Gateway(str(file), transport=FakeProvider(lambda _: json_answer(MESSAGE)), **more)


def call(app: Any, method: str, path: str, content: Any = None, /, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(request(app, method, path, content, headers=named))


def key_headers(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


def ask(app: Any, key: str, model: str = LANE) -> Reply:
    return asyncio.run(request(app, "POST", "/v1/messages", body(False, model=model), headers=key_headers(key)))


def manage(app: Any, method: str, path: str, content: Any = None, status: int = 200, **headers: str) -> Any:
    named = {**ADMIN, **{name.replace("_", "-"): value for name, value in headers.items()}}
    reply = asyncio.run(request(app, method, path, content, headers=named))
    assert reply.status == status, reply.body
    assert reply.headers.get("cache-control") == "no-store" or status >= 400
    return reply.json()


# -- sessions


def log_in(app: Any, key: str, **headers: str) -> Reply:
    return asyncio.run(request(app, "POST", "/api/session", {"key": key}, headers=headers))


def test_logging_in_and_out(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    reply = log_in(app, "boss-key-1", **OWN_PAGE)
    assert reply.status == 200
    assert reply.json() == {"admin": True, "name": "ADMIN_KEY"}
    cookie = reply.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    browser = {"cookie": cookie.partition(";")[0]}
    assert call(app, "GET", "/api/keys", **browser).status == 200
    assert call(app, "POST", "/api/keys", {}, **browser, **OWN_PAGE).status == 201
    assert call(app, "POST", "/api/keys", {}, **browser).status == 403, "who asks is not known"
    assert call(app, "POST", "/api/keys", {}, **browser, **FOREIGN_PAGE).status == 403
    out = call(app, "DELETE", "/api/session", **browser, **OWN_PAGE)
    assert "Max-Age=0" in out.headers["set-cookie"]


def test_c47_only_the_key_for_managing_logs_in(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    client = manage(app, "POST", "/api/keys", {"name": "Ada"}, 201)["key"]
    for key, status in ((client, 403), ("wrong", 401), ("", 400), (5, 400)):
        reply = log_in(app, key, **OWN_PAGE)
        assert (reply.status, "set-cookie" in reply.headers) == (status, False)
    assert log_in(app, "boss-key-1", **FOREIGN_PAGE).status == 403
    assert call(app, "DELETE", "/api/session", **FOREIGN_PAGE).status == 403


def test_guessing_is_slowed_down(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    assert [log_in(app, "wrong").status for _ in range(11)] == [401] * 10 + [429]
    assert log_in(app, "boss-key-1").status == 429, "and the right one is none the faster"


def test_a_session_ends_with_its_key(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    browser = {"cookie": log_in(app, "boss-key-1").headers["set-cookie"].partition(";")[0]}
    assert call(app, "GET", "/api/keys", **browser).status == 200
    app.reload(config(ADMIN_KEY="boss-key-2"))
    assert call(app, "GET", "/api/keys", **browser).status == 401


def test_a_cookie_is_for_the_path_of_the_gateway_and_for_https(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    reply = asyncio.run(
        request(
            app,
            "POST",
            "/llm/ccr/api/session",
            {"key": "boss-key-1"},
            root_path="/llm/ccr",
            headers={"x-forwarded-proto": "https"},
        )
    )
    assert {"Path=/llm/ccr/", "Secure"} <= set(reply.headers["set-cookie"].split("; "))


@pytest.mark.parametrize(
    ("document", "options", "headers", "expected"),
    [
        ({}, {}, {}, {"admin": False, "login_needed": False, "keys_configured": False, "local": False}),
        ({}, {"local": True}, {}, {"admin": True, "login_needed": False, "keys_configured": False, "local": True}),
        ({"APIKEY": "the-key"}, {}, {}, {"admin": False, "login_needed": True, "keys_configured": True}),
        ({"APIKEY": "the-key"}, {}, {"x-api-key": "the-key"}, {"admin": True, "login_needed": False, "name": "APIKEY"}),
        ({"ADMIN_KEY": "b"}, {"local": True}, FOREIGN_PAGE, {"admin": False, "login_needed": True, "local": False}),
        ({"APIKEYS": [{"id": "k", "key_hash": f"sha256:{'a' * 64}"}]}, {"local": True}, {}, {"admin": True}),
    ],
)
def test_what_a_page_is_told_first(
    document: dict[str, Any], options: dict[str, Any], headers: dict[str, str], expected: dict[str, Any]
) -> None:
    for providers, first_run in (({}, True), (config(), False)):
        told = call(Gateway({**providers, **document}, lazy=True, **options), "GET", "/api/session", **headers).json()
        assert told | expected == told
        assert told["first_run"] is first_run
        assert set(told) == {"admin", "name", "login_needed", "keys_configured", "version", "first_run", "local"}


# -- keys


def test_c37_a_key_is_made_used_limited_and_removed(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    made = manage(app, "POST", "/api/keys", {"name": "Ada", "models": ["claude,*"], "rpm": 3}, 201)
    key, key_id = made.pop("key"), made["id"]
    assert made["hint"] == f"…{key[-4:]}"
    assert (made["models"], made["rpm"], made["enabled"], made["last_used_at"]) == (["claude,*"], 3, True, None)
    assert ask(app, key).status == 200
    refused = ask(app, key, "chat,m1")
    assert (refused.status, refused.json()["error"]["type"]) == (403, "permission_error")
    assert '"Ada" may not use chat,m1' in refused.json()["error"]["message"]
    [listed] = manage(app, "GET", "/api/keys")["keys"]
    assert listed.pop("last_used_at") > 1_700_000_000
    assert listed == {name: value for name, value in made.items() if name != "last_used_at"}
    for _ in range(3):
        over = ask(app, key)
    assert (over.status, over.json()["error"]["type"]) == (429, "rate_limit_error")
    assert 1 <= int(over.headers["retry-after"]) <= 61
    changed = manage(app, "PATCH", f"/api/keys/{key_id}", {"rpm": None, "enabled": False})
    assert (changed["rpm"], changed["enabled"], changed["models"]) == (None, False, ["claude,*"])
    off = ask(app, key)
    assert (off.status, off.headers["x-should-retry"]) == (401, "false")
    assert "switched off" in off.json()["error"]["message"]
    manage(app, "PATCH", f"/api/keys/{key_id}", {"enabled": True})
    assert ask(app, key).status == 200
    assert manage(app, "DELETE", f"/api/keys/{key_id}") == {"success": True}
    assert ask(app, key).status == 401
    manage(app, "DELETE", f"/api/keys/{key_id}", status=404)


def test_the_file_keeps_its_comments_and_never_has_the_key(tmp_path: Path) -> None:
    text = '{\n  // who manages\n  "ADMIN_KEY": "boss-key-1",\n  "mine": 1, // kept\n}\n'
    app = gateway(tmp_path, text)
    made = manage(app, "POST", "/api/keys", {"name": "Ada"}, 201)
    written = (tmp_path / "config.json").read_text(encoding="utf-8")
    assert "// who manages" in written
    assert '"mine": 1, // kept' in written
    assert made["key"] not in written
    assert made["id"] in written
    manage(app, "DELETE", f"/api/keys/{made['id']}")
    assert made["id"] not in (tmp_path / "config.json").read_text(encoding="utf-8")


def test_a_stale_revision_is_a_409(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    manage(app, "POST", "/api/keys", {}, 201)
    manage(app, "POST", "/api/keys", {}, 409, if_match='"of-another-time"')
    assert len(manage(app, "GET", "/api/keys")["keys"]) == 1


def test_keys_that_are_made_at_once_are_all_there(tmp_path: Path) -> None:
    app = gateway(tmp_path)

    async def main() -> list[Reply]:
        return await asyncio.gather(*(request(app, "POST", "/api/keys", {}, headers=ADMIN) for _ in range(4)))

    made = {reply.json()["id"] for reply in asyncio.run(main()) if reply.status == 201}
    assert made == {key["id"] for key in manage(app, "GET", "/api/keys")["keys"]}
    assert len(made) == 4


@pytest.mark.parametrize(
    ("content", "path"),
    [({"rpm": 0}, "rpm"), ({"models": []}, "models"), ({"expires_at": "2001-01-01"}, "expires_at"), ({"x": 1}, "x")],
)
def test_a_field_that_cannot_be_is_a_400_with_its_place(tmp_path: Path, content: dict[str, Any], path: str) -> None:
    app = gateway(tmp_path)
    error = manage(app, "POST", "/api/keys", content, 400)["error"]
    assert [problem["path"] for problem in error["details"]["problems"]] == [path]


def test_without_a_file_nothing_can_be_saved() -> None:
    app = Gateway(config(ADMIN_KEY="boss-key-1"), lazy=True)
    error = manage(app, "POST", "/api/keys", {}, 409)["error"]
    assert "no file" in error["message"]
    assert manage(app, "GET", "/api/keys") == {"keys": []}


def test_c47_keys_are_for_whoever_manages(tmp_path: Path) -> None:
    app = gateway(tmp_path)
    made = manage(app, "POST", "/api/keys", {}, 201)
    for method, path in (
        ("GET", "/api/keys"),
        ("POST", "/api/keys"),
        ("PATCH", f"/api/keys/{made['id']}"),
        ("DELETE", f"/api/keys/{made['id']}"),
    ):
        assert call(app, method, path, {}, **key_headers(made["key"])).status == 403
        assert call(app, method, path, {}).status == 401
        assert call(app, method, path, {}, **ADMIN, **FOREIGN_PAGE).status == 403
    assert len(manage(app, "GET", "/api/keys")["keys"]) == 1


@pytest.mark.parametrize("document", [{}, {"Providers": []}, config()], ids=["nothing", "no provider", "providers"])
def test_c47_without_a_key_nobody_manages_an_embedded_gateway(document: dict[str, Any]) -> None:
    app = Gateway(document, lazy=True)
    for path in ("/api/keys", "/api/config", "/api/transformers", "/api/health/targets"):
        refused = call(app, "GET", path)
        assert (refused.status, refused.json()["error"]["type"]) == (403, "permission_error")
        assert "ADMIN_KEY" in refused.json()["error"]["message"]


def test_c47_a_local_gateway_is_managed_by_nobody_elsewhere() -> None:
    app = Gateway({}, local=True)
    assert call(app, "GET", "/api/keys").status == 200
    assert call(app, "GET", "/api/keys", **FOREIGN_PAGE).status == 403
    assert call(app, "GET", "/api/keys", host="evil.example").status == 403


@pytest.mark.parametrize("path", ["/v1/messages", "/api/config", "/api/keys", "/api/session"])
def test_c47_a_preflight_opens_nothing(path: str) -> None:
    asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}
    for app in (Gateway({}, local=True), Gateway({"APIKEY": "k"})):
        reply = call(app, "OPTIONS", path, **FOREIGN_PAGE, **asked)
        assert reply.status == 405
        assert not [name for name in reply.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("headers", [FOREIGN_PAGE, {"host": "evil.example"}], ids=["page", "name"])
def test_c47_no_page_spends_the_money_of_an_open_gateway(headers: dict[str, str]) -> None:
    provider = FakeProvider([])
    app = Gateway(config(), transport=provider)
    reply = call(app, "POST", "/v1/messages", body(), **headers)
    assert (reply.status, reply.json()["error"]["type"]) == (403, "permission_error")
    assert provider.requests == []
