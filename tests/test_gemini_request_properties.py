"""Whatever a request holds, a strict Gemini endpoint takes the body made of it, and nothing said is lost."""

import json
from typing import Any

import pytest
from hypothesis import given

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.wire.gemini.dialect import dialect_for
from ccr_middleware.wire.gemini.request import build_gemini_body

from .support.strict_gemini import check_gemini_request
from .test_anthropic_request_fuzz import BODIES
from .test_chat_request_properties import USER, requests

Json = dict[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
MODELS = ["gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3.8-flash", "gemma-3-27b-it"]
each_model = pytest.mark.parametrize("model", MODELS)


def build(request: Any, model: str) -> Json:
    """The body for a model."""
    return build_gemini_body(request, model, dialect_for(GOOGLE, model, {}, None), Losses()).body


@each_model
@given(request=requests())
def test_gemini_takes_every_body(model: str, request: Json) -> None:
    before = json.dumps(request)
    check_gemini_request(build(request, model), model)
    assert json.dumps(request) == before, "the request was changed"


@each_model
@given(body=BODIES)
def test_gemini_takes_what_clients_send(model: str, body: Json) -> None:
    losses = Losses()
    try:
        request = to_unified(body, losses)
    except BadRequest:
        return
    request["messages"] = pair_tools(request["messages"], losses)
    check_gemini_request(build(request, model), model)


@each_model
@given(request=requests())
def test_nothing_that_was_said_is_lost(model: str, request: Json) -> None:
    body = build(request, model)
    sent = json.dumps([body["contents"], body.get("systemInstruction")])
    for message in request["messages"]:
        content = message["content"]
        texts = [content] if isinstance(content, str) else [p["text"] for p in content or () if p["type"] == "text"]
        for text in texts:
            assert json.dumps(text)[1:-1] in sent


@each_model
@given(request=requests())
def test_c26_a_longer_conversation_begins_with_the_same_contents(model: str, request: Json) -> None:
    request["messages"].append(USER)
    longer = request | {"messages": [*request["messages"], {"role": "assistant", "content": "and"}, USER]}
    body, grown = build(request, model), build(longer, model)
    assert json.dumps(grown["contents"]).startswith(json.dumps(body["contents"])[:-1])
    assert {**grown, "contents": 0} == {**body, "contents": 0}
