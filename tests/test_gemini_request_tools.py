"""Tools on their way to Gemini."""

from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.wire.format import Built
from ccr_middleware.wire.gemini.dialect import dialect_for
from ccr_middleware.wire.gemini.request import build_gemini_body
from ccr_middleware.wire.gemini.tools import ONE_CALL

from .support.strict_gemini import NAME, check_gemini_request

Json = dict[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
VERTEX = "https://aiplatform.googleapis.com"
NEW, OLD = "gemini-3-flash-preview", "gemini-2.5-pro"
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def tool(name: str, parameters: Json | None = None, **more: Any) -> Json:
    """A tool of the request."""
    return {"type": "function", "function": {"name": name, "parameters": parameters or SCHEMA, **more}}


def build(*tools: Json, model: str = OLD, url: str = GOOGLE, overrides: Json | None = None, **request: Any):
    """What is built, checked, and the losses."""
    losses = Losses()
    offered = {"tools": list(tools)} if tools else {}
    whole: Any = {"model": "c", "messages": [{"role": "user", "content": "a"}], "stream": True, **offered, **request}
    built: Built = build_gemini_body(whole, model, dialect_for(url, model, overrides or {}, None), losses)
    check_gemini_request(built.body, model)
    return built, losses.header()


def test_functions() -> None:
    built, losses = build(tool("Read", description="Reads."), tool("Now", {"type": "object", "properties": {}}))
    parameters = {"type": "OBJECT", "properties": {"path": {"type": "STRING"}}, "required": ["path"]}
    assert built.body["tools"] == [
        {
            "functionDeclarations": [
                {"name": "Read", "description": "Reads.", "parameters": parameters},
                {"name": "Now"},
            ]
        }
    ]
    assert "toolConfig" not in built.body
    assert losses == ""


def test_schemas_as_they_are() -> None:
    built, _ = build(tool("Read"), overrides={"json_schema": True})
    assert built.body["tools"][0]["functionDeclarations"] == [{"name": "Read", "parametersJsonSchema": SCHEMA}]


def test_what_a_schema_can_only_say_in_words_is_one_loss() -> None:
    odd = {"type": "object", "properties": {"a": {"type": "integer", "multipleOf": 5}}}
    built, losses = build(tool("a", odd), tool("b", odd))
    assert built.body["tools"][0]["functionDeclarations"][0]["parameters"]["properties"]["a"] == {
        "type": "INTEGER",
        "description": '(JSON schema: {"multipleOf":5})',
    }
    assert losses == "tools.schema=emulated"


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", None),
        ("none", {"functionCallingConfig": {"mode": "NONE"}}),
        ("required", {"functionCallingConfig": {"mode": "ANY"}}),
        (
            {"type": "function", "function": {"name": "0.b"}},
            {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["_0.b_1cd3e5f6"]}},
        ),
        ({"type": "function", "function": {"name": "gone"}}, {"functionCallingConfig": {"mode": "ANY"}}),
    ],
)
def test_c21_the_choice_among_tools(choice: Any, config: Json | None) -> None:
    built, losses = build(tool("a"), tool("0.b"), tool_choice=choice)
    assert built.body.get("toolConfig") == config
    assert losses == ""


def test_c21_parallel_calls_are_asked_not_to_be() -> None:
    built, losses = build(tool("a"), parallel_tool_calls=False)
    assert built.body["systemInstruction"] == {"parts": [{"text": ONE_CALL}]}
    assert losses == "tool_choice.disable_parallel_tool_use=emulated"
    assert build(tool("a"), parallel_tool_calls=True)[1] == ""
    assert build(parallel_tool_calls=False)[1] == ""


def test_c20_names_are_made_legal_everywhere_and_come_back() -> None:
    names = ["n" * 80, "größe", "7up", "-x", "a.b:c-d_e"]
    calls = [
        {"id": f"t{number}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for number, name in enumerate(names)
    ]
    messages = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": calls},
        *({"role": "tool", "tool_call_id": one["id"], "content": "ok"} for one in calls),
    ]
    built, losses = build(*(tool(name) for name in names), messages=messages)
    sent = [one["name"] for one in built.body["tools"][0]["functionDeclarations"]]
    assert all(NAME.fullmatch(name) for name in sent)
    assert sent[-1] == "a.b:c-d_e"
    assert [built.tool_name(name) for name in sent] == names
    assert [part["functionCall"]["name"] for part in built.body["contents"][1]["parts"]] == sent
    assert [part["functionResponse"]["name"] for part in built.body["contents"][2]["parts"]] == sent
    assert losses == ""


def test_an_aimed_name_collides_with_nothing() -> None:
    first, _ = build(tool("größe"))
    legal = first.body["tools"][0]["functionDeclarations"][0]["name"]
    built, _ = build(tool("größe"), tool(legal))
    sent = [one["name"] for one in built.body["tools"][0]["functionDeclarations"]]
    assert sent[1] == legal
    assert [built.tool_name(name) for name in sent] == ["größe", legal]


# -- Gemini's own tools --------------------------------------------------------------------------------------


def test_own_tools() -> None:
    fetch, run = {"type": "web_fetch_20250910"}, {"type": "code_execution_20250825"}
    built, losses = build(server_tools=[SEARCH, SEARCH, fetch, run])
    assert built.body["tools"] == [{"googleSearch": {}}, {"urlContext": {}}, {"codeExecution": {}}]
    assert "toolConfig" not in built.body
    assert losses == ""


def test_own_tools_beside_functions() -> None:
    built, losses = build(tool("a"), server_tools=[SEARCH], model=OLD)
    assert [list(one) for one in built.body["tools"]] == [["functionDeclarations"]]
    assert losses == "tool.web_search=dropped"
    built, losses = build(tool("a"), server_tools=[SEARCH], model=NEW)
    assert [list(one) for one in built.body["tools"]] == [["googleSearch"], ["functionDeclarations"]]
    assert built.body["toolConfig"] == {"includeServerSideToolInvocations": True}
    assert losses == ""
    built, losses = build(tool("a"), server_tools=[SEARCH], model=NEW, url=VERTEX)
    assert [list(one) for one in built.body["tools"]] == [["googleSearch"], ["functionDeclarations"]]
    assert "toolConfig" not in built.body  # Vertex knows no such field


def test_what_gemini_has_no_tool_for() -> None:
    limited = {**SEARCH, "allowed_domains": ["a.example"], "max_uses": 8, "user_location": {"city": "Bonn"}}
    built, losses = build(server_tools=[{"type": "bash_20250124"}, {}, limited])
    assert built.body["tools"] == [{"googleSearch": {}}]
    assert losses.split(", ") == [
        "tool.bash_20250124=dropped",
        "tool.unknown=dropped",
        "tool.web_search.domains=dropped",
        "tool.web_search.max_uses=clamped",
        "tool.web_search.user_location=dropped",
    ]


def test_models_without_tools() -> None:
    built, losses = build(tool("a", strict=True), server_tools=[SEARCH], model="gemma-3-27b-it")
    assert "tools" not in built.body
    assert losses == "tools=dropped, tool.web_search=dropped"
    assert build(tool("a", strict=True))[1] == "tool.strict=dropped"
