"""Tests of a gateway without a provider. The fixtures come with ccr_middleware; run them with `pytest`."""

import asyncio

import pytest

from ccr_middleware.testing import CUT, Answer, ToolCall, Usage, ask


@pytest.mark.parametrize("wire", ["chat", "messages", "responses", "gemini"])
def test_an_answer_in_every_wire_format(fake_provider, ccr_gateway, wire):
    fake_provider.play(Answer(thinking="Hm.", text=["Hel", "lo"], usage=Usage(20, 5)))

    checked = asyncio.run(ask(ccr_gateway(wire), "Hi"))

    assert (checked.thinking, checked.text, checked.stop_reason) == ("Hm.", "Hello", "end_turn")
    assert checked.usage["output_tokens"] == 5


def test_a_tool_call_in_pieces(fake_provider, ccr_gateway):
    fake_provider.play(Answer(tool_calls=[ToolCall("read", ['{"path"', ': "a.py"}'])]))
    tools = [{"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}]

    checked = asyncio.run(ask(ccr_gateway(), "Read a.py", tools=tools))

    assert checked.tools == [("call_0001", "read", {"path": "a.py"})]
    assert fake_provider.bodies[0]["tools"][0]["function"]["name"] == "read"


def test_a_provider_that_is_too_busy(fake_provider, ccr_gateway):
    fake_provider.play(Answer(error=429, headers={"retry-after": "3"}))

    checked = asyncio.run(ask(ccr_gateway(), "Hi"))

    assert checked.error["type"] == "rate_limit_error"


def test_a_connection_that_is_cut(fake_server, ccr_gateway):
    fake_server.play(Answer(text="Hel", then=CUT))

    async def main():
        gateway = ccr_gateway(upstream=fake_server)
        async with gateway.lifespan():
            return await ask(gateway, "Hi")

    checked = asyncio.run(main())

    assert checked.text == "Hel"
    assert checked.error["type"] == "api_error"
