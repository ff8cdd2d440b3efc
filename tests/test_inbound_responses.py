"""A Responses request becomes a Messages request: what is said, in which order, and what is reported."""

import base64
import copy

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.routing.session import session_of
from ccr_middleware.wire.responses.inbound.request import read_request as read

CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_0001",
    "name": "shell",
    "arguments": '{"command":["ls"]}',
}
OUTPUT = {"type": "function_call_output", "call_id": "call_0001", "output": "a.txt"}
SHELL = {
    "type": "function",
    "name": "shell",
    "description": "Runs a command.",
    "parameters": {"type": "object", "properties": {"command": {"type": "array"}}},
    "strict": False,
}
PATCH = {
    "type": "custom",
    "name": "apply_patch",
    "description": "Edits files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin hunk end"},
}


def converted(given="Hi", **fields):
    """The Messages body of a request, and the names of what was lost."""
    losses = Losses()
    body = {"model": "m", "input": given, **fields}
    before = copy.deepcopy(body)
    inbound = read(body, losses)
    assert body == before, "a request is not changed"
    to_unified(inbound.body, Losses())
    return inbound.body, {loss.feature: loss.action for loss in losses}


def messages(*items):
    """The messages of some items that lose nothing."""
    body, losses = converted(list(items))
    assert losses == {}
    return body["messages"]


def user(*blocks):
    return {"role": "user", "content": list(blocks)}


def assistant(*blocks):
    return {"role": "assistant", "content": list(blocks)}


def text(value):
    return {"type": "text", "text": value}


USE = {"type": "tool_use", "id": "call_0001", "name": "shell", "input": {"command": ["ls"]}}
RESULT = {"type": "tool_result", "tool_use_id": "call_0001", "content": "a.txt"}


THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": ""}


# -- messages ----------------------------------------------------------------------------------------------


def test_a_string_is_what_the_user_says():
    body, losses = converted("Hi")
    assert body == {"model": "m", "stream": False, "messages": [user(text("Hi"))]}
    assert losses == {}


def test_items_of_a_turn_are_one_message_in_order():
    assert messages(
        {"role": "user", "content": "List the files."},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "All of them."}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]},
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "status": "completed",
            "phase": "commentary",
            "content": [{"type": "output_text", "text": "Let me look.", "annotations": []}],
        },
        CALL,
        {**CALL, "id": "fc_2", "call_id": "call_0002"},
        OUTPUT,
        {**OUTPUT, "call_id": "call_0002"},
        {"role": "assistant", "content": "One file."},
    ) == [
        user(text("List the files."), text("All of them.")),
        assistant(THOUGHT, text("Let me look."), USE, USE | {"id": "call_0002"}),
        user(RESULT, RESULT | {"tool_use_id": "call_0002"}),
        assistant(text("One file.")),
    ]


def test_results_come_before_what_else_the_user_says():
    assert messages({"role": "user", "content": "Go."}, CALL, {"role": "user", "content": "Wait!"}, OUTPUT) == [
        user(text("Go.")),
        assistant(USE),
        user(RESULT, text("Wait!")),
    ]


def test_instructions_and_leading_system_messages_are_the_system_prompt():
    body, _ = converted(
        [
            {"role": "developer", "content": "Be brief."},
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be kind."}]},
            {"role": "user", "content": "Hi"},
            {"role": "developer", "content": "Now be long."},
        ],
        instructions="You are Codex.",
    )
    assert body["system"] == [text("You are Codex."), text("Be brief."), text("Be kind.")]
    assert body["messages"] == [user(text("Hi")), {"role": "system", "content": [text("Now be long.")]}]


def test_instructions_alone_are_answered():
    body, losses = converted([{"role": "developer", "content": "Say hi."}])
    assert body["messages"] == [user(text("Say hi."))]
    assert losses == {"input.instructions_only": "emulated"}


