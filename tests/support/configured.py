"""A provider as a configuration of CCR v2 has it: by the transformers it uses.

provider, reply = asked(Answer(text="Hello"), "gemini", model="gemini-2.5-flash", temperature=0.3)
checked = answered(chat.sse(chat.text("hi"), chat.finish()), "deepseek")
"""

import asyncio
from typing import Any

from ccr_middleware import Gateway
from ccr_middleware.testing.asgi import Reply
from ccr_middleware.testing.provider import FakeProvider, Plan
from ccr_middleware.testing.script import json_answer, stream
from ccr_middleware.testing.strict import Checked, check_message, check_stream

from .gateway import ask, body

Json = dict[str, Any]

URLS = {
    "gemini": "https://generativelanguage.googleapis.com/v1beta/models/",
    "openai-responses": "https://api.openai.com/v1/responses",
    "vertex-gemini": "https://us-central1-aiplatform.googleapis.com",
    "vertex-claude": "https://us-east5-aiplatform.googleapis.com",
    "Anthropic": "https://claude.test/v1/messages",
}
TOOL = {"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


def asked(
    plan: Plan, *use: Any, model: str = "m1", streaming: bool = False, **request: Any
) -> tuple[FakeProvider, Reply]:
    """One request to a provider with these transformers: the provider, and the reply."""
    name = use[0] if use and isinstance(use[0], str) else use[0][0] if use else ""
    url = URLS.get(name, "https://api.openai.com/v1/chat/completions")
    key = "ya29.token" if name.startswith("vertex") else "sk-secret"
    provider = {"name": "p", "api_base_url": url, "api_key": key, "models": [model]}
    document = {"Providers": [provider | {"transformer": {"use": list(use)}}], "Router": {"default": f"p,{model}"}}
    transport = FakeProvider(plan)
    app = Gateway(document, transport=transport, env={}, local=True)
    return transport, asyncio.run(asyncio.wait_for(ask(app, body(streaming, **request)), 20))


def answered(data: Any, *use: Any, **request: Any) -> Checked:
    """What a client reads of a stream (bytes) or a document."""
    streaming = isinstance(data, bytes)
    _, reply = asked(stream(data) if streaming else json_answer(data), *use, streaming=streaming, **request)
    assert reply.status == 200, reply.body
    return check_stream(reply.body) if streaming else check_message(reply.json())


def history(*said: Json, results: list[Json] | None = None) -> list[Json]:
    """A conversation in which the assistant said these blocks."""
    calls = [block["id"] for block in said if block["type"] == "tool_use"]
    done = results or [{"type": "tool_result", "tool_use_id": one, "content": "done"} for one in calls]
    first = {"role": "user", "content": "Hello"}
    return [first, {"role": "assistant", "content": list(said)}, {"role": "user", "content": done or "Go on"}]


def call(number: int) -> Json:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "read", "input": {"path": f"{number}.py"}}
