"""Ids of calls that only count within their answer (fixtures facts 24 and 26) are unique towards the client, and what
the client gives back is what every provider takes."""

import re
from itertools import count
from typing import Any

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.wire.format import recall_nothing
from ccr_middleware.wire.formats import wire_format

from .support import chat
from .support.translate import stream, whole

NUMBERS = count(1)
COUNTED = ["call_0", "call_1", "call_12", "call_999", "0", "17"]
PROVIDERS = [
    ("chat", "https://bedrock-mantle.us-east-1.api.aws/v1", "openai.gpt-oss-120b"),
    ("chat", "https://api.mistral.ai/v1", "mistral-large-latest"),
    ("chat", "https://api.openai.com/v1", "gpt-4o"),
    ("responses", "https://api.openai.com/v1/responses", "gpt-5"),
    ("gemini", "https://generativelanguage.googleapis.com", "gemini-3-pro"),
]


def new_id() -> str:
    """An id as the gateway makes them."""
    return f"toolu_{next(NUMBERS):024x}"


def answer(*ids: str, streamed: bool = True) -> list[dict[str, Any]]:
    """The tool blocks of an answer whose calls have these ids."""
    if streamed:
        pieces = [chat.tool(index, given, "read", '{"path": "a"}') for index, given in enumerate(ids)]
        checked = stream(chat.sse(*pieces, chat.finish("tool_calls")), new_tool_id=new_id)
    else:
        calls = [(given, "read", '{"path": "a"}') for given in ids]
        checked = whole(chat.whole(tools=calls, finish="tool_calls"), new_tool_id=new_id)
    return [{"type": "tool_use", "id": tool.id, "name": tool.name, "input": tool.input} for tool in checked.tools]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("given", COUNTED)
def test_ids_that_count_anew_in_each_answer_are_made_unique(given: str, streamed: bool) -> None:
    first, second = (answer(given, streamed=streamed)[0]["id"] for _ in range(2))
    assert first != second
    assert all(re.fullmatch(rf"{given}_[0-9a-f]+", made) for made in (first, second))


@pytest.mark.parametrize(
    "given", ["call_1234", "call_55117580", "call_00_abc", "call_a", "functions.Read:0", "toolu_01", "x0", "fc_1"]
)
def test_other_ids_are_kept(given: str) -> None:
    assert answer(given)[0]["id"] == given


@pytest.mark.parametrize(("name", "url", "model"), PROVIDERS)
def test_a_history_of_such_answers_goes_back_with_ids_the_provider_takes(name: Any, url: str, model: str) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Read both, twice."}]
    for _ in range(2):
        calls = answer("call_0", "call_1")
        results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "x"} for call in calls]
        messages += [{"role": "assistant", "content": calls}, {"role": "user", "content": results}]
    request = to_unified({"model": "m", "max_tokens": 99, "messages": messages}, Losses())
    request["messages"] = pair_tools(request["messages"], Losses())
    wire = wire_format(name)
    body = wire.build(request, model, wire.dialect_for(url, model, {}, None), Losses(), recall_nothing).body
    made, answered = ids_of(name, body)
    assert len(set(made)) == 4
    assert made == answered
    longest = 9 if "mistral" in url else 64
    assert all(re.fullmatch(rf"[A-Za-z0-9_-]{{1,{longest}}}", one) for one in made)


def ids_of(name: str, body: Any) -> tuple[list[str], list[str]]:
    """The ids of calls and those of results, in order."""
    if name == "chat":
        calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls", ())]
        return calls, [message["tool_call_id"] for message in body["messages"] if message["role"] == "tool"]
    if name == "responses":
        found = [(item["type"], item["call_id"]) for item in body["input"] if "call_id" in item]
    else:
        parts = [part for content in body["contents"] for part in content["parts"]]
        found = [(kind, value["id"]) for part in parts for kind, value in part.items() if "function" in kind]
    kinds = ("function_call", "functionCall")
    return [one for kind, one in found if kind in kinds], [one for kind, one in found if kind not in kinds]
