"""What providers of every wire format are sent, held to a strict endpoint each (C16, C17, C19 to C26, C28)."""

import json
from typing import Any

import pytest

from ccr_middleware.testing import check_message
from ccr_middleware.testing.answers import Answer, ToolCall
from ccr_middleware.testing.asgi import Reply

from .support.formats import each_wire, run, serve
from .support.gateway import ask, body
from .support.strict_chat import check_body
from .support.strict_gemini import check_gemini_request
from .support.strict_responses import check_responses_request
from .support.told import told

Json = dict[str, Any]

HELLO = {"role": "user", "content": "Hello"}


def accept(wire: str, sent: Json, model: str) -> None:
    """Refuse what a strict endpoint of that format refuses."""
    if wire == "gemini":
        check_gemini_request(sent, model)
    elif wire == "responses":
        check_responses_request(sent)
    else:
        check_body(sent)


def sent_for(wire: str, request: Json, *, model: str = "", answer: Any = None, **more: Any) -> tuple[Json, Reply]:
    """The body a provider is sent, accepted by a strict endpoint, and the reply."""
    app, provider = serve(wire, answer or Answer(text="Hello"), model=model, **more)
    reply = run(ask(app, request))
    assert reply.status == 200, reply.body
    accept(wire, provider.bodies[0], reply.headers["x-ccr-model"])
    return provider.bodies[0], reply


def asked(**more: Any) -> Json:
    return body(stream=False, **more)


# -- thinking ----------------------------------------------------------------------------------------------

BUDGET = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
ADAPTIVE = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
EFFORT = {"output_config": {"effort": "low"}}
OFF = {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}
SHOWN = {"includeThoughts": True}


@pytest.mark.parametrize(
    ("wire", "model", "wish", "expected"),
    [
        ("gemini", "gemini-3-pro-preview", BUDGET, {"thinkingLevel": "high", **SHOWN}),
        ("gemini", "gemini-3-pro-preview", ADAPTIVE, {"thinkingLevel": "high", **SHOWN}),
        ("gemini", "gemini-3-pro-preview", EFFORT, {"thinkingLevel": "low"}),
        ("gemini", "gemini-3-pro-preview", OFF, {"thinkingLevel": "low"}),
        ("gemini", "gemini-3-pro-preview", {}, None),
        ("gemini", "gemini-2.5-flash", BUDGET, {"thinkingBudget": 2000, **SHOWN}),
        ("gemini", "gemini-2.5-flash", OFF, {"thinkingBudget": 0}),
        ("gemini", "gemini-2.5-pro", OFF, {"thinkingBudget": 128}),
        ("gemini", "gemini-2.0-flash", ADAPTIVE, None),
        ("responses", "gpt-5.1", BUDGET, {"effort": "medium", "summary": "auto"}),
        ("responses", "gpt-5.1", ADAPTIVE, {"effort": "high", "summary": "auto"}),
        ("responses", "gpt-5.1", EFFORT, {"effort": "low"}),
        ("responses", "gpt-5.1", OFF, {"effort": "none"}),
        ("responses", "gpt-5.1", {}, None),
        ("responses", "gpt-4.1", ADAPTIVE, None),
        ("responses", "gpt-4.1", OFF, None),
        ("chat", "gpt-5.1", ADAPTIVE, "high"),
        ("chat", "gpt-5.1", OFF, None),
        ("chat", "gpt-4.1", ADAPTIVE, None),
    ],
)
def test_c16_one_consistent_setting(wire: str, model: str, wish: Json, expected: Any) -> None:
    sent, _ = sent_for(wire, asked(max_tokens=8000, **wish), model=model)
    field = {"gemini": "thinkingConfig", "responses": "reasoning", "chat": "reasoning_effort"}[wire]
    place = sent.get("generationConfig", {}) if wire == "gemini" else sent
    assert place.get(field) == expected
    others = {"reasoning", "reasoning_effort", "thinking", "enable_thinking", "thinkingConfig", "thinking_budget"}
    assert not (others - {field}) & (set(sent) | set(place))


# -- fields ------------------------------------------------------------------------------------------------

ANTHROPIC_ONLY = {
    "metadata": {"user_id": "u"},
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
    "output_config": {"effort": "high"},
    "betas": ["a-1"],
    "service_tier": "standard_only",
    "from_the_future": {"x": 1.0},
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
}


