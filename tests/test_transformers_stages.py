"""What each transformer does to answers, however they are cut."""

import json
from typing import Any

import pytest

from ccr_middleware.errors import UpstreamError
from ccr_middleware.transformers.tools import EXIT_TOOL

from .support.transformers import FINISH, call, context, cut, make, pass_through, told

Json = dict[str, Any]

# -- tags --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "thinking", "said"),
    [
        ("<think>why</think>because", "why", "because"),
        ("so <think>why</think> because", "why", "so  because"),
        ("a<think>1</think>b<think>2</think>c", "12", "abc"),
        ("\n\n<think>\nwhy</think>\n\n  code", "why", "  code"),
        ("<think>\n\n</think>\n\nanswer", "", "answer"),
        ("lost</think>found", "", "lostfound"),
        ("<think>never closed", "never closed", ""),
        ("a < b and <thinking> is <b>bold</b> <", "", "a < b and <thinking> is <b>bold</b> <"),
        ("<think", "", "<think"),
        ("\n\n", "", "\n\n"),
        ("plain", "", "plain"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_think_tags_are_found_anywhere(text: str, thinking: str, said: str, size: int) -> None:
    checked = told(["extrathinktag"], [*cut(text, size), FINISH])
    assert (checked.thinking, checked.text) == (thinking, said)


@pytest.mark.parametrize("size", [1, 4, 100])
def test_a_template_may_open_the_think_tag_itself(size: int) -> None:
    step = make("extrathinktag", implied=True)
    checked = told([step], [*cut("\nwhy</think>\n\nbecause", size), FINISH])
    assert (checked.thinking, checked.text) == ("why", "because")
    # Reasoning that comes apart shows that there are no tags.
    checked = told([step], [{"thinking": "why"}, *cut("because", size), FINISH])
    assert (checked.thinking, checked.text) == ("why", "because")


@pytest.mark.parametrize("size", [1, 7, 100])
def test_forced_reasoning_is_one_pair_of_tags(size: int) -> None:
    text = "<reasoning_content>\nwhy</reasoning_content>\n\nSay <reasoning_content> here.</reasoning_content>"
    checked = told(["forcereasoning"], [*cut(text, size), FINISH])
    assert checked.thinking == "why"
    assert checked.text == "Say <reasoning_content> here.</reasoning_content>"


@pytest.mark.parametrize("name", ["forcereasoning", "extrathinktag"])
def test_t_4_an_answer_without_tags_stays_whole(name: str) -> None:
    chunks = [{"text": "The "}, {"text": "answer"}, {"finish": "length"}, {"usage": {"input": 1, "output": 2}}]
    checked = told([name], chunks)
    assert (checked.text, checked.stop_reason) == ("The answer", "max_tokens")
    assert checked.usage["output_tokens"] == 2


def test_a_tool_call_ends_thinking_that_was_not_closed() -> None:
    tag = "<reasoning_content>"
    checked = told(["forcereasoning"], [{"text": f"{tag}why"}, *call(0, "Read", "{}"), {"text": "after"}, FINISH])
    assert (checked.thinking, checked.text) == ("why", "after")
    assert [tool.name for tool in checked.tools] == ["Read"]


def test_what_is_held_back_comes_before_other_content() -> None:
    chunks = [{"text": "a <thi"}, {"usage": {"output": 1}}, {"text": "nk>why</thi"}, *call(0, "Read", "{}"), FINISH]
    kinds = [(b["type"], b.get("text") or b.get("thinking")) for b in told(["extrathinktag"], chunks).blocks]
    assert kinds == [("text", "a "), ("thinking", "why</thi"), ("tool_use", None)]


# -- tooluse -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 11, 1000])
@pytest.mark.parametrize(
    "said", ["Done.", 'a "quote"\n\t\\ and \u00e9', "\U0001f600 \u4f60\u597d", "\\u0041 \\", "", "\ud83d", "\ufeffx"]
)
def test_the_exit_call_becomes_text_as_it_comes(said: str, size: int) -> None:
    for arguments in (
        json.dumps({"response": said}),
        ' {\n "response" : ' + json.dumps(said, ensure_ascii=False) + " }",
    ):
        pieces = [arguments[i : i + size] for i in range(0, len(arguments), size)]
        checked = told(["tooluse"], [*call(0, EXIT_TOOL, *pieces), {"finish": "tool_calls"}])
        assert checked.text == said
        assert (checked.tools, checked.stop_reason) == ([], "end_turn")


def test_the_text_of_the_exit_call_streams() -> None:
    stage = make("tooluse").open_response_stream(context())
    pieces = ['{"resp', 'onse": "one', " two\\", "nthree", " \\ud83d", '\\ude00"', "}"]
    given = [[o["text"] for o in stage.feed(c)] for c in call(0, EXIT_TOOL, *pieces)]
    assert given == [[], [], ["one"], [" two"], ["\nthree"], [" "], ["\U0001f600"], []]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ('{"text": "other name"}', "other name"),
        ('{"a": 1, "response": "second"}', "second"),
        ("{'response': 'quoted'}", "quoted"),
        ('"{\\"response\\": \\"twice\\"}"', "twice"),
        ('{"response": "cut in the mid', "cut in the mid"),
        ('{"response": "bad \\escape \\u12"}', "bad \\escape \\u12"),
        ("just words", "just words"),
        (" " * 200 + '{"response": "late"}', "late"),
        ("", ""),
        ("{}", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_an_exit_call_of_another_form_is_text_too(arguments: str, said: str, size: int) -> None:
    pieces = [arguments[i : i + size] for i in range(0, len(arguments), size)]
    assert told(["tooluse"], [*call(0, EXIT_TOOL, *pieces), {"finish": "tool_calls"}]).text == said


def test_t_6_an_exit_call_in_one_chunk_is_not_lost() -> None:
    delta = {"index": 0, "id": "c", "name": EXIT_TOOL, "arguments": '{"response":"bye"}'}
    for chunks in (
        [{"tool_calls": [delta], "finish": "tool_calls"}],
        [{"tool_calls": [delta]}, {"finish": "tool_use"}],
    ):
        checked = told(["tooluse"], chunks)
        assert (checked.text, checked.tools, checked.stop_reason) == ("bye", [], "end_turn")


def test_other_calls_beside_the_exit_stay() -> None:
    chunks = [*call(0, EXIT_TOOL, '{"response":"I look."}'), *call(1, "Read", '{"path":', '"a"}'), FINISH]
    checked = told(["tooluse"], chunks)
    assert (checked.text, checked.stop_reason) == ("I look.", "tool_use")
    assert [(tool.id, tool.name, tool.input) for tool in checked.tools] == [("call_0001", "Read", {"path": "a"})]


def test_calls_that_are_told_apart_by_nothing_but_order_stay_apart_without_the_exit() -> None:
    deltas = [
        {"name": "Read", "arguments": '{"path":"a"}'},
        {"name": EXIT_TOOL, "arguments": '{"response":'},
        {"arguments": '"x"}'},
        {"name": "Read", "arguments": '{"path":"b"}'},
    ]
    checked = told(["tooluse"], [*({"tool_calls": [d]} for d in deltas), {"finish": "tool_calls"}])
    assert [tool.input for tool in checked.tools] == [{"path": "a"}, {"path": "b"}]
    assert checked.text == "x"


def test_a_name_that_comes_late_is_waited_for() -> None:
    pieces = [{"index": 0, "id": "c"}, {"index": 0, "arguments": '{"response":"hi'}, {"index": 0, "name": EXIT_TOOL}]
    chunks = [{"tool_calls": [piece]} for piece in [*pieces, {"index": 0, "arguments": '"}'}]]
    assert told(["tooluse"], [*chunks, FINISH]).text == "hi"
    nameless = told(["tooluse"], [*chunks[:1], {"tool_calls": [{"index": 0, "arguments": "{}"}]}, FINISH])
    assert [tool.name for tool in nameless.tools] == ["unknown"]


def test_a_finish_reason_that_means_something_is_kept() -> None:
    checked = told(["tooluse"], [*call(0, EXIT_TOOL, '{"response":"cut'), {"finish": "length"}])
    assert (checked.text, checked.stop_reason) == ("cut", "max_tokens")


# -- enhancetool -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("finish", ["tool_calls", "stop"])
def test_t_14_repaired_arguments_come_whatever_the_finish_reason(finish: str) -> None:
    both = [{"index": 0, "id": "a", "name": "f", "arguments": "{a:1}"}, {"index": 1, "id": "b", "name": "g"}]
    chunks = [{"tool_calls": both}, {"tool_calls": [{"index": 1, "arguments": "{'x':2,}"}]}, {"finish": finish}]
    assert [tool.input for tool in told(["enhancetool"], chunks).tools] == [{"a": 1}, {"x": 2}]
    without_finish = told(["enhancetool"], chunks[:-1])
    assert [tool.input for tool in without_finish.tools] == [{"a": 1}, {"x": 2}]


def test_a_call_is_announced_before_its_arguments_are_whole() -> None:
    stage = make("enhancetool").open_response_stream(context())
    first, *rest = call(0, "Write", '{"path": "a",', "}")
    assert list(stage.feed(first)) == [first]
    assert [list(stage.feed(chunk)) for chunk in rest] == [[], []]
    *held, end = stage.feed({"finish": "tool_calls"})
    assert held == [{"tool_calls": [{"index": 0, "arguments": '{"path":"a"}'}]}]
    assert end == {"finish": "tool_calls"}


@pytest.mark.parametrize(
    ("end", "stop"), [([{"finish": "length"}], "max_tokens"), ([], "max_tokens"), ([{"finish": "stop"}], "tool_use")]
)
def test_a_call_that_was_cut_is_not_made_whole(end: list[Json], stop: str) -> None:
    checked = told(["enhancetool"], [*call(0, "Write", '{"a": [1, 2'), *end])
    assert checked.stop_reason == stop
    assert [tool.input for tool in checked.tools] == [None if stop == "max_tokens" else {"a": [1, 2]}]


def test_arguments_that_are_json_keep_their_bytes() -> None:
    arguments = '{ "b": 1.0, "a" : 12345678901234567890123 }'
    held = pass_through(["enhancetool"], [*call(0, "f", *arguments), {"finish": "stop"}])
    assert held[1] == {"tool_calls": [{"index": 0, "arguments": arguments}]}


def test_arguments_behind_a_finish_reason_are_not_lost() -> None:
    first, a, b = call(0, "f", '{"a":', "1}")
    chunks = [first, {**a, "finish": "tool_calls"}, b, {"finish": "tool_calls"}]
    assert [tool.input for tool in told(["enhancetool"], chunks).tools] == [{"a": 1}]


@pytest.mark.parametrize("name", ["tooluse", "enhancetool"])
def test_an_error_comes_behind_what_was_said(name: str) -> None:
    error = UpstreamError("broken", status=502)
    out = pass_through([name], [{"text": "a"}, *call(0, EXIT_TOOL, "{"), {"error": error}])
    assert out[0] == {"text": "a"}
    assert [chunk for chunk in out if "error" in chunk] == [{"error": error}]
