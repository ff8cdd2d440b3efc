"""The configuration over HTTP and at run time: C46, and the defects C-1 to C-5 and S-5 of the reference."""

import asyncio
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.testing import Answer, FakeProvider, post
from ccr_middleware.testing.asgi import request as http

TEXT = """{
  // the team's gateway
  "Providers": [
    {
      "name": "chat", // the cheap one
      "api_base_url": "http://chat.test/v1",
      "api_key": "sk-a-very-secret-key",
      "models": ["m1", "m2"],
    },
    { "name": "other", "api_base_url": "http://other.test/v1", "api_key": "${OTHER_KEY}", "models": ["o1"] },
  ],
  "Router": { "default": "chat,m1" },
  "somebodys_own": { "keep": ["me"] },
  "retry": { "attempts": 0 },
}
"""
ENV = {"OTHER_KEY": "sk-from-the-environment"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "config.json"
    file.write_text(TEXT)
    return file


def open_gateway(path: Path | None, **more: Any) -> Gateway:
    provider = FakeProvider(lambda request: Answer(text=f"I am {json.loads(request.body)['model']}"))
    return Gateway(path, transport=provider, env=ENV, local=True, **more)


def call(app: Any, method: str, at: str, body: Any = None, **headers: str) -> Any:
    """The answer of one request: status, headers, the parsed body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = asyncio.run(http(app, method, at, body, headers=named))
    return answer.status, answer.headers, json.loads(answer.body) if answer.body else None


def answers(app: Any) -> str:
    reply = asyncio.run(
        post(app, "/v1/messages", {"model": "x", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}]})
    )
    return json.loads(reply.body)["content"][0]["text"]


def test_c46_no_secret_is_ever_shown(path: Path):
    app = open_gateway(path)
    for view in ("", "?view=resolved", "?view=text"):
        status, _, shown = call(app, "GET", f"/api/config{view}")
        assert status == 200
        assert "sk-a-very-secret-key" not in json.dumps(shown)
        assert "sk-from-the-environment" not in json.dumps(shown)
    raw = call(app, "GET", "/api/config")[2]
    assert raw["Providers"][1]["api_key"] == "${OTHER_KEY}", "a placeholder is no secret"


def test_c46_what_was_read_can_be_saved_unchanged(path: Path):
    app = open_gateway(path)
    _, headers, document = call(app, "GET", "/api/config")
    status, _, saved = call(app, "POST", "/api/config", document, if_match=headers["etag"])
    assert (status, saved["success"], saved["message"]) == (200, True, "Config saved successfully")
    assert path.read_text() == TEXT, "comments, order, placeholders and secrets are as they were"


def test_c46_an_edit_keeps_all_that_it_does_not_change_and_is_in_use_at_once(path: Path):
    app = open_gateway(path)
    assert answers(app) == "I am m1"
    document = call(app, "GET", "/api/config")[2]
    document["Router"]["default"] = "chat,m2"
    assert call(app, "POST", "/api/config", document)[0] == 200
    assert path.read_text() == TEXT.replace('"default": "chat,m1"', '"default": "chat,m2"')
    assert answers(app) == "I am m2"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(list(path.parent.glob("config.json.*.bak"))) == 1


def test_c46_a_stale_revision_is_a_conflict(path: Path):
    app = open_gateway(path)
    _, headers, document = call(app, "GET", "/api/config")
    path.write_text(TEXT.replace("chat,m1", "chat,m2"))
    status, _, error = call(app, "POST", "/api/config", document, if_match=headers["etag"])
    assert status == 409
    assert "load it again" in error["error"]["message"]
    assert "chat,m2" in path.read_text()


def test_c46_an_invalid_configuration_is_refused_with_its_places_and_the_old_one_runs_on(path: Path):
    app = open_gateway(path)
    document = call(app, "GET", "/api/config")[2]
    document["Providers"][0]["models"] = 7
    document["timeouts"] = {"idle_seconds": -1}
    status, _, error = call(app, "POST", "/api/config", document)
    assert (status, error["error"]["type"]) == (400, "invalid_request_error")
    problems = error["error"]["details"]["problems"]
    assert {problem["path"] for problem in problems} == {"Providers[0].models", "timeouts.idle_seconds"}
    assert path.read_text() == TEXT
    assert answers(app) == "I am m1"


@pytest.mark.parametrize("body", [b"", b"undefined", b"[1]", b'"text"', b"{"])
def test_what_is_no_document_is_refused(path: Path, body: bytes):
    """C-2 of the reference: an empty request wrote the word `undefined` and reported success."""
    app = open_gateway(path)
    assert call(app, "POST", "/api/config", body)[0] == 400
    assert path.read_text() == TEXT


def test_changes_alone_can_be_sent(path: Path):
    app = open_gateway(path)
    status, _, saved = call(app, "PATCH", "/api/config", {"Router": {"background": "chat,m2"}, "somebodys_own": None})
    assert (status, saved["warnings"]) == (200, [])
    document = call(app, "GET", "/api/config")[2]
    assert document["Router"] == {"default": "chat,m1", "background": "chat,m2"}
    assert "somebodys_own" not in document
    assert "the team's gateway" in path.read_text()


def test_the_text_with_its_comments_can_be_edited(path: Path):
    app = open_gateway(path)
    _, headers, shown = call(app, "GET", "/api/config?view=text")
    assert headers["etag"] == f'"{shown["revision"]}"'
    assert "// the cheap one" in shown["text"]
    text = shown["text"].replace("the cheap one", "the good one").encode()
    status, _, _ = call(app, "POST", "/api/config", text, content_type="application/json5", if_match=headers["etag"])
    assert status == 200
    assert path.read_text() == TEXT.replace("the cheap one", "the good one")


def test_a_text_is_validated_with_line_and_column(path: Path):
    app = open_gateway(path)
    text = TEXT.replace('"models": ["o1"]', '"models": 3').encode()
    _, _, told = call(app, "POST", "/api/config/validate", text, content_type="application/json5")
    (problem,) = told["problems"]
    assert told["valid"] is False
    assert (problem["path"], problem["line"]) == ("Providers[1].models", 10)
    broken = call(app, "POST", "/api/config/validate", b"{ Providers: [ }", content_type="application/json5")[2]
    assert broken["valid"] is False
    assert broken["problems"][0]["line"] == 1
    assert call(app, "POST", "/api/config/validate", {"Router": {}})[2]["valid"] is True
    assert path.read_text() == TEXT


def test_the_schema_and_the_status(path: Path):
    app = open_gateway(path)
    _, headers, schema = call(app, "GET", "/api/config/schema")
    assert headers["content-type"] == "application/schema+json"
    assert "Providers" in schema["properties"]
    status = call(app, "GET", "/api/config/status")[2]
    assert status["source"] == str(path)
    assert (status["writable"], status["error"], status["warnings"]) == (True, None, [])


@pytest.mark.parametrize(
    "change",
    [
        {"CUSTOM_ROUTER_PATH": "/tmp/evil.py"},
        {"transformers": [{"path": "/tmp/evil.py"}]},
        {"Providers": [{"name": "a", "api_base_url": "http://a.test", "transformer": {"use": ["/tmp/evil.py"]}}]},
        {"transformers": [{"name": "${NO:-/tmp/evil.py}", "providers": ["chat"]}]},
        {"agents": [{"path": "/tmp/evil.py"}]},
        {"plugins": [{"module": "evil", "enabled": True}]},
        {"search": {"backend": "evil:Engine"}},
        {"CLAUDE_PATH": "/tmp/evil"},
        {"StatusLine": {"default": {"modules": [{"type": "script", "scriptPath": "/tmp/evil"}]}}},
        {"REWRITE_SYSTEM_PROMPT": "/etc/passwd"},
        {"data_dir": "/tmp/elsewhere"},
        {"logs": {"dir": "/tmp/elsewhere"}},
        {"presets_dir": "/tmp/elsewhere"},
        {"allowCodeFromApi": True},
    ],
    ids=lambda change: next(iter(change)),
)
def test_code_and_files_cannot_be_named_over_http(path: Path, change: dict[str, Any]):
    """S-5 of the reference: its configuration page was a way to run code."""
    app = open_gateway(path)
    status, _, error = call(app, "PATCH", "/api/config", change)
    assert (status, error["error"]["type"]) == (403, "permission_error")
    assert next(iter(change)) in error["error"]["message"]
    assert path.read_text() == TEXT


def test_code_that_the_file_names_already_may_stay(path: Path, tmp_path: Path):
    router = tmp_path / "router.py"
    router.write_text("def route(request, config, context):\n    return None\n")
    path.write_text(TEXT.replace('"Router"', f'"CUSTOM_ROUTER_PATH": "{router}",\n  "Router"'))
    app = open_gateway(path)
    document = call(app, "GET", "/api/config")[2]
    document["Router"]["default"] = "chat,m2"
    assert call(app, "POST", "/api/config", document)[0] == 200


def test_the_file_may_allow_it(path: Path, tmp_path: Path):
    router = tmp_path / "router.py"
    router.write_text("def route(request, config, context):\n    return 'chat,m2'\n")
    path.write_text(TEXT.replace('"Router"', '"allowCodeFromApi": true, "Router"', 1))
    app = open_gateway(path)
    assert call(app, "PATCH", "/api/config", {"CUSTOM_ROUTER_PATH": str(router)})[0] == 200
    assert answers(app) == "I am m2"


def touch(path: Path, text: str, app: Gateway) -> None:
    """Edit by hand, as if a second had gone by since the gateway looked."""
    path.write_text(text)
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))
    app._state.live._look_at = 0.0


def test_an_edit_by_hand_is_in_use_without_a_restart(path: Path):
    app = open_gateway(path)
    touch(path, TEXT.replace("chat,m1", "chat,m2"), app)
    assert answers(app) == "I am m2"


def test_a_bad_edit_by_hand_changes_nothing_and_is_told(path: Path, caplog: pytest.LogCaptureFixture):
    """C-3 of the reference: a bad file ended the server."""
    app = open_gateway(path)
    touch(path, TEXT.replace('"chat,m1"', '"chat,m1'), app)
    assert answers(app) == "I am m1"
    assert "is not used" in caplog.text
    status = call(app, "GET", "/api/config/status")[2]
    assert "line 12" in status["error"]
    assert "config_error" in call(app, "GET", "/health")[2]
    assert call(app, "GET", "/api/config")[0] == 200
    touch(path, TEXT, app)
    assert answers(app) == "I am m1"
    assert call(app, "GET", "/api/config/status")[2]["error"] is None
    assert "config_error" not in call(app, "GET", "/health")[2]


def test_a_bad_edit_can_be_mended_over_http(path: Path):
    app = open_gateway(path)
    touch(path, "{ broken", app)
    assert answers(app) == "I am m1"
    status, _, error = call(app, "PATCH", "/api/config", {"PORT": 4000})
    assert status == 409
    assert "mend its text first" in error["error"]["message"]
    assert call(app, "POST", "/api/config", TEXT.encode(), content_type="application/json5")[0] == 200
    assert path.read_text() == TEXT


def test_a_restart_loads_everything_anew(path: Path, tmp_path: Path):
    router = tmp_path / "router.py"
    router.write_text("def route(request, config, context):\n    return None\n")
    path.write_text(TEXT.replace('"Router"', f'"CUSTOM_ROUTER_PATH": "{router}",\n  "Router"'))
    app = open_gateway(path)
    status, _, told = call(app, "POST", "/api/restart")
    assert (status, told) == (200, {"success": True, "message": "Service restart initiated"})
    assert answers(app) == "I am m1"


def test_a_configuration_of_the_host_can_be_read_and_not_saved():
    app = open_gateway(None)
    assert call(app, "GET", "/api/config")[0] == 200
    status, _, error = call(app, "PATCH", "/api/config", {"PORT": 1})
    assert status == 409
    assert "given its configuration by its host" in error["error"]["message"]


def test_the_first_configuration_is_written_to_the_home_folder(tmp_path: Path):
    app = open_gateway(None, home=str(tmp_path / "home"))
    assert call(app, "GET", "/api/config")[2] == {}
    provider = {"name": "chat", "api_base_url": "http://chat.test/v1", "api_key": "sk-x", "models": ["m9"]}
    wanted = {"Providers": [provider], "Router": {"default": "chat,m9"}, "retry": {"attempts": 0}}
    assert call(app, "POST", "/api/config", wanted)[0] == 200
    assert json.loads((tmp_path / "home" / "config.json").read_text()) == wanted
    assert answers(app) == "I am m9"


def test_running_calls_keep_their_configuration(path: Path):
    """A save in the middle of a stream changes nothing for it."""
    app = open_gateway(path)
    snapshot = app._current.snapshot
    assert call(app, "PATCH", "/api/config", {"Router": {"default": "chat,m2"}})[0] == 200
    assert snapshot.config.router.default == "chat,m1"
    assert app.config.router.default == "chat,m2"
