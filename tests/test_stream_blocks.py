"""Answers of chat providers become valid Anthropic streams, whatever the pieces look like (C1-C3, C7-C11, C14)."""

import json

import pytest

from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.signature import read_signature
from ccr_middleware.errors import EmptyAnswer

from .support import chat, each_feeding
from .support.translate import events_of, new_answer, stream, whole


def tools_of(checked):
    return [(tool.name, tool.input) for tool in checked.tools]


@each_feeding
@pytest.mark.parametrize("done", [True, False])
def test_c1_no_finish_reason_after_text_is_a_clean_end(feeding, done):
    checked = stream(chat.sse(chat.text("Hel"), chat.text("lo"), done=done), feeding)
    assert checked.text == "Hello"
    assert checked.stop_reason == "end_turn"


@each_feeding
def test_c2_no_finish_reason_after_complete_arguments_is_tool_use(feeding):
    data = chat.sse(chat.tool(0, "call_0001", "read", '{"path":'), chat.tool(0, arguments='"a"}'), done=False)
    checked = stream(data, feeding)
    assert checked.stop_reason == "tool_use"
    assert tools_of(checked) == [("read", {"path": "a"})]


@each_feeding
@pytest.mark.parametrize("finish", [None, "stop", "tool_calls"])
def test_c2_cut_arguments_are_never_tool_use(feeding, finish):
    chunks = [chat.tool(0, "call_0001", "read", '{"path":"a')] + ([chat.finish(finish)] if finish else [])
    events, answer = events_of(chat.sse(*chunks, done=bool(finish)), feeding)
    assert events[-2]["delta"]["stop_reason"] == "max_tokens"
    assert answer.outcome().stop_reason == "max_tokens"


@each_feeding
def test_c3_usage_after_the_finish_is_in_message_delta(feeding):
    checked = stream(chat.sse(chat.text("hi"), chat.finish("stop"), chat.usage(100, 5, cached=40)), feeding)
    assert checked.usage["input_tokens"] == 60
    assert checked.usage["cache_read_input_tokens"] == 40
    assert checked.usage["output_tokens"] == 5


@each_feeding
def test_c7_text_tool_text(feeding):
    data = chat.sse(
        chat.text("before"),
        chat.tool(0, "call_0001", "read", '{"path":"a"}'),
        chat.text("after"),
        chat.finish("tool_calls"),
    )
    checked = stream(data, feeding)
    assert [block["type"] for block in checked.blocks] == ["text", "tool_use", "text"]
    assert checked.text == "beforeafter"


@each_feeding
def test_c7_thinking_text_thinking(feeding):
    data = chat.sse(chat.reasoning("one"), chat.text("two"), chat.reasoning("three"), chat.text("4"), chat.finish())
    checked = stream(data, feeding)
    assert [block["type"] for block in checked.blocks] == ["thinking", "text", "thinking", "text"]
    assert checked.thinking == "onethree"
    assert checked.text == "two4"


@each_feeding
def test_c7_everything_in_one_chunk(feeding):
    one = chat.merge(
        chat.reasoning("think"), chat.text("say"), chat.tool(0, "call_0001", "read", "{}"), chat.finish("tool_calls")
    )
    checked = stream(chat.sse(one), feeding)
    assert [block["type"] for block in checked.blocks] == ["thinking", "text", "tool_use"]
    assert (checked.thinking, checked.text, tools_of(checked)) == ("think", "say", [("read", {})])


@pytest.mark.parametrize("cut", range(1, 40))
def test_c8_multibyte_characters_cut_anywhere(cut):
    data = chat.sse(chat.text("中文"), chat.text("😀é"), chat.text("字"), chat.finish())
    start = data.index("中".encode()) - 8
    events = []
    answer = new_answer()
    for piece in (data[: start + cut], data[start + cut :]):
        events += answer.feed(piece).events
    events += answer.finish().events
    assert fold(events)["content"] == [{"type": "text", "text": "中文😀é字"}]


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda d: d.replace(b"\n", b"\r\n"), id="crlf"),
        pytest.param(lambda d: d.replace(b"data: ", b"data:"), id="no blank"),
        pytest.param(lambda d: b": OPENROUTER PROCESSING\n\n" + d.replace(b"\n\n", b"\n\n: x\n\n"), id="comments"),
        pytest.param(lambda d: d.replace(b',"choices"', b',\ndata: "choices"'), id="several data lines"),
        pytest.param(lambda d: d.removesuffix(b"\n\n"), id="no last newline"),
        pytest.param(lambda d: d.replace(b"\n\n", b'\n\ndata: {"broken": \n\n', 1), id="a malformed line"),
    ],
)
@each_feeding
def test_c9_variants_of_framing(feeding, prepare):
    data = chat.sse(chat.text("Hel"), chat.text("lo"), chat.text("!"), chat.finish("stop"), chat.usage(3, 2))
    checked = stream(prepare(data), "whole" if feeding == "crlf" else feeding)
    assert checked.text == "Hello!"
    assert checked.usage["output_tokens"] == 2


