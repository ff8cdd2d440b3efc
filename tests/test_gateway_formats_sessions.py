"""Sessions with providers of other wire formats: what goes back, costs and finds (C15, C18, C27, C42 to C45)."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware.testing import Checked, Script, check_message, check_stream, json_answer, post, stream
from ccr_middleware.testing.answers import Answer, ToolCall, Usage
from ccr_middleware.testing.wires import gemini, responses
from ccr_middleware.testing.written import answer_document

from .support.formats import FORMS, LANE, each_form, encoded, model_of, run, said, serve, streamed, wire_of
from .support.gateway import ask, body
from .support.strict_gemini import check_gemini_request
from .support.strict_responses import check_responses_request

Json = dict[str, Any]

HELLO = {"role": "user", "content": "Hello"}
TOOLS = [{"name": "read", "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}}}]
SIGNED = "U2lnbmVkIGJ5IEdlbWluaQ=="
SKIP = "skip_thought_signature_validator"


def checked_of(reply: Any, streaming: bool) -> Checked:
    return check_stream(reply.body) if streaming else check_message(reply.json())


def next_turn(blocks: list[Json]) -> list[Json]:
    """The conversation after an answer of these blocks, its calls answered."""
    calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": one, "content": "done"} for one in calls]
    return [HELLO, {"role": "assistant", "content": blocks}, {"role": "user", "content": results}]


def without_thinking(blocks: list[Json]) -> list[Json]:
    return [block for block in blocks if block["type"] not in ("thinking", "redacted_thinking")]


# -- signatures of Gemini ----------------------------------------------------------------------------------

THOUGHT = gemini.chunk(
    gemini.text("I read both.", thought=True),
    gemini.text("Look."),
    gemini.call("read", {"path": "a"}, SIGNED),
    gemini.call("read", {"path": "b"}),
    finish="STOP",
)


def answer_for(exchange: Any) -> Script:
    """What any of the providers says in a second turn."""
    path = exchange.path
    wire = next((w for w, mark in (("messages", "/messages"), ("responses", "/responses")) if mark in path), "chat")
    return json_answer(answer_document(Answer(text="Hello"), "gemini" if "generateContent" in path else wire))


def first_and_then(first: Script) -> Any:
    """A plan: this answer to the first request, a short one to all others."""
    rest = iter([first])
    return lambda exchange: next(rest, None) or answer_for(exchange)


async def first_turn(app: Any, streaming: bool) -> list[Json]:
    """Ask, and give the blocks of the answer."""
    return checked_of(await ask(app, body(streaming, tools=TOOLS)), streaming).blocks


async def second_turn(app: Any, blocks: list[Json], **more: Any) -> None:
    reply = await ask(app, body(False, tools=TOOLS, messages=next_turn(blocks), **more))
    assert reply.status == 200, reply.body


@pytest.mark.parametrize("form", ["gemini", "gemini array"])
@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("memory", ["thinking kept", "thinking dropped", "another process"])
def test_c18_the_signature_of_a_call_goes_back_on_it(form: str, streaming: bool, memory: str) -> None:
    first = stream(encoded(form, THOUGHT)) if streaming else json_answer(THOUGHT)
    app, provider = serve(form, first_and_then(first))
    other, second_provider = serve(form, answer_for)

    async def main() -> None:
        blocks = await first_turn(app, streaming)
        assert [block["type"] for block in blocks].count("tool_use") == 2
        kept = blocks if memory == "thinking kept" else without_thinking(blocks)
        await second_turn(other if memory == "another process" else app, kept)

    run(main())
    sent = (second_provider if memory == "another process" else provider).bodies[-1]
    check_gemini_request(sent, "gemini-3-pro-preview")
    parts = [part for content in sent["contents"] if content["role"] == "model" for part in content["parts"]]
    signatures = [part.get("thoughtSignature") for part in parts if "functionCall" in part]
    assert signatures == [SKIP if memory == "another process" else SIGNED, None]
    assert "I read both." not in json.dumps(sent)


@pytest.mark.parametrize("target", [LANE, "responses,gpt-5.1", "chat,gpt-4.1"])
@pytest.mark.parametrize("kept", [True, False])
def test_c18_no_other_provider_is_sent_it(target: str, kept: bool) -> None:
    app, provider = serve("gemini", first_and_then(stream(encoded("gemini", THOUGHT))))

    async def main() -> None:
        blocks = await first_turn(app, True)
        await second_turn(app, blocks if kept else without_thinking(blocks), model=target)

    run(main())
    sent = provider.requests[-1].body
    for trace in (SIGNED, "thoughtSignature", SKIP, "ccr1.", "I read both."):
        assert trace.encode() not in sent
    assert b"Look." in sent


def test_c18_a_signature_on_the_last_empty_text_goes_back() -> None:
    chunks = [gemini.chunk(gemini.text("Hi")), gemini.chunk(gemini.text("", thoughtSignature=SIGNED), finish="STOP")]
    app, provider = serve("gemini", first_and_then(stream(gemini.sse(*chunks))))

    async def main() -> None:
        blocks = await first_turn(app, True)
        messages = [HELLO, {"role": "assistant", "content": blocks}, {"role": "user", "content": "Go on"}]
        await ask(app, body(False, messages=messages))

    run(main())
    assert provider.bodies[-1]["contents"][1]["parts"] == [{"text": "Hi", "thoughtSignature": SIGNED}]


# -- reasoning of Responses --------------------------------------------------------------------------------

SEALED = responses.reasoning_item("I read it.", encrypted_content="gAAAA-sealed")
CALLED = responses.call_item("read", '{"path": "a"}')
REASONED = [
    *responses.begin(),
    *responses.reasoning("I read it.")[:-1],
    responses.done(SEALED, 0),
    *responses.call(CALLED, '{"path":', ' "a"}', index=1),
    responses.completed([SEALED, CALLED]),
]


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("kept", [True, False])
def test_c15_encrypted_reasoning_goes_back_before_its_call(streaming: bool, kept: bool) -> None:
    first = stream(responses.sse(*REASONED)) if streaming else json_answer(responses.response([SEALED, CALLED]))
    app, provider = serve("responses", first_and_then(first))

    async def main() -> None:
        blocks = await first_turn(app, streaming)
        assert [block["type"] for block in blocks] == ["thinking", "tool_use"]
        await second_turn(app, blocks if kept else without_thinking(blocks))

    run(main())
    sent = provider.bodies[-1]
    check_responses_request(sent)
    assert [item["type"] for item in sent["input"]] == ["message", "reasoning", "function_call", "function_call_output"]
    assert sent["input"][1]["encrypted_content"] == "gAAAA-sealed"


@pytest.mark.parametrize("target", [LANE, model_of("gemini"), "chat,gpt-4.1"])
def test_c27_no_other_provider_is_sent_it(target: str) -> None:
    app, provider = serve("responses", first_and_then(stream(responses.sse(*REASONED))))

    async def main() -> None:
        await second_turn(app, await first_turn(app, True), model=target)

    run(main())
    sent = provider.requests[-1].body
    assert b"sealed" not in sent
    assert b"ccr1." not in sent


# -- usage -------------------------------------------------------------------------------------------------


@each_form
@pytest.mark.parametrize("streaming", [True, False])
def test_c42_usage_in_anthropics_meaning(form: str, streaming: bool) -> None:
    answer = Answer(text="hi", usage=Usage(input=10, output=7, cached=90, reasoning=3))
    app, _ = serve(form, stream(said(form, answer)))
    checked = checked_of(run(ask(app, body(streaming))), streaming)
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 90, "output_tokens": 7}
    assert checked.usage == usage
    if streaming:
        counted = run(post(app, "/v1/messages/count_tokens", {"model": "x", "messages": body()["messages"]})).json()
        assert checked.events[0]["message"]["usage"]["input_tokens"] == counted["input_tokens"] > 0


STRANGE = {
    "gemini": gemini.chunk(
        gemini.text("hi"), finish="STOP", usage={"promptTokenCount": 5, "cachedContentTokenCount": 9}
    ),
    "responses": responses.completed(
        [responses.message_item("hi")],
        usage={"input_tokens": 5, "input_tokens_details": {"cached_tokens": 9}, "output_tokens": 2},
    ),
}


@pytest.mark.parametrize("form", ["gemini", "gemini array", "responses"])
def test_c42_never_negative(form: str) -> None:
    """A cache larger than its prompt was counted beside it where that happens (`wire.openai.usage`)."""
    usage = streamed(form, encoded(form, STRANGE[wire_of(form)])).usage
    assert usage["input_tokens"] == (5 if form == "responses" else 0)
    assert usage["cache_read_input_tokens"] == 9


@each_form
@pytest.mark.parametrize("streaming", [True, False])
def test_c42_without_usage_there_are_estimates(form: str, streaming: bool) -> None:
    app, _ = serve(form, stream(said(form, Answer(text="Hello there", usage=None))))
    usage = checked_of(run(ask(app, body(streaming))), streaming).usage
    assert usage["input_tokens"] > 0
    assert usage["output_tokens"] > 0


# -- searching the web -------------------------------------------------------------------------------------

SEARCH_TOOL = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
SEARCH = {
    "system": "You are an assistant for performing a web search tool use",
    "messages": [{"role": "user", "content": "Perform a web search for the query: python 3.15"}],
    "tools": [SEARCH_TOOL],
}
SITES = ["https://a.example/", "https://b.example/"]
GROUNDED = {
    "groundingChunks": [{"web": {"uri": url, "title": "A page"}} for url in SITES],
    "groundingSupports": [{"segment": {"text": "Found."}, "groundingChunkIndices": [0, 1]}],
    "webSearchQueries": ["python 3.15", "python release"],
}
CITED = [{"type": "url_citation", "url": url, "title": "A page", "start_index": 0, "end_index": 6} for url in SITES]
SEARCHED = [
    {
        "type": "web_search_call",
        "id": f"ws_{number}",
        "status": "completed",
        "action": {"type": "search", "query": query},
    }
    for number, query in enumerate(GROUNDED["webSearchQueries"])
]
FOUND = {
    "gemini": [
        gemini.chunk(gemini.text("Found.")),
        gemini.chunk(gemini.text("", thoughtSignature=SIGNED), finish="STOP", groundingMetadata=GROUNDED),
    ],
    "responses": [
        *responses.begin(),
        *(event for at, item in enumerate(SEARCHED) for event in (responses.added(item, at), responses.done(item, at))),
        *responses.message("Found.", index=2, annotations=CITED),
        responses.completed([*SEARCHED, responses.message_item("Found.", annotations=CITED)]),
    ],
}
FOUND_WHOLE = {
    "gemini": gemini.chunk(gemini.text("Found."), finish="STOP", groundingMetadata=GROUNDED),
    "responses": responses.response([*SEARCHED, responses.message_item("Found.", annotations=CITED)]),
}


@pytest.mark.parametrize("form", ["gemini", "gemini array", "responses"])
@pytest.mark.parametrize("streaming", [True, False])
def test_c45_a_search_of_the_provider_is_a_search_to_the_client(form: str, streaming: bool) -> None:
    wire = wire_of(form)
    answer = stream(encoded(form, *FOUND[wire])) if streaming else json_answer(FOUND_WHOLE[wire])
    app, provider = serve(form, answer)
    reply = run(ask(app, body(streaming, **SEARCH)))
    checked = checked_of(reply, streaming)
    search, result = (b for b in checked.blocks if b["type"] in ("server_tool_use", "web_search_tool_result"))
    assert (search["type"], search["name"], search["id"]) == ("server_tool_use", "web_search", result["tool_use_id"])
    assert search["input"] == {"query": "python 3.15"}
    assert [found["url"] for found in result["content"]] == SITES
    assert checked.usage["server_tool_use"] == {"web_search_requests": 2}
    assert (checked.text, checked.stop_reason) == ("Found.", "end_turn")
    expected = [{"googleSearch": {}}] if wire == "gemini" else [{"type": "web_search"}]
    assert provider.bodies[0]["tools"] == expected
    assert "tool.web_search=" not in reply.headers.get("x-ccr-loss", "")


@pytest.mark.parametrize("wire", ["gemini", "responses"])
def test_c45_sources_are_citations_to_a_client_that_did_not_search(wire: str) -> None:
    text = next(b for b in streamed(wire, encoded(wire, *FOUND[wire])).blocks if b["type"] == "text")
    assert [citation["url"] for citation in text["citations"]] == SITES


# -- many at once ------------------------------------------------------------------------------------------


def test_c43_two_hundred_streams_of_all_formats_do_not_mix() -> None:
    """Each with thinking, text and a call whose id every provider uses again and again."""

    def answer(exchange: Any) -> Script:
        wire = wire_in(exchange.path)
        found = exchange.json()
        word = (found.get("messages") or found.get("input") or found.get("contents"))[-1]
        number = int("".join(filter(str.isdigit, json.dumps(word.get("content") or word.get("parts")))))
        form = "gemini array" if wire == "gemini" and number % 2 else wire
        told = Answer(
            thinking=f"r{number}",
            text=[f"{number}."] * 5,
            tool_calls=[ToolCall(f"tool{number}", {"w": number})],
            usage=Usage(number, 1),
        )
        return stream(said(form, told), feeding="bytes" if number % 10 == 0 else "whole")

    def wire_in(path: str) -> str:
        return "gemini" if "Content" in path else "responses" if path.endswith("/responses") else "chat"

    app, _ = serve("chat", answer)

    async def one(number: int) -> tuple[int, Checked]:
        messages = [{"role": "user", "content": f"number {number}"}]
        request = body(messages=messages, model=model_of(FORMS[number % 4]))
        return number, check_stream((await ask(app, request)).body)

    async def main() -> list[tuple[int, Checked]]:
        return await asyncio.gather(*(one(number) for number in range(1, 201)))

    ids = set()
    for number, checked in run(main()):
        assert (checked.text, checked.thinking) == (f"{number}." * 5, f"r{number}")
        assert [(tool.name, tool.input) for tool in checked.tools] == [(f"tool{number}", {"w": number})]
        assert checked.usage["input_tokens"] == number
        ids.add(checked.message["id"])
    assert len(ids) == 200