def test_empty_texts_are_left_out():
    assert messages(
        {"role": "user", "content": [{"type": "input_text", "text": ""}, {"type": "input_text", "text": "x"}]},
        {"role": "assistant", "content": ""},
    ) == [user(text("x"))]


def test_a_refusal_is_text_of_the_assistant():
    item = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No."}]}
    assert messages({"role": "user", "content": "x"}, item)[1] == assistant(text("No."))


def test_images_and_files():
    pdf, note = base64.b64encode(b"%PDF").decode(), base64.b64encode("Grüße".encode()).decode()
    body, losses = converted(
        [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
                    {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "high"},
                    {"type": "input_file", "file_data": f"data:application/pdf;base64,{pdf}", "filename": "a.pdf"},
                    {"type": "input_file", "file_data": note, "filename": "a.md"},
                    {"type": "input_file", "file_url": "https://example.com/b.pdf"},
                ],
            }
        ]
    )
    assert body["messages"][0]["content"] == [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": pdf},
            "title": "a.pdf",
        },
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "Grüße"},
            "title": "a.md",
        },
        {"type": "document", "source": {"type": "url", "url": "https://example.com/b.pdf"}},
    ]
    assert losses == {"image.detail": "dropped"}


def test_a_cache_breakpoint_is_a_cache_mark():
    part = {"type": "input_text", "text": "x", "prompt_cache_breakpoint": {"mode": "explicit"}}
    assert messages({"role": "user", "content": [part]}) == [user(text("x") | {"cache_control": {"type": "ephemeral"}})]


# -- calls -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("", {}), ("{}", {}), ('{"a":1}', {"a": 1}), ("[1]", {"value": [1]}), ('{"a":', {"_raw": '{"a":'})],
)
def test_arguments_are_an_object(arguments, expected):
    assert messages(CALL | {"arguments": arguments}, OUTPUT)[0]["content"][0]["input"] == expected


