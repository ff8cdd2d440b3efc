"""Any Gemini request that keeps to Google's reference becomes a Messages request, and no text of it is lost."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT
from ccr_middleware.wire.gemini.inbound.thoughts import seal

from .support import generated
from .support.client_streams import read_warped
from .support.gemini_client import answered, called, model, user

TEXT = generated.TEXT


@st.composite
def requests(draw):
    """A request, and all text in it."""
    contents, texts = [], ""
    for number in range(draw(st.integers(1, 5))):
        said = draw(st.lists(TEXT, min_size=1, max_size=3))
        parts = [{"text": text} for text in said]
        texts += "".join(said)
        if not draw(st.booleans()):
            contents.append({"role": draw(st.sampled_from(["user", "model"])), "parts": parts})
            continue
        calls = [{"name": draw(generated.NAMES), "args": json.loads(draw(generated.ARGUMENTS))} for _ in range(2)]
        if draw(st.booleans()):
            for place, call in enumerate(calls):
                call["id"] = f"id_{number}_{place}"
        contents.append(model(*parts, *({"functionCall": call} for call in calls)))
        told = [draw(TEXT) for _ in calls]
        texts += "".join(told)
        given_id = [{"id": call["id"]} if "id" in call else {} for call in calls]
        contents.append(
            user(
                *(
                    answered(call["name"], {"output": output}, **given)
                    for call, output, given in zip(calls, told, given_id, strict=True)
                )
            )
        )
    return {"contents": contents, "generationConfig": {"temperature": draw(st.floats(0, 2))}}, texts


def text_of(content):
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content or () if part["type"] == "text")


@given(requests())
def test_requests_keep_their_text_and_calls(drawn):
    body, texts = drawn
    unified = to_unified(GEMINI_CLIENT.read(body, Losses()).body, Losses())
    assert "".join(text_of(m["content"]) for m in unified["messages"]) == texts
    asked = [p["functionCall"] for c in body["contents"] for p in c["parts"] if "functionCall" in p]
    calls = [c for m in unified["messages"] for c in m.get("tool_calls", ())]
    assert [(c["function"]["name"], json.loads(c["function"]["arguments"])) for c in calls] == [
        (c["name"], c["args"]) for c in asked
    ]
    results = [m["tool_call_id"] for m in unified["messages"] if m["role"] == "tool"]
    assert results == [call["id"] for call in calls]
    assert len(set(results)) == len(results)


#: Something of everything, to be spoilt.
FULL = {
    "systemInstruction": {"parts": [{"text": "S"}]},
    "tools": [
        {
            "functionDeclarations": [
                {"name": "f", "parameters": {"type": "OBJECT", "properties": {"a": {"type": "ARRAY", "items": {}}}}},
                {"name": "g", "parametersJsonSchema": {"type": "object"}},
            ]
        },
        {"googleSearch": {}, "codeExecution": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["f", "g"]}},
    "generationConfig": {
        "maxOutputTokens": 5,
        "thinkingConfig": {"thinkingBudget": 5, "thinkingLevel": "LOW", "includeThoughts": True},
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "anyOf": [{"type": "STRING", "nullable": True}]},
        "responseModalities": ["TEXT"],
    },
}
HISTORY = [
    user({"inlineData": {"mimeType": "text/plain", "data": "AAAA"}}),
    model({"text": "h", "thought": True}, {**called("f", id="a"), "thoughtSignature": "AAAA"}),
    user(answered("f", id="a", parts=[{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}])),
    model({"executableCode": {"language": "PYTHON", "code": "1"}}, {"text": "", "thoughtSignature": seal([])}),
]


@given(st.data())
def test_nonsense_is_refused_or_read_and_never_crashes(data):
    body, _ = data.draw(requests())
    body = data.draw(st.sampled_from([body, {**body, **FULL, "contents": body["contents"] + HISTORY}]))
    read_warped(data, GEMINI_CLIENT, body)
