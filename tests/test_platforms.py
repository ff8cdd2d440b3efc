"""Vertex AI, Bedrock and Azure: where requests go, what is in them, and with whose credentials."""

import asyncio
import json
import struct
from base64 import b64encode
from binascii import crc32
from typing import Any

import pytest

from ccr_middleware import Gateway
from ccr_middleware.anthropic.event_stream import EventStreamDecoder
from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.testing import FakeProvider, Script, check_error, check_stream, json_answer, stream
from ccr_middleware.testing.script import feed
from ccr_middleware.wire.format import Endpoint
from ccr_middleware.wire.platforms import PLATFORMS, Place, place_in, platform_for, vertex_host

from .support import chat
from .support.gateway import ask, body, gateway
from .test_door_bodies import MESSAGE

Json = dict[str, Any]
VERTEX = "https://us-east5-aiplatform.googleapis.com"
GEMINI_ANSWER = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hello"}]}, "finishReason": "STOP"}]}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def providers(**fields: Any) -> Json:
    """A configuration with one provider of these fields."""
    provider = {"name": "cloud", "api_key": "ya29.token", "models": ["m"], **fields}
    return {"Providers": [provider], "Router": {"default": f"cloud,{provider['models'][0]}"}}


def sent(plan: Any, request: Json | None = None, **fields: Any) -> tuple[Any, Any]:
    """The request a provider of these fields is sent, and the answer of the gateway."""
    app, transport = gateway(plan, **providers(**fields))
    reply = run(ask(app, request or body(stream=False)))
    return (transport.requests or [None])[0], reply


# -- addresses ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "name"),
    [
        (VERTEX, "vertex"),
        ("https://aiplatform.googleapis.com/v1", "vertex"),
        ("https://aiplatform.eu.rep.googleapis.com", "vertex"),
        ("https://bedrock-runtime.us-west-2.amazonaws.com", "bedrock"),
        ("https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", None),
        ("https://generativelanguage.googleapis.com/v1beta", None),
        ("https://api.openai.com/v1", None),
        ("http://[bad", None),
    ],
)
def test_a_platform_is_told_by_its_host(base: str, name: str | None) -> None:
    assert platform_for(base) == name


def test_a_vertex_url_may_name_project_and_location() -> None:
    assert place_in(VERTEX) == Place("", "us-east5")
    named = "https://aiplatform.googleapis.com/v1/projects/p1/locations/global/publishers/google/models"
    assert place_in(named) == Place("p1", "global")


def test_locations_have_hosts_of_three_forms() -> None:
    assert vertex_host("us-east5") == VERTEX
    assert vertex_host("global") == "https://aiplatform.googleapis.com"
    assert vertex_host("eu") == "https://aiplatform.eu.rep.googleapis.com"


@pytest.mark.parametrize(
    ("wire", "stream", "path"),
    [
        ("gemini", False, "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"),
        ("gemini", True, "/v1/projects/p/locations/l/publishers/google/models/m:streamGenerateContent?alt=sse"),
        ("messages", False, "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict"),
        ("messages", True, "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict"),
        ("chat", True, "/v1/projects/p/locations/l/endpoints/openapi/chat/completions"),
    ],
)
def test_vertex_urls(wire: Any, stream: bool, path: str) -> None:
    assert PLATFORMS["vertex"].url(Endpoint(VERTEX, "m", stream), wire, Place("p", "l")) == VERTEX + path


@pytest.mark.parametrize(("location", "host"), [("us-east5", VERTEX), ("global", "https://aiplatform.googleapis.com")])
def test_a_location_chooses_the_host_that_serves_it(location: str, host: str) -> None:
    endpoint = Endpoint("https://aiplatform.googleapis.com", "m", False)
    url = PLATFORMS["vertex"].url(endpoint, "gemini", Place("p", location))
    assert url == f"{host}/v1/projects/p/locations/{location}/publishers/google/models/m:generateContent"


