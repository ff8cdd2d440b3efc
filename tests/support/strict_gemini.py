"""A strict Gemini endpoint: raises AssertionError for any `generateContent` body the real ones refuse.

    check_gemini_request(body, "gemini-3-flash-preview")

Nothing of the package is imported here. The rules: Google's API reference, and what was seen to be answered with 400
or with nothing (fixtures facts 34, 35 and 41, failure-modes F5, deepnoodle-ai/dive#287, gemini-cli#16132).
"""

import json
import re
from typing import Any

Json = dict[str, Any]

FIELDS = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings", "cachedContent"}
CONFIG_FIELDS = {
    *("maxOutputTokens", "temperature", "topP", "topK", "stopSequences", "thinkingConfig"),
    *("responseMimeType", "responseSchema", "responseJsonSchema", "mediaResolution"),
}
TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"}
SCHEMA_FIELDS = {
    *("type", "format", "description", "nullable", "enum", "items", "minItems", "maxItems", "properties"),
    *("required", "minProperties", "maxProperties", "minLength", "maxLength", "pattern", "minimum", "maximum"),
    "anyOf",
}
OWN_TOOLS = {"googleSearch", "urlContext", "codeExecution"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
MEDIA = re.compile(r"image/(png|jpeg|webp|heic|heif)|application/pdf|text/[a-z]+")


def check_gemini_request(body: Json, model: str) -> None:
    """Refuse what the model of that name refuses."""
    newest = re.search(r"gemini-(?:[3-9]|\d\d|.*-latest)", model) is not None
    unknown = set(body) - FIELDS
    assert not unknown, f"unknown fields {unknown}"
    json.dumps(body, allow_nan=False)
    functions = _check_tools(body, newest)
    _check_config(body.get("generationConfig", {}), bool(body.get("tools")), newest)
    if "systemInstruction" in body:
        assert set(body["systemInstruction"]) == {"parts"}
        assert body["systemInstruction"]["parts"]
        for part in body["systemInstruction"]["parts"]:
            assert set(part) == {"text"}
            assert part["text"]
    _check_choice(body.get("toolConfig"), functions)
    _check_contents(body["contents"], newest)


# -- contents ------------------------------------------------------------------------------------------------


def _check_contents(contents: list[Json], newest: bool) -> None:
    assert contents, "no contents"
    assert contents[0]["role"] == "user", "the model does not begin"
    before = "model"
    expected: list[Json] = []  # the calls that are to be answered now
    for position, content in enumerate(contents):
        assert set(content) == {"role", "parts"}
        assert content["parts"], f"content {position} is empty"
        kind = _kind(content, position)
        assert kind != "model" or before != "model", f"content {position}: two turns of the model"
        assert kind != "user" or before != "user", f"content {position}: two turns of the user"
        responses = [part["functionResponse"] for part in content["parts"] if "functionResponse" in part]
        _check_responses(responses, expected, position)
        expected = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        for part in content["parts"]:
            _check_part(part, content["role"], position)
        if expected and newest:
            first = next(part for part in content["parts"] if "functionCall" in part)
            assert "thoughtSignature" in first, f"content {position}: function call is missing a thought_signature"
        before = kind
    assert not expected, "calls without responses"
    assert before != "model", "Requests ending with a model turn are not supported."


def _kind(content: Json, position: int) -> str:
    """`model`, `user`, or `results`, which stand alone."""
    assert content["role"] in ("user", "model")
    held = [("functionResponse" in part) for part in content["parts"]]
    if not any(held):
        return str(content["role"])
    assert all(held), f"content {position}: something stands beside function responses"
    assert content["role"] == "user"
    return "results"


def _check_responses(responses: list[Json], calls: list[Json], position: int) -> None:
    assert len(responses) == len(calls), f"content {position}: {len(calls)} calls, {len(responses)} responses"
    for response, call in zip(responses, calls, strict=True):
        assert response["name"] == call["name"], f"content {position}: the response of another function"
        assert response.get("id") == call.get("id"), f"content {position}: the response of another call"


def _check_part(part: Json, role: str, position: int) -> None:
    data = set(part) - {"thought", "thoughtSignature"}
    assert len(data) == 1, f"content {position}: a part is one thing, not {data}"
    (kind,) = data
    assert role == "model" or data == set(part), f"content {position}: only the model thinks"
    if "thoughtSignature" in part:
        assert BASE64.fullmatch(part["thoughtSignature"])
    if kind == "text":
        assert part["text"] or "thoughtSignature" in part, f"content {position}: an empty text"
        assert isinstance(part["text"], str)
    elif kind == "functionCall":
        assert role == "model"
        assert set(part[kind]) <= {"name", "args", "id"}
        assert NAME.fullmatch(part[kind]["name"])
        assert isinstance(part[kind]["args"], dict)
    elif kind == "functionResponse":
        _check_response(part[kind])
    elif kind in ("toolCall", "toolResponse"):
        assert role == "model"
        assert "thoughtSignature" in part
    else:
        assert role == "user"
        _check_media(kind, part[kind])


def _check_response(response: Json) -> None:
    assert set(response) <= {"name", "response", "id", "parts"}
    assert set(response["response"]) in ({"result"}, {"error"})
    assert all(isinstance(text, str) and text for text in response["response"].values())
    assert response.get("parts") != []
    for part in response.get("parts", []):
        assert set(part) == {"inlineData"}
        _check_media("inlineData", part["inlineData"])


def _check_media(kind: str, media: Json) -> None:
    place = {"inlineData": "data", "fileData": "fileUri"}[kind]
    assert set(media) == {"mimeType", place}
    assert MEDIA.fullmatch(media["mimeType"]), f"Unsupported MIME type: {media['mimeType']}"
    assert isinstance(media[place], str)


# -- tools ---------------------------------------------------------------------------------------------------


def _check_tools(body: Json, newest: bool) -> list[str]:
    """The names of the functions."""
    if "tools" not in body:
        assert "toolConfig" not in body
        return []
    assert body["tools"]
    names: list[str] = []
    own = 0
    for tool in body["tools"]:
        (kind,) = tool
        if kind in OWN_TOOLS:
            assert tool[kind] == {}
            own += 1
        else:
            assert kind == "functionDeclarations"
            assert tool[kind]
            names += [_check_declaration(declaration) for declaration in tool[kind]]
    assert len(set(names)) == len(names), "two functions of one name"
    assert newest or not (own and names), "Tool use with function calling is unsupported"
    announced = body.get("toolConfig", {}).get("includeServerSideToolInvocations")
    assert not announced or (own and names)
    return names


def _check_declaration(declaration: Json) -> str:
    assert set(declaration) <= {"name", "description", "parameters", "parametersJsonSchema"}
    assert NAME.fullmatch(declaration["name"]), f"Invalid function name {declaration['name']!r}"
    if "parameters" in declaration:
        assert "parametersJsonSchema" not in declaration
        assert declaration["parameters"]["type"] == "OBJECT"
        assert declaration["parameters"]["properties"], "should be non-empty for OBJECT type"
        check_gemini_schema(declaration["parameters"])
    return str(declaration["name"])


def check_gemini_schema(schema: Json) -> None:
    """Refuse what is no `Schema`."""
    assert isinstance(schema, dict)
    unknown = set(schema) - SCHEMA_FIELDS
    assert not unknown, f"Unknown name {unknown}: Cannot find field."
    if "anyOf" in schema:
        assert set(schema) == {"anyOf"}, "when using any_of, it must be the only field set"
        assert len(schema["anyOf"]) > 1
        for variant in schema["anyOf"]:
            check_gemini_schema(variant)
        return
    kind = schema.get("type")
    assert kind in TYPES, f"no type: {kind}"
    assert isinstance(schema.get("description", ""), str)
    assert schema.get("nullable", True) is True
    _check_values(schema, kind)
    _check_inner(schema, kind)


def _check_values(schema: Json, kind: str) -> None:
    if "enum" in schema:
        assert kind == "STRING", "enum: only allowed for STRING type"
        assert schema["enum"]
        assert all(isinstance(value, str) and value for value in schema["enum"]), "enum: cannot be empty"
    formats = {"STRING": {"enum", "date-time"}, "NUMBER": {"float", "double"}, "INTEGER": {"int32", "int64"}}
    assert "format" not in schema or schema["format"] in formats[kind], "only 'enum' and 'date-time' are supported"
    assert "pattern" not in schema or isinstance(schema["pattern"], str)
    for key in ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties"):
        assert type(schema.get(key, 0)) is int
        assert schema.get(key, 0) >= 0
    for key in ("minimum", "maximum"):
        assert type(schema.get(key, 0)) in (int, float)


def _check_inner(schema: Json, kind: str) -> None:
    assert ("items" in schema) == (kind == "ARRAY"), "items: missing field"
    if kind == "ARRAY":
        check_gemini_schema(schema["items"])
    assert kind == "OBJECT" or not {"properties", "required"} & set(schema)
    properties = schema.get("properties", {})
    for inner in properties.values():
        check_gemini_schema(inner)
    required = schema.get("required", [])
    assert set(required) <= set(properties), "required: property is not defined"
    assert len(set(required)) == len(required)


def _check_choice(config: Json | None, functions: list[str]) -> None:
    if config is None:
        return
    assert config
    assert set(config) <= {"functionCallingConfig", "includeServerSideToolInvocations"}
    calling = config.get("functionCallingConfig")
    if calling is not None:
        assert functions, "function calling config without function declarations"
        assert calling["mode"] in ("AUTO", "ANY", "NONE")
        assert set(calling.get("allowedFunctionNames", [])) <= set(functions)
        assert "allowedFunctionNames" not in calling or calling["mode"] == "ANY"


# -- settings ------------------------------------------------------------------------------------------------


def _check_config(config: Json, tools: bool, newest: bool) -> None:
    assert set(config) <= CONFIG_FIELDS, f"unknown fields {set(config) - CONFIG_FIELDS}"
    assert config.get("maxOutputTokens", 1) >= 1
    assert 0 <= config.get("temperature", 0) <= 2
    assert 0 <= config.get("topP", 0) <= 1
    assert 1 <= config.get("topK", 1) <= 40
    assert 1 <= len(config.get("stopSequences", ["x"])) <= 5
    thinking = config.get("thinkingConfig", {"includeThoughts": True})
    assert thinking, "an empty thinkingConfig"
    assert set(thinking) <= {"includeThoughts", "thinkingBudget", "thinkingLevel"}
    assert not {"thinkingBudget", "thinkingLevel"} <= set(thinking), "cannot set both budget and level"
    assert thinking.get("thinkingLevel", "low") in ("minimal", "low", "medium", "high")
    schemas = {"responseSchema", "responseJsonSchema"} & set(config)
    assert len(schemas) <= 1
    if schemas:
        assert config["responseMimeType"] == "application/json"
        assert newest or not tools, "Function calling with a response mime type is unsupported"
    if "responseSchema" in config:
        check_gemini_schema(config["responseSchema"])
