"""What transformers do to requests, alone, in pairs, and through the gateway."""

import asyncio
import copy
import json
from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.testing import check_message, check_stream, json_answer
from ccr_middleware.testing import stream as served
from ccr_middleware.transformers.base import TransformContext, UpstreamRequest
from ccr_middleware.transformers.thinking import CLOSE_TAG, OPEN_TAG
from ccr_middleware.transformers.tools import EXIT_TOOL

from .support import chat
from .support.gateway import ask, gateway
from .support.strict_chat import check_body
from .support.transformers import MESSAGES, NAMES, TOOLS, Sent, make, pivot, request
from .support.translate import stream, whole

Json = dict[str, Any]

# -- thinking ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["deepseek", "reasoning"])
def test_t_17_reasoning_goes_back_to_whoever_wants_it(name: str) -> None:
    assistant = Sent(name).body["messages"][2]
    assert assistant["reasoning_content"] == "t1t2"
    assert "signature" not in json.dumps(assistant)


def test_thinking_is_asked_for_or_switched_off() -> None:
    assert Sent("reasoning").body["thinking"] == {"type": "enabled"}
    assert "thinking" not in Sent("reasoning", body=request(thinking=None)).body
    off = Sent(("reasoning", {"enable": False}))
    assert off.body["thinking"] == {"type": "disabled"}
    assert not off.losses.dropped()


def test_t_3_arguments_behind_reasoning_come_once(capsys: pytest.CaptureFixture[str]) -> None:
    one_chunk = chat.tool(0, "call_0001", "Read", '{"path":"a"}')
    checked = stream(chat.sse(chat.reasoning("hm"), one_chunk, chat.finish("tool_calls")))
    assert checked.tools == [("call_0001", "Read", {"path": "a"})]
    at_once = whole(
        chat.whole(None, reasoning="hm", tools=[("call_0001", "Read", '{"path":"a"}')], finish="tool_calls")
    )
    assert at_once.blocks == checked.blocks
    assert capsys.readouterr() == ("", "")


def test_t_16_data_needs_no_space_and_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    data = chat.sse(chat.reasoning("hm"), chat.text("hi"), chat.finish("stop")).replace(b"data: ", b"data:")
    checked = stream(data.removesuffix(b"\n\n"))
    assert (checked.thinking, checked.text) == ("hm", "hi")
    assert capsys.readouterr() == ("", "")


def test_forced_reasoning_is_asked_for_at_the_end_and_shown_in_history() -> None:
    sent = Sent("forcereasoning")
    check_body(sent.body)
    assert not {"reasoning_effort", "thinking", "reasoning"} & set(sent.body)
    assistant, _, last = sent.body["messages"][-3:]
    expected = f"{OPEN_TAG}\nt1\n{CLOSE_TAG}\n\n\na1\n\n{OPEN_TAG}\nt2\n{CLOSE_TAG}\n"
    assert assistant["content"] == expected
    assert OPEN_TAG in last["content"]
    assert last["role"] == "user"
    message = sent.unified["messages"][2]
    assert "thinking" not in message
    assert len(message.get("order", ["content"] * 3 + ["call"])) == 4


def test_forced_reasoning_joins_the_users_own_message() -> None:
    sent = Sent("forcereasoning", body=request(messages=[{"role": "user", "content": "Why?"}]))
    last = sent.unified["messages"][-1]
    assert [part["text"][:4] for part in last["content"]] == ["Why?", "<sys"]


@pytest.mark.parametrize(
    "more",
    [
        {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "{"}]},
        {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}},
    ],
)
def test_forced_reasoning_is_not_asked_for_where_an_answer_cannot_begin_with_it(more: Json) -> None:
    assert OPEN_TAG not in json.dumps(Sent("forcereasoning", body=request(**more)).unified["messages"][-1])


# -- tools -------------------------------------------------------------------------------------------------


def test_tool_mode_demands_a_call_and_offers_the_exit() -> None:
    sent = Sent("tooluse", body=request(thinking=None))
    check_body(sent.body)
    assert sent.body["tool_choice"] == "required"
    assert [tool["function"]["name"] for tool in sent.body["tools"]] == ["Read", "Bash", EXIT_TOOL]
    assert sent.body["messages"][0]["content"].startswith("S\n")
    assert EXIT_TOOL in sent.body["messages"][0]["content"]
    assert not sent.losses.dropped()


@pytest.mark.parametrize("system", [None, "S"])
def test_tool_mode_has_a_system_message_in_any_case(system: str | None) -> None:
    messages = Sent("tooluse", body=request(system=system)).unified["messages"]
    assert [m["role"] for m in messages[:2]] == ["system", "user"]
    assert EXIT_TOOL in messages[0]["content"][-1]["text"]


@pytest.mark.parametrize(
    "more",
    [{"tools": None}, *({"tool_choice": {"type": kind, "name": "Read"}} for kind in ("none", "any", "tool"))],
)
def test_tool_mode_leaves_a_choice_of_the_client_alone(more: Json) -> None:
    body = request(**more)
    assert Sent("tooluse", body=body).unified == pivot(body)


# -- parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["maxtoken", "sampling"])
def test_a_limit_only_lowers(name: str) -> None:
    lowered = Sent((name, {"max_tokens": 10}))
    assert lowered.body["max_tokens"] == 10
    assert "max_tokens=clamped" in lowered.losses.header()
    kept = Sent((name, {"max_tokens": 5000}))
    assert kept.body["max_tokens"] == 1000
    assert "max_tokens" not in kept.losses.header()


