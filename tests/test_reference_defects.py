"""None of the defects of CCR v2's codecs and transformers is repeated: A-1 to A-14, T-1 to T-17.

Each has a test named after it, or the tests of the acceptance behaviour that rules it out (`RULED_OUT`). Those of the
Anthropic codec are here, those of transformers in `test_reference_transformers` and in the tests of transformers; those
of operation are in `test_reference_defects_operation`.
"""

import json
from typing import Any

import pytest

from ccr_middleware.testing import json_answer
from ccr_middleware.testing.wires import chat, gemini

from .support.configured import IMAGE, PNG, TOOL, answered, asked, call, history
from .support.defects import check_ruled_out
from .support.strict_chat import check_body

Json = dict[str, Any]

DEFECTS = [*(f"A-{n}" for n in range(1, 15)), *(f"T-{n}" for n in range(1, 18))]

#: The tests that rule a defect out, where none is named after it or more is needed.
RULED_OUT = {
    "A-1": ["test_stream_blocks.py::test_c3_usage_after_the_finish_is_in_message_delta"],
    "A-2": [
        "test_stream_blocks.py::test_c7_text_tool_text",
        "test_gateway_formats.py::test_c7_everything_stays_in_its_order",
    ],
    "A-3": ["test_gateway_formats_requests.py::test_c21_the_choice_of_tools"],
    "A-8": [
        "test_gateway_streams.py::test_c6_an_error_after_content_is_an_error_event",
        "test_gateway_formats_failures.py::test_c6_an_error_after_content_is_an_error_event",
    ],
    "A-9": [
        "test_gateway_streams.py::test_c5_an_empty_stream_is_a_retryable_error",
        "test_gateway_streams.py::test_c42_message_start_and_message_delta_have_usage",
        "test_gateway_streams.py::test_c38_pings_while_the_provider_is_silent",
    ],
    "A-10": [
        "test_stream_blocks.py::test_c11_forms_of_tool_calls",
        "test_stream_blocks.py::test_c10_interleaved_parallel_calls",
    ],
    "A-11": [
        "test_anthropic_request.py::test_c16_thinking_and_effort_give_one_consistent_wish",
        "test_gateway_calls.py::test_c16_one_consistent_setting_for_each_style",
        "test_gateway_formats_requests.py::test_c16_one_consistent_setting",
    ],
    "T-10": [
        "test_platforms.py::test_vertex_urls",
        "test_platforms.py::test_a_version_in_the_url_is_kept_and_a_dated_model_too",
    ],
    "T-11": ["test_platforms.py::test_claude_on_vertex_is_the_anthropic_body_with_a_version_for_the_model"],
    "T-17": [
        "test_gateway_calls.py::test_c15_reasoning_goes_back_even_when_the_client_drops_it",
        "test_gateway_calls.py::test_c27_a_session_goes_on_with_anthropic",
        "test_gateway_formats_sessions.py::test_c18_no_other_provider_is_sent_it",
    ],
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_every_defect_is_ruled_out_by_a_test(defect: str) -> None:
    check_ruled_out(defect, RULED_OUT.get(defect, []))


def test_the_list_names_defects_only() -> None:
    assert set(RULED_OUT) <= set(DEFECTS)


# -- the Anthropic codec -----------------------------------------------------------------------------------


@pytest.mark.parametrize("searching", [True, False])
def test_a_4_an_empty_list_of_annotations_is_no_search(searching: bool) -> None:
    document = chat.whole("hi")
    document["choices"][0]["message"]["annotations"] = []
    data = chat.sse(chat.chunk({"content": "hi", "annotations": []}), chat.finish())
    tools = {"tools": [{"type": "web_search_20250305", "name": "web_search"}]} if searching else {}
    for answer in (document, data):
        assert [block["type"] for block in answered(answer, **tools).blocks] == ["text"]


@pytest.mark.parametrize(
    ("use", "content", "reasoning"),
    [
        ("deepseek", "so", "hm"),
        ("reasoning", "so", "hm"),
        ("forcereasoning", "<reasoning_content>hm</reasoning_content>so", chat.OMIT),
        ("extrathinktag", "<think>hm</think>so", chat.OMIT),
    ],
)
def test_a_5_reasoning_is_shown_in_json_too_and_comes_first(use: str, content: str, reasoning: Any) -> None:
    blocks = answered(chat.whole(content, reasoning=reasoning), use).blocks
    assert [block.get("thinking") or block["text"] for block in blocks] == ["hm", "so"]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize(
    ("use", "answer", "expected"),
    [
        ("", (chat.tool(0, "c", "read", "{}"), "stop"), "tool_use"),
        ("", (chat.text("x"), "content_filter"), "refusal"),
        ("", (chat.text("x"), "length"), "max_tokens"),
        ("gemini", (gemini.call("read", {}), "STOP"), "tool_use"),
        ("gemini", (gemini.text("x"), "MAX_TOKENS"), "max_tokens"),
        ("gemini", (gemini.text("x"), "SAFETY"), "refusal"),
    ],
)
def test_a_6_the_stop_reason_fits_the_answer(use: str, answer: Any, expected: str, streaming: bool) -> None:
    said, finish = answer
    if use:
        chunk = gemini.chunk(said, finish=finish)
        data: Any = gemini.sse(chunk) if streaming else chunk
    else:
        delta = said["choices"][0]["delta"]
        tools = [("c", "read", "{}")] if "tool_calls" in delta else None
        data = chat.sse(said, chat.finish(finish))
        data = data if streaming else chat.whole(delta.get("content"), tools=tools, finish=finish)
    assert answered(data, *[use][: bool(use)]).stop_reason == expected


def test_a_7_what_was_said_is_carried() -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "toolu_1", "content": [{"type": "text", "text": "see"}, IMAGE]},
        {"type": "tool_result", "tool_use_id": "toolu_2", "content": "not found", "is_error": True},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Read me."}},
    ]
    said = [{"type": "redacted_thinking", "data": "b3BhcXVl"}, call(1), call(2)]
    fields = {"top_p": 0.5, "top_k": 4, "stop_sequences": ["END"], "tools": [TOOL]}
    fields["tool_choice"] = {"type": "auto", "disable_parallel_tool_use": True}
    messages = history(*said, results=results)
    provider, reply = asked(json_answer(chat.whole("Hello")), messages=messages, **fields)
    sent = provider.bodies[0]
    check_body(sent)
    assert (sent["top_p"], sent["stop"], sent["parallel_tool_calls"]) == (0.5, ["END"], False)
    first, second = (message["content"] for message in sent["messages"] if message["role"] == "tool")
    assert (PNG in first, second.lower().startswith("error")) == (False, True)
    last = json.dumps(sent["messages"][-1])
    assert last.count(PNG) == 1
    assert "Read me." in last
    assert "top_k=dropped" in reply.headers["x-ccr-loss"]
    assert "thinking.redacted=dropped" in reply.headers["x-ccr-loss"]


