"""Every recorded answer, for clients of every format: streamed and whole, as their own SDKs read it, and given back.

Nothing it says is lost on the way to the client, a stream folds to the whole answer, and the next request of that
client holds what its provider wants to see again.
"""

import json
import warnings
from typing import Any

import pytest
from pydantic import TypeAdapter

from ccr_middleware.anthropic.lane import lane_body
from ccr_middleware.anthropic.native import to_native
from ccr_middleware.jsonio import loads
from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT
from ccr_middleware.wire.client import ClientFormat
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT
from ccr_middleware.wire.responses.inbound.format import RESPONSES_CLIENT

from .support import client_streams, recorded, replay
from .support.spoken import calls, results, spoken, texts
from .support.strict_messages import check_messages_request
from .test_inbound_chat_writer import chunks_of as chat_chunks
from .test_inbound_chat_writer import folded as chat_folded
from .test_inbound_chat_writer import normal
from .test_inbound_gemini_writer import chunks_of as gemini_chunks
from .test_inbound_gemini_writer import folded as gemini_folded
from .test_inbound_responses_writer import check as check_response_events
from .test_inbound_responses_writer import events_of as response_events
from .test_replay_groups import seals

Json = dict[str, Any]

USER: dict[str, Json] = {
    "chat": {"role": "user", "content": "Hi"},
    "responses": {"role": "user", "content": "Hi"},
    "gemini": {"role": "user", "parts": [{"text": "Hi"}]},
}
ECHOES: dict[str, Json] = {
    "chat": {"include_usage": True},
    "responses": RESPONSES_CLIENT.read({"input": "Hi"}, Losses()).echo,
    "gemini": {"sse": True, "thoughts": True},
}
FORMATS: dict[str, ClientFormat] = {"chat": CHAT_CLIENT, "responses": RESPONSES_CLIENT, "gemini": GEMINI_CLIENT}

each_answer = pytest.mark.parametrize("case", replay.answers())
each_client = pytest.mark.parametrize("client", FORMATS)


def streamed(client: str, answered: replay.Answered) -> bytes:
    """The answer as a stream, its events one by one."""
    writer = FORMATS[client].new_writer(client_streams.settings(ECHOES[client]))
    return b"".join(writer.feed([event]) for event in answered.events) + writer.finish()


def whole(client: str, answered: replay.Answered) -> Json:
    """The answer as one document."""
    document = FORMATS[client].new_writer(client_streams.settings(ECHOES[client])).whole(answered.message)
    return json.loads(json.dumps(document))


def folded(client: str, data: bytes) -> Json:
    """The document that a stream amounts to, put together as clients do."""
    if client == "responses":
        return check_response_events(response_events(data))[-1]["response"]
    if client == "gemini":
        parts, last = gemini_folded(gemini_chunks(data, True))
        last["candidates"][0]["content"]["parts"] = parts
        return last
    *chunks, usage = chat_chunks(data)
    message, finish = chat_folded(chunks)
    return {**chunks[-1], **usage, "choices": [{"message": message, "finish_reason": finish}]}


class Told:
    """What a document says, by its format: text, thinking, calls, and the tokens read and written."""

    def __init__(self, client: str, document: Json) -> None:
        getattr(self, f"_{client}")(document)

    def _chat(self, document: Json) -> None:
        message, usage = document["choices"][0]["message"], document["usage"]
        self.text, self.thinking = message["content"] or "", message.get("reasoning_content") or ""
        self.calls = [
            (one["function"]["name"], json.loads(one["function"]["arguments"])) for one in message.get("tool_calls", ())
        ]
        self.tokens = usage["prompt_tokens"], usage["completion_tokens"], usage["total_tokens"]
        self.end = document["choices"][0]["finish_reason"]

    def _responses(self, document: Json) -> None:
        items, usage = document["output"], document["usage"]
        said = [part for item in items if item["type"] == "message" for part in item["content"]]
        self.text = "".join(part["text"] for part in said if part["type"] == "output_text")
        self.thinking = "".join(p["text"] for item in items if item["type"] == "reasoning" for p in item["summary"])
        self.calls = [(i["name"], json.loads(i["arguments"])) for i in items if i["type"] == "function_call"]
        self.tokens = usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]
        self.end = (document["incomplete_details"] or {}).get("reason") or document["status"]

    def _gemini(self, document: Json) -> None:
        parts, usage = document["candidates"][0]["content"]["parts"], document["usageMetadata"]
        self.text = "".join(part.get("text", "") for part in parts if not part.get("thought"))
        self.thinking = "".join(part["text"] for part in parts if part.get("thought"))
        self.calls = [(p["functionCall"]["name"], p["functionCall"]["args"]) for p in parts if "functionCall" in p]
        self.tokens = usage["promptTokenCount"], usage["candidatesTokenCount"], usage["totalTokenCount"]
        self.end = document["candidates"][0]["finishReason"]


