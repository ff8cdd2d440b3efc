"""What the OpenAI SDK makes of the answers: its types, its streams, its errors. Nothing is sent anywhere."""

import json

import pytest
from hypothesis import given, settings
from pydantic import TypeAdapter

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import BadRequest, UpstreamBroken
from ccr_middleware.losses import Losses
from ccr_middleware.wire.responses.inbound.format import RESPONSES_CLIENT
from ccr_middleware.wire.responses.inbound.request import read_request as read

from .support.generated import messages
from .test_inbound_responses_writer import CITATION, FOUND, SEARCH, events_of, message_of, new_writer

openai = pytest.importorskip("openai")
httpx2 = pytest.importorskip("httpx2")
responses = pytest.importorskip("openai.types.responses")

EVENT = TypeAdapter(responses.ResponseStreamEvent)
TOOLS = [
    {"type": "function", "name": "shell", "parameters": {"type": "object", "properties": {}}, "strict": False},
    {"type": "custom", "name": "apply_patch"},
    {"type": "namespace", "name": "crm", "description": "", "tools": [{"type": "function", "name": "find"}]},
    {"type": "web_search"},
]
EVERYTHING = message_of(
    {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"},
    {"type": "redacted_thinking", "data": "b3Bh"},
    SEARCH,
    FOUND,
    {"type": "text", "text": "It rains", "citations": [CITATION]},
    {"type": "tool_use", "id": "toolu_1", "name": "shell", "input": {"a": 1}},
    {"type": "tool_use", "id": "toolu_2", "name": "apply_patch", "input": {"input": "*** Begin"}},
    {"type": "tool_use", "id": "toolu_3", "name": "crm__find", "input": {}},
    stop="tool_use",
)


def stream_of(message, **request):
    """A whole stream."""
    writer = new_writer(**request)
    return writer.feed(unfold(message)) + writer.finish()


def parsed(data):
    """The events as the SDK's own types. Fields they do not know are allowed, wrong ones are not."""
    return [EVENT.validate_python(event) for event in events_of(data)]


def client(answer, status=200, content_type="text/event-stream"):
    """An SDK client whose every request gets this answer."""

    def handle(request):
        return httpx2.Response(status, content=answer, headers={"content-type": content_type})

    http = httpx2.Client(transport=httpx2.MockTransport(handle))
    return openai.OpenAI(api_key="k", base_url="http://gateway.invalid/v1", http_client=http, max_retries=0)


def test_the_types_take_every_event():
    events = parsed(stream_of(EVERYTHING, tools=TOOLS))
    assert {type(event).__name__ for event in events} >= {
        "ResponseCreatedEvent",
        "ResponseReasoningSummaryTextDeltaEvent",
        "ResponseWebSearchCallCompletedEvent",
        "ResponseOutputTextAnnotationAddedEvent",
        "ResponseFunctionCallArgumentsDoneEvent",
        "ResponseCustomToolCallInputDoneEvent",
        "ResponseCompletedEvent",
    }
    output = events[-1].response.output
    assert [item.type for item in output] == [
        *("reasoning", "reasoning", "web_search_call", "message"),
        *("function_call", "custom_tool_call", "function_call"),
    ]


@settings(max_examples=25)
@given(messages())
def test_the_types_take_any_answer(message):
    parsed(stream_of(message))
    responses.Response.model_validate(new_writer().whole(message))


@pytest.mark.parametrize("stop", ["max_tokens", "refusal"])
def test_the_types_take_an_incomplete_answer(stop):
    message = message_of({"type": "text", "text": "x"}, stop=stop)
    assert parsed(stream_of(message))[-1].type == "response.incomplete"
    assert responses.Response.model_validate(new_writer().whole(message)).incomplete_details.reason


def test_the_types_take_a_failure():
    told, failed = parsed(new_writer().fail(UpstreamBroken("cut")))
    assert (told.message, failed.response.error.message) == ("cut", "cut")


def test_a_stream_read_by_the_sdk():
    with client(b": ping\n\n" + stream_of(EVERYTHING, tools=TOOLS)) as sdk:
        events = list(sdk.responses.create(model="m", input="Hi", stream=True))
    assert events[-1].response.output_text == "It rains"


def test_a_stream_put_together_by_the_sdk():
    message = message_of(*EVERYTHING["content"][:6], stop="tool_use")
    with client(stream_of(message)) as sdk, sdk.responses.stream(model="m", input="Hi") as stream:
        for _ in stream:
            pass
        response = stream.get_final_response()
    assert response.output_text == "It rains"
    assert response.output[-1].arguments == '{"a":1}'
    assert response.usage.total_tokens == 26


def test_a_whole_answer_read_by_the_sdk_and_sent_back():
    answer = json.dumps(new_writer(tools=TOOLS).whole(EVERYTHING))
    with client(answer, content_type="application/json") as sdk:
        response = sdk.responses.create(model="m", input="Hi", tools=TOOLS)
    items = [item.model_dump(exclude_none=True) for item in response.output]
    losses = Losses()
    sent = read({"input": [{"role": "user", "content": "Hi"}, *items]}, losses).body["messages"]
    kept = [block for block in EVERYTHING["content"] if block["type"].endswith(("thinking", "tool_use"))]
    got = {block.get("id") or block.get("signature") or block.get("data"): block for block in sent[1]["content"]}
    for block in kept:
        if block["type"] != "server_tool_use":
            assert got[block.get("id") or block.get("signature") or block.get("data")] == block
    assert not len(losses)


def test_the_sdk_raises_on_a_stream_that_breaks_off():
    writer = new_writer()
    data = writer.feed(unfold(message_of({"type": "text", "text": "x"}))[:3]) + writer.fail(UpstreamBroken("cut off"))
    with client(data) as sdk, pytest.raises(openai.APIError, match="cut off"):
        list(sdk.responses.create(model="m", input="Hi", stream=True))


def test_the_sdk_reads_an_error_body():
    error = BadRequest("input: is missing")
    body = json.dumps(RESPONSES_CLIENT.error_body(error, "req_1"))
    with client(body, 400, "application/json") as sdk, pytest.raises(openai.BadRequestError, match="input: is missing"):
        sdk.responses.create(model="m", input="Hi")
