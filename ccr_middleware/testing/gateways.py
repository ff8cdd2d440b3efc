"""A gateway in front of a fake provider, and one question to it.

provider = FakeProvider([Answer(text="Hello")])
checked = asyncio.run(ask(fake_gateway(provider), "Hi"))
assert checked.text == "Hello"
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..gateway import Gateway
from ..wire.format import WireName
from .asgi import App, Headers, post
from .grammar import Checked
from .provider import FakeProvider
from .server import FakeServer
from .strict import check_error, check_message, check_stream

#: Where a fake provider is asked, per wire format, behind its host.
PATHS: Mapping[WireName, str] = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "gemini": "/v1beta/models/",
}


def fake_config(
    url: str = "http://provider.test",
    wire: WireName = "chat",
    *,
    provider: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A configuration with one provider `fake` at `url` that speaks `wire` and has the model `test-model`.

    A failure is not tried again, so that a provider is asked once for each answer. `provider` are further keys of the
    provider, `more` of the configuration; they win over what is said here.
    """
    fake = {
        "name": "fake",
        "api_base_url": url + PATHS[wire],
        "api_key": "sk-fake",
        "models": ["test-model"],
        "wire": wire,
        **(provider or {}),
    }
    return {"Providers": [fake], "Router": {"default": "fake,test-model"}, "retry": {"attempts": 0}, **more}


def fake_gateway(upstream: FakeProvider | FakeServer, wire: WireName = "chat", **settings: Any) -> Gateway:
    """A gateway whose only provider is this one. `settings` as for `fake_config`. The environment is not looked at."""
    if isinstance(upstream, FakeServer):
        return Gateway(fake_config(upstream.url, wire, **settings), env={}, local=True)
    return Gateway(fake_config(wire=wire, **settings), transport=upstream, env={}, local=True)


async def ask(
    app: App, request: str | Mapping[str, Any], path: str = "/v1/messages", *, headers: Headers = (), **fields: Any
) -> Checked:
    """Send a Messages request to any ASGI application and hold what comes back to Anthropic's grammar.

    `request` is what the user says, or a whole body; `fields` are put into it (`stream=False`, `tools=[…]`). An HTTP
    error is the `error` of what is returned. Raises `Violation` when a rule is broken.
    """
    body: dict[str, Any] = {"model": "claude-sonnet-4-5", "max_tokens": 1024, "stream": True}
    body |= {"messages": [{"role": "user", "content": request}]} if isinstance(request, str) else dict(request)
    reply = await post(app, path, body | fields, headers=headers)
    if reply.status != 200:
        return Checked(error=check_error(reply.body))
    if reply.headers.get("content-type", "").startswith("text/event-stream"):
        return check_stream(reply.body)
    return check_message(json.loads(reply.body))
