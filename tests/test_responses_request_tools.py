"""Tools in a Responses request."""

from typing import Any

import pytest

from .support.strict_responses import check_responses_request
from .test_responses_request import CLOSED, OPEN, SEARCH, build, made, tool

Json = dict[str, Any]


def test_c19_schemas_are_kept_and_strict_is_always_said() -> None:
    schema = OPEN | {"$schema": "http://json-schema.org/draft-07/schema#", "propertyNames": {"pattern": "a"}}
    given = [
        tool(parameters=schema),
        tool(name="Empty", parameters={}),
        tool(name="Strict", parameters=CLOSED, strict=True),
    ]
    body, losses = build("openai", "gpt-4o", tools=given)
    assert [(t["name"], t["strict"]) for t in body["tools"]] == [("Read", False), ("Empty", False), ("Strict", True)]
    assert body["tools"][0]["parameters"] == schema
    assert body["tools"][1]["parameters"] == {"type": "object", "properties": {}}
    assert losses == ""


def test_a_strict_tool_that_cannot_be_one() -> None:
    body, losses = build("openai", "gpt-4o", tools=[tool(strict=True)])
    assert body["tools"][0]["strict"] is False
    assert losses == "tool.strict=dropped"


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "function": {"name": "Read"}}, {"type": "function", "name": "Read"}),
    ],
)
def test_c21_the_choice_of_tools(choice: Any, sent: Any) -> None:
    body, _ = build("openai", "gpt-4o", tools=[tool()], tool_choice=choice, parallel_tool_calls=False)
    assert body["tool_choice"] == sent
    assert body["parallel_tool_calls"] is False


def test_c21_where_a_tool_cannot_be_named_it_is_the_only_one() -> None:
    named = {"type": "function", "function": {"name": "Read"}}
    body, losses = build("lmstudio", "m", tools=[tool(name="Other"), tool()], tool_choice=named)
    assert [t["name"] for t in body["tools"]] == ["Read"]
    assert body["tool_choice"] == "required"
    assert losses == "tool_choice.tool=emulated"


def test_c21_where_nothing_can_be_forced_the_model_is_asked() -> None:
    body, losses = build("deepseek", "deepseek-v4-flash", tools=[tool()], tool_choice="required")
    assert "tool_choice" not in body
    assert "calling a tool" in body["instructions"]
    assert losses == "tool_choice.any=emulated"


@pytest.mark.parametrize("name", ["mcp__srv__" + "x" * 70, "mcp.srv.do"])
def test_c20_names_go_there_and_back(name: str) -> None:
    choice = {"type": "function", "function": {"name": name}}
    built, _ = made("openai", "gpt-4o", tools=[tool(name=name)], tool_choice=choice)
    check_responses_request(built.body)
    short = built.body["tools"][0]["name"]
    assert built.body["tool_choice"]["name"] == short != name
    assert built.tool_name(short) == name


@pytest.mark.parametrize(
    ("host", "given", "sent", "lost"),
    [
        ("openai", {}, {"type": "web_search"}, ""),
        (
            "openai",
            {"allowed_domains": ["a.org"], "blocked_domains": []},
            {"type": "web_search", "filters": {"allowed_domains": ["a.org"]}},
            "",
        ),
        ("openai", {"blocked_domains": ["a.org"]}, {"type": "web_search"}, "tool.web_search.domains=dropped"),
        (
            "openai",
            {"user_location": {"type": "approximate", "city": "Bonn", "region": None}},
            {"type": "web_search", "user_location": {"type": "approximate", "city": "Bonn"}},
            "",
        ),
        (
            "xai",
            {"blocked_domains": ["a.org"]},
            {"type": "web_search", "filters": {"excluded_domains": ["a.org"]}},
            "",
        ),
        (
            "openrouter",
            {"blocked_domains": ["a.org"]},
            {"type": "openrouter:web_search", "parameters": {"excluded_domains": ["a.org"]}},
            "",
        ),
        ("openai", {"max_uses": 8}, {"type": "web_search"}, "tool.web_search.max_uses=clamped"),
        (
            "openrouter",
            {"max_uses": 8, "user_location": {"city": "Bonn"}},
            {"type": "openrouter:web_search", "parameters": {"max_uses": 8, "user_location": {"city": "Bonn"}}},
            "",
        ),
        (
            "groq",
            {"blocked_domains": ["a.org"], "user_location": {"city": "Bonn"}},
            {"type": "browser_search"},
            "tool.web_search.domains=dropped, tool.web_search.user_location=dropped",
        ),
        ("deepseek", {}, None, "tool.web_search=dropped"),
        ("openai-compatible", {}, None, "tool.web_search=dropped"),
    ],
)
def test_f21_web_search(host: str, given: Json, sent: Json | None, lost: str) -> None:
    built, losses = made(host, "openai/gpt-oss-120b", server_tools=[SEARCH | given])
    assert built.body.get("tools") == (None if sent is None else [sent])
    assert losses.header() == lost


def test_a_search_stands_beside_functions() -> None:
    body, _ = build("openai", "gpt-4o", tools=[tool()], server_tools=[SEARCH])
    assert [t["type"] for t in body["tools"]] == ["function", "web_search"]


def test_code_is_executed_only_where_configured() -> None:
    code = {"type": "code_execution_20250825", "name": "code_execution"}
    body, losses = build("openai", "gpt-4o", server_tools=[code])
    assert "tools" not in body
    assert losses == "tool.code_execution_20250825=dropped"
    body, losses = build("openai", "gpt-4o", {"code_interpreter": True}, server_tools=[code])
    assert body["tools"] == [{"type": "code_interpreter", "container": {"type": "auto"}}]
    assert losses == ""
