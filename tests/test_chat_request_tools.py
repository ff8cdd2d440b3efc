"""Tools on their way to a provider."""

import re
from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.dialect import dialect_for
from ccr_middleware.wire.chat.request import build_chat_body
from ccr_middleware.wire.format import Built
from ccr_middleware.wire.openai.functions import MUST_CALL, is_strict
from ccr_middleware.wire.tool_names import NameRule, ToolIds, ToolNames

from .support.strict_chat import check_body

Json = dict[str, Any]

OPENAI = ("https://api.openai.com/v1", "gpt-4o")
UNKNOWN = ("https://llm.example/v1", "some-model")
HELLO = {"role": "user", "content": "Hello"}


def tool(name: str, parameters: Json | None = None, **more: Any) -> Json:
    """A tool of the request."""
    schema = {"type": "object", "properties": {}} if parameters is None else parameters
    return {"type": "function", "function": {"name": name, "parameters": schema, **more}}


def build(target: tuple[str, str] = UNKNOWN, *tools: Json, **request: Any) -> tuple[Built, str]:
    """The body and the losses."""
    losses = Losses()
    whole: Any = {"model": "c", "messages": [HELLO], "stream": True, "tools": list(tools), **request}
    return build_chat_body(whole, target[1], dialect_for(*target), losses), losses.header()


SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "mode": {"const": "fast"},
        "size": {"type": ["integer", "null"], "exclusiveMinimum": 0},
        "tags": {"type": "object", "propertyNames": {"pattern": "^a"}},
        "node": {"$ref": "#/$defs/node"},
    },
    "required": ["mode"],
    "$defs": {"node": {"type": "object", "properties": {"properties": {"type": "string"}}}},
}


@pytest.mark.parametrize("target", [OPENAI, UNKNOWN])
def test_c19_openai_keeps_the_schema(target: tuple[str, str]) -> None:
    built, losses = build(target, tool("a", SCHEMA, description="Does it."))
    function = built.body["tools"][0]["function"]
    assert function == {"name": "a", "description": "Does it.", "parameters": SCHEMA}
    assert losses == ""


def test_c19_a_schema_always_has_properties() -> None:
    built, _ = build(UNKNOWN, tool("a", {}), tool("b", {"type": "object", "required": ["x"]}))
    assert [t["function"]["parameters"] for t in built.body["tools"]] == [
        {"type": "object", "properties": {}},
        {"type": "object", "required": ["x"], "properties": {}},
    ]


def test_some_take_no_schema_uri() -> None:
    built, _ = build(("https://api.groq.com/openai/v1", "openai/gpt-oss-120b"), tool("a", SCHEMA))
    assert set(built.body["tools"][0]["function"]["parameters"]) == set(SCHEMA) - {"$schema"}
    assert "$schema" in SCHEMA


LONG = "mcp__server__" + "do_something_" * 6
DOTTED = "mcp.server.tool"


def test_c20_names_are_made_legal_everywhere_and_come_back() -> None:
    assert len(LONG) > 80
    call = {"id": "call_0001", "type": "function", "function": {"name": DOTTED, "arguments": "{}"}}
    gone = {"id": "call_0002", "type": "function", "function": {"name": "g" * 70, "arguments": "{}"}}
    history = [
        HELLO,
        {"role": "assistant", "content": None, "tool_calls": [call, gone]},
        {"role": "tool", "tool_call_id": "call_0001", "content": "x"},
        {"role": "tool", "tool_call_id": "call_0002", "content": "y"},
    ]
    chosen = {"type": "function", "function": {"name": LONG}}
    built, losses = build(UNKNOWN, tool(LONG), tool(DOTTED), tool("Bash"), tool_choice=chosen, messages=history)
    body, named = built.body, built.tool_name
    check_body(body)
    sent = [t["function"]["name"] for t in body["tools"]]
    assert sent[2] == "Bash"
    assert body["tool_choice"]["function"]["name"] == sent[0]
    assert body["messages"][1]["tool_calls"][0]["function"]["name"] == sent[1]
    assert [named(name) for name in sent] == [LONG, DOTTED, "Bash"]
    assert named(body["messages"][1]["tool_calls"][1]["function"]["name"]) == "g" * 70
    assert named("invented") == "invented"
    assert losses == ""


def test_c20_a_name_is_always_shortened_the_same_way() -> None:
    alone: Any = {"messages": [], "tools": [tool(LONG)]}
    among: Any = {"messages": [], "tools": [tool("Bash"), tool("x" * 99), tool(LONG)]}
    assert ToolNames.of(alone, NameRule()).to_wire(LONG) == ToolNames.of(among, NameRule()).to_wire(LONG)