def test_a_version_in_the_url_is_kept_and_a_dated_model_too() -> None:
    endpoint = Endpoint(VERTEX + "/v1beta1/", "claude-opus-4@20250514", False)
    url = PLATFORMS["vertex"].url(endpoint, "messages", Place("p", "l"))
    assert url.endswith("/v1beta1/projects/p/locations/l/publishers/anthropic/models/claude-opus-4@20250514:rawPredict")


# -- Vertex ------------------------------------------------------------------------------------------------


def test_claude_on_vertex_is_the_anthropic_body_with_a_version_for_the_model() -> None:
    place = {"project": "p1", "location": "us-east5"}
    use = {"use": [["vertex-claude", place]]}
    request = body(stream=True, context_management={"edits": []}, metadata={"user_id": "u"})
    lane = frame(unfold(MESSAGE))
    wire, reply = sent(stream(lane), request, api_base_url=VERTEX, transformer=use)
    assert wire.url == f"{VERTEX}/v1/projects/p1/locations/us-east5/publishers/anthropic/models/m:streamRawPredict"
    expected = {key: value for key, value in request.items() if key != "model"}
    assert json.loads(wire.body) == expected | {"anthropic_version": "vertex-2023-10-16"}
    assert wire.headers["authorization"] == "Bearer ya29.token"
    assert "x-api-key" not in wire.headers
    assert "anthropic-version" not in wire.headers
    assert reply.body == lane


def test_gemini_on_vertex_by_token() -> None:
    wire, reply = sent(
        json_answer(GEMINI_ANSWER), api_base_url=VERTEX, transformer={"use": ["vertex-gemini"]}, vertex={"project": "p"}
    )
    assert wire.url == f"{VERTEX}/v1/projects/p/locations/us-east5/publishers/google/models/m:generateContent"
    assert wire.headers["authorization"] == "Bearer ya29.token"
    assert json.loads(reply.body)["content"] == [{"type": "text", "text": "Hello"}]


def test_gemini_on_vertex_by_api_key_needs_no_project() -> None:
    wire, reply = sent(
        json_answer(GEMINI_ANSWER),
        api_base_url="https://aiplatform.googleapis.com",
        api_key="AIzaKey",
        transformer={"use": ["vertex-gemini"]},
    )
    assert wire.url == "https://aiplatform.googleapis.com/v1/publishers/google/models/m:generateContent"
    assert wire.headers["x-goog-api-key"] == "AIzaKey"
    assert "authorization" not in wire.headers
    assert reply.status == 200


def test_openai_models_on_vertex() -> None:
    fields = {"transformer": {"use": ["vertex-openai"]}, "vertex": {"project": "p", "location": "global"}}
    wire, reply = sent(json_answer(chat.whole("Hello")), api_base_url=VERTEX, **fields)
    assert wire.url == f"{VERTEX}/v1/projects/p/locations/global/endpoints/openapi/chat/completions"
    assert json.loads(wire.body)["model"] == "m"
    assert reply.status == 200


def test_a_missing_project_is_told() -> None:
    wire, reply = sent(json_answer(GEMINI_ANSWER), api_base_url=VERTEX, transformer={"use": ["vertex-gemini"]})
    assert wire is None
    assert reply.status == 500
    assert "vertex.project" in check_error(reply.body)["message"]


def test_project_and_location_come_from_the_environment() -> None:
    transport = FakeProvider(json_answer(GEMINI_ANSWER))
    env = {"GOOGLE_CLOUD_PROJECT": "from-env", "GOOGLE_CLOUD_LOCATION": "europe-west4"}
    fields = {"api_base_url": "https://aiplatform.googleapis.com", "transformer": {"use": ["vertex-gemini"]}}
    app = Gateway(providers(**fields), transport=transport, env=env)
    assert run(ask(app, body(stream=False))).status == 200
    url = transport.requests[0].url
    assert url.startswith("https://europe-west4-aiplatform.googleapis.com/v1/projects/from-env/locations/europe-west4/")


# -- Bedrock -----------------------------------------------------------------------------------------------