def test_outputs_may_be_parts():
    parts = [
        {"type": "input_text", "text": "a"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
    ]
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    assert messages(CALL, OUTPUT | {"output": parts})[1] == user(RESULT | {"content": [text("a"), image]})


def test_an_output_of_another_form_is_told_as_json():
    assert messages(CALL, OUTPUT | {"output": [{"a": 1}]})[1]["content"][0]["content"] == '[{"a":1}]'


def test_custom_calls_carry_text():
    call = {"type": "custom_tool_call", "call_id": "call_0001", "name": "apply_patch", "input": "*** Begin Patch"}
    assert messages(call, {"type": "custom_tool_call_output", "call_id": "call_0001", "output": "a.txt"}) == [
        assistant(USE | {"name": "apply_patch", "input": {"input": "*** Begin Patch"}}),
        user(RESULT),
    ]


def test_ids_that_anthropic_refuses_are_replaced_on_both_sides():
    call, result = messages(CALL | {"call_id": "call:1|fc"}, OUTPUT | {"call_id": "call:1|fc"})
    assert call["content"][0]["id"] == result["content"][0]["tool_use_id"]
    assert call["content"][0]["id"].isalnum()


def test_tools_that_only_openai_knows_keep_their_calls():
    action = {"type": "exec", "command": ["ls"], "env": {}}
    body, losses = converted(
        [
            {
                "type": "local_shell_call",
                "id": "lsh_1",
                "call_id": "call_0001",
                "status": "completed",
                "action": action,
            },
            {"type": "local_shell_call_output", "call_id": "call_0001", "output": "a.txt"},
            {"type": "apply_patch_call", "call_id": "call_0002", "status": "completed", "operation": {"path": "a"}},
            {"type": "apply_patch_call_output", "call_id": "call_0002", "status": "failed", "output": "no such file"},
        ]
    )
    assert body["messages"] == [
        assistant(USE | {"name": "local_shell", "input": {"action": action}}),
        user(RESULT),
        assistant(USE | {"id": "call_0002", "name": "apply_patch", "input": {"operation": {"path": "a"}}}),
        user({"type": "tool_result", "tool_use_id": "call_0002", "content": "no such file", "is_error": True}),
    ]
    assert losses == {"item.client_tool": "emulated"}


def test_what_openai_ran_itself_is_told():
    body, losses = converted(
        [
            {"role": "user", "content": "x"},
            {"type": "image_generation_call", "id": "ig_1", "result": "A" * 9999, "revised_prompt": "a cat"},
            {"type": "program_output", "id": "p_1", "call_id": "c", "result": "42", "status": "completed"},
            {"type": "compaction", "encrypted_content": "gAAA"},
        ]
    )
    assert body["messages"][1] == assistant(
        text('[image_generation_call: {"revised_prompt":"a cat"}]'), text('[program_output: {"result":"42"}]')
    )
    assert losses == {"item.told": "emulated", "item.compaction": "dropped"}


def test_a_search_keeps_its_query_and_sources():
    action = {"type": "search", "query": "rain", "sources": [{"type": "url", "url": "https://example.com"}]}
    found = messages(
        {"role": "user", "content": "x"}, {"type": "web_search_call", "status": "completed", "action": action}
    )
    use, result = found[1]["content"]
    assert (use["name"], use["input"]) == ("web_search", {"query": "rain"})
    assert use["id"] == result["tool_use_id"]
    assert [one["url"] for one in result["content"]] == ["https://example.com"]


def test_encrypted_reasoning_of_openai_is_not_taken_for_a_signature():
    body, losses = converted(
        [
            {"role": "user", "content": "x"},
            {"type": "reasoning", "summary": [], "encrypted_content": "gAAAA"},
            {"type": "reasoning", "summary": [{"text": "a"}, {"text": "b"}], "encrypted_content": "gAAAA"},
        ]
    )
    assert body["messages"][1] == assistant({"type": "thinking", "thinking": "a\n\nb", "signature": ""})
    assert losses == {"reasoning.foreign": "dropped"}


# -- tools -------------------------------------------------------------------------------------------------


def test_functions_and_custom_tools():
    losses = Losses()
    body, echo = read({"input": "x", "tools": [SHELL, PATCH]}, losses)
    function, custom = body["tools"]
    assert function == {
        "name": "shell",
        "description": "Runs a command.",
        "input_schema": SHELL["parameters"],
        "strict": False,
    }
    assert custom["input_schema"]["required"] == ["input"]
    assert custom["description"].startswith("Edits files.")
    assert "lark grammar:\nstart: begin hunk end" in custom["description"]
    assert echo["names"] == {"apply_patch": {"kind": "custom", "name": "apply_patch"}}
    assert echo["response"]["tools"] == [SHELL, PATCH]
    assert losses.header() == "tool.custom=emulated, tool.grammar=emulated"


def test_namespaces_are_flattened_in_tools_and_history():
    namespace = {"type": "namespace", "name": "crm", "description": "", "tools": [SHELL, {**PATCH, "format": None}]}
    losses = Losses()
    body, echo = read({"input": [CALL | {"namespace": "crm"}, OUTPUT], "tools": [namespace]}, losses)
    assert [tool["name"] for tool in body["tools"]] == ["crm__shell", "crm__apply_patch"]
    assert body["messages"][0]["content"][0]["name"] == "crm__shell"
    assert echo["names"]["crm__shell"] == {"kind": "function", "name": "shell", "namespace": "crm"}
    assert echo["names"]["crm__apply_patch"]["kind"] == "custom"


def test_the_web_search():
    search = {
        "type": "web_search",
        "filters": {"allowed_domains": ["example.com"]},
        "user_location": {"type": "approximate", "country": "DE", "city": None},
        "search_context_size": "high",
    }
    body, losses = converted(tools=[search, {"type": "web_search_preview"}], max_tool_calls=3)
    assert body["tools"] == [
        {
            "type": "web_search_20250305",
            "name": "web_search",
            "allowed_domains": ["example.com"],
            "user_location": {"type": "approximate", "country": "DE"},
            "max_uses": 3,
        }
    ]
    assert losses == {"tool.web_search.context_size": "dropped"}


def test_a_search_that_must_not_be_live_is_not_offered():
    body, losses = converted(tools=[{"type": "web_search", "external_web_access": False}])
    assert "tools" not in body
    assert losses == {"tool.web_search.offline": "dropped"}


def test_tools_only_openai_has_are_reported():
    kinds = ["local_shell", "apply_patch", "computer_use_preview", "mcp", "image_generation", "code_interpreter"]
    body, losses = converted(tools=[SHELL, *({"type": kind} for kind in kinds)])
    assert [tool["name"] for tool in body["tools"]] == ["shell"]
    assert losses == {f"tool.{kind}": "dropped" for kind in kinds}


def test_tools_among_the_items_are_offered():
    found = {"type": "tool_search_output", "call_id": "call_0001", "execution": "client", "tools": [SHELL]}
    call = {"type": "tool_search_call", "call_id": "call_0001", "execution": "client", "arguments": {"query": "sh"}}
    body, _ = converted([{"role": "user", "content": "x"}, call, found])
    assert [tool["name"] for tool in body["tools"]] == ["shell"]
    assert body["messages"][2] == user(RESULT | {"content": "Tools loaded: shell"})


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ({"type": "function", "name": "shell"}, {"type": "tool", "name": "shell"}),
        ({"type": "custom", "name": "apply_patch"}, {"type": "tool", "name": "apply_patch"}),
        ({"type": "web_search_preview"}, {"type": "tool", "name": "web_search"}),
        ({"type": "image_generation"}, None),
    ],
)
def test_tool_choice(choice, expected):
    body, losses = converted(tools=[SHELL, PATCH, {"type": "web_search"}], tool_choice=choice)
    assert body.get("tool_choice") == expected
    assert losses.get("tool_choice") == (None if expected else "dropped")