def test_c20_names_that_fit_are_not_touched() -> None:
    names = ToolNames.of({"messages": [], "tools": [tool("Bash"), tool("a" * 64)]}, NameRule())  # type: ignore[typeddict-item]
    assert [names.to_wire(name) for name in ("Bash", "a" * 64)] == ["Bash", "a" * 64]
    assert names.to_wire("Bash") == names.from_wire("Bash") == "Bash"


def test_c20_a_short_name_that_is_taken_gives_another() -> None:
    shortened = ToolNames.of({"messages": [], "tools": [tool(DOTTED)]}, NameRule()).to_wire(DOTTED)  # type: ignore[typeddict-item]
    names = ToolNames.of({"messages": [], "tools": [tool(shortened), tool(DOTTED)]}, NameRule())  # type: ignore[typeddict-item]
    assert names.to_wire(shortened) == shortened
    assert names.to_wire(DOTTED) not in (shortened, DOTTED)
    assert names.from_wire(names.to_wire(DOTTED)) == DOTTED


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", "auto"),
        ("required", "required"),
        ("none", "none"),
        ({"type": "function", "function": {"name": "a"}}, {"type": "function", "function": {"name": "a"}}),
    ],
)
def test_c21_tool_choice(choice: Any, sent: Any) -> None:
    built, losses = build(OPENAI, tool("a"), tool("b"), tool_choice=choice)
    assert built.body["tool_choice"] == sent
    assert losses == ""