def test_a_10_two_calls_at_one_index_of_one_chunk() -> None:
    both = chat.chunk({"tool_calls": [chat.tool_delta(0, f"c{n}", "read", f'{{"n":{n}}}') for n in (1, 2)]})
    checked = answered(chat.sse(both, chat.finish("tool_calls")))
    assert checked.tools == [("c1", "read", {"n": 1}), ("c2", "read", {"n": 2})]


def test_a_12_texts_stay_apart_and_in_order_and_none_is_empty() -> None:
    thought = {"type": "thinking", "thinking": "hm", "signature": "sig"}
    messages = [
        *history(thought),
        *history({"type": "text", "text": "a1"}, call(1))[1:],
        {"role": "user", "content": [{"type": "text", "text": text} for text in ("b1", "b2")]},
    ]
    provider, _ = asked(json_answer(chat.whole("Hello")), messages=messages, tools=[TOOL])
    sent = provider.bodies[0]["messages"]
    check_body(provider.bodies[0])
    assert all(message["content"] or message.get("tool_calls") for message in sent)
    assert [message["role"] for message in sent if message["role"] in ("assistant", "tool")] == ["assistant", "tool"]
    assert json.dumps(sent[-1]).index("b1") < json.dumps(sent[-1]).index("b2")


def test_a_13_a_search_is_no_function_without_parameters() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    provider, reply = asked(json_answer(chat.whole("Hello")), tools=[TOOL, search])
    assert [tool["function"]["name"] for tool in provider.bodies[0]["tools"]] == ["read"]
    assert "tool.web_search=dropped" in reply.headers["x-ccr-loss"]


def test_a_14_counts_are_never_negative_and_cache_writes_are_told() -> None:
    details = {"cached_tokens": 60, "cache_write_tokens": 30}
    told = {"prompt_tokens": 100, "completion_tokens": 2, "total_tokens": 102, "prompt_tokens_details": details}
    usage = answered(chat.sse(chat.text("hi"), chat.finish(usage=told))).usage
    assert usage == {
        "input_tokens": 10,
        "cache_creation_input_tokens": 30,
        "cache_read_input_tokens": 60,
        "output_tokens": 2,
    }
    usage = answered(chat.whole("hi", usage=chat.counts(5, 2, cached=9))).usage
    assert min(usage.values()) >= 0