def test_c9_malformed_lines_are_counted():
    _, answer = events_of(b"data: {nonsense\n\n" + chat.answer("hi"))
    assert answer.outcome().skipped == 1


@each_feeding
def test_c10_interleaved_parallel_calls(feeding):
    data = chat.sse(
        chat.tool(0, "a", "first", ""),
        chat.tool(1, "b", "second", ""),
        chat.tool(0, arguments='{"x"'),
        chat.tool(1, arguments='{"y"'),
        chat.tool(0, arguments=":1}"),
        chat.tool(1, arguments=":2}"),
        chat.finish("tool_calls"),
    )
    checked = stream(data, feeding)
    assert tools_of(checked) == [("first", {"x": 1}), ("second", {"y": 2})]
    assert [tool.id for tool in checked.tools] == ["a", "b"]


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        pytest.param([chat.tool(0, "c", "f", '{"a":1}')], [{"a": 1}], id="whole in one chunk"),
        pytest.param([chat.tool(0, "c", "f", "")], [{}], id="empty arguments"),
        pytest.param([chat.tool(0, "c", "f", None)], [{}], id="null arguments"),
        pytest.param([chat.tool(0, "c", "f")], [{}], id="no arguments key"),
        pytest.param([chat.tool(0, "c", "f", "null")], [{}], id="the word null"),
        pytest.param([chat.tool(0, "c", "f", {"a": 1})], [{"a": 1}], id="an object"),
        pytest.param([chat.tool(0, chat.OMIT, "f", '{"a":1}')], [{"a": 1}], id="no id"),
        pytest.param([chat.tool(0, "", "f", '{"a":1}')], [{"a": 1}], id="empty id"),
        pytest.param([chat.tool(chat.OMIT, "c", "f", '{"a":1}')], [{"a": 1}], id="no index"),
        pytest.param(
            [chat.tool(chat.OMIT, chat.OMIT, "f", '{"a":1}'), chat.tool(chat.OMIT, chat.OMIT, "f", '{"a":2}')],
            [{"a": 1}, {"a": 2}],
            id="neither id nor index, twice",
        ),
        pytest.param([chat.tool(1, "c", "f", '{"a":'), chat.tool(1, arguments="1}")], [{"a": 1}], id="index from 1"),
        pytest.param(
            [chat.tool(0, "c", "f", '{"a":'), chat.tool(0, "c", "f", "1}"), chat.tool(0, "c", "f", "")],
            [{"a": 1}],
            id="id and name repeated",
        ),
        pytest.param(
            [chat.tool(0, "c", "f", '{"a":1'), chat.tool(0, "", arguments="}"), chat.tool(0, "", arguments="")],
            [{"a": 1}],
            id="empty ids behind, and a last empty piece",
        ),
        pytest.param(
            [chat.tool(0, "c", "f", '{"a":1}'), chat.tool(0, "d", "f", '{"a":2}')],
            [{"a": 1}, {"a": 2}],
            id="two calls at one index",
        ),
        pytest.param(
            [chat.tool(0, "c", chat.OMIT, ""), chat.tool(0, name="f"), chat.tool(0, arguments="{}")],
            [{}],
            id="name comes later",
        ),
    ],
)
@each_feeding
def test_c11_forms_of_tool_calls(feeding, chunks, expected):
    checked = stream(chat.sse(*chunks, chat.finish("tool_calls")), feeding)
    assert [tool.input for tool in checked.tools] == expected
    assert checked.stop_reason == "tool_use"


@each_feeding
def test_c11_an_empty_list_of_calls_beside_text_is_text(feeding):
    one = chat.text("hello")
    one["choices"][0]["delta"]["tool_calls"] = []
    checked = stream(chat.sse(one, chat.finish("stop")), feeding)
    assert (checked.text, checked.tools, checked.stop_reason) == ("hello", [], "end_turn")


