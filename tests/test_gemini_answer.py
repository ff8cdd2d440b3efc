"""Gemini chunks to Anthropic events: parts, signatures, calls, endings."""

from typing import Any

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.anthropic.signature import text_key
from ccr_middleware.errors import EmptyAnswer, UpstreamError
from ccr_middleware.losses import Losses
from ccr_middleware.testing.script import feed
from ccr_middleware.testing.wires.gemini import array, call, chunk, sse, text
from ccr_middleware.unified import Remembered
from ccr_middleware.wire.format import recall_nothing
from ccr_middleware.wire.gemini.format import GEMINI
from ccr_middleware.wire.gemini.reader import GeminiReader

from .support import each_feeding
from .support.gemini_answer import Run, failure, signatures, stream, whole

Json = dict[str, Any]


def kinds(checked: Any) -> list[str]:
    return [block["type"] for block in checked.blocks]


# -- parts and their order -------------------------------------------------------------------------------


@each_feeding
def test_c7_text_thinking_and_calls_keep_their_order(feeding: str) -> None:
    body = sse(
        chunk(text("Let me ", thought=True)),
        chunk(text("think.", thought=True), text("I "), text("look.")),
        chunk(call("read", {"path": "ä"}), text("And "), call("read", {"path": "ä"})),
        chunk(text("more", thought=True), text("Done."), finish="STOP"),
    )
    checked = stream(body, feeding)
    assert kinds(checked) == ["thinking", "text", "tool_use", "text", "tool_use", "thinking", "text"]
    assert checked.thinking == "Let me think.more"
    assert checked.text == "I look.And Done."
    assert [tool.input for tool in checked.tools] == [{"path": "ä"}] * 2
    assert checked.stop_reason == "tool_use"


@each_feeding
def test_one_chunk_with_thinking_text_and_finish_loses_nothing(feeding: str) -> None:
    checked = stream(sse(chunk(text("hm", thought=True), text("yes"), finish="STOP")), feeding)
    assert (checked.thinking, checked.text, checked.stop_reason) == ("hm", "yes", "end_turn")


def test_an_array_says_the_same_as_events() -> None:
    chunks = (chunk(text("a")), chunk(call("f", {"x": 1}, "SIG")), chunk(text(""), finish="STOP"))
    assert Run().stream([array(*chunks)]).events == Run().stream([sse(*chunks)]).events


def test_only_the_first_candidate_counts() -> None:
    second = {"content": {"parts": [text("other")]}, "index": 1, "finishReason": "SAFETY"}
    body = chunk(text("first"), finish="STOP")
    checked = stream(sse({"candidates": [second, *body["candidates"]]}, {"candidates": [second]}))
    assert (checked.text, checked.stop_reason) == ("first", "end_turn")


def test_c14_an_answer_of_thoughts_alone_is_valid() -> None:
    checked = stream(sse(chunk(text("only a thought", thought=True)), chunk(text(""), finish="STOP")))
    assert (kinds(checked), checked.stop_reason) == (["thinking"], "end_turn")


def test_a_spent_budget_is_a_valid_empty_message() -> None:
    checked = whole({"candidates": [{"content": {"role": "model"}, "finishReason": "MAX_TOKENS", "index": 0}]})
    assert (checked.blocks, checked.stop_reason) == ([], "max_tokens")


@pytest.mark.parametrize("chunks", [(), ({"usageMetadata": {"promptTokenCount": 3}},), ({"candidates": []},)])
def test_c5_nothing_is_no_answer(chunks: tuple[Json, ...]) -> None:
    events, error = failure(*chunks)
    assert isinstance(error, EmptyAnswer)
    assert events == []


# -- signatures (C18) ------------------------------------------------------------------------------------


@each_feeding
def test_c18_a_call_s_signature_comes_before_it(feeding: str) -> None:
    body = sse(chunk(call("f", {}, "S1"), call("f", {}), call("f", {})), chunk(text(""), finish="STOP"))
    checked = stream(body, feeding)
    assert kinds(checked) == ["thinking", "tool_use", "tool_use", "tool_use"]
    assert signatures(checked) == [{"s": "S1", "on": "call"}]


def test_c18_each_call_keeps_its_own_signature() -> None:
    checked = stream(sse(chunk(call("f", {}, "S1")), chunk(call("g", {}, "S2"), finish="STOP")))
    assert kinds(checked) == ["thinking", "tool_use", "thinking", "tool_use"]
    assert [one["s"] for one in signatures(checked)] == ["S1", "S2"]


