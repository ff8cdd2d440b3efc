"""Who may call, and what never leaves: keys of clients and keys of providers (C37, F24)."""

import asyncio
import logging
from typing import Any

import pytest

from ccr_middleware.testing import Script, check_error, json_answer, open_stream, post, stream
from ccr_middleware.testing.asgi import request

from .support import chat
from .support.gateway import ask, body, gateway

KEY = "the-client-key-1"
LANE = "claude,claude-sonnet-4-5"
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def status(headers: Any, key: str = KEY) -> int:
    """What a request with these headers gets where `key` is expected."""
    app, _ = gateway([], APIKEY=key)
    return int(run(request(app, "GET", "/v1/models", headers=headers)).status)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": KEY},
        {"X-Api-Key": f"  {KEY}\t"},
        {"authorization": f"Bearer {KEY}"},
        {"Authorization": f"bearer {KEY}"},
        {"authorization": f"BEARER   {KEY} "},
        {"authorization": KEY},  # CCR v2 took the bare key
        {"x-api-key": KEY, "authorization": "Bearer wrong"},
        {"x-api-key": "wrong", "authorization": f"Bearer {KEY}"},
        {"x-api-key": "", "authorization": f"Bearer {KEY}"},
        {"x-api-key": KEY, "authorization": "Basic dXNlcjpwdw=="},
    ],
)
def test_c37_one_right_key_is_enough(headers: dict[str, str]) -> None:
    assert status(headers) == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-api-key": ""},
        {"x-api-key": "wrong"},
        {"x-api-key": KEY[:-1]},
        {"x-api-key": KEY + "x"},
        {"x-api-key": KEY.upper()},
        {"x-api-key": "wrong", "authorization": "Bearer wrong"},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {KEY}"},
        {"authorization": f"Bearer Bearer {KEY}"},
        {"x-api-key": "\xff\xfe"},
        {"cookie": f"x-api-key={KEY}"},
    ],
)
def test_c37_no_right_key_is_a_401(headers: dict[str, str]) -> None:
    assert status(headers) == 401


@pytest.mark.parametrize("key", ["schlüssel", "ключ", "钥匙", "voilà", "a b", "0" * 500])
def test_a_key_may_hold_any_characters(key: str) -> None:
    """Keys come as the bytes of UTF-8. The last of `voilà` is a blank in latin-1, in which headers are read."""
    as_sent = key.encode().decode("latin-1")
    assert status({"x-api-key": as_sent}, key) == 200
    assert status({"authorization": f"Bearer {as_sent}"}, key) == 200
    assert status({"x-api-key": as_sent[:-1]}, key) == 401


def test_c37_a_401_is_never_retried_and_the_body_stays_unread() -> None:
    app, provider = gateway([], APIKEY=KEY)

    async def main() -> Any:
        sent: list[Any] = []

        async def receive() -> Any:
            raise AssertionError("the body was read before the key was checked")

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v1/messages", "query_string": b"", "headers": []}
        await app(scope, receive, send)
        return sent

    start, answer = run(main())
    headers = dict(start["headers"])
    assert (start["status"], headers[b"x-should-retry"]) == (401, b"false")
    assert check_error(answer["body"])["type"] == "authentication_error"
    assert KEY not in str(answer)
    assert provider.requests == []


@pytest.mark.parametrize("path", ["/", "/health", "/api/hello"])
def test_what_needs_no_key(path: str) -> None:
    app, _ = gateway([], APIKEY=KEY)
    assert run(request(app, "GET", path)).status == 200


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens", "/v1/models", "/v1/models/x"])
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
def test_what_needs_a_key_or_is_not_there(path: str, method: str) -> None:
    app, _ = gateway([], APIKEY=KEY)
    assert run(request(app, method, path)).status in (401, 405)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("model", ["chat,m1", LANE])
def test_c37_no_credential_of_the_client_goes_to_a_provider(model: str, streaming: bool) -> None:
    secret_headers = {
        "x-api-key": KEY,
        "authorization": f"Bearer {KEY}",
        "proxy-authorization": f"Basic {KEY}",
        "cookie": f"session={KEY}",
        "x-forwarded-for": "10.0.0.9",
        "x-goog-api-key": KEY,
    }
    answer = json_answer(MESSAGE) if model == LANE else stream(chat.answer())
    app, provider = gateway(answer, APIKEY=KEY)
    assert run(ask(app, body(model=model, stream=streaming), headers=secret_headers)).status == 200
    sent = provider.requests[0]
    everything = str((sent.url, sent.headers)).encode() + sent.body
    assert KEY.encode() not in everything
    assert b"10.0.0.9" not in everything
    own = {"chat,m1": ("authorization", "Bearer sk-chat-secret"), LANE: ("x-api-key", "sk-claude-secret")}[model]
    assert own in sent.headers.items()
    assert len({"authorization", "x-api-key"} & set(sent.headers)) == 1


@pytest.mark.parametrize("streaming", [True, False])
def test_no_key_of_a_provider_reaches_a_client_or_the_log(streaming: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    leak = "wrong key sk-chat-secret; Authorization: Bearer sk-chat-secret"
    plans = [
        json_answer({"error": {"message": leak}}, 401),
        json_answer(leak.encode(), 500),
        Script(steps=[chat.sse(chat.text("half"), chat.error(leak))]),
    ]
    app, _ = gateway(plans)
    for _ in plans:
        reply = run(ask(app, body(stream=streaming)))
        assert b"sk-chat-secret" not in reply.body
        assert "sk-chat-secret" not in str(reply.headers)
    assert "sk-chat-secret" not in caplog.text


def test_c37_a_wrong_key_costs_no_provider_anything() -> None:
    app, provider = gateway([], APIKEY=KEY)

    async def main() -> None:
        async with open_stream(app, "/v1/messages", body(), headers={"x-api-key": "wrong"}) as client:
            assert await client.start() == 401
        assert (await post(app, "/v1/messages/count_tokens", body())).status == 401

    run(main())
    assert provider.requests == []
