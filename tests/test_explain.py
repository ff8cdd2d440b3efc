"""Explaining: at the endpoint, in Python, as a command. Nobody is asked, nothing changes, no key is shown."""

import asyncio
import copy
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.__main__ import main
from ccr_middleware.agents.base import Agent
from ccr_middleware.agents.context import AgentContext
from ccr_middleware.errors import BadRequest
from ccr_middleware.explain import to_text
from ccr_middleware.explain.masking import masked_url
from ccr_middleware.resilience import TargetName
from ccr_middleware.testing import Answer, FakeProvider, post
from ccr_middleware.testing.asgi import Reply, get
from ccr_middleware.transformers.base import NoOptions

from .support.gateway import body, config, gateway

SESSION = {"x-claude-code-session-id": "0b9f1f0e-1111-4222-8333-444455556666"}


def explain(app: Gateway, request: Any = None, headers: Any = None) -> dict[str, Any]:
    return asyncio.run(app.explain(body() if request is None else request, headers))


def with_provider(**settings: Any) -> tuple[Gateway, FakeProvider]:
    """A gateway with one provider `p` of the model `m`."""
    provider = {"name": "p", "api_base_url": "http://p.test/v1", "api_key": "sk-secret-1", "models": ["m"]} | settings
    return gateway([], Providers=[provider], Router={"default": "p,m"})


# -- the ways to ask ---------------------------------------------------------------------------------------


def test_the_endpoint_says_what_the_method_says() -> None:
    app, provider = gateway([])
    reply: Reply = asyncio.run(post(app, "/api/explain", body(), headers={"X-Team": "a"}))
    assert reply.status == 200
    assert reply.headers["request-id"].startswith("req_")
    assert reply.json() == explain(app, headers={"X-Team": "a"})
    assert reply.json()["decision"]["target"] == "chat,m1"
    assert provider.requests == []


def test_the_endpoint_wants_the_key_and_a_request() -> None:
    app, _ = gateway([], APIKEY="gateway-key")
    assert asyncio.run(post(app, "/api/explain", body())).status == 401
    reply = asyncio.run(post(app, "/api/explain", {"messages": 1}, headers={"x-api-key": "gateway-key"}))
    assert reply.status == 400
    with pytest.raises(BadRequest):
        explain(app, {"model": "m"})


def test_what_is_explained_is_what_is_sent() -> None:
    """The same request, sent afterwards, is the body that was foreseen, to the same URL."""
    app, provider = gateway([Answer(text="Hi")])
    foreseen = explain(app, headers=SESSION)
    asyncio.run(post(app, "/v1/messages", body(), headers=SESSION))
    assert provider.bodies[0] == foreseen["sent"]["body"]
    assert provider.requests[0].url == foreseen["sent"]["url"]


def test_the_health_of_the_targets_is_at_an_endpoint() -> None:
    app, _ = gateway([])
    reply = asyncio.run(get(app, "/api/health/targets"))
    rows = reply.json()["targets"]
    assert [(row["provider"], row["model"], row["state"]) for row in rows][:2] == [
        ("chat", "m1", "closed"),
        ("chat", "m2", "closed"),
    ]


@pytest.mark.parametrize("source", ["file", "-"])
def test_the_command(
    source: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config()))
    (tmp_path / "request.json").write_text(json.dumps(body()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(body()).encode())))
    file = source if source == "-" else str(tmp_path / "request.json")
    flags = ["--config", str(tmp_path / "config.json"), "--header", "x-team: a"]
    assert main(["explain", file, *flags]) == 0
    text = capsys.readouterr().out
    assert "decision: chat,m1 (default)" in text
    assert "sk-chat-secret" not in text
    if source == "file":
        assert main([*flags[:2], "explain", file, "--json"]) == 0
        assert to_text(json.loads(capsys.readouterr().out)) == text


def test_the_command_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config()))
    flags = ["--config", str(tmp_path / "config.json")]
    assert main(["explain", str(tmp_path / "missing"), *flags]) == 2
    assert "missing: No such file" in capsys.readouterr().err
    (tmp_path / "bad.json").write_text("[1]")
    assert main(["explain", str(tmp_path / "bad.json"), *flags]) == 2
    assert "bad.json: the body must be a JSON object" in capsys.readouterr().err
    (tmp_path / "request.json").write_text(json.dumps(body(model="nobody,m")))
    assert main(["explain", str(tmp_path / "request.json"), *flags]) == 1
    assert "error 404: " in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["explain", "-", "--header", "no colon"])


# -- nobody is asked, nothing changes ----------------------------------------------------------------------


def memory(app: Gateway) -> Any:
    """What the gateway remembers, to be compared."""
    state = app._state
    store = state.resilience.store
    recent = [state.session_tokens, state.reasoning, state.notes, state.agent_notes, state.agent_memory]
    return copy.deepcopy(([list(each._items.items()) for each in recent], sorted(store.items(""))))