def test_c11_equal_ids_are_made_different():
    checked = stream(chat.sse(chat.tool(0, "0", "f", "{}"), chat.tool(1, "0", "g", "{}"), chat.finish("tool_calls")))
    assert [tool.name for tool in checked.tools] == ["f", "g"]
    assert len({tool.id for tool in checked.tools}) == 2


@each_feeding
def test_c14_an_answer_of_reasoning_only(feeding):
    checked = stream(chat.sse(chat.reasoning("only thoughts"), chat.text(""), chat.finish("stop")), feeding)
    assert checked.thinking == "only thoughts"
    assert checked.stop_reason == "end_turn"
    assert whole(chat.whole("", reasoning="only thoughts")).thinking == "only thoughts"


@each_feeding
def test_text_waits_for_an_unfinished_call(feeding):
    data = chat.sse(
        chat.tool(0, "a", "f", '{"x":'), chat.text("meanwhile"), chat.tool(0, arguments="1}"), chat.finish("tool_calls")
    )
    checked = stream(data, feeding)
    assert [block["type"] for block in checked.blocks] == ["tool_use", "text"]
    assert checked.text == "meanwhile"


def test_a_call_without_a_name_is_not_swallowed():
    checked = stream(chat.sse(chat.tool(0, "a", chat.OMIT, '{"x":1}'), chat.finish("tool_calls")))
    assert tools_of(checked) == [("unknown", {"x": 1})]


@pytest.mark.parametrize("data", [b"", b"data: [DONE]\n\n", b": nothing\n\n", chat.sse(chat.text(""))])
def test_nothing_is_an_error_and_not_an_answer(data):
    events, answer = events_of(data)
    assert events == []
    assert isinstance(answer.error, EmptyAnswer)


def test_an_empty_answer_with_a_finish_reason_is_valid():
    checked = stream(chat.sse(chat.finish("length"), chat.usage(5, 100)))
    assert (checked.blocks, checked.stop_reason) == ([], "max_tokens")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [("stop", "end_turn"), ("length", "max_tokens"), ("content_filter", "refusal"), ("eos", "end_turn")],
)
def test_stop_reasons(reason, expected):
    assert stream(chat.sse(chat.text("x"), chat.finish(reason))).stop_reason == expected


def test_a_refusal_is_shown_and_named():
    checked = stream(chat.sse(chat.chunk({"refusal": "I cannot."}), chat.finish("stop")))
    assert (checked.text, checked.stop_reason) == ("I cannot.", "refusal")


def test_a_matched_stop_sequence_is_told():
    last = chat.finish("stop")
    last["choices"][0]["stop_reason"] = "END"
    checked = stream(chat.sse(chat.text("x"), last), stop=("END",))
    assert (checked.stop_reason, checked.message["stop_sequence"]) == ("stop_sequence", "END")


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": 0, "completion_tokens": 0}])
def test_c42_estimates_stand_in_for_missing_usage(usage):
    checked = stream(chat.sse(chat.text("some words here"), chat.finish("stop", usage=usage)))
    assert checked.usage["input_tokens"] == 7
    assert checked.usage["output_tokens"] > 0