def test_c21_parallel_calls_can_be_forbidden() -> None:
    assert build(OPENAI, tool("a"), parallel_tool_calls=False)[0].body["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in build(OPENAI, parallel_tool_calls=False)[0].body
    built, losses = build(("https://api.cerebras.ai/v1", "m"), tool("a"), parallel_tool_calls=False)
    assert "parallel_tool_calls" not in built.body
    assert losses == "tool_choice.disable_parallel_tool_use=dropped"


NAMED = {"type": "function", "function": {"name": "b"}}


def test_c21_where_no_tool_can_be_named_it_is_the_only_one() -> None:
    built, losses = build(("http://localhost:1234/v1", "m"), tool("a"), tool("b"), tool_choice=NAMED)
    assert built.body["tool_choice"] == "required"
    assert [t["function"]["name"] for t in built.body["tools"]] == ["b"]
    assert losses == "tool_choice.tool=emulated"


@pytest.mark.parametrize("choice", ["required", NAMED])
def test_c21_where_nothing_can_be_forced_the_model_is_asked(choice: Any) -> None:
    built, losses = build(("https://api.z.ai/api/paas/v4", "glm-4.6"), tool("a"), tool("b"), tool_choice=choice)
    assert "tool_choice" not in built.body
    assert built.body["messages"][0] == {"role": "system", "content": MUST_CALL}
    assert "tool_choice.any=emulated" in losses


def test_c21_where_only_auto_is_known_none_means_no_tools() -> None:
    built, losses = build(("https://api.z.ai/api/paas/v4", "glm-4.6"), tool("a"), tool_choice="none")
    assert "tools" not in built.body
    assert losses == ""


def test_too_many_tools() -> None:
    built, losses = build(OPENAI, *(tool(f"t{n}") for n in range(130)))
    assert len(built.body["tools"]) == 128
    assert losses == "tools.count=dropped"


def test_a_provider_without_functions() -> None:
    built, losses = build(("https://api.perplexity.ai", "sonar"), tool("a"), tool_choice="auto")
    assert not {"tools", "tool_choice"} & set(built.body)
    assert losses == "tools=dropped"


def test_long_descriptions_can_be_limited() -> None:
    losses = Losses()
    dialect = dialect_for(*UNKNOWN, {"tool_description_limit": 10})
    request: Any = {"messages": [HELLO], "stream": True, "tools": [tool("a", description="0123456789abc")]}
    body = build_chat_body(request, "m", dialect, losses).body
    assert body["tools"][0]["function"]["description"] == "012345678…"
    assert losses.header() == "tool.description=clamped"


CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def test_strict_is_kept_where_it_is_understood_and_possible() -> None:
    built, losses = build(OPENAI, tool("a", CLOSED, strict=True))
    assert built.body["tools"][0]["function"]["strict"] is True
    assert losses == ""
    for target, schema in ((UNKNOWN, CLOSED), (OPENAI, CLOSED | {"required": []})):
        built, losses = build(target, tool("a", schema, strict=True))
        assert "strict" not in built.body["tools"][0]["function"]
        assert losses == "tool.strict=dropped"


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        ({"type": "object"}, False),
        ({**CLOSED, "additionalProperties": True}, False),
        ({**CLOSED, "properties": {"a": {"type": "object", "properties": {"b": {}}}}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object"}}}}, False),
        ({**CLOSED, "properties": {"a": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        ({**CLOSED, "$defs": {"node": {"type": "object", "properties": {"b": {}}}}}, False),
    ],
)
def test_what_openai_calls_strict(schema: Json, strict: bool) -> None:
    assert is_strict(schema) is strict


def test_arguments_of_glm_are_streamed() -> None:
    assert build(("https://api.z.ai/api/paas/v4", "glm-5.2"), tool("a"))[0].body["tool_stream"] is True
    assert "tool_stream" not in build(("https://api.z.ai/api/paas/v4", "glm-5.2"), tool("a"), stream=False)[0].body


SEARCH = {
    "type": "web_search_20250305",
    "name": "web_search",
    "max_uses": 8,
    "allowed_domains": ["example.com"],
    "blocked_domains": [],
}


def test_openrouter_searches_the_web() -> None:
    built, losses = build(("https://openrouter.ai/api/v1", "x/y"), server_tools=[SEARCH])
    parameters = {"max_uses": 8, "allowed_domains": ["example.com"]}
    assert built.body["tools"] == [{"type": "openrouter:web_search", "parameters": parameters}]
    assert losses == ""


def test_the_older_plugin_can_be_chosen() -> None:
    dialect = dialect_for("https://openrouter.ai/api/v1", "x/y", {"web_search": "plugin"})
    request: Any = {"messages": [HELLO], "stream": True, "server_tools": [SEARCH | {"allowed_domains": None}]}
    losses = Losses()
    body = build_chat_body(request, "m", dialect, losses).body
    assert body["plugins"] == [{"id": "web", "max_results": 5}]
    assert losses.header() == "tool.web_search.max_uses=clamped"


def test_search_models_of_openai() -> None:
    place = {"type": "approximate", "city": "London", "country": "GB"}
    built, losses = build(
        ("https://api.openai.com", "gpt-4o-search-preview"), server_tools=[SEARCH | {"user_location": place}]
    )
    place = {"type": "approximate", "approximate": {"city": "London", "country": "GB"}}
    assert built.body["web_search_options"] == {"user_location": place}
    assert losses == "tool.web_search.domains=dropped, tool.web_search.max_uses=clamped"


def test_a_provider_that_always_searches_needs_no_telling() -> None:
    unlimited = {"type": SEARCH["type"], "name": SEARCH["name"]}
    assert build(("https://api.perplexity.ai", "sonar"), server_tools=[unlimited])[1] == ""
    lost = build(("https://api.perplexity.ai", "sonar"), server_tools=[SEARCH])[1]
    assert lost == "tool.web_search.domains=dropped, tool.web_search.max_uses=clamped"


def test_server_tools_nobody_has_are_reported_and_never_functions() -> None:
    other = {"type": "code_execution_20250825", "name": "code_execution"}
    built, losses = build(UNKNOWN, tool("a"), server_tools=[SEARCH, other])
    assert [t["function"]["name"] for t in built.body["tools"]] == ["a"]
    assert losses == "tool.web_search=dropped, tool.code_execution_20250825=dropped"


def test_claude_on_openrouter_keeps_the_cache_mark_of_a_tool() -> None:
    marked = tool("a") | {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    built, _ = build(("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6"), marked)
    assert built.body["tools"][0]["cache_control"] == {"type": "ephemeral", "ttl": "1h"}
    built, _ = build(("https://openrouter.ai/api/v1", "google/gemini-3-pro"), marked)
    assert built.body["tools"][0]["cache_control"] == {"type": "ephemeral"}


def test_tool_ids_of_mistral() -> None:
    ids = ToolIds(9, None)
    first, second = ids.to_wire("toolu_01"), ids.to_wire("toolu_02")
    assert re.fullmatch(r"[a-zA-Z0-9]{9}", first)
    assert first != second
    assert ids.to_wire("toolu_01") == first == ToolIds(9, None).to_wire("toolu_01")
    assert ids.to_wire("3EpsLcLQ3") == "3EpsLcLQ3"


def test_tool_ids_with_a_limit() -> None:
    ids = ToolIds(None, 40)
    assert ids.to_wire("call_0001") == "call_0001"
    for odd in ("x" * 46, "functions.read:0"):
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", ids.to_wire(odd))
    assert ids.to_wire(ids.to_wire("x" * 46)) != ids.to_wire("x" * 46)