def test_nothing_is_remembered() -> None:
    app, provider = gateway([], Router={"default": ["chat,m1", "chat,m2"], "think": "nobody,m"})
    state = app._state
    state.session_tokens.put("first", 1)
    state.session_tokens.put(SESSION["x-claude-code-session-id"], 2)
    state.session_tokens.put("last", 3)
    before, health = memory(app), state.resilience.snapshot(app.config)
    explain(app, body(output_config={"effort": "max"}), SESSION)
    assert memory(app) == before
    assert state.resilience.snapshot(app.config) == health
    assert provider.requests == []


def test_a_half_open_target_is_not_claimed() -> None:
    app, _ = gateway([])
    breakers, target = app._state.resilience.health.breakers, TargetName("chat", "m1")
    app._state.resilience.store.put(f"breaker:{target}", {"until": 0.0, "since": 0.0, "times": 1}, 60)
    assert explain(app)["targets"][0]["asked"] == "in its turn"
    assert breakers.claim(target)
    found = explain(app)["targets"][0]
    assert (found["asked"], found["state"]) == ("when nobody else could answer: it rests", "half-open")


def test_a_tokenizer_behind_an_endpoint_is_not_asked() -> None:
    settings = {"type": "api", "url": "http://count.test/", "api_key": "sk-count-secret", "fallback": "o200k_base"}
    app, provider = with_provider(tokenizer={"default": settings | {"factor": 2}})
    found = explain(app)
    assert found["request"]["counter"] == "o200k_base times 2, in place of an endpoint, which is not asked"
    assert found["request"]["tokens"] == 2 * explain(with_provider()[0])["request"]["tokens"]
    assert provider.requests == []


def test_no_access_token_is_fetched_for_vertex() -> None:
    app, provider = with_provider(
        api_base_url="https://aiplatform.googleapis.com/v1", api_key="", vertex={"location": "global"}, wire="gemini"
    )
    found = explain(app)
    assert found["error"] is None
    assert "/projects/PROJECT/locations/global/" in found["sent"]["url"]
    assert found["sent"]["headers"]["authorization"] == "***"
    assert provider.requests == []


# -- what is told ------------------------------------------------------------------------------------------


def test_no_key_is_shown() -> None:
    app, _ = with_provider(
        api_base_url="http://user:pw-secret@p.test/v1/chat/completions?sig=url-secret&api-version=1",
        headers={"x-auth": "header-secret", "x-title": "Bearer sk-secret-1"},
    )
    messages = [{"role": "user", "content": "Is sk-secret-1 a key?"}]
    found = explain(app, body(messages=messages), {"authorization": "Bearer clients-secret"})
    text = json.dumps(found) + to_text(found)
    assert not [secret for secret in ("sk-secret-1", "secret", "pw-") if secret in text]
    assert found["sent"]["headers"]["x-title"] == "Bearer ***"
    assert found["sent"]["body"]["messages"][-1]["content"] == "Is *** a key?"


def test_the_url_keeps_what_is_plain() -> None:
    assert masked_url("https://h:1/a?alt=sse&key=k&flag") == "https://h:1/a?alt=sse&key=***&flag"
    assert masked_url("https://u:p@h/a") == "https://***@h/a"
    assert masked_url("https://h/v1") == "https://h/v1"


def test_a_target_none_of_whose_keys_can_be_used_comes_last() -> None:
    app, _ = with_provider(api_keys=["sk-secret-2"])
    resilience, provider = app._state.resilience, app.config.providers[0]
    first, second = resilience.keys.keys(provider)
    resilience.keys.report(provider, "m", first, 401, retry_after=None, rest_seconds=60)
    found = explain(app, headers=SESSION)["targets"][0]
    assert (found["key"], found["keys"], found["resting_keys"]) == ("key 2", 2, 1)
    resilience.keys.report(provider, "m", second, 401, retry_after=None, rest_seconds=60)
    found = explain(app, headers=SESSION)["targets"][0]
    assert found["asked"].startswith("no, unless a key can be used again")


def test_of_targets_that_rest_only_the_first_to_wake_is_asked() -> None:
    app, _ = gateway([], fallback={"default": ["chat,m2", "claude,claude-sonnet-4-5"]})
    store = app._state.resilience.store
    for model, until in (("m1", 9e9), ("m2", 8e9)):
        store.put(f"breaker:chat,{model}", {"until": until, "since": 0.0, "times": 1}, 60)
    found = explain(app)
    assert [(one["target"], one["asked"]) for one in found["targets"]] == [
        ("claude,claude-sonnet-4-5", "in its turn"),
        ("chat,m2", "when nobody else could answer: it rests"),
        ("chat,m1", "no: it rests"),
    ]
    assert found["sent"]["target"] == "claude,claude-sonnet-4-5"
    assert found["decision"]["target"] == "chat,m1"


def test_a_pool_without_a_session_is_said_to_be_drawn() -> None:
    app, _ = gateway([], Router={"default": ["chat,m1", "chat,m2"]})
    assert len(explain(app)["notes"]) == 1
    found = explain(app, headers=SESSION)
    assert found["notes"] == []
    assert sorted(one["role"] for one in found["targets"]) == ["chosen", "pool"]


