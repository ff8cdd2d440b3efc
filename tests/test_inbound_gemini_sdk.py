"""Google's own SDK reads what is written for Gemini clients. Skipped where it is not installed."""

import json
import warnings

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.errors import UpstreamError
from ccr_middleware.losses import Losses
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT

from .support.client_streams import SEARCH, batches, message, message_streams, settings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of other people's imports
    genai = pytest.importorskip("google.genai")
    from google.genai import errors, types

THINKING = {"type": "thinking", "thinking": "hm", "signature": "ccr1.chat.YQ"}
WHOLE = message(
    THINKING,
    {"type": "text", "text": "I read "},
    {"type": "text", "text": "it."},
    *SEARCH,
    {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}},
    stop_reason="tool_use",
)


def client(answer):
    """The SDK's client, whose server answers with what `answer(request)` gives: status, body."""

    def respond(request):
        status, body = answer(request)
        return httpx.Response(status, content=body, headers={"content-type": "application/json"})

    options = types.HttpOptions(
        base_url="http://ccr", httpx_client=httpx.Client(transport=httpx.MockTransport(respond))
    )
    return genai.Client(api_key="k", http_options=options)


def streamed(whole):
    writer = GEMINI_CLIENT.new_writer(settings({"sse": True, "thoughts": True}))
    events = [one for event in unfold(whole) for one in ({"type": "ping"}, event)]
    return writer.feed(events) + writer.finish()


@given(st.data())
def test_the_types_of_the_sdk_take_all_of_it(data):
    whole, events = data.draw(message_streams())
    writer = GEMINI_CLIENT.new_writer(settings({"sse": False, "thoughts": True}))
    stream = b"".join(writer.feed(some) for some in data.draw(batches(events))) + writer.finish()
    parts = []
    for chunk in [*json.loads(stream), writer.whole(whole)]:
        response = types.GenerateContentResponse.model_validate(chunk)
        parts.append(response.candidates[0].content.parts)
    text = "".join(part.text or "" for part in parts[-1] if not part.thought)
    assert text == "".join(block["text"] for block in whole["content"] if block["type"] == "text")


def test_a_stream_through_the_sdk():
    with client(lambda request: (200, streamed(WHOLE))) as sdk:
        chunks = list(sdk.models.generate_content_stream(model="g", contents="Hi"))
    assert "".join(part.text or "" for c in chunks for part in c.parts or () if not part.thought) == "I read it."
    calls = [call for chunk in chunks for call in chunk.function_calls or ()]
    assert [(call.id, call.name, call.args) for call in calls] == [("toolu_1", "Read", {"path": "a"})]
    assert chunks[-1].candidates[0].finish_reason == types.FinishReason.STOP
    assert chunks[-1].usage_metadata.prompt_token_count == 9


def test_a_whole_answer_through_the_sdk():
    document = json.dumps(GEMINI_CLIENT.new_writer(settings()).whole(WHOLE))
    with client(lambda request: (200, document)) as sdk:
        answer = sdk.models.generate_content(model="g", contents="Hi")
    assert answer.candidates[0].grounding_metadata.web_search_queries == ["cats"]
    assert answer.function_calls[0].name == "Read"


def test_a_conversation_of_the_sdk_keeps_the_thinking():
    """The SDK parses signatures as bytes and writes them in another alphabet."""
    bodies = []

    def answer(request):
        bodies.append(json.loads(request.content))
        return 200, json.dumps(GEMINI_CLIENT.new_writer(settings()).whole(WHOLE))

    declared = types.FunctionDeclaration(
        name="Read", parameters=types.Schema(type=types.Type.OBJECT, properties={"path": {"type": "STRING"}})
    )
    config = types.GenerateContentConfig(
        system_instruction="S",
        tools=[types.Tool(function_declarations=[declared])],
        thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024),
        max_output_tokens=4096,
        top_k=20,
        response_mime_type="text/plain",
    )
    with client(answer) as sdk:
        chat = sdk.chats.create(model="g", config=config)
        chat.send_message("Hi")
        chat.send_message(types.Part.from_function_response(name="Read", response={"output": "text"}))
    losses = Losses()
    inbound = GEMINI_CLIENT.read(bodies[1], losses)
    _, said, result = inbound.body["messages"]
    assert said["content"][0] == THINKING
    assert said["content"][-1]["id"] == result["content"][0]["tool_use_id"] == "toolu_1"
    assert inbound.body["tools"][0]["input_schema"]["properties"] == {"path": {"type": "string"}}
    assert inbound.body["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert inbound.body["system"] == [{"type": "text", "text": "S"}]
    assert inbound.echo["thoughts"] is True
    assert not len(losses)


def test_errors_through_the_sdk():
    error = UpstreamError("slow down", status=429)
    with client(lambda request: (429, json.dumps(GEMINI_CLIENT.error_body(error, None)))) as sdk:
        with pytest.raises(errors.ClientError, match="slow down") as caught:
            sdk.models.generate_content(model="g", contents="Hi")
        assert caught.value.status == "RESOURCE_EXHAUSTED"
    writer = GEMINI_CLIENT.new_writer(settings({"sse": True}))
    broken = writer.feed(unfold(WHOLE)[:6]) + writer.fail(UpstreamError("the connection was cut"))
    with client(lambda request: (200, broken)) as sdk, pytest.raises(errors.APIError, match="the connection was cut"):
        list(sdk.models.generate_content_stream(model="g", contents="Hi"))