def test_allowed_tools_are_the_only_ones_offered():
    choice = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "shell"}]}
    body, losses = converted(tools=[SHELL, PATCH], tool_choice=choice)
    assert [tool["name"] for tool in body["tools"]] == ["shell"]
    assert body["tool_choice"] == {"type": "any"}
    assert losses["tool_choice.allowed_tools"] == "emulated"


def test_one_call_at_a_time():
    body, _ = converted(tools=[SHELL], parallel_tool_calls=False)
    assert body["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    body, _ = converted(parallel_tool_calls=False, tool_choice="auto")
    assert "tool_choice" not in body, "Anthropic refuses a choice without tools"


# -- settings ----------------------------------------------------------------------------------------------


def test_settings_are_carried():
    schema = {"type": "object", "properties": {}}
    body, losses = converted(
        max_output_tokens=50,
        temperature=1.5,
        top_p=0.5,
        stream=True,
        reasoning={"effort": "xhigh", "summary": "auto"},
        text={"format": {"type": "json_schema", "name": "a", "schema": schema, "strict": True}, "verbosity": "medium"},
        include=["reasoning.encrypted_content"],
        store=False,
        truncation="disabled",
        service_tier="auto",
        metadata={"a": "b"},
        stream_options={"include_obfuscation": False},
        client_metadata={"x": "y"},
    )
    assert losses == {}
    assert body | {"messages": []} == {
        "model": "m",
        "messages": [],
        "stream": True,
        "max_tokens": 50,
        "temperature": 1.5,
        "top_p": 0.5,
        "thinking": {"type": "adaptive", "display": "summarized"},
        "output_config": {"effort": "xhigh", "format": {"type": "json_schema", "schema": schema}},
    }


def test_effort_none_and_minimal():
    assert converted(reasoning={"effort": "none", "summary": "auto"})[0]["thinking"] == {"type": "disabled"}
    body, losses = converted(reasoning={"effort": "minimal"})
    assert body["output_config"] == {"effort": "low"}
    assert losses == {"reasoning_effort": "clamped"}


def test_who_asks_and_in_which_conversation():
    body, _ = converted(user="ann", prompt_cache_key="0199-abc")
    assert session_of(body, {}) == "0199-abc"
    assert to_unified(body, Losses())["user"] == "ann"
    assert converted(safety_identifier="ann")[0]["metadata"] == {"user_id": "ann"}


@pytest.mark.parametrize(
    ("fields", "feature", "action"),
    [
        ({"store": True}, "store", "dropped"),
        ({"truncation": "auto"}, "truncation", "dropped"),
        ({"top_logprobs": 2}, "top_logprobs", "dropped"),
        ({"include": ["message.output_text.logprobs"]}, "include", "dropped"),
        ({"text": {"verbosity": "low"}}, "text.verbosity", "dropped"),
        ({"text": {"format": {"type": "json_object"}}}, "text.format", "emulated"),
        ({"service_tier": "flex"}, "service_tier", "dropped"),
        ({"moderation": {"model": "x"}}, "moderation", "dropped"),
        ({"context_management": [{"type": "compaction"}]}, "context_management", "dropped"),
        ({"frobnicate": 1}, "unknown_fields", "dropped"),
    ],
)
def test_what_is_lost_is_reported(fields, feature, action):
    assert converted(**fields)[1] == {feature: action}


FILE = {"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]}
AUDIO = {"role": "user", "content": "x", "type": "message"} | {"content": [{"type": "input_audio"}]}


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id: the gateway keeps no responses"),
        ({"conversation": {"id": "c"}}, "conversation: the gateway keeps no responses"),
        ({"background": True}, "background: the gateway keeps no responses"),
        ({"prompt": {"id": "p"}}, "prompt: the gateway keeps no prompts"),
        ({"input": None}, "input: is missing"),
        ({"input": []}, "input: at least one item"),
        ({"input": [3]}, "input[0]: must be an object"),
        ({"input": [{"content": "x"}]}, "input[0].type: must be a type of item"),
        ({"input": [{"type": "item_reference", "id": "a"}]}, "input[0]: an item_reference"),
        ({"input": [{"id": "a"}]}, "input[0]: an item_reference"),
        ({"input": [{"role": "tool", "content": "x"}]}, "input[0].role: must be user"),
        ({"input": [{"role": "user", "content": 3}]}, "input[0].content: must be a string or a list"),
        ({"input": [FILE]}, "input[0].content[0].file_id: files uploaded"),
        ({"input": [AUDIO]}, "input[0].content[0].type: must be one of"),
        ({"input": [CALL | {"call_id": ""}]}, "input[0].call_id: must be a non-empty string"),
        ({"input": [CALL | {"arguments": {}}]}, "input[0].arguments: must be a string"),
        ({"tools": [{"type": "function", "function": {"name": "a"}}]}, "tools[0].name: must stand beside type"),
        ({"tools": [{"type": "namespace", "name": "n", "tools": [{}]}]}, "tools[0].tools[0].type: must be a non"),
        ({"tools": [{"name": "a"}]}, "tools[0].type: must be a non-empty string"),
        ({"tool_choice": "maybe"}, "tool_choice: must be auto"),
        ({"parallel_tool_calls": "no"}, "parallel_tool_calls: must be true or false"),
        ({"max_output_tokens": 0}, "max_output_tokens: must be a whole number"),
        ({"reasoning": {"effort": "huge"}}, "reasoning.effort: must be one of"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema: must be"),
        ({"instructions": ["x"]}, "instructions: must be a string"),
        ({"metadata": "x"}, "metadata: must be an object"),
    ],
)
def test_what_cannot_be_done_is_refused_by_its_place(fields, place):
    with pytest.raises(BadRequest) as refused:
        read({"input": "Hi", **fields}, Losses())
    assert refused.value.message.startswith(place)
