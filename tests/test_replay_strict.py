"""The strict Messages endpoint of the tests is strict."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from .support import recorded
from .support.strict_messages import check_messages_request

Json = dict[str, Any]

TEXT: Json = {"type": "text", "text": "b"}
THINKING: Json = {"type": "thinking", "thinking": "hm", "signature": "U0lH"}
SEARCH: Json = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}}
FOUND: Json = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [{"type": "web_search_result", "url": "https://a.example", "title": "A", "encrypted_content": "zz"}],
}
GOOD: Json = {
    "model": "claude",
    "max_tokens": 4096,
    "system": "Be brief.",
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "tools": [
        {"name": "Read", "input_schema": {"type": "object"}},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    "messages": [
        {"role": "user", "content": "a"},
        {
            "role": "assistant",
            "content": [
                THINKING,
                SEARCH,
                FOUND,
                TEXT,
                {"type": "tool_use", "id": "t1", "name": "Read", "input": {}},
                {"type": "tool_use", "id": "t2", "name": "Read", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t2", "content": "2"},
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "1"}]},
                {"type": "text", "text": "c"},
            ],
        },
    ],
}


def _said(change: Callable[[list[Json]], Any]) -> Callable[[Json], Any]:
    return lambda body: change(body["messages"][1]["content"])


def _answered(change: Callable[[list[Json]], Any]) -> Callable[[Json], Any]:
    return lambda body: change(body["messages"][2]["content"])


SPOILT: dict[str, Callable[[Json], Any]] = {
    "an unknown field": lambda body: body.update(reasoning={}),
    "an empty system block": lambda body: body.update(system=[{"type": "text", "text": ""}]),
    "the assistant begins": lambda body: body["messages"].pop(0),
    "the assistant ends": lambda body: body["messages"].append({"role": "assistant", "content": "x"}),
    "an empty message": lambda body: body["messages"].append({"role": "user", "content": []}),
    "an unknown role": lambda body: body["messages"].append({"role": "tool", "content": "x"}),
    "a budget over the limit": lambda body: body.update(max_tokens=1024),
    "a temperature beside thinking": lambda body: body.update(temperature=0),
    "a forced tool beside thinking": lambda body: body.update(tool_choice={"type": "any"}),
    "two tools of one name": lambda body: body["tools"].append(body["tools"][0]),
    "no thinking before calls": _said(lambda content: content.pop(0)),
    "thinking nobody signed": _said(lambda content: content[0].update(signature="")),
    "thinking we signed": _said(lambda content: content[0].update(signature="ccr1.chat.")),
    "a result without its search": _said(lambda content: content.pop(1)),
    "a search of ours": _said(lambda content: content[2]["content"][0].update(encrypted_content="")),
    "a citation of ours": _said(
        lambda content: content[3].update(
            citations=[{"type": "web_search_result_location", "url": "https://a.example", "encrypted_index": ""}]
        )
    ),
    "a blank text": _said(lambda content: content[3].update(text=" \n")),
    "text behind calls": _said(lambda content: content.append(content.pop(3))),
    "an illegal id": _said(lambda content: content[4].update(id="call:0")),
    "an id twice": _said(lambda content: content[5].update(id="t1")),
    "arguments that are no object": _said(lambda content: content[4].update(input="{}")),
    "an illegal name": _said(lambda content: content[4].update(name="a.b")),
    "a call without a result": _answered(lambda content: content.pop(0)),
    "a result without a call": _said(lambda content: content.pop()),
    "two results of a call": _answered(lambda content: content.insert(0, content[0])),
    "text before results": _answered(lambda content: content.insert(0, content.pop())),
    "a call by the user": _answered(lambda content: content.append({**SEARCH, "type": "tool_use"})),
    "an unknown member": _answered(lambda content: content[2].update(id="x")),
    "five marks of the cache": _answered(
        lambda content: content.extend([{**TEXT, "cache_control": {"type": "ephemeral"}}] * 5)
    ),
}


def test_a_good_request_passes() -> None:
    check_messages_request(GOOD)


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_request_does_not(name: str) -> None:
    body = deepcopy(GOOD)
    SPOILT[name](body)
    with pytest.raises((AssertionError, KeyError)):
        check_messages_request(body)


def was_kept(case: recorded.Case | None) -> bool:
    return case is None or bool(case.request and case.request["body"])


RECORDED = recorded.params(api="anthropic-messages", provider="anthropic")


@pytest.mark.parametrize("case", [param for param in RECORDED if was_kept(param.values[0])])
def test_it_takes_what_anthropic_took(case: recorded.Case) -> None:
    assert case.request
    body = case.request["body"]
    if case.name == "anthropic/oc-rejects-malformed-assistant-tool-order-without-patch":
        with pytest.raises(AssertionError):
            check_messages_request({**body, "messages": [{"role": "user", "content": "x"}, *body["messages"]]})
    else:
        check_messages_request(body)