def message(headers: dict[str, str], payload: bytes) -> bytes:
    """One message in Amazon's event stream encoding."""
    head = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    whole = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return whole + struct.pack(">I", crc32(whole))


def chunk(event: Json) -> bytes:
    payload = json.dumps({"bytes": b64encode(json.dumps(event).encode()).decode(), "p": "abc"}).encode()
    return message({":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}, payload)


BEDROCK = {
    "api_base_url": "https://bedrock-runtime.us-west-2.amazonaws.com",
    "api_key": "bedrock-key",
    "models": ["us.anthropic.claude-sonnet-4-5-v1:0"],
    "transformer": {"use": ["Anthropic"]},
}


@pytest.mark.parametrize("feeding", ["whole", "bytes"])
def test_claude_on_bedrock_by_bearer_key(feeding: str) -> None:
    data = b"".join(chunk(event) for event in unfold(MESSAGE))
    script = Script(feed(data, feeding), headers={"content-type": "application/vnd.amazon.eventstream"})
    app, transport = gateway(script, **providers(**BEDROCK))
    reply = run(ask(app, body(stream=True), headers={"anthropic-beta": "a-1,b-2"}))
    wire = transport.requests[0]
    url = "https://bedrock-runtime.us-west-2.amazonaws.com/model/us.anthropic.claude-sonnet-4-5-v1%3A0"
    assert wire.url == f"{url}/invoke-with-response-stream"
    assert wire.headers["authorization"] == "Bearer bedrock-key"
    assert "anthropic-beta" not in wire.headers
    sent_body = json.loads(wire.body)
    assert (sent_body["anthropic_version"], sent_body["anthropic_beta"]) == ("bedrock-2023-05-31", ["a-1", "b-2"])
    assert "model" not in sent_body
    assert "stream" not in sent_body
    checked = check_stream(reply.body)
    assert checked.text == "".join(block.get("text", "") for block in MESSAGE["content"])


def test_claude_on_bedrock_as_json() -> None:
    wire, reply = sent(json_answer(MESSAGE), **BEDROCK)
    assert wire.url.endswith("/invoke")
    assert json.loads(reply.body) == MESSAGE


def test_an_exception_in_a_bedrock_stream_is_an_error() -> None:
    thrown = message(
        {":message-type": "exception", ":exception-type": "throttlingException"}, b'{"message":"slow down"}'
    )
    _, reply = sent(Script([thrown]), body(stream=True), **BEDROCK)
    assert reply.status == 429
    assert "slow down" in check_error(reply.body)["message"]


def test_a_stream_that_is_none_of_amazons_is_refused() -> None:
    with pytest.raises(ValueError, match="no event stream"):
        EventStreamDecoder().feed(b"event: message_start\ndata: {}\n\n")
    damaged = bytearray(chunk({"type": "ping"}))
    damaged[-1] ^= 1
    with pytest.raises(ValueError, match="damaged"):
        EventStreamDecoder().feed(bytes(damaged))


# -- Azure -------------------------------------------------------------------------------------------------


def test_azure_deployments_are_a_url_with_the_model_in_it() -> None:
    url = "https://res.openai.azure.com/openai/deployments/{model}/chat/completions?api-version=2024-10-21"
    wire, _ = sent(json_answer(chat.whole("Hello")), api_base_url=url, api_key="azure-key", models=["gpt 4o"])
    assert wire.url == url.replace("{model}", "gpt%204o")
    assert wire.headers["api-key"] == "azure-key"
    assert "authorization" not in wire.headers


@pytest.mark.parametrize("base", ["https://res.openai.azure.com", "https://res.openai.azure.com/openai/v1"])
def test_azures_newer_endpoint_is_found(base: str) -> None:
    wire, _ = sent(json_answer(chat.whole("Hello")), api_base_url=base, api_key="azure-key")
    assert wire.url == "https://res.openai.azure.com/openai/v1/chat/completions"
    assert wire.headers["api-key"] == "azure-key"
