"""Tools and settings of Gemini requests read into Messages requests."""

import pytest

from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.wire.gemini.inbound.format import GEMINI_CLIENT

from .support.gemini_client import USER, answered, called, config, model, read, user

# -- tools -------------------------------------------------------------------------------------------------


def test_tools():
    inbound, losses = read(
        tools=[
            {
                "functionDeclarations": [
                    {
                        "name": "f",
                        "description": "d",
                        "parameters": {
                            "type": "OBJECT",
                            "properties": {
                                "min_items": {"type": "STRING", "nullable": True, "enum": ["a"]},
                                "list": {
                                    "type": "ARRAY",
                                    "minItems": "1",
                                    "items": {"type": "INTEGER", "format": "int32"},
                                },
                                "any": {"any_of": [{"type": "STRING"}, {"type": "NUMBER"}]},
                            },
                            "required": ["list"],
                            "propertyOrdering": ["list"],
                        },
                    },
                    {"name": "g", "parametersJsonSchema": {"type": "object", "$defs": {}}},
                    {"name": "h"},
                ]
            },
            {"googleSearch": {}, "codeExecution": {}, "urlContext": {}},
            {"googleMaps": {}},
        ]
    )
    f, g, h, *built_in = inbound.body["tools"]
    assert f == {
        "name": "f",
        "description": "d",
        "input_schema": {
            "type": "object",
            "properties": {
                "min_items": {"type": ["string", "null"], "enum": ["a", None]},
                "list": {"type": "array", "minItems": 1, "items": {"type": "integer", "format": "int32"}},
                "any": {"anyOf": [{"type": "string"}, {"type": "number"}]},
            },
            "required": ["list"],
        },
    }
    assert g["input_schema"] == {"type": "object", "$defs": {}}
    assert h["input_schema"] == {"type": "object", "properties": {}}
    assert [tool["name"] for tool in built_in] == ["web_search", "code_execution", "web_fetch"]
    assert losses.header() == "tool.unknown=dropped"


@pytest.mark.parametrize(
    ("calling", "choice", "names"),
    [
        ({"mode": "AUTO"}, {"type": "auto"}, ["f", "g"]),
        ({"mode": "NONE"}, {"type": "none"}, ["f", "g"]),
        ({"mode": "ANY"}, {"type": "any"}, ["f", "g"]),
        ({"mode": "VALIDATED"}, {"type": "auto"}, ["f", "g"]),
        ({"mode": "ANY", "allowedFunctionNames": ["g"]}, {"type": "tool", "name": "g"}, ["f", "g"]),
        ({"mode": "AUTO", "allowedFunctionNames": ["g"]}, {"type": "auto"}, ["g"]),
        ({}, None, ["f", "g"]),
    ],
)
def test_c21_tool_choice(calling, choice, names):
    tools = [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]
    body = read(tools=tools, toolConfig={"functionCallingConfig": calling})[0].body
    assert body.get("tool_choice") == choice
    assert [tool["name"] for tool in body["tools"]] == names
    assert "tool_choice" not in read(toolConfig={"functionCallingConfig": calling})[0].body


# -- settings ----------------------------------------------------------------------------------------------


def test_sampling():
    body, losses = config(
        maxOutputTokens=7, temperature=1.5, topP=0.9, topK=40.0, stopSequences=["E"], candidateCount=1
    )
    body = body.body
    assert (body["max_tokens"], body["temperature"], body["top_p"], body["top_k"]) == (7, 1.5, 0.9, 40)
    assert body["stop_sequences"] == ["E"]
    assert not len(losses)


@pytest.mark.parametrize(
    ("thinking", "becomes", "effort"),
    [
        ({"thinkingBudget": 0}, {"type": "disabled"}, None),
        ({"thinkingBudget": -1}, {"type": "adaptive"}, None),
        ({"thinkingBudget": 2048}, {"type": "enabled", "budget_tokens": 2048}, None),
        ({"thinkingLevel": "HIGH"}, {"type": "adaptive"}, "high"),
        ({"thinkingLevel": "minimal"}, {"type": "adaptive"}, "low"),
        ({"includeThoughts": True}, {"type": "adaptive"}, None),
        ({"includeThoughts": True, "thinkingBudget": 0}, {"type": "disabled"}, None),
    ],
)
def test_how_much_to_think(thinking, becomes, effort):
    inbound, _ = config(thinkingConfig=thinking)
    assert inbound.body.get("thinking") == becomes
    assert inbound.body.get("output_config", {}).get("effort") == effort
    assert inbound.echo["thoughts"] is thinking.get("includeThoughts", False)


