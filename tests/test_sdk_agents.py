"""The built-in agents through the real `anthropic` SDK over a socket (C44, C45)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from anthropic import Anthropic
from anthropic.types import Message

from ccr_middleware.testing import Answer, FakeServer, ToolCall, json_answer

from .test_sdk import API_KEY, serve_alone

PNG = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
LOOK = ToolCall("analyzeImage", {"imageId": ["1"], "task": "what"})


def play(exchange: Any) -> Answer:
    """A model that cannot see and asks for a look, one that sees, and one that searches as often as it is told."""
    body = exchange.json()
    if body["model"] == "v":
        return Answer(text="A cat.")
    if body["model"] == "s":
        return search_on(body["messages"])
    results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    return Answer(text=f"It is: {results[-1]}") if results else Answer(text="Look. ", tool_calls=[LOOK])


class Served(NamedTuple):
    """A client of the gateway, the models behind it, and the search engine."""

    client: Anthropic
    models: FakeServer
    engine: FakeServer


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with FakeServer(play) as models, FakeServer(json_answer({"results": PAGES})) as engine:
        provider = {"name": "p", "api_base_url": f"{models.url}/v1", "api_key": "k", "models": ["blind", "v", "s"]}
        document = {
            "APIKEY": API_KEY,
            "Providers": [provider],
            "Router": {"default": "p,blind", "image": "p,v", "webSearch": "p,s"},
            "forceUseImageAgent": True,
            "search": {"backend": "searxng", "url": engine.url},
        }
        config = tmp_path_factory.mktemp("agents") / Path("config.json")
        config.write_text(json.dumps(document))
        with serve_alone(config) as base_url:
            yield Served(Anthropic(base_url=base_url, api_key=API_KEY, max_retries=0), models, engine)


@pytest.fixture
def client(served: Served) -> Anthropic:
    return served.client


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


# -- the search agent --------------------------------------------------------------------------------------

PAGES = [
    {"url": "https://docs.example.org/a", "title": "Apples", "content": "On apples.", "publishedDate": "2026-01-02"},
    {"url": "https://example.com/b", "title": "Pears", "content": "On pears."},
    {"url": "https://spam.example.net/c", "title": "Plums", "content": "On plums."},
]
QUESTION = "Perform a web search for the query: "
#: A word in the query that makes the model search once more by itself.
AGAIN = "again"


def search_on(messages: list[dict[str, Any]]) -> Answer:
    """Searches as often as the query has the word, then says what it was told last."""
    told = [str(message["content"]) for message in messages if message["role"] != "assistant"]
    results = [message["content"] for message in messages if message["role"] == "tool"]
    question = next(text for text in told if QUESTION in text)
    query = question.split(QUESTION)[1].splitlines()[0].partition("Results of")[0]
    if len(results) < query.count(AGAIN):
        return Answer(tool_calls=[ToolCall("web_search", {"query": "more"}, id=f"call_{len(results)}")])
    return Answer(text=f"I was told: {told[-1]}")


def search(query: str, **limits: Any) -> dict[str, Any]:
    """Claude Code's separate request for a search (client report, section 4)."""
    return {
        "model": "claude-x",
        "max_tokens": 999,
        "system": [{"type": "text", "text": "You are an assistant for performing a web search tool use"}],
        "messages": [{"role": "user", "content": f"{QUESTION}{query}"}],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8, **limits}],
        "tool_choice": {"type": "auto"},
    }


def ask(client: Anthropic, request: dict[str, Any], streamed: bool) -> Message:
    """The whole message, through either method of the SDK."""
    if not streamed:
        return client.messages.create(**request)
    with client.messages.stream(**request) as stream:
        said = "".join(stream.text_stream)
        message = stream.get_final_message()
    assert said == "".join(block.text for block in message.content if block.type == "text")
    return message


def links(message: Message) -> list[Any]:
    """The titles that each search shows, or the code it failed with."""
    results = [block.content for block in message.content if block.type == "web_search_tool_result"]
    return [[page.title for page in one] if isinstance(one, list) else one.error_code for one in results]


each_way = pytest.mark.parametrize("streamed", [False, True])


@each_way
def test_c45_the_search_agent(served: Served, streamed: bool) -> None:
    before = len(served.engine.exchanges)
    message = ask(served.client, search("fruit of 2026"), streamed)
    use, result, text = message.content
    assert (use.type, use.name, use.input) == ("server_tool_use", "web_search", {"query": "fruit of 2026"})
    assert (result.type, result.tool_use_id) == ("web_search_tool_result", use.id)
    assert [(page.url, page.title, page.page_age) for page in result.content] == [
        ("https://docs.example.org/a", "Apples", "2026-01-02"),
        ("https://example.com/b", "Pears", None),
        ("https://spam.example.net/c", "Plums", None),
    ]
    assert "On pears." in text.text
    assert message.stop_reason == "end_turn"
    assert message.usage.server_tool_use.web_search_requests == 1
    (asked,) = served.engine.exchanges[before:]
    assert asked.method == "GET"
    assert urlsplit(asked.path).path == "/search"
    assert parse_qs(urlsplit(asked.path).query) == {"q": ["fruit of 2026"], "format": ["json"]}
    sent = served.models.exchanges[-1].json()
    assert sent["model"] == "s"
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["web_search"]


@each_way
def test_c45_the_search_agent_searches_no_more_often_than_allowed(served: Served, streamed: bool) -> None:
    before = len(served.engine.exchanges)
    message = ask(served.client, search(f"fruit {AGAIN} and {AGAIN}", max_uses=2), streamed)
    everything = ["Apples", "Pears", "Plums"]
    assert links(message) == [everything, everything, "max_uses_exceeded"]
    assert message.usage.server_tool_use.web_search_requests == 2
    assert len(served.engine.exchanges) == before + 2
    assert "no more searches" in message.content[-1].text


@each_way
@pytest.mark.parametrize(
    ("limits", "left", "asked"),
    [
        ({"allowed_domains": ["example.org", "example.com"]}, ["Apples", "Pears"], "site:example.org"),
        ({"blocked_domains": ["spam.example.net"]}, ["Apples", "Pears"], "-site:spam.example.net"),
    ],
)
def test_c45_the_search_agent_keeps_to_the_domains(
    served: Served, limits: dict[str, Any], left: list[str], asked: str, streamed: bool
) -> None:
    message = ask(served.client, search("fruit", **limits), streamed)
    assert links(message) == [left]
    assert "Plums" not in message.content[-1].text
    assert asked in parse_qs(urlsplit(served.engine.exchanges[-1].path).query)["q"][0].split()