#: How each format calls the end of an answer.
ENDS = {
    "chat": {"tool_use": "tool_calls", "max_tokens": "length", "refusal": "content_filter"},
    "responses": {"max_tokens": "max_output_tokens", "refusal": "content_filter"},
    "gemini": {"max_tokens": "MAX_TOKENS", "refusal": "SAFETY"},
}
ORDERLY = {"chat": "stop", "responses": "completed", "gemini": "STOP"}


def check_told(client: str, document: Json, message: Json) -> None:
    """A document says what the message says."""
    told, blocks, usage = Told(client, document), message["content"], message["usage"]
    assert told.text == "".join(block["text"] for block in blocks if block["type"] == "text")
    assert told.thinking == "".join(block["thinking"] for block in blocks if block["type"] == "thinking")
    assert told.calls == [(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]
    cache = [usage.get(f"cache_{kind}_input_tokens") or 0 for kind in ("read", "creation")]
    read = usage["input_tokens"] + sum(cache)
    assert told.tokens == (read, usage["output_tokens"], read + usage["output_tokens"])
    assert told.end == ENDS[client].get(message["stop_reason"], ORDERLY[client])


def alike(client: str, document: Json) -> Json:
    """A document without what only a stream or only a whole answer has. Arguments are JSON, so blanks do not count."""
    if client == "chat":
        choice = document["choices"][0]
        return {"message": normal({**choice["message"], "role": 0}), "finish": choice["finish_reason"]}
    for item in document.get("output", ()):
        if item["type"] == "function_call":
            item["arguments"] = json.loads(item["arguments"])
    return document


@each_client
@each_answer
def test_a_stream_and_a_whole_answer_say_what_was_said(case: recorded.Case, client: str) -> None:
    answered = replay.answer_of(case)
    stream, document = folded(client, streamed(client, answered)), whole(client, answered)
    check_told(client, stream, answered.message)
    check_told(client, document, answered.message)
    assert alike(client, stream) == alike(client, document)


# -- the SDKs ------------------------------------------------------------------------------------------------


@each_answer
def test_the_types_of_the_openai_sdk_take_it(case: recorded.Case) -> None:
    chat = pytest.importorskip("openai.types.chat")
    responses = pytest.importorskip("openai.types.responses")
    answered = replay.answer_of(case)
    for chunk in chat_chunks(streamed("chat", answered)):
        chat.ChatCompletionChunk.model_validate(chunk, strict=True)
    completion = chat.ChatCompletion.model_validate(whole("chat", answered), strict=True)
    assert completion.usage.completion_tokens == answered.message["usage"]["output_tokens"]
    event_type = TypeAdapter(responses.ResponseStreamEvent)
    events = [event_type.validate_python(event) for event in response_events(streamed("responses", answered))]
    response = responses.Response.model_validate(whole("responses", answered))
    assert events[-1].response.output_text == response.output_text == (completion.choices[0].message.content or "")


@each_answer
def test_the_types_of_the_google_sdk_take_it(case: recorded.Case) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's imports
        types = pytest.importorskip("google.genai.types")
    answered = replay.answer_of(case)
    said = "".join(block["text"] for block in answered.message["content"] if block["type"] == "text")
    chunks = gemini_chunks(streamed("gemini", answered), True)
    for documents in (chunks, [whole("gemini", answered)]):
        parsed = [types.GenerateContentResponse.model_validate(document) for document in documents]
        parts = [part for one in parsed for part in one.candidates[0].content.parts]
        assert "".join(part.text or "" for part in parts if not part.thought) == said
        asked = [part.function_call.name for part in parts if part.function_call]
        assert asked == [block["name"] for block in answered.message["content"] if block["type"] == "tool_use"]


# -- the next request ----------------------------------------------------------------------------------------


def next_of(client: str, document: Json) -> Json:
    """The next request of a client that gives an answer back as it came, with a result for each call."""
    user = USER[client]
    if client == "chat":
        message = document["choices"][0]["message"]
        ids = [call["id"] for call in message.get("tool_calls", ())]
        answers = [{"role": "tool", "tool_call_id": one, "content": f"result {n}"} for n, one in enumerate(ids)]
        return {"model": "m", "messages": [user, message, *answers, user]}
    if client == "responses":
        items = document["output"]
        ids = [item["call_id"] for item in items if item["type"] == "function_call"]
        outputs = [
            {"type": "function_call_output", "call_id": one, "output": f"result {n}"} for n, one in enumerate(ids)
        ]
        return {"model": "m", "input": [user, *items, *outputs, user]}
    content = document["candidates"][0]["content"]
    asked = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
    responses = [
        {"functionResponse": {"name": call["name"], "id": call["id"], "response": {"result": f"result {n}"}}}
        for n, call in enumerate(asked)
    ]
    turns = [{"role": "user", "parts": responses}] if responses else []
    return {"model": "m", "stream": False, "alt": "", "contents": [user, content, *turns, user]}


@each_client
@pytest.mark.parametrize("case", replay.answers("chat", "responses", "gemini"))
def test_c15_c18_its_provider_gets_back_what_it_gave(case: recorded.Case, client: str) -> None:
    """The same seals, calls and words as from Claude Code; `test_replay_own` holds those to the recording."""
    home, answered = replay.home_of(case), replay.answer_of(case)
    asked = next_of(client, whole(client, answered))
    inbound = FORMATS[client].read(asked, Losses())
    body, _ = replay.request_for(home, inbound.body, answered.recall)
    replay.accept(home, body)
    direct, _ = replay.request_for(home, replay.next_request(answered.message), answered.recall)
    assert seals(body) == seals(direct)
    here, there = spoken(home.form, body), spoken(home.form, direct)
    assert calls(here) == calls(there)
    assert [told.removeprefix("Error: ") for told in results(here).values()] == [
        told.removesuffix(" of the tool").removeprefix("Error: ") for told in map(first_line, results(there).values())
    ]
    said, wanted = squeezed(texts(here, "assistant")), squeezed(texts(there, "assistant"))
    if answered.message["stop_reason"] == "refusal":
        assert said.startswith(wanted)  # Responses has a part for the refusal itself
    else:
        assert said == wanted


def first_line(text: str) -> str:
    """A result without the note about its picture."""
    return text.partition("\n")[0]


def squeezed(text: str) -> str:
    """Text without blanks: where one block ends and the next begins is the client's to say."""
    return "".join(text.split())


@each_client
@pytest.mark.parametrize("case", replay.answers("messages"))
def test_anthropic_gets_back_what_it_gave(case: recorded.Case, client: str) -> None:
    answered = replay.answer_of(case)
    losses = Losses()
    inbound = FORMATS[client].read(next_of(client, whole(client, answered)), losses)
    native = to_native(inbound.body, "claude-sonnet-4-6", losses)
    sent = loads(lane_body(b"", native, model="claude", edited=True, losses=losses))
    check_messages_request(sent, lenient=True)
    thought = [block for block in answered.message["content"] if block["type"] in ("thinking", "redacted_thinking")]
    signed = [block for block in thought if block.get("signature") or block.get("data")]
    turns = [message["content"] for message in sent["messages"] if message["role"] == "assistant"]
    assert [block for block in turns[0] if "thinking" in block["type"]] == signed if turns else not thought
    made = calls(spoken("messages", {"messages": [{"role": "assistant", "content": answered.message["content"]}]}))
    assert calls(spoken("messages", sent)) == made