def test_sampling_replaces_the_clients_values() -> None:
    values = {"temperature": 0.2, "top_p": 0.9, "top_k": 20, "repetition_penalty": 1.05}
    sent = Sent(("sampling", values))
    assert {key: sent.body.get(key) for key in values} == values
    assert "dropped" not in sent.losses.header()
    assert {key: sent.unified.get(key) for key in values} == values
    untouched = Sent(("sampling", {"top_p": 0.5}))
    assert (untouched.body["temperature"], untouched.body["top_p"]) == (1.0, 0.5)


def test_the_field_of_the_limit() -> None:
    body = Sent("maxcompletiontokens").body
    assert body["max_completion_tokens"] == 1000
    assert "max_tokens" not in body


def test_usage_is_asked_for_where_it_would_not_be() -> None:
    url = "https://api.mistral.ai/v1"
    assert "stream_options" not in Sent(url=url).body
    assert Sent("streamoptions", url=url).body["stream_options"] == {"include_usage": True}


def test_cache_marks_are_taken_out_everywhere_and_the_clients_request_is_not_changed() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    server_tool = {"type": "web_search_20250305", "name": "web_search", **mark}
    result = [{"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "r", **mark}]}]
    messages = [*MESSAGES[:2], {"role": "user", "content": result}]
    body = request(tools=[{**TOOLS[0], **mark}, server_tool], messages=messages)
    before = pivot(body)
    given = copy.deepcopy(before)
    sent = UpstreamRequest("u", {}, {**before})
    make("cleancache").transform_request_in(sent, TransformContext("p", "m", Losses()))
    assert json.dumps(before).count("cache_control") >= 4
    assert "cache_control" not in json.dumps(sent.body)
    assert before == given


def test_parameters_of_ones_own_fill_gaps_and_go_into_objects() -> None:
    params = {"seed": 7, "max_tokens": 5, "stream_options": {"include_usage": False, "extra": 1}, "stop": ["a"]}
    body = Sent(("customparams", params)).body
    assert (body["seed"], body["max_tokens"], body["stop"]) == (7, 1000, ["a"])
    assert body["stream_options"] == {"include_usage": False, "extra": 1}


def test_t_8_parameters_of_ones_own_can_set_standard_fields() -> None:
    params = {"max_tokens": 5, "temperature": None, "stream_options": {"a": {"b": None, "c": 1}}, "tools": []}
    body = Sent(("customparams", {"params": params, "override": True})).body
    assert (body["max_tokens"], body["tools"]) == (5, [])
    assert "temperature" not in body
    assert body["stream_options"] == {"include_usage": True, "a": {"c": 1}}
    flat = Sent(("customparams", {"max_tokens": 5, "override": True})).body
    assert flat["max_tokens"] == 5
    assert "override" not in flat
    absent = Sent(("customparams", {"temperature": 0.3}), body=request(temperature=None, thinking=None)).body
    assert absent["temperature"] == 0.3


def test_parameters_that_are_called_like_an_option() -> None:
    body = Sent(("customparams", {"params": {"headers": 1, "override": 2, "params": 3}, "flat": 4})).body
    assert [body[key] for key in ("headers", "override", "params", "flat")] == [1, 2, 3, 4]


def test_headers_of_ones_own() -> None:
    headers = {"X-Team": "b", "X-New": 5, "Content-Type": None}
    assert Sent(("customparams", {"headers": headers})).headers == {
        "content-type": "application/json",
        "x-team": "a",
        "x-new": "5",
    }
    assert Sent(("customparams", {"headers": headers, "override": True})).headers == {"x-team": "b", "x-new": "5"}


def test_requests_never_change_what_is_configured() -> None:
    step = make("customparams", metadata={"a": {"b": [1]}}, messages={"x": 1})
    sent = Sent(step)
    sent.body["metadata"]["a"]["b"].append(2)
    assert Sent(step).body["metadata"] == {"a": {"b": [1]}}
    assert isinstance(sent.body["messages"], list)


@pytest.mark.parametrize("first", NAMES)
def test_any_two_transformers_make_a_request_a_strict_endpoint_takes(first: str) -> None:
    known = {"seed", "repetition_penalty", "top_k", "provider", "providerOptions", "reasoning", "thinking"}
    for second in NAMES:
        sent = Sent(make(first), make(second))
        replayed = {"reasoning_content", "reasoning_details"}
        check_body(sent.body, fields=known, message_fields=replayed)
        assert sent.body["messages"][-1]["role"] in ("tool", "user"), second


# -- the whole way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("answered", ["stream", "document"])
def test_tool_mode_through_the_gateway(streaming: bool, answered: str) -> None:
    arguments = ['{"respon', 'se": "All ', 'done."}']
    pieces = [chat.tool(0, "call_0001", EXIT_TOOL), *(chat.tool(0, arguments=piece) for piece in arguments)]
    answer: Any = served(chat.sse(*pieces, chat.finish("tool_calls"), chat.usage(9, 3)))
    if answered == "document":
        tools = [("call_0001", EXIT_TOOL, "".join(arguments))]
        answer = json_answer(chat.whole(None, tools=tools, finish="tool_calls"))
    provider = {"name": "p", "api_base_url": "http://p.test/v1", "api_key": "k", "models": ["m"]}
    app, sent = gateway([answer], Providers=[provider | {"transformer": {"use": ["tooluse", "enhancetool"]}}])
    reply = asyncio.run(ask(app, request(model="p,m", thinking=None, stream=streaming)))
    checked = check_stream(reply.body) if streaming else check_message(json.loads(reply.body))
    assert (checked.text, checked.tools, checked.stop_reason) == ("All done.", [], "end_turn")
    assert sent.bodies[-1]["tool_choice"] == "required"
