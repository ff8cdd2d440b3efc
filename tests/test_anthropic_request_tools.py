"""Tools and tool choice in the pivot."""

import copy

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses

HELLO = {"role": "user", "content": "Hello"}
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "$schema": "x", "additionalProperties": False}
EMPTY = {"type": "object", "properties": {}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


def convert(tools, tool_choice=None, changes=()):
    """The unified request and the losses as they go into the header."""
    losses = Losses()
    system = [{"role": "system", "content": list(changes)}] if changes else []
    body = {"messages": [HELLO, *system], "tools": tools, "tool_choice": tool_choice}
    before = copy.deepcopy(body)
    request = to_unified(body, losses)
    assert body == before
    return request, losses.header()


def custom(name="Read", **more):
    return {"name": name, "description": "Reads", "input_schema": SCHEMA, **more}


def function(name="Read", **more):
    return {"type": "function", "function": {"name": name, "parameters": SCHEMA, "description": "Reads", **more}}


def names(request):
    return [tool["function"]["name"] for tool in request.get("tools", ())]


@pytest.mark.parametrize(
    ("tool", "expected", "losses"),
    [
        (custom(), function(), ""),
        (custom(type="custom", strict=True), function(strict=True), ""),
        (custom(strict=False), function(strict=False), ""),
        (custom(cache_control={"type": "ephemeral"}), {**function(), "cache_control": {"type": "ephemeral"}}, ""),
        (custom(eager_input_streaming=True, defer_loading=False), function(), ""),
        (custom(defer_loading=True), function(), "tool.defer_loading=emulated"),
        (custom(allowed_callers=["direct"]), function(), ""),
        (custom(allowed_callers=["code_execution_20260120"]), function(), "tool.allowed_callers=emulated"),
        (
            custom(input_examples=[{"path": "/a"}]),
            function(description='Reads\n\nExamples of its input: [{"path":"/a"}]'),
            "tool.input_examples=emulated",
        ),
        ({"name": "N"}, {"type": "function", "function": {"name": "N", "parameters": EMPTY}}, ""),
        (
            {"name": "N", "type": "custom", "description": ""},
            {"type": "function", "function": {"name": "N", "parameters": EMPTY}},
            "",
        ),
        (
            {"name": "N", "input_schema": {}},
            {"type": "function", "function": {"name": "N", "parameters": {"type": "object"}}},
            "",
        ),
        (
            {"name": "N", "type": "new_20270101", "input_schema": SCHEMA},
            {"type": "function", "function": {"name": "N", "parameters": SCHEMA}},
            "",
        ),
    ],
)
def test_c19_custom_tools(tool, expected, losses):
    request, header = convert([tool])
    assert request["tools"] == [expected]
    assert header == losses


def test_the_schema_is_the_clients_own_object():
    request = to_unified({"messages": [HELLO], "tools": [custom()]}, Losses())
    assert request["tools"][0]["function"]["parameters"] is SCHEMA


def test_server_tools_are_never_functions():
    server = [
        SEARCH,
        {"type": "web_fetch_20260318", "name": "web_fetch"},
        {"type": "code_execution_20260120", "name": "code_execution"},
        {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"},
        {"type": "mcp_toolset", "mcp_server_name": "wiki"},
        {"type": "advisor_20260301", "name": "advisor"},
        {"type": "computer_toolset_20260801"},
        {"type": "something_new", "name": "x"},
    ]
    request, losses = convert([custom(), *server])
    assert request["server_tools"] == server
    assert names(request) == ["Read"]
    assert losses == ""  # whether they can be served is the wire format's to say


def test_deferred_tools_are_offered_and_the_placeholder_is_not():
    placeholder = custom("DeferredToolPlaceholder", defer_loading=True)
    request, losses = convert([custom("ToolSearch"), placeholder, custom("WebFetch", defer_loading=True)])
    assert names(request) == ["ToolSearch", "WebFetch"]
    assert losses == "tool.defer_loading=emulated"


def test_of_two_tools_with_one_name_the_last_counts():
    request, losses = convert([custom(), custom("Edit"), custom(description="newer")])
    assert names(request) == ["Read", "Edit"]
    assert request["tools"][0]["function"]["description"] == "newer"
    assert losses == "tool.duplicate=dropped"


@pytest.mark.parametrize("tools", [None, [], [custom("DeferredToolPlaceholder")]])
def test_no_tools(tools):
    request, losses = convert(tools, {"type": "auto"})
    assert not {"tools", "server_tools", "tool_choice"} & set(request)
    assert losses == ""


# -- typed client tools ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "name", "required", "properties", "choices"),
    [
        ({"type": "bash_20241022"}, "bash", [], {"command", "restart"}, None),
        ({"type": "bash_20250124", "name": "bash"}, "bash", [], {"command", "restart"}, None),
        (
            {"type": "text_editor_20250124"},
            "str_replace_editor",
            ["command", "path"],
            {"command", "path", "view_range", "file_text", "old_str", "new_str", "insert_line"},
            ["view", "create", "str_replace", "insert", "undo_edit"],
        ),
        (
            {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 9000},
            "str_replace_based_edit_tool",
            ["command", "path"],
            {"command", "path", "view_range", "file_text", "old_str", "new_str", "insert_line", "insert_text"},
            ["view", "create", "str_replace", "insert"],
        ),
        (
            {"type": "memory_20250818", "name": "memory"},
            "memory",
            ["command"],
            {"command", "path", "view_range", "file_text", "old_str", "new_str", "insert_line", "insert_text"}
            | {"old_path", "new_path"},
            ["view", "create", "str_replace", "insert", "delete", "rename"],
        ),
        (
            {"type": "computer_20241022", "display_width_px": 800, "display_height_px": 600},
            "computer",
            ["action"],
            {"action", "coordinate", "text"},
            [
                *("screenshot", "cursor_position", "mouse_move", "left_click", "right_click"),
                *("middle_click", "double_click", "left_click_drag", "key", "type"),
            ],
        ),
    ],
)
def test_typed_client_tools_get_a_schema(tool, name, required, properties, choices):
    request, losses = convert([tool])
    spec = request["tools"][0]["function"]
    schema = spec["parameters"]
    assert spec["name"] == name
    assert (schema["type"], schema["required"], set(schema["properties"])) == ("object", required, properties)
    if choices:
        assert schema["properties"][required[0]]["enum"] == choices
    assert all(member.get("description") for member in schema["properties"].values())
    assert losses == ""


def computer(**more):
    request, _ = convert([{"name": "computer", "display_width_px": 1024, "display_height_px": 768, **more}])
    return request["tools"][0]["function"]


def test_a_computer_knows_its_screen_and_what_its_version_can_do():
    old, new = computer(type="computer_20241022"), computer(type="computer_20250124")
    zooming = computer(type="computer_20251124", enable_zoom=True)
    assert "1024x768" in old["description"]
    actions = [set(tool["parameters"]["properties"]["action"]["enum"]) for tool in (old, new, zooming)]
    assert actions[0] < actions[1] < actions[2]
    assert actions[2] - actions[1] == {"zoom"}
    assert "zoom" not in computer(type="computer_20251124")["parameters"]["properties"]["action"]["enum"]
    assert "region" in zooming["parameters"]["properties"]


def test_what_the_editor_says_about_its_limits():
    limited, _ = convert([{"type": "text_editor_20250728", "max_characters": 9000}])
    assert "9000" in limited["tools"][0]["function"]["description"]


# -- tools that come and go --------------------------------------------------------------------------------


def addition(tool):
    return {"type": "tool_addition", "tool": tool}


def removal(name):
    return {"type": "tool_removal", "tool": {"type": "tool_reference", "name": name}}


def test_a_removed_tool_is_not_offered_and_the_model_is_told():
    request, losses = convert([custom(), custom("Edit")], changes=[removal("Edit")])
    assert names(request) == ["Read"]
    assert request["messages"][-1]["content"][0]["text"] == "[The tool Edit is no longer available.]"
    assert losses == "tool_removal=emulated"


def test_a_tool_that_comes_with_its_definition_is_offered():
    request, losses = convert([custom()], changes=[addition({"type": "tool_definition", "definition": custom("New")})])
    assert names(request) == ["Read", "New"]
    assert "New is available" in request["messages"][-1]["content"][0]["text"]
    assert losses == "tool_addition=emulated"


def test_the_last_change_of_a_tool_counts():
    back = addition({"type": "tool_reference", "name": "Read"})
    assert names(convert([custom()], changes=[removal("Read"), back])[0]) == ["Read"]
    assert names(convert([custom()], changes=[back, removal("Read")])[0]) == []


def test_server_tools_and_toolsets_come_and_go_too():
    request, _ = convert([SEARCH], changes=[removal("web_search"), addition({"definition": {"type": "mcp_toolset"}})])
    assert request["server_tools"] == [{"type": "mcp_toolset"}]


# -- choice ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "expected", "losses"),
    [
        (None, None, ""),
        ({"type": "auto"}, "auto", ""),
        ({"type": "any"}, "required", ""),
        ({"type": "none"}, "none", ""),
        ({"type": "tool", "name": "Read"}, {"type": "function", "function": {"name": "Read"}}, ""),
        ({"type": "tool", "name": "Nope"}, None, "tool_choice=dropped"),
        ({"type": "tool", "name": "web_search"}, None, "tool_choice=dropped"),
        ({"type": "tool"}, None, "tool_choice=dropped"),
        ({"type": ["auto"]}, None, "tool_choice=dropped"),
        ({"type": "surprise"}, None, "tool_choice=dropped"),
    ],
)
def test_c21_tool_choice(choice, expected, losses):
    request, header = convert([custom(), SEARCH], choice)
    assert request.get("tool_choice") == expected
    assert header == losses