def test_c18_it_closes_the_thinking_before_the_call() -> None:
    checked = stream(sse(chunk(text("why", thought=True)), chunk(call("f", {}, "S1"), finish="STOP")))
    assert kinds(checked) == ["thinking", "tool_use"]
    assert checked.blocks[0]["thinking"] == "why"
    assert signatures(checked) == [{"s": "S1", "on": "call"}]


@each_feeding
def test_c18_a_text_s_signature_comes_behind_it_and_an_empty_text_s_is_kept(feeding: str) -> None:
    signed = sse(chunk(text("Hel", thoughtSignature="S1")), chunk(text("lo")), chunk(text("", thoughtSignature="S2")))
    checked = stream(signed + sse(chunk(call("f"), finish="STOP")), feeding)
    assert kinds(checked) == ["text", "thinking", "thinking", "tool_use"]
    assert signatures(checked) == [{"s": "S1", "on": "text"}, {"s": "S2", "on": "text"}]


@each_feeding
def test_c18_the_signature_of_the_last_text_is_remembered_by_it(feeding: str) -> None:
    """Clients take the last block for the result of a turn: thinking behind the text would hide it."""
    parts = [chunk(text("Hel", thoughtSignature="S1")), chunk(text("lo")), chunk(text("", thoughtSignature="S2"))]
    run = Run().stream(feed(sse(*parts, chunk(finish="STOP")), feeding))
    assert kinds(run.checked()) == ["text"]
    assert run.message.outcome().remember == {text_key("Hello"): Remembered("", '{"s":"S2","on":"text"}', "gemini")}


