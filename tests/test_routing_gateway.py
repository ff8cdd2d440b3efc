"""Routing on the whole way of a request: what the configuration says is what the provider gets and the client hears."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.extensions import router_function
from ccr_middleware.testing import Answer, FakeProvider, FakeServer, check_message, check_stream, get, json_answer
from ccr_middleware.testing.asgi import Reply

from .support.failing import Place
from .support.failing import gateway as gateway_of
from .support.gateway import ask, body, config, gateway

Json = dict[str, Any]
SESSION = "0b9f1f0e-1111-4222-8333-444455556666"


def once(app: Gateway, request: Json | None = None, **headers: str) -> Reply:
    """One request, whole."""

    async def main() -> Reply:
        async with app.lifespan():
            return await ask(app, request or body(), headers=headers)

    return asyncio.run(asyncio.wait_for(main(), 10))


def told(reply: Reply) -> tuple[int, str, str]:
    """The status, and who answered and why."""
    headers = reply.headers
    return reply.status, f"{headers['x-ccr-provider']},{headers['x-ccr-model']}", headers["x-ccr-scenario"]


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["chat,m1", "claude,claude-sonnet-4-5"])
def test_the_parameters_of_a_route_reach_the_provider(target: str) -> None:
    """On both lanes; what the client sent is replaced or taken out, and the rest of its request stays."""
    parameters = {"default": {"max_tokens": 7, "top_p": 0.5, "temperature": None}}
    app, provider = gateway([Answer(text="Hi")], Router={"default": target}, parameters=parameters)
    assert told(once(app, body(temperature=1, stop_sequences=["x"]))) == (200, target, "default")
    sent = provider.bodies[0]
    assert (sent["max_tokens"], sent["top_p"], "temperature" in sent) == (7, 0.5, False)
    assert sent.get("stop", sent.get("stop_sequences")) == ["x"]


def test_the_parameters_of_another_scenario_do_not() -> None:
    app, provider = gateway([Answer(text="Hi")], parameters={"think": {"max_tokens": 7}})
    once(app)
    assert provider.bodies[0]["max_tokens"] == 100


# -- rules and fallbacks -----------------------------------------------------------------------------------

RULE = {"name": "legal", "when": {"header": {"x-team": "legal"}}, "target": "first,m", "parameters": {"top_p": 0.5}}


@pytest.mark.parametrize(
    ("rule", "header", "answers"),
    [
        ({"fallback": ["third,m"]}, "legal", "third"),
        ({"fallback": ["third,m"]}, "sales", "second"),
        ({}, "legal", "second"),
    ],
)
def test_a_rule_has_its_own_fallback(rule: Json, header: str, answers: str) -> None:
    with (
        FakeServer(Answer(error=503)) as first,
        FakeServer(Answer(text="second")) as second,
        FakeServer(Answer(text="third")) as third,
    ):
        places = [Place(server.url, "chat") for server in (first, second, third)]
        app = gateway_of(*places, rules=[RULE | rule], fallback={"all": ["second,m"]})
        reply = once(app, **{"x-team": header})
    assert (reply.status, check_stream(reply.body).text) == (200, answers)
    assert reply.headers["x-ccr-scenario"] == ("rule" if header == "legal" else "default")
    asked = {"second": second, "third": third}[answers].exchanges[0].json()
    assert ("top_p" in asked) is (header == "legal")


# -- aliases -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["fast", "FAST", "fast[1m]", "fast-2026-01-01", "claude:fast"])
@pytest.mark.parametrize(("wanted", "named"), [("requested", None), ("routed", "m2")])
def test_an_alias_is_asked_for_and_named(asked: str, wanted: str, named: str | None) -> None:
    app, provider = gateway([Answer(text="Hi")], aliases={"fast": "chat,m2"}, response_model=wanted)
    reply = once(app, body(stream=False, model=asked))
    assert told(reply) == (200, "chat,m2", "explicit")
    assert provider.bodies[0]["model"] == "m2"
    assert check_message(reply.json()).message["model"] == (named or asked)


# -- a router of one's own ---------------------------------------------------------------------------------

ROUTE = 'def route(request, config, context): return "chat,m2"\n'


def of_a_file(folder: Path, text: str, name: str = "router.py", **more: Any) -> Gateway:
    """A gateway whose configuration names a file as its router."""
    (folder / name).write_text(text)
    (folder / "config.json").write_text(json.dumps(config(CUSTOM_ROUTER_PATH=name, **more)))
    return Gateway(folder / "config.json", transport=FakeProvider(Answer(text="Hi")), env={}, local=True)


def test_a_custom_router_in_a_file(tmp_path: Path) -> None:
    assert told(once(of_a_file(tmp_path, ROUTE)))[:2] == (200, "chat,m2")


def test_a_custom_router_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "team_router_package.py").write_text(ROUTE)
    monkeypatch.syspath_prepend(str(tmp_path))
    point = EntryPoint("team", "team_router_package:route", router_function.GROUP)
    monkeypatch.setattr(router_function, "entry_points", lambda group: [point] if group == point.group else [])
    try:
        app, _ = gateway([Answer(text="Hi")], CUSTOM_ROUTER_PATH="team")
        assert told(once(app))[:2] == (200, "chat,m2")
    finally:
        sys.modules.pop("team_router_package", None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def route(request): raise KeyError('oops')\n", "KeyError"),
        ("def route(request): return 'nobody,m'\n", "nobody"),
        ("import time\ndef route(request): time.sleep(0.2)\n", "0.05 s"),
    ],
    ids=["raises", "unknown target", "hangs"],
)
def test_c33_a_custom_router_that_fails_costs_no_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, said: str
) -> None:
    app = of_a_file(tmp_path, text, custom_router_timeout_seconds=0.05)
    with caplog.at_level(logging.ERROR):
        assert told(once(app)) == (200, "chat,m1", "default")
    assert any(said in record.getMessage() + str(record.exc_info) for record in caplog.records)


def test_a_router_in_javascript_is_told_how_it_looks_in_python(tmp_path: Path) -> None:
    app = of_a_file(tmp_path, "module.exports = 1\n", "router.js")
    assert told(once(app)) == (200, "chat,m1", "default")
    assert any("def route(request, config, context)" in warning for warning in app.config.warnings)


# -- projects ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked_for", [True, False])
def test_c29_the_router_of_a_project(tmp_path: Path, asked_for: bool) -> None:
    project = tmp_path / "claude" / "projects" / "-work-app"
    project.mkdir(parents=True)
    (project / f"{SESSION}.jsonl").write_text("{}\n")
    (project / "claude-code-router.json").write_text('{Router: {default: "chat,m2"}} // JSON5')
    env = {"CLAUDE_CONFIG_DIR": str(tmp_path / "claude"), "CCR_HOME": str(tmp_path / "home")}
    document = config(project_routing=True) if asked_for else config()
    app = Gateway(document, transport=FakeProvider(Answer(text="Hi")), env=env, local=True)
    user_id = json.dumps({"device_id": "d", "account_uuid": "", "session_id": SESSION})
    assert told(once(app, body(metadata={"user_id": user_id})))[1] == ("chat,m2" if asked_for else "chat,m1")


def test_the_prompt_is_rewritten(tmp_path: Path) -> None:
    (tmp_path / "prompt.md").write_text("Be brief.")
    system = [
        {"type": "text", "text": "You are Claude Code, Anthropic's official CLI for Claude."},
        {"type": "text", "text": "Long advice.\n<env>\nWorking directory: /w\n</env>"},
    ]
    (tmp_path / "config.json").write_text(json.dumps(config(REWRITE_SYSTEM_PROMPT="prompt.md")))
    provider = FakeProvider([Answer(text="Hi")])
    once(Gateway(tmp_path / "config.json", transport=provider, env={}, local=True), body(system=system))
    sent = json.dumps(provider.bodies[0]["messages"][0])
    assert "Be brief." in sent
    assert "<env>" in sent
    assert "Long advice" not in sent


# -- what providers say of their limits, and what the report says of them ------------------------------------


@pytest.mark.parametrize(
    ("headers", "attempts"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms"}, "2"),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, "1"),
        ({"retry-after": "0.02"}, "2"),
        ({"retry-after": "300"}, "1"),
    ],
)
def test_a_retry_waits_as_long_as_the_provider_says_or_not_at_all(headers: dict[str, str], attempts: str) -> None:
    limited = json_answer({"error": {"message": "slow down"}}, 429, headers)
    with FakeServer([limited, Answer(text="Hello")]) as server:
        app = gateway_of(Place(server.url, "chat"), retry={"attempts": 1, "max_wait_seconds": 2})
        reply = once(app)
    assert reply.headers["x-ccr-attempts"] == attempts
    assert reply.status == (200 if attempts == "2" else 429)
    if reply.status == 429:
        assert int(reply.headers["retry-after"]) in (300, 360)


def test_the_report_of_targets_tells_of_a_failure_and_hides_the_key() -> None:
    secret = "sk-first-secret-0123456789"
    document = config(health={"failures": 1})
    document["Providers"][0] |= {"api_key": "", "api_keys": [secret, f"{secret}x"]}
    app = Gateway(document, transport=FakeProvider(Answer(error=500, message=f"broken with {secret}")), local=True)

    async def main() -> Json:
        await ask(app)
        return (await get(app, "/api/health/targets")).json()["targets"][0]

    row = asyncio.run(main())
    assert (row["provider"], row["model"], row["state"], row["failed"]) == ("chat", "m1", "open", 1)
    assert (row["last_status"], row["keys"], row["resting_keys"]) == (500, 2, 0)
    assert row["until"] > row["last_error_at"]
    assert "broken with" in row["last_error"]
    assert secret not in row["last_error"]