def test_c21_parallel_calls_can_be_forbidden():
    request, _ = convert([custom()], {"type": "auto", "disable_parallel_tool_use": True})
    assert request["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in convert([custom()], {"type": "auto", "disable_parallel_tool_use": False})[0]


def test_a_choice_among_server_tools_only():
    request, losses = convert([SEARCH], {"type": "auto", "disable_parallel_tool_use": True})
    assert not {"tool_choice", "parallel_tool_calls"} & set(request)
    assert losses == ""
    assert convert([SEARCH], {"type": "any"})[1] == "tool_choice=dropped"


@pytest.mark.parametrize(
    ("tools", "choice", "problem"),
    [
        ({}, None, "tools: must be a list"),
        ([custom(), "Edit"], None, "tools.1: must be an object"),
        ([{"input_schema": {}}], None, "tools.0.name: must be a non-empty string"),
        ([custom(), custom(description=5)], None, "tools.1.description: must be a string"),
        ([custom(input_schema=[])], None, "tools.0.input_schema: must be a JSON schema object"),
        ([custom()], "auto", 'tool_choice: must be an object like {"type": "auto"}'),
    ],
)
def test_malformed_tools_are_named_by_their_path(tools, choice, problem):
    with pytest.raises(BadRequest) as caught:
        convert(tools, choice)
    assert caught.value.message == problem
