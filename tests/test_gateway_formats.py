"""Streams of every wire format through the whole gateway: nothing is lost, whatever the form (C1 to C5, C7 to C14)."""

import re
from typing import Any

import pytest

from ccr_middleware.testing import (
    STALL,
    Checked,
    Script,
    Signal,
    check_error,
    check_message,
    check_stream,
    json_answer,
    open_stream,
    stream,
)
from ccr_middleware.testing.answers import Answer, ToolCall, Usage
from ccr_middleware.testing.wires import chat, gemini, responses
from ccr_middleware.testing.written import answer_document

from .support import each_feeding
from .support.formats import each_form, each_wire, encoded, frames, parted, run, said, serve, streamed, turns, wire_of
from .support.gateway import FAST, ask, body

Json = dict[str, Any]

FULL = Answer(
    thinking=["Let me", " see …"],
    text=["中文", " 😀é", "字"],
    tool_calls=[ToolCall("read", ['{"path":', ' "ü.py"}']), ToolCall("now")],
    usage=Usage(20, 9, cached=4, reasoning=2),
)
READ = [("read", {"path": "a.py"})]


def tools_of(checked: Checked) -> list[tuple[str, Any]]:
    return [(tool.name, tool.input) for tool in checked.tools]


def check_full(checked: Checked) -> None:
    """The full answer, whichever way it came."""
    assert (checked.thinking, checked.text) == ("Let me see …", "中文 😀é字")
    assert tools_of(checked) == [("read", {"path": "ü.py"}), ("now", {})]
    assert len({tool.id for tool in checked.tools}) == 2
    assert [block["type"] for block in checked.blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert (checked.stop_reason, checked.message["model"]) == ("tool_use", "claude-sonnet-4-5")
    assert checked.usage == {
        "input_tokens": 20,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 4,
        "output_tokens": 9,
    }


# -- whole answers -----------------------------------------------------------------------------------------


@each_form
@each_feeding
def test_c7_c8_a_full_answer_in_every_form(form: str, feeding: str) -> None:
    """Fed byte by byte, every character of several bytes is cut at every place."""
    check_full(streamed(form, said(form, FULL), feeding))


@each_wire
@pytest.mark.parametrize("streaming", [True, False])
def test_c13_a_provider_that_answers_one_document(wire: Any, streaming: bool) -> None:
    app, provider = serve(wire, json_answer(answer_document(FULL, wire)))
    reply = run(ask(app, body(stream=streaming)))
    check_full(check_stream(reply.body) if streaming else check_message(reply.json()))
    if wire == "gemini":
        action = "streamGenerateContent?alt=sse" if streaming else "generateContent"
        assert provider.requests[0].url.endswith(f"/models/gemini-3-pro-preview:{action}")
        assert "stream" not in provider.bodies[0]
    else:
        assert provider.bodies[0]["stream"] is streaming


@each_form
@each_feeding
def test_c13_a_provider_that_streams_to_a_client_that_does_not(form: str, feeding: str) -> None:
    app, _ = serve(form, stream(said(form, FULL), feeding=feeding))
    check_full(check_message(run(ask(app, body(stream=False))).json()))


@pytest.mark.parametrize("wire", ["chat", "responses"])
def test_c13_a_provider_that_only_streams_is_asked_to(wire: str) -> None:
    app, provider = serve(wire, stream(said(wire, FULL)), fields={"dialect": {"streams_only": True}})
    check_full(check_message(run(ask(app, body(stream=False))).json()))
    assert provider.bodies[0]["stream"] is True


def test_c13_codex_always_streams() -> None:
    url = "https://chatgpt.com/backend-api/codex"
    app, provider = serve(
        "responses", stream(said("responses", FULL)), fields={"api_base_url": url}, model="gpt-5-codex"
    )
    check_full(check_message(run(ask(app, body(stream=False))).json()))
    sent = provider.bodies[0]
    assert (sent["stream"], sent["store"], provider.requests[0].url) == (True, False, f"{url}/responses")
    assert "max_output_tokens" not in sent


# -- ends --------------------------------------------------------------------------------------------------


@each_form
@each_feeding
def test_c1_no_finish_reason_after_text_is_a_clean_end(form: str, feeding: str) -> None:
    answer = Answer(text=["Hel", "lo"], finish=None, usage=None)
    ends = [said(form, answer)]
    if form != "gemini array":  # which has to be closed
        ends.append(parted(form, answer, "lo")[0])
    for data in ends:
        checked = streamed(form, data, feeding)
        assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


@each_form
@each_feeding
def test_c2_no_finish_reason_after_complete_arguments_is_tool_use(form: str, feeding: str) -> None:
    answer = Answer(tool_calls=[ToolCall("read", ['{"path":', '"a.py"}'])], finish=None, usage=None)
    checked = streamed(form, said(form, answer), feeding)
    assert (checked.stop_reason, tools_of(checked)) == ("tool_use", READ)


PATH = {"jsonPath": "$.path", "stringValue": "a"}
CUT_CALLS = {
    "chat": [chat.tool(0, "call_0001", "read", '{"path":"a')],
    "gemini": [
        gemini.chunk({"functionCall": {"name": "read", "willContinue": True}}),
        gemini.chunk({"functionCall": {"partialArgs": [PATH], "willContinue": True}}),
    ],
    "responses": [
        *responses.begin(),
        responses.added(responses.call_item()),
        responses.delta("function_call_arguments", '{"path":"a', item_id="fc_1"),
    ],
}


@each_form
@each_feeding
def test_c2_cut_arguments_are_never_tool_use(form: str, feeding: str) -> None:
    checked = streamed(form, encoded(form, *CUT_CALLS[wire_of(form)]), feeding)
    assert checked.stop_reason == "max_tokens"
    assert [(tool.name, tool.input) for tool in checked.tools] == [("read", None)]


USAGE = {"promptTokenCount": 100, "candidatesTokenCount": 5, "cachedContentTokenCount": 40, "totalTokenCount": 105}
LATE_USAGE = {
    "chat": [chat.text("hi"), chat.finish(), chat.usage(100, 5, cached=40)],
    "gemini": [gemini.chunk(gemini.text("hi"), finish="STOP"), {"usageMetadata": USAGE}],
}


@pytest.mark.parametrize("form", ["chat", "gemini", "gemini array"])
@each_feeding
def test_c3_usage_after_the_finish_is_in_message_delta(form: str, feeding: str) -> None:
    usage = streamed(form, encoded(form, *LATE_USAGE[wire_of(form)]), feeding).usage
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (60, 40, 5)


def held_open(form: str, pieces: list[bytes], grace_seconds: float) -> Checked:
    """An answer of a provider that does not close the connection behind it."""
    app, provider = serve(form, Script([*pieces, STALL]), streaming={**FAST, "grace_seconds": grace_seconds})

    async def main() -> Checked:
        async with open_stream(app, "/v1/messages", body()) as client:
            checked = check_stream(await client.rest())
            await client.ended(3)
            return checked

    checked = run(main())
    assert provider.exchanges[0].closed.is_set()
    return checked


@each_form
def test_c4_a_connection_left_open_after_the_finish_ends_after_the_grace(form: str) -> None:
    """Without what says that nothing follows: `[DONE]`, the end of the array."""
    pieces = frames(form, Answer(text="done"))
    checked = held_open(form, pieces[:-1] if form != "responses" else pieces, 0.05)
    assert (checked.text, checked.stop_reason) == ("done", "end_turn")


@pytest.mark.parametrize("form", ["chat", "gemini array", "responses"])
def test_c4_after_the_word_for_the_end_nothing_is_waited_for(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccr_middleware.reading.DRAIN_SECONDS", 0.05)
    checked = held_open(form, frames(form, Answer(text="done")), 60)
    assert (checked.text, checked.stop_reason) == ("done", "end_turn")


@pytest.mark.parametrize(
    ("form", "data"),
    [
        *((form, b"") for form in ("gemini", "responses")),
        ("gemini", b"data: {}\r\n\r\n"),
        ("gemini array", b"[]"),
        ("gemini array", b"[{}]"),
        ("responses", responses.sse(*responses.begin())),
        ("responses", b": OPENROUTER PROCESSING\n\ndata: [DONE]\n\n"),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_c5_an_empty_stream_is_a_retryable_error(form: str, data: bytes, streaming: bool) -> None:
    app, _ = serve(form, stream(data))
    reply = run(ask(app, body(stream=streaming)))
    assert (reply.status, check_error(reply.body)["type"]) == (529, "overloaded_error")


CUT_ARRAYS = [
    b"[\n",
    said("gemini array", Answer(text="Hello", finish=None)).rstrip().removesuffix(b"]"),
    said("gemini array", Answer(text="Hello", finish=None)).rstrip()[:-20],
    said("gemini array", Answer(text=["Hel", "lo"])).partition(b"lo")[0],
]


@pytest.mark.parametrize("data", CUT_ARRAYS)
@pytest.mark.parametrize("streaming", [True, False])
def test_an_array_that_is_not_closed_was_cut(data: bytes, streaming: bool) -> None:
    app, _ = serve("gemini array", stream(data))
    reply = run(ask(app, body(stream=streaming)))
    assert reply.status == (200 if streaming and b"Hel" in data else 502)  # what was said before has been shown
    assert b"message_stop" not in reply.body
    assert "was cut" in check_error(reply.body.rpartition(b"data: ")[2])["message"]


def test_an_array_that_lacks_nothing_but_its_bracket_is_whole() -> None:
    data = said("gemini array", Answer(text="Hello")).rstrip().removesuffix(b"]")
    checked = streamed("gemini array", data)
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")


# -- the order of things -----------------------------------------------------------------------------------


@each_form
@each_feeding
@pytest.mark.parametrize(
    "kinds",
    [
        [("text", "before"), ("call", "read"), ("text", "after")],
        [("thinking", "one"), ("text", "two"), ("thinking", "three"), ("text", "4")],
        [("thinking", "one"), ("call", "read"), ("thinking", "two"), ("call", "write"), ("text", "done")],
    ],
    ids=lambda kinds: "-".join(kind for kind, _ in kinds),
)
def test_c7_everything_stays_in_its_order(form: str, feeding: str, kinds: list[tuple[str, str]]) -> None:
    checked = streamed(form, turns(form, *kinds), feeding)
    shown = [(block["type"], block) for block in checked.blocks]
    fields = {"text": "text", "thinking": "thinking", "tool_use": "name"}
    told = [("call" if kind == "tool_use" else kind, block[fields[kind]]) for kind, block in shown]
    assert told == kinds
    assert all(tool.input == {"n": 1} for tool in checked.tools)


def test_c7_everything_in_one_chunk_of_gemini() -> None:
    parts = [gemini.text("think", thought=True), gemini.text("say"), gemini.call("read"), gemini.text("more")]
    checked = streamed("gemini", gemini.sse(gemini.chunk(*parts, finish="STOP", usage=USAGE)))
    assert [block["type"] for block in checked.blocks] == ["thinking", "text", "tool_use", "text"]
    assert (checked.text, checked.stop_reason, checked.usage["output_tokens"]) == ("saymore", "tool_use", 5)


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(lambda d: d.replace(b"data: ", b"data:"), id="no blank"),
        pytest.param(lambda d: b": hi\n\n" + d.replace(b"\n\n", b"\n\n: x\n\n"), id="comments"),
        pytest.param(lambda d: re.sub(b', ?"', b',\ndata: "', d), id="several data lines"),
        pytest.param(lambda d: d.rstrip(b"\r\n"), id="no last newline"),
        pytest.param(lambda d: d.replace(b"\n\n", b'\n\ndata: {"broken": \n\n', 1), id="a malformed line"),
    ],
)
@pytest.mark.parametrize("form", ["chat", "gemini", "responses"])
@each_feeding
def test_c9_variants_of_framing(form: str, feeding: str, prepare: Any) -> None:
    plain = said(form, Answer(text=["Hel", "lo"], usage=Usage(7, 2)))
    data = prepare(plain)
    assert data != plain
    checked = streamed(form, data, feeding)
    assert (checked.text, checked.stop_reason) == ("Hello", "end_turn")
    assert (checked.usage["input_tokens"], checked.usage["output_tokens"]) == (7, 2)


@pytest.mark.parametrize("feeding", ["whole", "bytes"])
def test_c9_a_malformed_element_of_an_array_is_passed_over(feeding: str, caplog: pytest.LogCaptureFixture) -> None:
    data = said("gemini array", Answer(text=["Hel", "lo"])).replace(b"\n,\r\n", b'\n,\r\n{"broken": }\n,\r\n', 1)
    assert streamed("gemini array", data, feeding).text == "Hello"
    assert "1 unreadable events" in caplog.text


@each_form
@each_feeding
def test_c14_an_answer_of_reasoning_only(form: str, feeding: str) -> None:
    checked = streamed(form, said(form, Answer(thinking=["Hm", "."])), feeding)
    assert (checked.thinking, checked.stop_reason) == ("Hm.", "end_turn")
    assert [block["type"] for block in checked.blocks] == ["thinking"]


# -- in time -----------------------------------------------------------------------------------------------


@each_form
@pytest.mark.parametrize("streaming_bytes", [True, False])
def test_every_piece_is_passed_on_at_once(form: str, streaming_bytes: bool) -> None:
    """Also an array of Gemini's, whose elements could be taken for one document."""
    before, after = parted(form, Answer(text=["Hel", "lo"]), "Hel")
    go = Signal()
    first = [before[at : at + 1] for at in range(len(before))] if streaming_bytes else [before]
    app, _ = serve(form, Script([*first, go, after], headers={"content-type": "application/json"}))

    async def main() -> bytes:
        async with open_stream(app, "/v1/messages", body()) as client:
            data = await client.read_until(b'"text":"Hel"')
            go.set()
            return data + await client.rest()

    assert check_stream(run(main())).text == "Hello"