@each_wire
def test_c17_fields_only_anthropic_knows(wire: str) -> None:
    sent, _ = sent_for(wire, asked(**ANTHROPIC_ONLY))
    for word in ("cache_control", "ephemeral", "context_management", "betas", "service_tier", "from_the_future"):
        assert word not in json.dumps(sent)
    if wire == "gemini":
        assert set(sent) == {"contents", "systemInstruction", "generationConfig"}
        assert set(sent["generationConfig"]) == {"maxOutputTokens", "thinkingConfig"}


@each_wire
def test_c26_the_billing_line_spoils_no_prefix_cache(wire: str) -> None:
    app, provider = serve(wire, Answer(text="Hello"))
    for cch in ("aaaaa", "bbbbb"):
        line = f"x-anthropic-billing-header: cc_version=2.1.100; cc_entrypoint=cli; cch={cch};"
        system = [{"type": "text", "text": line}, {"type": "text", "text": "You are Claude Code."}]
        run(ask(app, asked(system=system)))
    first, second = (request.body for request in provider.requests)
    assert first == second
    assert b"billing" not in first


@each_wire
def test_c28_max_tokens_is_held_to_the_limit_of_the_model(wire: str) -> None:
    sent, reply = sent_for(wire, asked(max_tokens=64_000), fields={"max_output_tokens": 8192})
    field = {"gemini": "maxOutputTokens", "responses": "max_output_tokens", "chat": "max_tokens"}[wire]
    place = sent["generationConfig"] if wire == "gemini" else sent
    assert place.get(field, sent.get("max_completion_tokens")) == 8192
    assert reply.headers["x-ccr-loss"] == "max_tokens=clamped"


# -- tools -------------------------------------------------------------------------------------------------

SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "mode": {"const": "fast"},
        "path": {"type": ["string", "null"]},
        "count": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "more": {"type": "object", "propertyNames": {"pattern": "^a"}},
        "shape": {"$ref": "#/$defs/shape"},
        "list": {"type": "array"},
    },
    "required": ["path", "missing"],
    "$defs": {"shape": {"type": "string", "enum": ["round", "square"]}},
}
LONG = "mcp__" + "a.very/long-name_" * 5
TOOLS = [
    {"name": "Read", "description": "Reads.", "input_schema": SCHEMA},
    {"name": "Bare"},
    {"name": LONG, "input_schema": {"type": "object", "properties": {}}},
]


def functions(wire: str, sent: Json) -> list[Json]:
    """The functions that are offered, without what surrounds them."""
    if wire == "gemini":
        return [one for tool in sent["tools"] for one in tool.get("functionDeclarations", ())]
    return [tool.get("function", tool) for tool in sent["tools"] if tool["type"] == "function"]


@each_wire
def test_c19_schemas(wire: str) -> None:
    """The strict endpoint of Gemini refuses every word that Gemini does not know."""
    sent, _ = sent_for(wire, asked(tools=TOOLS[:2]))
    read, bare = functions(wire, sent)
    if wire == "gemini":
        assert read["parameters"]["properties"]["shape"]["enum"] == ["round", "square"]
        assert set(read["parameters"]["required"]) <= set(read["parameters"]["properties"])
        return
    assert read["parameters"]["properties"] == SCHEMA["properties"]
    assert bare["parameters"] == {"type": "object", "properties": {}}


def conversation(*ids: str, name: str = "Read") -> list[Json]:
    """A turn with these calls, answered in reverse order in two messages with text between."""
    calls = [{"type": "tool_use", "id": one, "name": name, "input": {"path": one}} for one in ids]
    answers: list[Json] = [{"type": "tool_result", "tool_use_id": one, "content": f"result {one}"} for one in ids[::-1]]
    between = {"type": "text", "text": "Thanks."}
    return [
        HELLO,
        {"role": "assistant", "content": [{"type": "text", "text": "Look."}, *calls]},
        {"role": "user", "content": [between, *answers[:1]]},
        {"role": "user", "content": [*answers[1:], {"type": "text", "text": "Go on."}]},
    ]


