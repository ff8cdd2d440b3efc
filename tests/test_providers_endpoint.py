"""The catalogue over HTTP, and testing a provider with one tiny request: what it says, sends and leaves alone."""

import asyncio
import json
import socket
import threading

import pytest

from ccr_middleware import Gateway
from ccr_middleware.catalogue import entries
from ccr_middleware.errors import UpstreamTimeout
from ccr_middleware.testing import Answer, FakeProvider
from ccr_middleware.testing.asgi import get, post
from ccr_middleware.testing.script import stream

ADMIN = {"x-api-key": "admin-key"}
SECRET = "sk-the-stored-secret-0001"

STORED = {
    "name": "stored",
    "api_base_url": "http://stored.test/v1",
    "api_key": SECRET,
    "models": ["one", "two"],
    "headers": {"x-team": "tools"},
}


def gateway(provider=None, *, env=None, **more):
    """A gateway with one provider, whose transport is the fake one; without one the real transports are used."""
    config = {"ADMIN_KEY": "admin-key", "Providers": [STORED], "Router": {"default": "stored,one"}, **more}
    return Gateway(config, transport=provider, env=env or {})


async def asked(app, entry, model=""):
    """The answer of a test, and its status."""
    reply = await post(app, "/api/providers/test", {"provider": entry, "model": model}, headers=ADMIN)
    return reply.status, json.loads(reply.body)


def run(app, entry, model=""):
    """The same, from outside of a loop."""

    async def asking():
        try:
            return await asked(app, entry, model)
        finally:
            await app.aclose()

    return asyncio.run(asking())


def trial(answer, entry=None, model="one"):
    """What a test says when the provider gives this answer."""
    status, told = run(gateway(FakeProvider([answer])), entry or {**STORED, "api_key": "sk-new-0001"}, model)
    assert status == 200
    return told


def test_the_catalogue_tells_what_a_form_needs_and_no_value_of_a_variable():
    app = gateway(FakeProvider(), env={"DEEPSEEK_API_KEY": "sk-very-secret"})
    reply = asyncio.run(get(app, "/api/catalogue", headers=ADMIN))
    listed = {row["name"]: row for row in json.loads(reply.body)["providers"]}
    assert list(listed) == [entry.name for entry in entries()]
    deepseek = listed["deepseek"]
    assert deepseek["base_url"] == "https://api.deepseek.com"
    assert (deepseek["wire"], deepseek["key_variable"], deepseek["key_is_set"]) == ("chat", "DEEPSEEK_API_KEY", True)
    assert listed["openai"]["key_is_set"] is False
    assert listed["azure"]["parameters"] == ["resource"]
    assert listed["deepseek-anthropic"]["family"] == "deepseek"
    assert listed["ollama"]["local"] is True
    assert b"sk-very-secret" not in reply.body


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/catalogue"), ("POST", "/api/providers/test")])
def test_only_whoever_manages_the_gateway_may_ask(method, path):
    app = gateway(FakeProvider())
    reply = asyncio.run(get(app, path) if method == "GET" else post(app, path, {"provider": STORED}))
    assert reply.status == 401


def test_a_provider_that_answers_is_good():
    provider = FakeProvider([Answer(text="OK")])
    entry = {"name": "new", "api_base_url": "http://new.test/v1", "api_key": "sk-new-0001", "models": ["m"]}
    status, told = run(gateway(provider), entry, "m")
    assert status == 200
    assert (told["ok"], told["status"], told["reply"], told["fix"], told["cause"]) == (True, 200, "OK", "", "")
    assert told["seconds"] >= 0
    (request,) = provider.requests
    assert request.url == "http://new.test/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer sk-new-0001"
    assert provider.bodies[0]["max_tokens"] <= 256
    assert provider.bodies[0]["stream"] is True


def test_a_model_that_only_thought_is_good_too():
    assert trial(Answer(thinking="The word is OK."))["reply"] == "The word is OK."


def test_without_a_model_the_first_one_is_asked():
    provider = FakeProvider([Answer(text="OK")])
    assert run(gateway(provider), STORED)[1]["ok"]
    assert provider.bodies[0]["model"] == "one"


def test_a_masked_key_stands_for_the_stored_one_and_is_not_told():
    provider = FakeProvider([Answer(error=401, message=f"wrong key {SECRET}")])
    app = gateway(provider)

    async def asking():
        document = json.loads((await get(app, "/api/config", headers=ADMIN)).body)
        masked = document["Providers"][0]
        assert masked["api_key"] != SECRET
        return await asked(app, {**masked, "name": "renamed"}, "two")

    status, told = asyncio.run(asking())
    assert status == 200
    assert provider.requests[0].headers["authorization"] == f"Bearer {SECRET}"
    assert SECRET not in json.dumps(told)


def test_a_placeholder_is_filled_in_from_the_gateways_environment():
    provider = FakeProvider([Answer(text="OK")])
    entry = {**STORED, "api_key": "${NEW_KEY}"}
    assert run(gateway(provider, env={"NEW_KEY": "sk-from-env-1"}), entry)[1]["ok"]
    assert provider.requests[0].headers["authorization"] == "Bearer sk-from-env-1"


