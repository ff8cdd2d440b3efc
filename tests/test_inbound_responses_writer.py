"""Anthropic events become the events of a response, and a message becomes the response."""

import json
from itertools import count

import pytest

from ccr_middleware.anthropic.events import MESSAGE_STOP, PING, block_delta, block_start, block_stop, message_delta
from ccr_middleware.anthropic.events import message_start as start
from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.errors import BadRequest, GatewayError, UpstreamBroken
from ccr_middleware.losses import Losses
from ccr_middleware.sse import SSEDecoder
from ccr_middleware.wire.client import WriterSettings
from ccr_middleware.wire.responses.inbound.format import RESPONSES_CLIENT
from ccr_middleware.wire.responses.inbound.request import read_request as read

USAGE = {
    "input_tokens": 10,
    "cache_read_input_tokens": 5,
    "cache_creation_input_tokens": 2,
    "output_tokens": 9,
    "output_tokens_details": {"thinking_tokens": 4},
}


def new_writer(**request):
    """A writer as the gateway makes it, with predictable ids."""
    numbers = count(1)
    echo = read({"input": "Hi", **request}, Losses()).echo
    return RESPONSES_CLIENT.new_writer(
        WriterSettings("req_1", "asked-model", 1700000000, echo, lambda prefix: f"{prefix}{next(numbers)}")
    )


def events_of(data):
    """The events of a stream; each has its type as its name."""
    decoder = SSEDecoder()
    events = []
    for event in [*decoder.feed(data), *decoder.finish()]:
        events.append(json.loads(event.data))
        assert event.name == events[-1]["type"]
    return events


def written(events, **request):
    """What a client is sent for these events, checked."""
    writer = new_writer(**request)
    return check(events_of(writer.feed(events) + writer.finish()))