def test_a_note_of_routing_is_told_and_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    app, _ = gateway([], Router={"default": "chat,m1", "think": "nobody,m"})
    caplog.clear()
    found = explain(app, body(output_config={"effort": "max"}))
    assert any("nobody" in note for note in found["notes"])
    assert not caplog.records


def test_what_strict_refuses_is_shown_all_the_same() -> None:
    app, _ = gateway([], strict=True)
    document = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}}
    found = explain(app, body(messages=[{"role": "user", "content": [document]}]))
    assert found["error"]["status"] == 400
    assert "document" in found["error"]["message"]
    assert found["sent"]["body"]["messages"]
    assert {"feature": "document", "action": "dropped"}.items() <= found["losses"][0].items()


@pytest.mark.parametrize("model", ["chat,m1", "claude,claude-sonnet-4-5"])
def test_a_request_nested_too_deeply_is_refused(model: str) -> None:
    app, _ = gateway([])
    tool = {"name": "t", "input_schema": {"type": "object", "default": "?"}}
    raw = json.dumps(body(model=model, tools=[tool])).encode()
    reply = asyncio.run(post(app, "/api/explain", raw.replace(b'"?"', b'{"a":' * 600 + b"1" + b"}" * 600)))
    error = reply.json()["error"]
    assert 400 in (reply.status, error.get("status"))
    assert "nested too deeply" in error["message"]


# -- the router of one's own, and agents -------------------------------------------------------------------


def choose(answer: Any) -> tuple[Gateway, Any]:
    def router(request: Any, config: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    app = Gateway(config(), transport=FakeProvider([]), router=router, local=True)
    return app, app._current.snapshot.custom_router


@pytest.mark.parametrize(
    ("answer", "outcome", "target"),
    [
        ("chat,m2", "it chose", "chat,m2"),
        (None, "it made no choice", "chat,m1"),
        ("nobody,m", "nobody", "chat,m1"),
        (ValueError("broken"), "broken", "chat,m1"),
    ],
)
def test_the_custom_router_is_asked_and_not_counted(
    answer: Any, outcome: str, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    app, custom = choose(answer)
    before = custom.report.to_json()
    found = explain(app)
    assert outcome in found["custom_router"]["outcome"]
    assert found["custom_router"]["rules_chose"] == "chat,m1"
    assert found["decision"]["target"] == target
    assert custom.report.to_json() == before
    assert not caplog.records
    assert f": {found['custom_router']['outcome']} (the rules chose chat,m1)" in to_text(found)


def test_the_project_and_its_router(tmp_path: Path) -> None:
    session = SESSION["x-claude-code-session-id"]
    project = tmp_path / "claude" / "projects" / "-home-me-app"
    project.mkdir(parents=True)
    (project / f"{session}.jsonl").write_text("{}\n")
    (project / "claude-code-router.json").write_text(json.dumps({"Router": {"default": "chat,m2"}}))
    env = {"CLAUDE_CONFIG_DIR": str(tmp_path / "claude"), "CCR_HOME": str(tmp_path / "ccr")}
    tools = [{"name": "Bash", "input_schema": {"type": "object"}}]
    app = Gateway(config(project_routing=True), transport=FakeProvider([]), env=env)
    found = explain(app, body(tools=tools), SESSION)
    assert found["request"]["project"] == "-home-me-app"
    assert found["decision"]["target"] == "chat,m2"
    assert "  project -home-me-app\n" in to_text(found)


class Willing(Agent[NoOptions]):
    """An agent that works on every request."""

    name = "willing"

    def should_handle(self, context: AgentContext) -> bool:
        return True


class Broken(Willing):
    """One that fails when it is asked."""

    name = "broken"

    def should_handle(self, context: AgentContext) -> bool:
        raise ValueError("broken")


def test_the_agents_that_would_work_on_it_are_named() -> None:
    agents = [Willing(NoOptions()), Broken(NoOptions())]
    app = Gateway(config(), transport=FakeProvider([]), agents=agents)
    found = explain(app)
    assert found["agents"] == ["willing"]
    assert "agents that work on it first, which is not shown: willing\n" in to_text(found)


def test_a_request_that_cannot_be_built_is_told_with_who_was_chosen() -> None:
    app, _ = gateway([], fallback={"default": ["chat,m2"]})
    app._state.resilience.store.put("breaker:chat,m1", {"until": 9e9, "since": 0.0, "times": 1}, 60)
    found = explain(app, body(messages=[{"role": "user", "content": [{"type": "image", "source": 1}]}]))
    assert found["error"]["status"] == 400
    assert "messages.0.content.0.source" in found["error"]["message"]
    assert found["sent"] is None
    assert found["decision"]["target"] == "chat,m1"
    assert [one["target"] for one in found["targets"]] == ["chat,m2", "chat,m1"]
