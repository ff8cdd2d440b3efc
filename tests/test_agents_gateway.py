"""Agents in a whole gateway: rounds with the provider, tools of both kinds, failures, clients that leave (C44)."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.access.keys import hash_key
from ccr_middleware.agents import Agent, NoOptions, Tool
from ccr_middleware.jsonio import dumps
from ccr_middleware.testing import (
    Answer,
    Checked,
    FakeProvider,
    ToolCall,
    check_message,
    check_stream,
    open_stream,
    post,
)

Json = dict[str, Any]

PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
LOOK = ToolCall("analyzeImage", {"imageId": ["1"], "task": "what"})
BASES = {
    "chat": "http://p.test/v1/chat/completions",
    "messages": "http://p.test/v1/messages",
    "responses": "http://p.test/v1/responses",
    "gemini": "http://p.test/v1beta/models",
}

each_wire = pytest.mark.parametrize("wire", BASES)
each_way = pytest.mark.parametrize("stream", [True, False])


def gateway(transport: Any, wire: str = "chat", agents: Any = (), **more: Any) -> Gateway:
    """A gateway with a model that sees (`v`) and one that does not."""
    provider = {"name": "p", "api_base_url": BASES[wire], "api_key": "k", "models": ["blind", "v"], "wire": wire}
    router = {"default": "p,blind", "image": "p,v"}
    document = {"Providers": [provider], "Router": router, "retry": {"attempts": 0}, **more}
    return Gateway(document, transport=transport, env={}, agents=agents)


def request(stream: bool, *content: Json, **more: Any) -> Json:
    messages = [{"role": "user", "content": list(content)}]
    return {"model": "claude-x", "max_tokens": 99, "stream": stream, "messages": messages, **more}


def asked(app: Gateway, body: Json) -> Checked:
    """The checked answer to a request."""
    reply = asyncio.run(asyncio.wait_for(post(app, "/v1/messages", body), 20))
    assert reply.status == 200, reply.body
    return check_stream(reply.body) if body["stream"] else check_message(json.loads(reply.body))


WHAT = {"type": "text", "text": "what"}


@each_wire
@each_way
def test_c44_an_image_is_looked_at_by_the_model_that_sees(wire: str, stream: bool) -> None:
    provider = FakeProvider(
        [Answer(thinking="hm", text="Look. ", tool_calls=[LOOK]), Answer(text="A cat."), Answer(text="It is a cat.")]
    )
    checked = asked(gateway(provider, wire, forceUseImageAgent=True), request(stream, PNG, WHAT))
    assert checked.text == "Look. It is a cat."
    assert [block["type"] for block in checked.blocks][-2:] == ["text", "text"]
    first, vision, second = provider.bodies
    assert "iVBOR" in json.dumps(vision)
    assert "iVBOR" not in json.dumps([first, second])
    assert len(checked.usage["iterations"]) == 2


def test_an_agent_may_use_a_model_that_the_caller_may_not() -> None:
    """Whoever configured the agent chose its model; the key's list is about what a caller asks for itself."""
    provider = FakeProvider([Answer(tool_calls=[LOOK]), Answer(text="A cat."), Answer(text="It is a cat.")])
    key = {"id": "ada", "key_hash": hash_key("ccr-ada"), "models": ["blind"]}
    app = gateway(provider, forceUseImageAgent=True, APIKEYS=[key])
    reply = asyncio.run(post(app, "/v1/messages", request(False, PNG, WHAT), headers={"x-api-key": "ccr-ada"}))
    assert check_message(json.loads(reply.body)).text == "It is a cat."


@each_way
def test_c44_tools_of_the_client_and_of_an_agent_in_one_turn(stream: bool) -> None:
    both = Answer(text="Look. ", tool_calls=[LOOK, ToolCall("Read", {"p": 1})])
    provider = FakeProvider([both, Answer(text="A cat."), Answer(text="done")])
    app = gateway(provider, forceUseImageAgent=True)
    body = request(stream, PNG, WHAT, tools=[{"name": "Read", "input_schema": {"type": "object"}}])
    checked = asked(app, body)
    assert [tool.name for tool in checked.tools] == ["Read"]
    result = {"type": "tool_result", "tool_use_id": checked.tools[0].id, "content": "file"}
    body["messages"] += [{"role": "assistant", "content": checked.blocks}, {"role": "user", "content": [result]}]
    assert asked(app, body).text == "done"
    sent = provider.bodies[2]["messages"]
    assert [message["role"] for message in sent] == ["system", "user", "assistant", "tool", "tool"]
    assert [call["function"]["name"] for call in sent[2]["tool_calls"]] == ["analyzeImage", "Read"]
    assert [message["content"] for message in sent[3:]] == ["A cat.", "file"]


