"""The door of the gateway: every row of docs/endpoints.md, methods, paths, pages, mounts, and the ASGI scopes."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware import Gateway, __version__
from ccr_middleware.endpoints.table import CLIENT_ENDPOINTS
from ccr_middleware.testing import (
    Script,
    Signal,
    check_error,
    check_message,
    check_stream,
    get,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.testing.asgi import Reply, request

from .support import chat
from .support.gateway import ask, body, config, gateway

COUNT = {"model": "any", "messages": [{"role": "user", "content": "Hello"}]}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def assert_error(reply: Reply, status: int, kind: str) -> str:
    """An Anthropic error with the request's id in header and body; gives its text."""
    assert reply.status == status
    error = check_error(reply.body)
    assert error["type"] == kind
    assert reply.headers["content-type"] == "application/json"
    assert reply.json()["request_id"] == reply.headers["request-id"]
    assert reply.headers["request-id"].startswith("req_")
    return error["message"]


# -- the table ---------------------------------------------------------------------------------------------

GETS = ["/", "/health", "/api/hello", "/v1/models", "/v1/models/chat,m1"]
GETS += [f"/{version}/models{model}" for version in ("v1beta", "v1alpha", "v1beta1") for model in ("", "/chat,m1")]


@pytest.mark.parametrize("query", ["", "?beta=true", "?a=%ff&b=%00&&=&c", "?" + "x" * 5000])
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("path", GETS)
def test_c48_what_can_be_got(path: str, slash: str, query: str) -> None:
    app, _ = gateway([])
    url = (path.rstrip("/") + slash or "/") + query
    reply = run(get(app, url))
    head = run(request(app, "HEAD", url))
    assert (reply.status, head.status, head.body) == (200, 200, b"")
    same = {"content-type", "content-length"}
    assert {n: v for n, v in head.headers.items() if n in same} == {n: v for n, v in reply.headers.items() if n in same}
    assert reply.headers["content-length"] == str(len(reply.body))
    assert reply.headers["request-id"] != head.headers["request-id"]


def test_what_the_small_endpoints_say() -> None:
    app, _ = gateway([], Providers=[{"name": "p", "api_base_url": "http://p.test", "api_key": "k", "models": ["m"]}])
    assert run(get(app, "/")).json() == {"message": "ccr_middleware", "version": __version__}
    health = run(get(app, "/health")).json()
    assert health == {"status": "ok", "version": __version__, "warnings": len(app.config.warnings)}
    assert health["warnings"] > 0  # the router names a provider that is not there
    assert run(get(app, "/api/hello")).body == b""


@pytest.mark.parametrize("path", ["/v1/messages/count_tokens", "/v1/messages/count_tokens/?beta=true"])
@pytest.mark.parametrize("model", ["any", "nobody,knows", "", None])
def test_count_tokens_answers_for_any_model(path: str, model: str | None) -> None:
    app, provider = gateway([])
    reply = run(post(app, path, COUNT | {"model": model}))
    assert (reply.status, list(reply.json())) == (200, ["input_tokens"])
    assert reply.json()["input_tokens"] > 0
    assert provider.requests == []


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/", "/v1/messages?beta=true", "/v1/messages/?x=1"])
def test_c48_messages_with_any_query_and_slash(path: str) -> None:
    app, _ = gateway(json_answer(chat.whole("Hello")))
    assert check_message(run(post(app, path, body(stream=False))).json()).text == "Hello"


