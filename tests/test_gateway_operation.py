"""Keys, limits, history, presets and plugins in a whole gateway."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.access.keys import hash_key
from ccr_middleware.testing import Answer, FakeProvider
from ccr_middleware.testing.asgi import Reply, open_stream, post, request
from ccr_middleware.testing.strict import check_error
from tests.support.gateway import body, config

ALICE, BOB = "ccr-the-key-of-alice", "ccr-the-key-of-bob"
ADMIN = "the-key-of-the-admin"


def open_gateway(plan: Any = None, *, local: bool = False, home: str | None = None, **more: Any) -> Gateway:
    provider = FakeProvider(plan or (lambda sent: Answer(text=f"I am {json.loads(sent.body)['model']}")))
    return Gateway(config(**more), transport=provider, env={}, local=local, home=home)


def ask(app: Any, path: str = "/v1/messages", key: str = "", **fields: Any) -> Reply:
    headers = {"x-api-key": key} if key else {}
    return asyncio.run(post(app, path, body(stream=False, **fields), headers=headers))


def get(app: Any, path: str, key: str = "", **headers: str) -> Any:
    sent = {**headers, **({"x-api-key": key} if key else {})}
    reply = asyncio.run(request(app, "GET", path, headers=sent))
    return reply.status, json.loads(reply.body)


def keys(**alice: Any) -> dict[str, Any]:
    """Two keys of clients, and one to manage."""
    listed = [{"id": "alice", "name": "Alice", "key_hash": hash_key(ALICE), **alice}]
    listed.append({"id": "bob", "key_hash": hash_key(BOB), "expires_at": "2020-01-01"})
    return {"APIKEYS": listed, "ADMIN_KEY": ADMIN}


# -- C37 ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "wrong", BOB])
def test_c37_a_missing_wrong_or_expired_key_is_a_401(key: str):
    app = open_gateway(**keys())
    reply = ask(app, key=key)
    assert reply.status == 401
    assert check_error(reply.body)["type"] == "authentication_error"
    assert reply.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("headers", [{"x-api-key": ALICE}, {"authorization": f"Bearer {ALICE}"}])
def test_c37_either_header_will_do_and_the_key_stays_here(headers: dict[str, str]):
    provider = FakeProvider(Answer(text="Hello"))
    app = Gateway(config(**keys()), transport=provider, env={})
    assert asyncio.run(post(app, "/v1/messages", body(stream=False), headers=headers)).status == 200
    (sent,) = provider.requests
    assert ALICE not in json.dumps(dict(sent.headers)) + sent.body.decode()


def test_c37_over_its_limit_a_key_gets_429_with_retry_after():
    app = open_gateway(**keys(rpm=2))
    assert [ask(app, key=ALICE).status for _ in range(2)] == [200, 200]
    reply = ask(app, key=ALICE)
    assert (reply.status, check_error(reply.body)["type"]) == (429, "rate_limit_error")
    assert 1 <= int(reply.headers["retry-after"]) <= 61
    assert ask(app, key=ADMIN).status == 200, "it is the limit of that key alone"


def test_c37_a_key_may_use_the_models_of_its_list_and_no_other():
    app = open_gateway(**keys(models=["chat,m1"]))
    assert ask(app, key=ALICE).status == 200
    reply = ask(app, key=ALICE, model="chat,m2")
    assert (reply.status, check_error(reply.body)["type"]) == (403, "permission_error")
    assert "chat,m2" in check_error(reply.body)["message"]


def test_a_key_is_shown_the_models_it_may_use():
    app = open_gateway(aliases={"fast": "chat,m1", "good": "chat,m2"}, **keys(models=["m1"]))
    listed = {entry["id"].removeprefix("claude:") for entry in get(app, "/v1/models", ALICE)[1]["data"]}
    assert listed == {"chat,m1", "fast"}
    assert get(app, "/v1/models/chat,m2", ALICE)[0] == 404
    assert get(app, "/v1/models/chat,m2", ADMIN)[0] == 200


def test_a_fallback_that_a_key_may_not_use_is_not_asked():
    asked: list[str] = []

    def answer(sent: Any) -> Answer:
        asked.append(json.loads(sent.body)["model"])
        return Answer(error=503)

    app = open_gateway(answer, fallback={"default": ["chat,m2"]}, **keys(models=["m1"]))
    assert ask(app, key=ALICE).status == 503
    assert asked == ["m1"]


def test_tokens_are_settled_when_the_answer_is_there():
    from ccr_middleware.testing.answers import Usage

    app = open_gateway(lambda sent: Answer(text="Hi", usage=Usage(900, 150)), **keys(tpm=1000))
    assert ask(app, key=ALICE).status == 200
    assert ask(app, key=ALICE).status == 429


def test_what_nobody_answered_costs_no_tokens():
    app = open_gateway(lambda sent: Answer(error=500), **keys(tpm=200))
    assert [ask(app, key=ALICE, max_tokens=1).status for _ in range(4)] == [500] * 4


def test_at_once_a_key_may_ask_so_often():
    app = open_gateway(lambda sent: Answer(text=["a", "b"], pace_seconds=0.05), **keys(max_parallel=1))

    async def main() -> list[int]:
        one = post(app, "/v1/messages", body(), headers={"x-api-key": ALICE})
        other = post(app, "/v1/messages", body(), headers={"x-api-key": ALICE})
        return sorted(reply.status for reply in await asyncio.gather(one, other))

    assert asyncio.run(main()) == [200, 429]


# -- C47 ---------------------------------------------------------------------------------------------------

ADMIN_PATHS = ("/api/config", "/api/keys", "/api/requests", "/api/usage", "/api/logs/files", "/api/plugins")


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_c47_managing_needs_the_admin_key_even_without_any_provider(path: str):
    app = open_gateway(Providers=[], Router={}, **keys())
    assert get(app, path)[0] == 401
    assert get(app, path, ALICE)[0] == 403
    assert get(app, path, ADMIN)[0] == 200


@pytest.mark.parametrize("path", ADMIN_PATHS)
def test_c47_nobody_manages_a_gateway_without_keys_from_outside(path: str):
    assert get(open_gateway(), path)[0] == 403
    app = open_gateway(local=True)
    assert get(app, path)[0] == 200
    assert get(app, path, host="evil.example")[0] == 403
    assert get(app, path, origin="https://evil.example")[0] == 403


def test_c47_a_preflight_opens_nothing():
    app = open_gateway(local=True)
    reply = asyncio.run(request(app, "OPTIONS", "/api/config", headers={"origin": "https://evil.example"}))
    assert reply.status == 405
    assert not any(name.startswith("access-control") for name in reply.headers)


# -- history -----------------------------------------------------------------------------------------------


def test_every_call_is_in_the_history():
    app = open_gateway(local=True, prices={"chat,m1": {"input": 1.0, "output": 2.0}})
    ask(app, metadata={"user_id": json.dumps({"session_id": "3c5d9d4e-8a51-4b7e-9a60-2f6d1c0b7e11"})})
    asyncio.run(post(app, "/v1/messages", body()))
    ask(app, model="nobody,m1")
    listed = get(app, "/api/requests")[1]["requests"]
    assert [(one["status"], one["stream"]) for one in listed] == [(404, False), (200, True), (200, False)]
    last = listed[2]
    assert (last["provider"], last["model"], last["scenario"]) == ("chat", "m1", "default")
    assert last["session"] == "3c5d9d4e-8a51-4b7e-9a60-2f6d1c0b7e11"
    assert [one["status"] for one in last["attempts"]] == [200]
    assert last["cost"] > 0
    assert listed[1]["first_token_seconds"] > 0
    assert "nobody" in listed[0]["error"]
    assert get(app, f"/api/requests/{last['id']}")[1]["id"] == last["id"]
    usage = get(app, "/api/usage?by=model")[1]
    assert usage["totals"]["requests"] == 3


def test_attempts_and_who_asked_are_in_the_record():
    def answer(sent: Any) -> Answer:
        return Answer(error=503) if json.loads(sent.body)["model"] == "m1" else Answer(text="Hi")

    app = open_gateway(answer, fallback={"default": ["chat,m2"]}, **keys())
    assert ask(app, key=ALICE).status == 200
    (record,) = get(app, "/api/requests", ADMIN)[1]["requests"]
    assert [(one["model"], one["status"]) for one in record["attempts"]] == [("m1", 503), ("m2", 200)]
    assert (record["caller"], record["caller_name"], record["model"]) == ("alice", "Alice", "m2")


def test_bodies_are_kept_when_asked_for_without_secrets():
    app = open_gateway(local=True, history={"bodies": "all"})
    ask(app, messages=[{"role": "user", "content": "my key is sk-chat-secret"}])
    (record,) = get(app, "/api/requests")[1]["requests"]
    assert record["request_body"] is None, "a list shows no bodies"
    whole = get(app, f"/api/requests/{record['id']}")[1]
    assert "my key is ***" in whole["request_body"]
    assert "I am m1" in whole["response_body"]


def test_a_stream_that_broke_off_is_told_as_it_ended():
    app = open_gateway([Answer(text=["one", "two"], error=500)], local=True)
    reply = asyncio.run(post(app, "/v1/messages", body()))
    assert b"event: error" in reply.body
    (record,) = get(app, "/api/requests")[1]["requests"]
    assert record["error"]
    assert record["status"] >= 500


def test_the_history_can_be_followed():
    app = open_gateway(local=True)

    async def main() -> str:
        async with open_stream(app, "/api/requests/stream", method="GET") as stream:
            await stream.start()
            await post(app, "/v1/messages", body(stream=False))
            heard = await stream.read_until(b"event: request")
            stream.disconnect()
        return heard.decode()

    heard = asyncio.run(asyncio.wait_for(main(), 5))
    assert "event: started" in heard


# -- presets -----------------------------------------------------------------------------------------------


def preset(home: Path, name: str, **manifest: Any) -> None:
    folder = home / "presets" / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"name": name, "version": "1.0.0", **manifest}))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    preset(tmp_path, "fast", Router={"default": "chat,m2"})
    return tmp_path


def test_a_preset_is_a_gateway_of_its_own(home: Path):
    app = open_gateway(home=str(home), local=True)
    assert json.loads(ask(app).body)["content"][0]["text"] == "I am m1"
    assert json.loads(ask(app, "/preset/fast/v1/messages").body)["content"][0]["text"] == "I am m2"
    counted = asyncio.run(post(app, "/preset/fast/v1/messages/count_tokens", body()))
    assert json.loads(counted.body)["input_tokens"] > 0, "E-4 of the reference: not below a preset"
    assert get(app, "/preset/fast/v1/models")[0] == 200
    chat = {"model": "x", "messages": [{"role": "user", "content": "Hi"}]}
    assert asyncio.run(post(app, "/preset/fast/v1/chat/completions", chat)).status == 200


def test_a_preset_needs_the_same_key(home: Path):
    """S-6 of the reference: below a preset the request was routed before anybody asked for its key."""
    app = open_gateway(home=str(home), **keys())
    assert ask(app, "/preset/fast/v1/messages").status == 401
    reply = ask(app, "/preset/unknown/v1/messages")
    assert (reply.status, b"fast" in reply.body) == (401, False), "which presets there are is told to nobody"
    assert ask(app, "/preset/fast/v1/messages", ALICE).status == 200
    assert get(app, "/preset/fast/api/config", ADMIN)[0] == 404


def test_presets_come_and_go_without_a_restart(home: Path):
    app = open_gateway(home=str(home), local=True)
    assert ask(app, "/preset/later/v1/messages").status == 404
    preset(home, "later", Router={"default": "chat,m2"})
    assert ask(app, "/preset/later/v1/messages").status == 200
    preset(home, "broken", Providers=7)
    reply = ask(app, "/preset/broken/v1/messages")
    assert reply.status == 500
    assert "broken" in check_error(reply.body)["message"]
    assert ask(app, "/preset/later/v1/messages").status == 200


def test_without_a_folder_there_are_no_presets():
    reply = ask(open_gateway(), "/preset/fast/v1/messages")
    assert reply.status == 404
    assert "presets_dir" in check_error(reply.body)["message"]


# -- which model an answer names ---------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/v1/messages", {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}),
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]}),
        ("/v1/responses", {"input": "Hi"}),
    ],
)
def test_an_answer_names_the_model_that_was_routed_to_if_that_is_wanted(path: str, fields: dict, stream: bool):
    for wanted, told in (("routed", "m2"), ("requested", "fast")):
        app = open_gateway(aliases={"fast": "chat,m2"}, response_model=wanted)
        reply = asyncio.run(post(app, path, {**fields, "model": "fast", "stream": stream}))
        assert f'"model":"{told}"' in reply.body.decode()


def test_a_routed_answer_of_gemini_names_its_model():
    app = open_gateway(aliases={"fast": "chat,m2"}, response_model="routed")
    asked = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}
    reply = asyncio.run(post(app, "/v1beta/models/fast:generateContent", asked))
    assert json.loads(reply.body)["modelVersion"] == "m2"


def test_c33_what_came_of_a_custom_router_is_shown():
    def broken(request: Any, config: Any, context: Any) -> None:
        raise RuntimeError("no idea")

    provider = FakeProvider(Answer(text="Hi"))
    app = Gateway(config(), transport=provider, env={}, router=broken, local=True)
    assert ask(app).status == 200
    report = get(app, "/api/config/status")[1]["custom_router"]
    assert (report["calls"], report["failed"]) == (1, 1)
    assert "no idea" in report["last_error"]


# -- logs within a host ------------------------------------------------------------------------------------


def test_a_hosted_gateway_writes_no_file_unless_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    app = open_gateway(local=True)
    ask(app)
    assert list(tmp_path.iterdir()) == []
    assert get(app, "/api/logs/files") == (200, [])


def test_a_hosted_gateway_writes_its_log_where_the_configuration_says(tmp_path: Path):
    app = open_gateway(local=True, logs={"dir": str(tmp_path / "logs")})
    try:
        ask(app, messages=[{"role": "user", "content": "Hi"}])
        app._log_folder._handler.flush()
        (file,) = get(app, "/api/logs/files")[1]
        lines = get(app, f"/api/logs?file={file['id']}")[1]
        record = next(json.loads(line) for line in lines if '"request completed"' in line)
        assert record["statusCode"] == 200
        assert record["attempts"] == ["chat,m1: 200"]
    finally:
        app._log_folder.close()
    ask(app)
    assert len(get(app, f"/api/logs?file={file['id']}")[1]) == len(lines)


@pytest.mark.parametrize("file", ["../../etc/passwd", "/etc/passwd", "..%2f..%2fetc%2fpasswd", "ccr-x/../../y.log"])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_c47_logs_are_read_by_id_and_never_by_path(tmp_path: Path, file: str, method: str):
    app = open_gateway(local=True, home=str(tmp_path))
    reply = asyncio.run(request(app, method, f"/api/logs?file={file}"))
    assert reply.status in (400, 404)
    assert b"root:" not in reply.body


# -- the host's lifespan -----------------------------------------------------------------------------------


def test_a_host_can_be_given_the_lifespan_as_it_is():
    from fastapi import FastAPI

    gateway = open_gateway()
    host = FastAPI(lifespan=gateway.lifespan)
    host.mount("/ccr", gateway)

    async def main() -> int:
        async with host.router.lifespan_context(host):
            return (await post(host, "/ccr/v1/messages", body(stream=False))).status

    assert asyncio.run(main()) == 200


@pytest.mark.parametrize(("answer", "level"), [(Answer(error=500), "ERROR"), (Answer(error=400), "INFO")])
def test_what_a_provider_could_not_do_is_an_error_in_the_log(
    answer: Answer, level: str, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "ccr_middleware")
    ask(open_gateway(lambda sent: answer))
    (last,) = [record for record in caplog.records if hasattr(record, "ccr")]
    assert last.levelname == level