@each_way
def test_c44_the_model_is_told_when_nobody_could_look(stream: bool) -> None:
    provider = FakeProvider([Answer(tool_calls=[LOOK]), Answer(error=500), Answer(text="sorry")])
    assert asked(gateway(provider, forceUseImageAgent=True), request(stream, PNG)).text == "sorry"
    told = provider.bodies[-1]["messages"][-1]
    assert told["role"] == "tool"
    assert "500" in told["content"] or "fail" in told["content"].lower()


@each_way
def test_an_error_in_a_later_round_is_told(stream: bool) -> None:
    provider = FakeProvider([Answer(text="Look. ", tool_calls=[LOOK]), Answer(text="A cat."), Answer(error=500)])
    app = gateway(provider, forceUseImageAgent=True)
    reply = asyncio.run(post(app, "/v1/messages", request(stream, PNG)))
    if stream:
        assert check_stream(reply.body).error
    else:
        assert reply.status == 500


def test_a_client_of_another_format_gets_the_same() -> None:
    provider = FakeProvider(
        [Answer(text="Look. ", tool_calls=[LOOK]), Answer(text="A cat."), Answer(text="It is a cat.")]
    )
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    body = {"model": "x", "stream": True, "messages": [{"role": "user", "content": [image, WHAT]}]}
    reply = asyncio.run(post(gateway(provider, forceUseImageAgent=True), "/v1/chat/completions", body))
    assert b"It is a cat." in reply.body
    assert b"analyzeImage" not in reply.body
    assert reply.body.rstrip().endswith(b"[DONE]")


class Searched:
    """A transport to a provider, with a search engine beside it."""

    def __init__(self, provider: FakeProvider) -> None:
        self._provider = provider

    async def send(self, request: Any) -> Any:
        return Found() if "searx" in request.url else await self._provider.send(request)

    async def aclose(self) -> None:
        pass


class Found:
    """What the engine found."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    async def chunks(self) -> Any:
        yield dumps({"results": [{"url": "https://x.example/a", "title": "A", "content": "hello"}]})

    async def aclose(self) -> None:
        pass


@pytest.mark.parametrize("wire", ["chat", "messages"])
@each_way
def test_c45_a_search_for_a_provider_that_cannot(wire: str, stream: bool) -> None:
    provider = FakeProvider([Answer(text="Answer from A.")])
    app = gateway(Searched(provider), wire, search={"backend": "searxng", "url": "http://searx.test"})
    tools = [{"type": "web_search_20250305", "name": "web_search", "max_uses": 8}]
    query = {"type": "text", "text": "Perform a web search for the query: hi"}
    body = request(stream, query, tools=tools)
    checked = asked(app, body)
    assert [block["type"] for block in checked.blocks] == ["server_tool_use", "web_search_tool_result", "text"]
    assert checked.usage["server_tool_use"] == {"web_search_requests": 1}
    assert "hello" in json.dumps(provider.bodies[0])


def test_a_client_that_leaves_ends_the_tools() -> None:
    seen: list[str] = []

    class Slow(Tool):
        """Takes its time."""

        name = "slow"

        async def run(self, arguments: Any, context: Any) -> str:
            seen.append("run")
            try:
                await asyncio.sleep(30)
            finally:
                seen.append("cancelled")
            return ""

    class Waiting(Agent):
        """Has a slow tool."""

        name = "waiting"
        tools = (Slow(),)

    async def main() -> None:
        provider = FakeProvider([Answer(text="Look. ", tool_calls=[ToolCall("slow", {})])])
        app = gateway(provider, agents=[Waiting(NoOptions())])
        async with open_stream(app, "/v1/messages", request(True, WHAT)) as client:
            await client.start()
            while not seen:  # noqa: ASYNC110 - what is waited for is in another task
                await asyncio.sleep(0.01)
            client.disconnect()
            await client.ended()
        assert seen == ["run", "cancelled"]
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())


def test_c43_two_hundred_images_do_not_mix() -> None:
    """Each conversation is shown its own image and told its own finding."""

    def play(exchange: Any) -> Answer:
        body = exchange.json()
        said = json.dumps(body["messages"])
        if body["model"] == "v":
            return Answer(text=f"seen {said.partition('iVBOR')[2][:4]}")
        number = said.rpartition("number ")[2][:4]
        if any(message["role"] == "tool" for message in body["messages"]):
            return Answer(text=f"{number}: {body['messages'][-1]['content']}")
        return Answer(tool_calls=[LOOK])

    app = gateway(FakeProvider(play), forceUseImageAgent=True)

    async def one(number: int) -> str:
        image = {**PNG, "source": {**PNG["source"], "data": f"iVBOR{number:04}"}}
        said = {"type": "text", "text": f"number {number:04}"}
        reply = await post(app, "/v1/messages", request(number % 2 == 0, image, said))
        checked = check_stream(reply.body) if number % 2 == 0 else check_message(json.loads(reply.body))
        return checked.text

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(one(number) for number in range(200)))

    assert asyncio.run(all_of_them()) == [f"{number:04}: seen {number:04}" for number in range(200)]
