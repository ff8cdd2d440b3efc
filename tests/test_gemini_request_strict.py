"""The strict Gemini endpoint of the tests is strict."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from .support.strict_gemini import check_gemini_request

Json = dict[str, Any]

GOOD: Json = {
    "contents": [
        {"role": "user", "parts": [{"text": "a"}]},
        {
            "role": "model",
            "parts": [
                {"text": "b"},
                {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "U0lH"},
                {"functionCall": {"name": "g", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "f", "response": {"result": "1"}}},
                {"functionResponse": {"name": "g", "response": {"error": "2"}}},
            ],
        },
        {"role": "user", "parts": [{"text": "c"}]},
    ],
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "f",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {"a": {"type": "ARRAY", "items": {"type": "STRING"}}},
                        "required": ["a"],
                    },
                },
                {"name": "g"},
            ]
        }
    ],
    "generationConfig": {"thinkingConfig": {"thinkingLevel": "low"}},
}


def test_a_good_request_passes() -> None:
    check_gemini_request(GOOD, "gemini-3-flash-preview")


def _contents(change: Callable[[list[Json]], Any]) -> Callable[[Json], Any]:
    return lambda body: change(body["contents"])


def _schema(change: Callable[[Json], Any]) -> Callable[[Json], Any]:
    return lambda body: change(body["tools"][0]["functionDeclarations"][0]["parameters"])


SPOILT: dict[str, Callable[[Json], Any]] = {
    "an unknown field": lambda body: body.update(model="x"),
    "the model begins": _contents(lambda contents: contents.pop(0)),
    "the model ends": _contents(lambda contents: contents.append({"role": "model", "parts": [{"text": "x"}]})),
    "two turns of the user": _contents(lambda contents: contents.append({"role": "user", "parts": [{"text": "x"}]})),
    "no responses": _contents(lambda contents: contents.pop(2)),
    "too few responses": _contents(lambda contents: contents[2]["parts"].pop()),
    "responses in another order": _contents(lambda contents: contents[2]["parts"].reverse()),
    "text beside responses": _contents(lambda contents: contents[2]["parts"].append({"text": "x"})),
    "no signature": _contents(lambda contents: contents[1]["parts"][1].pop("thoughtSignature")),
    "a signature that is none": _contents(lambda contents: contents[1]["parts"][1].update(thoughtSignature="no!")),
    "an empty text": _contents(lambda contents: contents[0]["parts"].append({"text": ""})),
    "a part of two things": _contents(lambda contents: contents[0]["parts"][0].update(inlineData={})),
    "a schema without a type": _schema(lambda schema: schema["properties"].update(b={})),
    "an array without items": _schema(lambda schema: schema["properties"]["a"].pop("items")),
    "an unknown word of a schema": _schema(lambda schema: schema.update(additionalProperties=False)),
    "a property required and unknown": _schema(lambda schema: schema["required"].append("b")),
    "an enum of numbers": _schema(lambda schema: schema["properties"].update(b={"type": "INTEGER", "enum": [1]})),
    "something beside anyOf": _schema(
        lambda schema: schema["properties"].update(b={"type": "STRING", "anyOf": [{"type": "STRING"}] * 2})
    ),
    "a level and a budget": lambda body: body["generationConfig"]["thinkingConfig"].update(thinkingBudget=1),
    "a choice of an unknown tool": lambda body: body.update(
        toolConfig={"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["x"]}}
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_request_does_not(name: str) -> None:
    body = deepcopy(GOOD)
    SPOILT[name](body)
    with pytest.raises((AssertionError, KeyError)):
        check_gemini_request(body, "gemini-3-flash-preview")


def test_older_models_take_less() -> None:
    body = deepcopy(GOOD)
    body["tools"].append({"googleSearch": {}})
    check_gemini_request(body, "gemini-3-flash-preview")
    with pytest.raises(AssertionError):
        check_gemini_request(body, "gemini-2.5-pro")
