"""Tools, the SDK's own loop over them, its threads, and answers in a given form."""

import json
from collections.abc import Callable
from typing import Any

import anthropic
from pydantic import BaseModel

from .registry import DEMO, able, ask, check, kinds, plain, same, text_of, within

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"name": "get_weather", "description": "The weather of a city.", "input_schema": SCHEMA}
CLOCK = {"name": "get_time", "description": "The time.", "input_schema": {"type": "object", "properties": {}}}

ASKED = ask("Please use a tool.") | {"tools": [WEATHER]}


class Person(BaseModel):
    """The form an answer shall have."""

    name: str
    age: int


def called(message: Any) -> Any:
    """The one call of a message."""
    same((kinds(message), message.stop_reason), (["text", "tool_use"], "tool_use"))
    call = message.content[1]
    same((call.name, set(call.input), type(call.input["city"])), ("get_weather", {"city"}, str))
    assert call.id, call
    return call


def answered(message: Any) -> dict[str, Any]:
    """The request that brings the result of the call."""
    result = {"type": "tool_result", "tool_use_id": called(message).id, "content": "Sunny, 20 degrees"}
    return ASKED | {
        "messages": [
            *ASKED["messages"],
            {"role": "assistant", "content": message.content},
            {"role": "user", "content": [result]},
        ]
    }


def look_at_end(message: Any, said: str) -> None:
    """The final text names the tool and what it said."""
    same((kinds(message), message.stop_reason), (["text"], "end_turn"))
    within(f'get_weather answered: "{said}"', text_of(message))


@check()
def tool_round_trip(client):
    message = client.messages.create(**ASKED)
    look_at_end(client.messages.create(**answered(message)), "Sunny, 20 degrees")


@check()
def tool_round_trip_streamed(client):
    with client.messages.stream(**ASKED) as stream:
        inputs = [event.partial_json for event in stream if event.type == "input_json"]
        message = stream.get_final_message()
    same(json.loads("".join(inputs)), called(message).input)
    same(plain(message), plain(client.messages.create(**ASKED)))
    with client.messages.stream(**answered(message)) as stream:
        look_at_end(stream.get_final_message(), "Sunny, 20 degrees")


@check()
async def tool_round_trip_async(client):
    message = await client.messages.create(**ASKED)
    look_at_end(await client.messages.create(**answered(message)), "Sunny, 20 degrees")


@check()
async def tool_round_trip_streamed_async(client):
    async with client.messages.stream(**ASKED) as stream:
        message = await stream.get_final_message()
    async with client.messages.stream(**answered(message)) as stream:
        look_at_end(await stream.get_final_message(), "Sunny, 20 degrees")


@check()
def tool_choice(client):
    both = ask("Hello again") | {"tools": [WEATHER, CLOCK]}
    for choice, name in (
        ({"type": "auto"}, None),
        ({"type": "none"}, None),
        ({"type": "any", "disable_parallel_tool_use": True}, "get_weather"),
        ({"type": "tool", "name": "get_time"}, "get_time"),
    ):
        message = client.messages.create(**both, tool_choice=choice)
        same([block.name for block in message.content if block.type == "tool_use"], [name] if name else [])


@check("scripted,two-tools")
def parallel_tools(client):
    """Two calls whose arguments the provider sends in turns."""
    with client.messages.stream(**ask("Read both", "scripted,two-tools")) as stream:
        final = stream.get_final_message()
    same(kinds(final), ["tool_use", "tool_use"])
    same([call.input for call in final.content], [{"path": "a.txt"}, {"path": "b.txt"}])
    same(len({call.id for call in final.content}), 2)


# ---- the SDK's own loop


def weather_tool(decorate: str, result: Callable[[str], str]) -> Any:
    """A tool for the loop, made from a function by one of the SDK's decorators."""

    def get_weather(city: str) -> str:
        """The weather of a city.

        Args:
            city: Its name.
        """
        return result(city)

    async def get_weather_async(city: str) -> str:
        return get_weather(city)

    get_weather_async.__name__, get_weather_async.__doc__ = get_weather.__name__, get_weather.__doc__
    return able(anthropic, decorate)(get_weather_async if "async" in decorate else get_weather)


def loop(client: Any, tool: Any, **more: Any) -> Any:
    """A `tool_runner` over one tool."""
    return able(client.beta.messages, "tool_runner")(**ask("Please use a tool."), tools=[tool], **more)


def sunny(city: str) -> str:
    """The result of the tool."""
    assert city, "no city"
    return "Sunny"


@check()
def tool_runner(client):
    turns = list(loop(client, weather_tool("beta_tool", sunny)))
    same([turn.stop_reason for turn in turns], ["tool_use", "end_turn"])
    look_at_end(turns[-1], "Sunny")


@check()
async def tool_runner_async(client):
    runner = loop(client, weather_tool("beta_async_tool", sunny))
    look_at_end(await runner.until_done(), "Sunny")


@check()
def tool_runner_streamed(client):
    finals = []
    for stream in loop(client, weather_tool("beta_tool", sunny), stream=True):
        events = [event.type for event in stream]
        same((events[0], events[-1]), ("message_start", "message_stop"))
        finals.append(stream.get_final_message())
    same([final.stop_reason for final in finals], ["tool_use", "end_turn"])
    look_at_end(finals[-1], "Sunny")


@check()
def tool_runner_with_failing_tool(client):
    """The SDK sends the tool's failure as a result with `is_error`."""

    def fail(city: str) -> str:
        raise ValueError(f"no such city as {city}")

    final = loop(client, weather_tool("beta_tool", fail)).until_done()
    same(final.stop_reason, "end_turn")
    within("no such city", text_of(final))


# ---- threads, where the SDK sends only what is new, and everything when the server does not know the rest


@check()
def thread(client):
    conversation = able(client.beta.messages, "thread")(model=DEMO, max_tokens=200)
    for said in ("One", "Two", "Three"):
        within(f'You said: "{said}"', text_of(conversation.send({"role": "user", "content": said})))
    same(len(conversation.messages), 6)


@check()
async def thread_streamed_async(client):
    conversation = able(client.beta.messages, "thread")(model=DEMO, max_tokens=200)
    for said in ("One", "Two"):
        async with conversation.stream({"role": "user", "content": said}) as stream:
            within(f'You said: "{said}"', text_of(await stream.get_final_message()))


# ---- answers in a given form


def look_at_person(parsed: Any) -> None:
    """What was parsed is of the form."""
    assert isinstance(parsed, Person), repr(parsed)


@check()
def parse(client):
    look_at_person(able(client.messages, "parse")(**ask("Who?"), output_format=Person).parsed_output)


@check()
async def parse_async(client):
    look_at_person((await able(client.messages, "parse")(**ask("Who?"), output_format=Person)).parsed_output)


@check()
def parse_with_betas(client):
    look_at_person(able(client.beta.messages, "parse")(**ask("Who?"), output_format=Person).parsed_output)


@check()
def parse_streamed(client):
    able(client.messages, "parse")
    with client.messages.stream(**ask("Who?"), output_format=Person) as stream:
        look_at_person(stream.get_final_message().parsed_output)