def message_of(*blocks, stop="end_turn", **more):
    """A whole message."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude", "stop_sequence": None}
    return {**head, "content": list(blocks), "stop_reason": stop, "usage": USAGE, **more}


#: What the deltas of an item join to.
HELD = {
    "message": lambda item: item["content"][0].get("text") or item["content"][0].get("refusal"),
    "function_call": lambda item: item["arguments"],
    "custom_tool_call": lambda item: item["input"],
    "reasoning": lambda item: "".join(part["text"] for part in item["summary"]),
    "web_search_call": lambda item: "",
}


def check(events):
    """The rules of a whole stream: numbers count from 0, items are added in order and done once, deltas join to what
    the item holds, and the last event holds the items as they were done."""
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [event["type"] for event in events[:2]] == ["response.created", "response.in_progress"]
    assert events[0]["response"] == events[1]["response"]
    assert (events[0]["response"]["status"], events[0]["response"]["output"]) == ("in_progress", [])
    added, done, joined = [], {}, {}
    for event in events[2:-1]:
        index = event["output_index"]
        assert index not in done, "nothing comes after an item is done"
        if event["type"] == "response.output_item.added":
            assert index == len(added)
            added.append(event["item"])
        elif event["type"] == "response.output_item.done":
            done[index] = event["item"]
            assert HELD[event["item"]["type"]](event["item"]) == joined.get(index, "")
            assert all(event["item"][key] == added[index][key] for key in ("id", "type"))
        else:
            assert event["item_id"] == added[index]["id"]
        if event["type"].endswith(".delta"):
            assert event["delta"], "no delta is empty"
            joined[index] = joined.get(index, "") + event["delta"]
    last = events[-1]
    assert last["type"] == f"response.{last['response']['status']}"
    assert last["response"]["output"] == [done[index] for index in range(len(added))]
    return events


def kinds(events):
    """The types without `response.`."""
    return [event["type"].removeprefix("response.") for event in events]


# -- kinds of items ----------------------------------------------------------------------------------------


def test_a_text():
    events = written(
        [
            start("msg_1", "claude", 3),
            block_start(0, {"type": "text", "text": ""}),
            block_delta(0, "text_delta", "text", "Hel"),
            PING,
            block_delta(0, "text_delta", "text", "lo"),
            block_stop(0),
            message_delta("end_turn", None, USAGE),
            MESSAGE_STOP,
        ]
    )
    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    response = events[-1]["response"]
    assert (response["id"], response["object"], response["created_at"]) == ("resp_1", "response", 1700000000)
    assert response["model"] == "asked-model"
    part = {"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    assert response["output"] == [item]
    assert response["usage"] == {
        "input_tokens": 17,
        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 2},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 26,
    }


def test_a_ping_is_a_comment():
    assert new_writer().feed([PING]) == b": ping\n\n"


def test_thinking_is_a_reasoning_item():
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
    events = written(unfold(message_of(thinking, {"type": "text", "text": "Yes."})))
    assert kinds(events)[2:8] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    item = events[7]["item"]
    assert item["summary"] == [{"type": "summary_text", "text": "Hm."}]
    assert item["encrypted_content"].endswith("c2ln")


def test_thinking_without_text_has_no_summary():
    blocks = [
        {"type": "thinking", "thinking": "", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "b3Bh"},
        {"type": "thinking", "thinking": "", "signature": ""},
    ]
    events = written(unfold(message_of(*blocks)))
    assert set(kinds(events)) == {"created", "in_progress", "output_item.added", "output_item.done", "completed"}
    sealed = [item["encrypted_content"] for item in events[-1]["response"]["output"]]
    assert sealed[0] != sealed[1]
    assert sealed[2] is None


def test_what_reasoning_becomes_and_is_again():
    blocks = [
        {"type": "thinking", "thinking": "Hm.\n", "signature": "c2ln+/="},
        {"type": "thinking", "thinking": "", "signature": "ccr1.deepseek.YQ"},
        {"type": "thinking", "thinking": "unsigned", "signature": ""},
        {"type": "redacted_thinking", "data": "b3Bh"},
        {"type": "text", "text": "Yes."},
        {"type": "tool_use", "id": "toolu_1", "name": "shell", "input": {"a": 1}},
    ]
    output = new_writer().whole(message_of(*blocks, stop="tool_use"))["output"]
    for item in output:
        item.pop("id")  # Codex leaves it out
    losses = Losses()
    again = read({"input": [{"role": "user", "content": "Hi"}, *output]}, losses)
    assert again.body["messages"][1] == {"role": "assistant", "content": blocks}
    assert not len(losses)


def test_a_call_of_a_function():
    events = written(
        [
            start("msg_1", "claude", 3),
            block_start(0, {"type": "tool_use", "id": "toolu_1", "name": "shell", "input": {}}),
            block_delta(0, "input_json_delta", "partial_json", ""),
            block_delta(0, "input_json_delta", "partial_json", '{"a":'),
            block_delta(0, "input_json_delta", "partial_json", " 1}"),
            block_stop(0),
            message_delta("tool_use", None, USAGE),
            MESSAGE_STOP,
        ]
    )
    assert kinds(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert events[2]["item"]["arguments"] == ""
    assert events[-1]["response"]["output"] == [
        {
            "id": "fc_1",
            "status": "completed",
            "call_id": "toolu_1",
            "name": "shell",
            "type": "function_call",
            "arguments": '{"a": 1}',
        }
    ]


def test_a_call_without_arguments_has_an_empty_object():
    empty = block_delta(0, "input_json_delta", "partial_json", "")
    use = block_start(0, {"type": "tool_use", "id": "toolu_1", "name": "shell", "input": {}})
    events = written([start("m", "c", 3), use, empty, block_stop(0), message_delta("tool_use", None, {}), MESSAGE_STOP])
    assert events[-1]["response"]["output"][0]["arguments"] == "{}"


def test_a_custom_tool_gets_its_text():
    patch = {"type": "custom", "name": "apply_patch"}
    use = {"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": {"input": "*** Begin\n\u2028"}}
    events = written(unfold(message_of(use, stop="tool_use")), tools=[patch])
    assert kinds(events)[2:-1] == [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    item = events[-2]["item"]
    assert (item["type"], item["call_id"], item["input"]) == ("custom_tool_call", "toolu_1", "*** Begin\n\u2028")


@pytest.mark.parametrize("arguments", [{"text": "x"}, {"input": 3}, {}])
def test_a_custom_tool_called_otherwise_gets_what_the_model_wrote(arguments):
    use = {"type": "tool_use", "id": "toolu_1", "name": "apply_patch", "input": arguments}
    tools = [{"type": "custom", "name": "apply_patch"}]
    item = new_writer(tools=tools).whole(message_of(use, stop="tool_use"))["output"][0]
    assert json.loads(item["input"]) == arguments


def test_a_namespaced_tool_gets_its_own_name():
    tools = [{"type": "namespace", "name": "crm", "tools": [{"type": "function", "name": "find"}]}]
    use = {"type": "tool_use", "id": "toolu_1", "name": "crm__find", "input": {}}
    item = written(unfold(message_of(use, stop="tool_use")), tools=tools)[-2]["item"]
    assert (item["name"], item["namespace"]) == ("find", "crm")


SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "rain"}}
FOUND = {
    "type": "web_search_tool_result",
    "tool_use_id": "srvtoolu_1",
    "content": [{"type": "web_search_result", "url": "https://example.com/a", "title": "A", "encrypted_content": "x"}],
}
CITATION = {"type": "web_search_result_location", "url": "https://example.com/a", "title": "A", "cited_text": "wet"}


def test_a_search_and_its_citations():
    texts = [
        {"type": "text", "text": "So: "},
        {"type": "text", "text": "It rains", "citations": [CITATION]},
        {"type": "text", "text": "."},
    ]
    events = written(unfold(message_of(SEARCH, FOUND, *texts)))
    assert kinds(events)[2:7] == [
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
    ]
    search, message = events[-1]["response"]["output"]
    sources = [{"type": "url", "url": "https://example.com/a"}]
    assert search["action"] == {"type": "search", "query": "rain", "queries": ["rain"], "sources": sources}
    part = message["content"][0]
    assert part["text"] == "So: It rains."
    (annotation,) = part["annotations"]
    assert part["text"][annotation["start_index"] : annotation["end_index"]] == "It rains"
    assert (annotation["type"], annotation["url"], annotation["title"]) == ("url_citation", CITATION["url"], "A")
    assert "output_text.annotation.added" in kinds(events)


def test_searches_side_by_side_that_fail_or_never_end():
    others = [{**SEARCH, "id": f"srvtoolu_{number}"} for number in (2, 3)]
    error = {"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"}
    failed = {**FOUND, "tool_use_id": "srvtoolu_2", "content": error}
    events = written(unfold(message_of(SEARCH, *others, FOUND, failed, stop="pause_turn")))
    assert [item["status"] for item in events[-1]["response"]["output"]] == ["completed", "failed", "incomplete"]


# -- ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", ["end_turn", "stop_sequence", "pause_turn", "tool_use"])
def test_an_orderly_end_is_completed(stop):
    response = new_writer().whole(message_of({"type": "text", "text": "x"}, stop=stop))
    assert (response["status"], response["incomplete_details"]) == ("completed", None)


@pytest.mark.parametrize("stop", ["max_tokens", "model_context_window_exceeded"])
def test_an_answer_that_was_cut_is_incomplete_and_so_is_its_last_item(stop):
    blocks = [{"type": "text", "text": "x"}, {"type": "tool_use", "id": "t", "name": "n", "input": {}}]
    events = written(unfold(message_of(*blocks, stop=stop)))
    response = events[-1]["response"]
    assert events[-1]["type"] == "response.incomplete"
    assert response["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [item["status"] for item in response["output"]] == ["completed", "incomplete"]


def test_a_refusal_says_so():
    details = {"type": "refusal", "explanation": "Not this."}
    events = unfold(message_of({"type": "text", "text": "Well"}, stop="refusal"))
    events[-2]["delta"]["stop_details"] = details
    response = written(events)[-1]["response"]
    assert (response["status"], response["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
    assert response["output"][-1]["content"] == [{"type": "refusal", "refusal": "Not this."}]
    assert response["output"][0]["content"][0]["text"] == "Well"
    assert new_writer().whole(fold(events)) == response


def test_a_refusal_without_words():
    response = new_writer().whole(message_of(stop="refusal"))
    assert response["output"][0]["content"][0]["refusal"]


ERRORS = [
    (UpstreamBroken("cut"), "server_error"),
    (BadRequest("prompt is too long: 9 tokens > 8 maximum"), "context_length_exceeded"),
    (BadRequest("no"), "invalid_prompt"),
    (GatewayError("slow down", status=429), "rate_limit_exceeded"),
    (GatewayError("busy", status=529), "server_error"),
]


@pytest.mark.parametrize(("error", "code"), ERRORS)
def test_a_stream_that_broke_off(error, code):
    writer = new_writer()
    begun = [start("m", "c", 3), *unfold(message_of({"type": "text", "text": "x"}))[1:4]]
    events = events_of(writer.feed([*begun, block_start(1, {"type": "text", "text": ""})]) + writer.fail(error))
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    told, failed = events[-2:]
    assert (told["type"], told["message"], told["error"]["message"]) == ("error", error.message, error.message)
    assert failed["type"] == "response.failed"
    assert failed["response"]["status"] == "failed"
    assert failed["response"]["error"] == {"code": code, "message": error.message}


def test_a_failure_before_anything_was_said():
    assert kinds(events_of(new_writer().fail(UpstreamBroken("cut")))) == ["error", "failed"]


def test_a_stream_without_message_stop_is_ended_once():
    events = unfold(message_of({"type": "text", "text": "x"}))
    assert written(events[:-1]) == written(events)


# -- echo --------------------------------------------------------------------------------------------------


def test_the_answer_repeats_its_parameters():
    request = {
        "instructions": "Be brief.",
        "tools": [{"type": "function", "name": "f", "parameters": {}, "strict": True}],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "temperature": 0.5,
        "top_p": 0.9,
        "max_output_tokens": 99,
        "metadata": {"a": "b"},
        "text": {"verbosity": "low"},
        "reasoning": {"effort": "low"},
        "prompt_cache_key": "k",
        "user": "ann",
    }
    response = new_writer(**request).whole(message_of())
    assert {name: response[name] for name in request} == request | {
        "text": {"verbosity": "low", "format": {"type": "text"}}
    }


def test_the_answer_says_that_nothing_is_kept():
    response = new_writer(store=True).whole(message_of())
    assert (response["store"], response["background"], response["previous_response_id"]) == (False, False, None)
    assert (response["tools"], response["tool_choice"], response["parallel_tool_calls"]) == ([], "auto", True)
