"""A gateway with one scripted provider, for tests of the whole way of a request."""

from typing import Any

from ccr_middleware import Gateway
from ccr_middleware.testing import FakeProvider, post
from ccr_middleware.testing.asgi import Reply

#: Short enough for a test, in every respect.
FAST = {"commit_seconds": 0.05, "ping_seconds": 0.05, "grace_seconds": 0.05}


def config(**more: Any) -> dict[str, Any]:
    """A configuration with a chat provider `chat` and an Anthropic one `claude`."""
    document = {
        "Providers": [
            {
                "name": "chat",
                "api_base_url": "http://chat.test/v1",
                "api_key": "sk-chat-secret",
                "models": ["m1", "m2"],
            },
            {
                "name": "claude",
                "api_base_url": "http://claude.test/v1/messages",
                "api_key": "sk-claude-secret",
                "models": ["claude-sonnet-4-5"],
                "transformer": {"use": ["Anthropic"]},
            },
        ],
        "Router": {"default": "chat,m1"},
        "retry": {"attempts": 0},  # one script, one request
    }
    return document | more


def gateway(plan: Any, **more: Any) -> tuple[Gateway, FakeProvider]:
    """A gateway whose providers play a script (see `scripted`)."""
    transport = FakeProvider(plan)
    return Gateway(config(**more), transport=transport, local=True), transport


def body(stream: bool = True, **more: Any) -> dict[str, Any]:
    """A small request."""
    messages = [{"role": "user", "content": "Hello"}]
    return {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": messages, "stream": stream} | more


async def ask(app: Any, request: dict[str, Any] | bytes | None = None, **options: Any) -> Reply:
    """Send a Messages request and read the whole answer."""
    return await post(app, "/v1/messages?beta=true", body() if request is None else request, **options)