@pytest.mark.parametrize("path", ["/nothing", "/v1", "/v1/", "/v1/message", "/v1/messages/x", "/v2/messages", "/%2e"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_c48_unknown_paths(path: str, method: str) -> None:
    app, _ = gateway([])
    assert "without /v1" in assert_error(run(request(app, method, path)), 404, "not_found_error")


@pytest.mark.parametrize("path", [*CLIENT_ENDPOINTS, "/v1/models/some/model"])
def test_other_methods_are_refused_with_what_is_allowed(path: str) -> None:
    app, _ = gateway([])
    takes_get = "GET" in CLIENT_ENDPOINTS.get(path, {"GET": None})
    for method in ("POST", "PUT") if takes_get else ("GET", "HEAD", "OPTIONS"):
        reply = run(request(app, method, path))
        assert reply.headers["allow"] == ("GET, HEAD" if takes_get else "POST")
        if method != "HEAD":
            assert method in assert_error(reply, 405, "invalid_request_error")


# -- models ------------------------------------------------------------------------------------------------


def test_models_in_pages() -> None:
    app, _ = gateway([])
    everything = run(get(app, "/v1/models")).json()
    ids = [entry["id"] for entry in everything["data"]]
    assert ids == ["chat,m1", "chat,m2", "claude,claude-sonnet-4-5", "claude:chat,m1", "claude:chat,m2"]
    assert everything["has_more"] is False
    first = run(get(app, "/v1/models?limit=2")).json()
    assert ([entry["id"] for entry in first["data"]], first["has_more"]) == (ids[:2], True)
    rest = run(get(app, f"/v1/models?limit=1000&after_id={first['last_id']}")).json()
    assert ([entry["id"] for entry in rest["data"]], rest["has_more"]) == (ids[2:], False)
    before = run(get(app, f"/v1/models?before_id={ids[2]}")).json()
    assert [entry["id"] for entry in before["data"]] == ids[:2]


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1.5", "%D9%A3", "9" * 5000])
def test_a_bad_limit(limit: str) -> None:
    app, _ = gateway([])
    assert "limit" in assert_error(run(get(app, f"/v1/models?limit={limit}")), 400, "invalid_request_error")


@pytest.mark.parametrize("model", ["chat,m1", "CHAT,M1", "claude:chat,m1", "claude,claude-sonnet-4-5"])
def test_one_model(model: str) -> None:
    app, _ = gateway([])
    assert run(get(app, f"/v1/models/{model}")).json()["id"].lower() == model.lower()


def test_models_in_pages_as_gemini_lists_them() -> None:
    app, _ = gateway([])
    names = ["models/chat,m1", "models/chat,m2", "models/claude,claude-sonnet-4-5"]
    everything = run(get(app, "/v1beta/models")).json()
    assert [model["name"] for model in everything["models"]] == names
    assert "nextPageToken" not in everything
    first = run(get(app, "/v1beta/models?pageSize=2")).json()
    assert [model["name"] for model in first["models"]] == names[:2]
    rest = run(get(app, f"/v1beta/models?pageSize=2&pageToken={first['nextPageToken']}")).json()
    assert [model["name"] for model in rest["models"]] == names[2:]
    with_key = run(get(app, "/v1/models", headers={"x-goog-api-key": "k"})).json()  # as Google's SDK asks
    assert with_key == everything
    refused = run(get(app, "/v1beta/models?pageSize=x"))
    assert (refused.status, refused.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")


def test_an_unknown_model() -> None:
    app, _ = gateway([])
    assert "no/such" in assert_error(run(get(app, "/v1/models/no/such")), 404, "not_found_error")


def test_c32_a_model_with_slashes_can_be_looked_up() -> None:
    provider = {"name": "p", "api_base_url": "http://p.test", "api_key": "k", "models": ["vendor/model:free"]}
    app, _ = gateway([], Providers=[provider], Router={"default": "p,vendor/model:free"})
    assert run(get(app, "/v1/models/p,vendor/model:free")).status == 200
    assert run(get(app, "/v1beta/models/p,vendor/model:free")).json()["name"] == "models/p,vendor/model:free"


# -- mounts and scopes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "root_path"),
    [
        ("/v1/messages", ""),
        ("/ccr/v1/messages", "/ccr"),
        ("/ccr/v1/messages", "/ccr/"),
        ("/v1/messages", "/ccr"),
        ("/llm/ccr/v1/messages/", "/llm/ccr"),
        ("/ccr/ccr/v1/messages", "/ccr/ccr"),
    ],
)
def test_c48_root_path_in_the_path_or_not(path: str, root_path: str) -> None:
    app, _ = gateway(json_answer(chat.whole("Hello")))
    assert run(post(app, path, body(stream=False), root_path=root_path)).status == 200


@pytest.mark.parametrize(("path", "root_path"), [("/ccrx/v1/messages", "/ccr"), ("/ccr/v1/messages", "/other")])
def test_c48_a_path_that_only_looks_like_the_mount(path: str, root_path: str) -> None:
    app, _ = gateway([])
    assert_error(run(post(app, path, body(), root_path=root_path)), 404, "not_found_error")


@pytest.mark.parametrize("path", ["/ccr", "/ccr/", ""])
def test_c48_the_mount_itself_is_the_root(path: str) -> None:
    app, _ = gateway([])
    assert run(get(app, path, root_path="/ccr")).json()["message"] == "ccr_middleware"


def test_a_websocket_is_closed() -> None:
    app, _ = gateway([])
    sent: list[Any] = []

    async def main() -> None:
        async def receive() -> Any:
            return {"type": "websocket.connect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await app({"type": "websocket", "path": "/v1/messages", "headers": []}, receive, send)

    run(main())
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_lifespan_starts_and_ends_and_closes_connections() -> None:
    app = Gateway(config())
    sent: list[str] = []
    closed: list[bool] = []

    async def main() -> None:
        events = iter(["lifespan.startup", "lifespan.shutdown"])

        async def receive() -> Any:
            return {"type": next(events)}

        async def send(message: Any) -> None:
            sent.append(message["type"])

        async def aclose() -> None:
            closed.append(True)

        app.aclose = aclose  # type: ignore[method-assign]
        await app({"type": "lifespan"}, receive, send)

    run(main())
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert closed == [True]


# -- several configurations --------------------------------------------------------------------------------


def test_reload_changes_the_next_request_and_not_the_running_one() -> None:
    go = Signal()
    first = Script(steps=[chat.sse(chat.text("He"), done=False), go, chat.sse(chat.text("llo"), chat.finish())])
    app, provider = gateway([first, stream(chat.answer("again"))])

    async def main() -> Reply:
        async with open_stream(app, "/v1/messages", body()) as running:
            data = await running.read_until(b"text_delta")
            app.reload(config(Router={"default": "chat,m2"}, APIKEY="new-key"))
            go.set()
            data += await running.rest()
            assert check_stream(data).text == "Hello"
            assert running.headers["x-ccr-model"] == "m1"
        assert (await ask(app)).status == 401
        return await ask(app, headers={"x-api-key": "new-key"})

    reply = run(main())
    assert check_stream(reply.body).text == "again"
    assert reply.headers["x-ccr-model"] == "m2"
    assert [sent["model"] for sent in provider.bodies] == ["m1", "m2"]


def test_a_bad_configuration_does_not_replace_a_good_one() -> None:
    app, _ = gateway(stream(chat.answer("still here")))
    before = app.config
    with pytest.raises(Exception, match="Providers"):
        app.reload({"Providers": 5})
    assert app.config is before
    assert check_stream(run(ask(app)).body).text == "still here"


def test_two_gateways_do_not_see_each_other() -> None:
    """Neither keys nor models, nor reasoning remembered by tool id, nor the size of a session."""
    thought = stream(
        chat.sse(chat.reasoning("secret"), chat.tool(0, "call_0001", "f", "{}"), chat.finish("tool_calls"))
    )
    replay = {"dialect": {"replay_field": "reasoning_content"}}
    one = config(APIKEY="key-one")
    one["Providers"][0] |= replay
    two = config(APIKEY="key-two", Router={"default": "chat,m2"})
    two["Providers"][0] |= replay
    first, its_provider = gateway([thought, stream(chat.answer())], **one)
    second, other_provider = gateway([stream(chat.answer())], **two)
    history = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "call_0001", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "call_0001", "content": "done"}]},
    ]

    async def main() -> None:
        assert (await ask(first, headers={"x-api-key": "key-one"})).status == 200
        assert (await ask(second, headers={"x-api-key": "key-one"})).status == 401
        for app, key in ((first, "key-one"), (second, "key-two")):
            assert (await ask(app, body(messages=history), headers={"x-api-key": key})).status == 200

    run(main())
    assert its_provider.bodies[1]["messages"][1]["reasoning_content"] == "secret"
    assert "secret" not in json.dumps(other_provider.bodies)
    assert other_provider.bodies[0]["model"] == "m2"