def test_c18_signatures_on_thoughts_and_of_built_in_tools() -> None:
    checked = stream(
        sse(
            chunk(text("t", thought=True, thoughtSignature="S1")),
            chunk({"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "x"}, "thoughtSignature": "S2"}),
            chunk({"toolResponse": {"toolType": "GOOGLE_SEARCH_WEB", "id": "x"}, "thoughtSignature": "S3"}),
            chunk(text("found"), finish="STOP"),
        )
    )
    assert checked.text == "found"
    tool = {"toolType": "GOOGLE_SEARCH_WEB", "id": "x"}
    assert signatures(checked) == [
        {"s": "S1", "on": "thought"},
        {"s": "S2", "on": "part", "part": {"toolCall": tool}},
        {"s": "S3", "on": "part", "part": {"toolResponse": tool}},
    ]


# -- calls -----------------------------------------------------------------------------------------------


def test_c11_no_arguments_and_ids() -> None:
    checked = stream(sse(chunk(call("a"), call("b", {}, id="given"), call("c", {"x": None}), finish="STOP")))
    assert checked.tools == [("toolu_1", "a", {}), ("given", "b", {}), ("toolu_2", "c", {"x": None})]


def test_the_client_s_name_of_a_tool_comes_back() -> None:
    checked = stream(sse(chunk(call("short"), finish="STOP")), tool_name={"short": "a very long name"}.get)
    assert checked.tools[0].name == "a very long name"


def piece(*values: tuple[str, Any], more: bool = True) -> Json:
    """A part with arguments in pieces: strings go on until an empty one, as Gemini writes them."""
    kinds_of = {
        str: "stringValue",
        bool: "boolValue",
        int: "numberValue",
        float: "numberValue",
        type(None): "nullValue",
    }
    pieces = [{"jsonPath": path, kinds_of[type(value)]: value} for path, value in values]
    return {"functionCall": {"partialArgs": pieces, **({"willContinue": True} if more else {})}}


def begin(name: str, **more: Any) -> Json:
    return {"functionCall": {"name": name, "willContinue": True}, **more}


@each_feeding
def test_arguments_in_pieces_become_one_call(feeding: str) -> None:
    body = sse(
        chunk(begin("cook", thoughtSignature="S1")),
        chunk(piece(("$.recipe.steps[0].amount", "16"), ("$.recipe.steps[0].amount", " oz"))),
        chunk({"functionCall": {"willContinue": True}}),
        chunk(piece(("$.recipe.steps[1].amount", "1 lb"), ("$.recipe['a \\'b'][0]", True), ('$["x.y"]', None))),
        chunk(piece(("$.n", 0.5), ("$.n2", 3))),
        chunk({"functionCall": {}}),
        chunk(begin("cook")),
        chunk(piece(("$.n", 1), more=False)),
        chunk({"functionCall": {}}),
        chunk(begin("empty")),
        chunk(call("whole", {"z": 1})),
        chunk(text(""), finish="STOP"),
    )
    checked = stream(body, feeding)
    assert [(tool.name, tool.input) for tool in checked.tools] == [
        (
            "cook",
            {
                "recipe": {"steps": [{"amount": "16 oz"}, {"amount": "1 lb"}], "a 'b": [True]},
                "x.y": None,
                "n": 0.5,
                "n2": 3,
            },
        ),
        ("cook", {"n": 1}),
        ("empty", {}),
        ("whole", {"z": 1}),
    ]
    assert signatures(checked) == [{"s": "S1", "on": "call"}]
    assert checked.stop_reason == "tool_use"


@pytest.mark.parametrize("finish", ["MAX_TOKENS", ""])
def test_a_call_that_was_cut_is_not_run(finish: str) -> None:
    checked = stream(sse(chunk(begin("write")), chunk(piece(("$.text", "half of"))), chunk(finish=finish)))
    assert checked.tools[0].input is None
    assert checked.stop_reason == "max_tokens"


@pytest.mark.parametrize(
    ("path", "arguments"),
    [
        ("", {"": "v"}),
        ("no path", {"no path": "v"}),
        ("$.a[9]", {"a": ["v"]}),
        ("$.a[999999999]", {"a": ["v"]}),
        ("$[0]", {"0": "v"}),
        ("$.a.", {"$.a.": "v"}),
    ],
)
def test_a_strange_path_loses_nothing(path: str, arguments: Json) -> None:
    checked = stream(sse(chunk(begin("f")), chunk(piece((path, "v"), more=False)), chunk(finish="STOP")))
    assert checked.tools[0].input == arguments


# -- built-in tools --------------------------------------------------------------------------------------


def test_code_and_its_result_are_readable() -> None:
    checked = stream(
        sse(
            chunk(text("I compute")),
            chunk({"executableCode": {"language": "PYTHON", "code": "print('```')\n"}, "thoughtSignature": "S"}),
            chunk({"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "```\n"}}),
            chunk({"codeExecutionResult": {"outcome": "OUTCOME_OK"}}),
            chunk({"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "boom"}}),
            chunk(text("So."), finish="STOP"),
        )
    )
    assert checked.text == (
        "I compute\n````python\nprint('```')\n````\n````\n```\n````\n[OUTCOME_FAILED]\n```\nboom\n```\nSo."
    )
    assert signatures(checked) == []  # it is that of the text, which is the last block


def test_an_image_is_not_dropped_in_silence() -> None:
    image = {"inlineData": {"mimeType": "image/png", "data": "QUJD" * 100}}
    file = {"fileData": {"mimeType": "video/mp4", "fileUri": "https://files.test/1"}}
    checked = stream(sse(chunk(text("Look:"), image, file, finish="STOP")))
    assert checked.text == (
        "Look:\n[image/png, 300 bytes, which cannot be shown here]\n[video/mp4: https://files.test/1]\n"
    )


def test_what_is_nested_too_deeply_to_be_written_does_not_raise() -> None:
    deep: Json = {}
    for _ in range(100_000):
        deep = {"a": deep}
    reader = GeminiReader(lambda error: UpstreamError(""))
    assert reader.feed(chunk(call("f", deep))) == [{"tool_calls": [{"index": 0, "name": "f", "arguments": "{"}]}]
    signed = [{"signature": '{"s":"S","on":"part"}'}]
    assert reader.feed(chunk({"toolCall": deep, "thoughtSignature": "S"})) == signed


def test_c18_a_turn_goes_back_to_gemini_as_it_came() -> None:
    """The answer through the client and back: each signature on the part it stood on."""
    turn = [
        text("because", thought=True, thoughtSignature="AAA="),
        text("I look.", thoughtSignature="BBB="),
        call("read", {"path": "a"}, "CCC=", id="aX1"),
        call("read", {"path": "b"}, id="aX2"),
    ]
    answer = whole(chunk(*turn, finish="STOP"))
    results = [{"type": "tool_result", "tool_use_id": tool.id, "content": "x"} for tool in answer.tools]
    messages = [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": answer.blocks},
        {"role": "user", "content": results},
    ]
    request = to_unified({"model": "m", "max_tokens": 99, "messages": messages}, Losses())
    dialect = GEMINI.dialect_for("https://generativelanguage.googleapis.com", "gemini-3-pro", {}, None)
    body = GEMINI.build(request, "gemini-3-pro", dialect, Losses(), recall_nothing).body
    assert body["contents"][1] == {"role": "model", "parts": turn}