@each_wire
def test_c20_names_go_there_and_back(wire: str) -> None:
    def call_it(exchange: Any) -> Answer:
        return Answer(tool_calls=[ToolCall(functions(wire, exchange.json())[2]["name"], {"a": 1})])

    choice = {"type": "tool", "name": LONG}
    request = asked(tools=TOOLS, messages=conversation("toolu_1", name=LONG), tool_choice=choice)
    sent, reply = sent_for(wire, request, answer=call_it)
    assert [tool.name for tool in check_message(reply.json()).tools] == [LONG]
    name = functions(wire, sent)[2]["name"]
    assert len(name) <= 64
    assert LONG not in json.dumps(sent)
    assert json.dumps(sent).count(json.dumps(name)) == (4 if wire == "gemini" else 3), "tool, choice, history, result"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, {"gemini": None, "responses": "auto", "chat": "auto"}),
        ({"type": "any"}, {"gemini": {"mode": "ANY"}, "responses": "required", "chat": "required"}),
        (
            {"type": "tool", "name": "Bare"},
            {
                "gemini": {"mode": "ANY", "allowedFunctionNames": ["Bare"]},
                "responses": {"type": "function", "name": "Bare"},
                "chat": {"type": "function", "function": {"name": "Bare"}},
            },
        ),
        ({"type": "none"}, {"gemini": {"mode": "NONE"}, "responses": "none", "chat": "none"}),
    ],
    ids=lambda value: value.get("type"),
)
@each_wire
def test_c21_the_choice_of_tools(wire: str, choice: Json, expected: Json) -> None:
    sent, _ = sent_for(wire, asked(tools=TOOLS, tool_choice=choice))
    if wire == "gemini":
        assert sent.get("toolConfig", {}).get("functionCallingConfig") == expected[wire]
    else:
        assert sent.get("tool_choice", "auto") == expected[wire]


@each_wire
def test_c21_parallel_calls_can_be_forbidden(wire: str) -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    sent, reply = sent_for(wire, asked(tools=TOOLS, tool_choice=choice))
    if wire == "gemini":
        assert "one tool at a time" in json.dumps(sent["systemInstruction"])
        assert reply.headers["x-ccr-loss"].count("disable_parallel_tool_use=emulated") == 1
    else:
        assert sent["parallel_tool_calls"] is False


# -- messages ----------------------------------------------------------------------------------------------


@each_wire
def test_c22_results_split_reordered_and_with_text_between(wire: str) -> None:
    ids = [f"toolu_{letter}" for letter in "abc"]
    sent, _ = sent_for(wire, asked(tools=TOOLS, messages=conversation(*ids)))
    lines = told(wire, sent)
    assert lines[:8] == [
        "user: Hello",
        "model: Look.",
        *(f"call {one}" for one in ids),
        *(f"result {one}" for one in ids),
    ]
    assert [line for line in lines[8:] if "Thanks" in line or "Go on" in line]
    assert all(line.startswith("user: ") for line in lines[8:])


@each_wire
def test_c23_orphans_of_both_kinds(wire: str) -> None:
    unanswered = conversation("toolu_a")[:2]
    orphan = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_x", "content": "lost"}]}
    sent, reply = sent_for(wire, asked(tools=TOOLS, messages=[*unanswered, orphan]))
    lines = told(wire, sent)
    assert lines[2] == "call toolu_a"
    assert not lines[3].startswith(("user", "model")), "a result of ours"
    assert any(line.startswith("user: ") and "lost" in line for line in lines[4:])
    assert "emulated" in reply.headers["x-ccr-loss"]


PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}


@each_wire
def test_c24_an_image_of_a_tool_is_an_image(wire: str) -> None:
    messages = conversation("toolu_a", "toolu_b")
    messages[2]["content"][1]["content"] = [{"type": "text", "text": "see"}, IMAGE]
    sent, _ = sent_for(wire, asked(tools=TOOLS, messages=messages))
    assert json.dumps(sent).count(PNG) == 1
    assert not [line for line in told(wire, sent) if PNG in line], "no base64 as text"
    if wire == "chat":
        assert told(wire, sent).index("user: image") > told(wire, sent).index("result toolu_a")


@each_wire
@pytest.mark.parametrize("system", ["Be brief.", [{"type": "text", "text": "Be brief."}, {"type": "text", "text": ""}]])
def test_c25_system_messages_and_odd_blocks(wire: str, system: Any) -> None:
    odd = [
        {"type": "text", "text": ""},
        {"type": "from_the_future", "x": 1},
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Read me."}},
    ]
    messages = [HELLO, {"role": "system", "content": "New rule."}, {"role": "user", "content": odd}]
    sent, _ = sent_for(wire, asked(system=system, messages=messages))
    lines = told(wire, sent)
    assert any("Read me." in line for line in lines)
    assert any("from_the_future" in line for line in lines)
    assert any("New rule." in line for line in lines)
    assert not any(line.endswith(": ") for line in lines), "no empty text"
    if wire == "gemini":
        assert sent["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
        assert {content["role"] for content in sent["contents"]} == {"user"}
    elif wire == "responses":
        assert sent["instructions"] == "Be brief."
        assert not any(line.startswith("system") for line in lines)
    else:
        assert [line for line in lines if line.startswith(("system", "developer"))] == ["system: Be brief."]