def test_sources_become_citations():
    annotation = {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
    data = chat.sse(chat.text("fact"), chat.chunk({"annotations": [annotation]}), chat.finish())
    citation = stream(data).blocks[0]["citations"][0]
    assert (citation["url"], citation["title"]) == ("https://a.example", "A")


def test_sources_of_a_search_become_its_results():
    annotation = {"type": "url_citation", "url_citation": {"url": "https://a.example", "title": "A"}}
    data = chat.sse(chat.text("fact"), chat.chunk({"annotations": [annotation]}), chat.finish())
    checked = stream(data, search_query="what")
    kinds = [block["type"] for block in checked.blocks]
    assert kinds == ["text", "server_tool_use", "web_search_tool_result"]
    assert checked.blocks[1]["input"] == {"query": "what"}
    assert checked.blocks[2]["content"][0]["url"] == "https://a.example"
    assert checked.usage["server_tool_use"] == {"web_search_requests": 1}


def test_an_empty_list_of_annotations_says_nothing():
    checked = whole(chat.whole("hi") | {"citations": []})
    assert [block["type"] for block in checked.blocks] == ["text"]


@each_feeding
@pytest.mark.parametrize("text", ["<think>hm</think>\n\nanswer", "\n<think>\nhm\n</think>answer"])
def test_think_tags_at_the_beginning(feeding, text):
    chunks = [chat.text(text[i : i + 3]) for i in range(0, len(text), 3)]
    checked = stream(chat.sse(*chunks, chat.finish()), feeding)
    assert (checked.thinking.strip(), checked.text) == ("hm", "answer")


@pytest.mark.parametrize("text", ["<thinly veiled>", "a <think>b</think>", "<thi", " < ", "<think"])
def test_other_text_keeps_its_tags(text):
    assert stream(chat.sse(*map(chat.text, text), chat.finish())).text == text


def test_an_unclosed_think_tag_is_thinking():
    assert stream(chat.sse(chat.text("<think>hm</thi"), chat.finish())).thinking == "hm</thi"


def test_the_same_reasoning_under_two_names_is_read_once():
    detail = {"type": "reasoning.text", "text": "hm", "format": "anthropic-claude-v1"}
    signed = {"type": "reasoning.text", "text": "", "signature": "SIG", "format": "anthropic-claude-v1"}
    data = chat.sse(
        chat.chunk({"reasoning": "hm", "reasoning_details": [detail]}),
        chat.chunk({"reasoning": None, "reasoning_details": [signed]}),
        chat.text("ok"),
        chat.finish(),
    )
    checked = stream(data)
    assert checked.thinking == "hm"
    assert [block["type"] for block in checked.blocks] == ["thinking", "text"]


def test_mistral_content_lists():
    thinking = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
    checked = stream(chat.sse(chat.text(thinking), chat.text([{"type": "text", "text": "ok"}]), chat.finish()))
    assert (checked.thinking, checked.text) == ("hm", "ok")


def test_an_error_after_content_keeps_what_was_said():
    events, answer = events_of(chat.sse(chat.text("partial"), chat.error("boom"), chat.text("never")))
    assert answer.error is not None
    assert "boom" in answer.error.message
    assert [e["type"] for e in events] == ["message_start", "content_block_start", "content_block_delta"]


@pytest.mark.parametrize("reason", ["error"])
def test_a_finish_reason_that_is_an_error(reason):
    _, answer = events_of(chat.sse(chat.finish(reason)))
    assert answer.error is not None


def test_names_are_mapped_back():
    data = chat.sse(chat.tool(0, "a", "short", "{}"), chat.finish("tool_calls"))
    assert stream(data, tool_name={"short": "a.long.name"}.__getitem__).tools[0].name == "a.long.name"


def test_whole_equals_folded_stream():
    tools = [("call_0001", "read", '{"path":"a"}'), ("call_0002", "read", '{"path":"b"}')]
    answer = whole(chat.whole("Hello", reasoning="hm", tools=tools, finish="tool_calls"))
    data = chat.sse(
        chat.reasoning("hm"),
        chat.text("Hel"),
        chat.text("lo"),
        chat.tool(0, "call_0001", "read", '{"path":"a"}'),
        chat.tool(1, "call_0002", "read", '{"path":"b"}'),
        chat.finish("tool_calls"),
        chat.usage(12, 3),
    )
    assert answer.message == stream(data).message


def test_unfold_and_fold_are_inverse():
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "S"},
            {"type": "redacted_thinking", "data": "X"},
            {"type": "text", "text": "a", "citations": [{"type": "char_location"}]},
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1]}, "caller": {"type": "direct"}},
            {"type": "tool_use", "id": "u", "name": "g", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": [{"url": "u"}]},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    assert fold(unfold(message)) == message
    assert json.loads(json.dumps(message)) == message


def test_geminis_mark_on_a_call_is_kept_before_it():
    call = chat.tool(0, "a", "f", "{}")
    call["choices"][0]["delta"]["tool_calls"][0]["extra_content"] = {"google": {"thought_signature": "MARK"}}
    checked = stream(chat.sse(call, chat.finish("tool_calls")), issuer="gemini")
    assert [block["type"] for block in checked.blocks] == ["thinking", "tool_use"]
    signed = read_signature(checked.blocks[0]["signature"])
    assert (signed.issuer, signed.payload) == ("gemini", "MARK")


def test_an_empty_piece_in_a_run_says_nothing():
    learned = new_answer()
    learned.feed(chat.sse(chat.text("a"), done=False))
    assert learned.feed(chat.sse(chat.text(""), done=False)).events == []
    assert len(learned.feed(chat.sse(chat.text("b"), done=False)).events) == 1