def test_a_variable_without_a_value_is_told_before_anything_is_sent():
    provider = FakeProvider()
    _, told = run(gateway(provider), {**STORED, "api_key": "$NEW_KEY"})
    assert (told["ok"], told["status"], told["cause"]) == (False, None, "unset")
    assert "NEW_KEY" in told["message"]
    assert "NEW_KEY" in told["fix"]
    assert provider.requests == []


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (Answer(error=401, message="Incorrect API key provided"), "key"),
        (Answer(error=403, message="Forbidden"), "key"),
        (Answer(error=403, message="Your credit balance is too low"), "balance"),
        (Answer(error=402, message="Insufficient Balance"), "balance"),
        (Answer(error=403, message="Country, region, or territory not supported"), "region"),
        (Answer(error=400, message="API key not valid. Please pass a valid API key."), "key"),
        (Answer(error=404, message="The model `one` does not exist or you do not have access to it."), "model"),
        (Answer(error=400, message="one is not a valid model ID"), "model"),
        (Answer(error=404, message="No endpoints found for one."), "model"),
        (Answer(error=404, message="Not Found"), "address"),
        (Answer(error=405, message="Method Not Allowed"), "address"),
        (Answer(error=429, message="Rate limit reached"), "rate_limited"),
        (Answer(error=500, message="oops"), "overloaded"),
        (Answer(error=503, message="overloaded"), "overloaded"),
        (Answer(error=400, message="messages: unknown field"), "rejected"),
        (stream(b"data: [DONE]\n\n"), "empty"),
    ],
)
def test_a_failure_has_a_cause_and_a_fix(answer, cause):
    told = trial(answer)
    assert told["ok"] is False
    assert told["cause"] == cause
    assert told["fix"].endswith(".")
    assert told["message"]
    assert told["status"] >= 400


def test_a_missing_key_is_told_apart_from_a_wrong_one():
    entry = {"name": "new", "api_base_url": "http://new.test/v1", "models": ["one"]}
    assert trial(Answer(error=401, message="Missing credentials"), entry)["cause"] == "no_key"


def test_silence_is_a_timeout():
    def silent(_exchange):
        raise UpstreamTimeout("the provider sent nothing within 30 s")

    status, told = run(gateway(FakeProvider(silent)), STORED)
    assert (status, told["cause"], told["status"]) == (200, "timeout", 504)


def real(url):
    """What a test of a provider at this address says, over the real transport."""
    status, told = run(gateway(), {"name": "new", "api_base_url": url, "api_key": "sk-new-0001", "models": ["one"]})
    assert status == 200
    assert told["ok"] is False
    return told


def test_a_name_that_is_not_there():
    told = real("http://no-such-host.invalid/v1")
    assert told["cause"] == "dns"
    assert "no-such-host.invalid" in told["fix"]


def test_a_port_where_nothing_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = real(f"http://127.0.0.1:{port}/v1")
    assert told["cause"] == "refused"
    assert f"127.0.0.1:{port}" in told["fix"]


def test_a_server_that_does_not_speak_tls():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def answer():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        told = real(f"https://127.0.0.1:{server.getsockname()[1]}/v1")
        thread.join(5)
    assert told["cause"] == "tls"


def test_what_becomes_of_a_test_is_not_held_against_the_provider_in_use():
    provider = FakeProvider([Answer(error=500, message="oops")])
    app = gateway(provider, health={"failures": 1})

    async def asking():
        _, told = await asked(app, STORED, "one")
        targets = json.loads((await get(app, "/api/health/targets", headers=ADMIN)).body)["targets"]
        history = json.loads((await get(app, "/api/requests", headers=ADMIN)).body)
        return told, targets, history

    told, targets, history = asyncio.run(asking())
    assert told["ok"] is False
    assert [target["failed"] for target in targets] == [0, 0]
    assert [target["state"] for target in targets] == ["closed", "closed"]
    assert history["requests"] == []
    assert app.config.provider("stored").api_key == SECRET


def test_a_dead_first_key_is_not_hidden_by_a_good_second_one():
    provider = FakeProvider([Answer(error=401, message="wrong"), Answer(text="OK")])
    _, told = run(gateway(provider), {**STORED, "api_keys": ["sk-second-0001"]})
    assert told["cause"] == "key"
    assert len(provider.requests) == 1


def test_no_code_is_loaded_for_a_test(tmp_path):
    witness = tmp_path / "loaded"
    module = tmp_path / "evil.py"
    module.write_text(f"open({str(witness)!r}, 'w').close()\n")
    provider = FakeProvider([Answer(text="OK")])
    run(gateway(provider), {**STORED, "transformer": {"use": [{"path": str(module)}]}})
    assert not witness.exists()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "provider"),
        ({"provider": "deepseek"}, "provider"),
        ({"provider": STORED, "model": 3}, "model"),
        ({"provider": {"name": "x", "models": ["m"]}}, "api_base_url"),
        ({"provider": {"name": "x", "api_base_url": "http://x.test"}}, "models"),
        ({"provider": {**STORED, "wire": "soap"}}, "wire"),
    ],
)
def test_an_entry_that_cannot_be_used_is_refused_with_its_place(body, says):
    app = gateway(FakeProvider())
    reply = asyncio.run(post(app, "/api/providers/test", body, headers=ADMIN))
    assert reply.status == 400
    assert says in json.loads(reply.body)["error"]["message"]


def test_a_provider_of_the_catalogue_needs_its_name_alone():
    provider = FakeProvider([Answer(text="OK")])
    assert run(gateway(provider), {"name": "deepseek", "api_key": "sk-new-0001"})[1]["ok"]
    assert provider.requests[0].url.startswith("https://api.deepseek.com/")