def test_the_form_of_the_answer():
    schema = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}
    wanted = config(responseMimeType="application/json", responseSchema=schema)[0].body["output_config"]["format"]
    assert wanted["schema"] == {"type": "object", "properties": {"a": {"type": "string"}}}
    plain = {"type": "object", "additionalProperties": False}
    wanted = config(responseMimeType="application/json", responseJsonSchema=plain)[0].body["output_config"]["format"]
    assert wanted == {"type": "json_schema", "schema": plain}
    inbound, losses = config(responseMimeType="application/json")
    assert "JSON" in inbound.body["system"][0]["text"]
    assert losses.header() == "responseMimeType=emulated"
    enum = {"type": "STRING", "enum": ["yes", "no"]}
    inbound, losses = config(responseMimeType="text/x.enum", responseSchema=enum)
    assert "yes, no" in inbound.body["system"][0]["text"]


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ({"safetySettings": [{"category": "X"}]}, "safetySettings"),
        ({"frobnicate": 1}, "unknown_fields"),
        ({"generationConfig": {"seed": 0}}, "seed"),
        ({"generationConfig": {"presencePenalty": 0.5}}, "presencePenalty"),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}, "responseModalities"),
        ({"generationConfig": {"wobble": 1}}, "generation_config.unknown_fields"),
        ({"toolConfig": {"retrievalConfig": {"languageCode": "de"}}}, "tool_config.retrievalConfig"),
        ({"contents": [user({"text": "x", "videoMetadata": {"fps": 1}})]}, "part.unknown_fields"),
    ],
)
def test_what_cannot_be_said_is_reported(fields, feature):
    assert [(loss.feature, loss.action) for loss in read(**fields)[1]] == [(feature, "dropped")]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"contents": []}, "contents: "),
        ({"contents": [5]}, "contents[0]: "),
        ({"contents": [{"role": "alien", "parts": []}]}, "contents[0].role: "),
        ({"contents": [user({"text": 5})]}, "contents[0].parts[0].text: "),
        (
            {"contents": [USER, user({"inlineData": {"mimeType": "audio/wav", "data": "AA=="}})]},
            "contents[1].parts[0].inlineData.mimeType: ",
        ),
        (
            {"contents": [user({"fileData": {"mimeType": "image/png", "fileUri": "gs://a/b"}})]},
            "contents[0].parts[0].fileData.fileUri: ",
        ),
        ({"contents": [model({"functionCall": {}})]}, "contents[0].parts[0].functionCall.name: "),
        ({"contents": [user(called("f"))]}, "contents[0].parts[0].functionCall: "),
        ({"contents": [model(answered("f"))]}, "contents[0].parts[0].functionResponse: "),
        ({"tools": [{"functionDeclarations": [{}]}]}, "tools[0].functionDeclarations[0].name: "),
        ({"toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}}, "toolConfig.functionCallingConfig.mode: "),
        ({"generationConfig": {"candidateCount": 2}}, "generationConfig.candidateCount: "),
        ({"generationConfig": {"maxOutputTokens": "many"}}, "generationConfig.maxOutputTokens: "),
        ({"generationConfig": {"thinkingConfig": {"thinkingLevel": "DEEP"}}}, "generationConfig.thinkingConfig."),
        ({"generationConfig": {"responseModalities": ["AUDIO"]}}, "generationConfig.responseModalities: "),
        ({"cachedContent": "cachedContents/x"}, "cachedContent: "),
    ],
)
def test_errors_name_the_place(fields, place):
    with pytest.raises(BadRequest) as caught:
        GEMINI_CLIENT.read({"contents": [USER], **fields}, Losses())
    assert caught.value.message.startswith(place)
