"""The built-in agents through the real `anthropic` SDK over a socket (C44, C45)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic

from ccr_middleware.testing import Answer, FakeServer, ToolCall

from .test_sdk import API_KEY, serve_alone

PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
LOOK = ToolCall("analyzeImage", {"imageId": ["1"], "task": "what"})


def play(exchange: Any) -> Answer:
    """A model that cannot see and asks for a look, and one that sees."""
    body = exchange.json()
    if body["model"] == "v":
        return Answer(text="A cat.")
    results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    return Answer(text=f"It is: {results[-1]}") if results else Answer(text="Look. ", tool_calls=[LOOK])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anthropic]:
    with FakeServer(play) as provider:
        models = {"name": "p", "api_base_url": f"{provider.url}/v1", "api_key": "k", "models": ["blind", "v"]}
        document = {
            "APIKEY": API_KEY,
            "Providers": [models],
            "Router": {"default": "p,blind", "image": "p,v"},
            "forceUseImageAgent": True,
        }
        config = tmp_path_factory.mktemp("agents") / Path("config.json")
        config.write_text(json.dumps(document))
        with serve_alone(config) as base_url:
            yield Anthropic(base_url=base_url, api_key=API_KEY, max_retries=0)


def asked() -> dict[str, Any]:
    content = [{"type": "image", "source": PNG}, {"type": "text", "text": "What is it?"}]
    return {"model": "claude-x", "max_tokens": 99, "messages": [{"role": "user", "content": content}]}


def test_c44_the_image_agent_as_json(client: Anthropic) -> None:
    message = client.messages.create(**asked())
    assert [block.type for block in message.content] == ["text", "text"]
    assert "".join(block.text for block in message.content) == "Look. It is: A cat."
    assert message.stop_reason == "end_turn"


def test_c44_the_image_agent_streamed(client: Anthropic) -> None:
    with client.messages.stream(**asked()) as stream:
        said = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert said == "Look. It is: A cat."
    assert message.stop_reason == "end_turn"
    assert message.usage.output_tokens > 0
