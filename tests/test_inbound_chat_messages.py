"""Messages of chat requests read into those of Messages requests."""

from .support.chat_client import USER, call, read, text

PNG = "data:image/png;base64,AAAA"


def test_the_plainest_request():
    inbound, losses = read(USER)
    assert inbound.body == {"model": "m", "stream": False, "messages": [{"role": "user", "content": [text("Hi")]}]}
    assert not len(losses)


def test_system_messages_in_front_are_the_system_prompt_and_later_ones_stay():
    inbound, _ = read(
        {"role": "system", "content": "A"},
        {"role": "developer", "content": [text("B")]},
        USER,
        {"role": "system", "content": "C"},
    )
    assert inbound.body["system"] == [text("A"), text("B")]
    assert inbound.body["messages"][1] == {"role": "system", "content": [text("C")]}


def test_system_alone_is_asked_as_user():
    inbound, losses = read({"role": "system", "content": "Say hi"})
    assert inbound.body["messages"] == [{"role": "user", "content": [text("Say hi")]}]
    assert "system" not in inbound.body
    assert losses.header() == "messages=emulated"


def test_parts_of_a_user():
    inbound, losses = read(
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
                {"type": "image_url", "image_url": {"url": PNG, "detail": "auto"}},
                {"type": "image_url", "image_url": "https://x.example/a.png"},
                {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBE", "filename": "a.pdf"}},
                {"type": "file", "file": {"file_data": "aGV5", "filename": "a.txt"}},
                {"type": "text", "text": ""},
            ],
        }
    )
    assert inbound.body["messages"][0]["content"] == [
        {"type": "text", "text": "look", "cache_control": {"type": "ephemeral"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "image", "source": {"type": "url", "url": "https://x.example/a.png"}},
        {
            "type": "document",
            "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
            "title": "a.pdf",
        },
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "hey"},
            "title": "a.txt",
        },
    ]
    assert not len(losses)


def test_a_tool_turn():
    inbound, _ = read(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [call("a", arguments='{"p": 1}'), call("b", "Bash", "")]},
        {"role": "tool", "tool_call_id": "b", "content": "two"},
        {"role": "tool", "tool_call_id": "a", "content": [text("one")]},
        {"role": "user", "content": "go on"},
    )
    assert inbound.body["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "a", "name": "Read", "input": {"p": 1}},
                {"type": "tool_use", "id": "b", "name": "Bash", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "b", "content": [text("two")]},
                {"type": "tool_result", "tool_use_id": "a", "content": [text("one")]},
            ],
        },
        {"role": "user", "content": [text("go on")]},
    ]


def test_calls_and_results_without_ids_find_each_other():
    inbound, _ = read(
        USER,
        {"role": "assistant", "tool_calls": [call(""), call(None, "Bash")]},
        {"role": "tool", "content": "one"},
        {"role": "tool", "content": "two"},
    )
    calls, results = (message["content"] for message in inbound.body["messages"][1:])
    assert [block["id"] for block in calls] == [block["tool_use_id"] for block in results]
    assert calls[0]["id"] != calls[1]["id"]


def test_functions_as_they_were_before_tools():
    inbound, _ = read(
        USER,
        {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": '{"a":1}'}},
        {"role": "function", "name": "f", "content": "done"},
        functions=[{"name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}],
        function_call={"name": "f"},
    )
    used, result = (message["content"][0] for message in inbound.body["messages"][1:])
    assert (used["name"], used["input"], used["id"]) == ("f", {"a": 1}, result["tool_use_id"])
    assert inbound.body["tools"][0]["name"] == "f"
    assert inbound.body["tool_choice"] == {"type": "tool", "name": "f", "disable_parallel_tool_use": True}
    assert inbound.echo["legacy"] is True


def test_refusals_and_broken_arguments_stay_in_the_history():
    inbound, losses = read(
        USER,
        {
            "role": "assistant",
            "content": [{"type": "refusal", "refusal": "no"}],
            "tool_calls": [call("a", "f", "{oops")],
        },
        {"role": "tool", "tool_call_id": "a", "content": "?"},
        {"role": "assistant", "content": "", "refusal": "never"},
    )
    first, last = inbound.body["messages"][1], inbound.body["messages"][3]
    assert first["content"] == [text("no"), {"type": "tool_use", "id": "a", "name": "f", "input": {"_raw": "{oops"}}]
    assert last["content"] == [text("never")]
    assert losses.header() == "tool_call.arguments=emulated"


def test_reasoning_comes_back_as_thinking():
    details = [
        {"type": "reasoning.text", "text": "ours", "signature": "ccr1.chat.YQ", "format": "unknown", "index": 0},
        {"type": "reasoning.text", "text": "genuine", "signature": "Zm9v", "format": "anthropic-claude-v1"},
        {"type": "reasoning.text", "text": "foreign", "signature": "Zm9v", "format": "google-gemini-v1"},
        {"type": "reasoning.encrypted", "data": "ccr1.chat.Yg"},
        {"type": "reasoning.encrypted", "data": "secret", "format": "openai-responses-v1"},
    ]
    inbound, losses = read(USER, {"role": "assistant", "content": "x", "reasoning_details": details}, USER)
    assert inbound.body["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "ours", "signature": "ccr1.chat.YQ"},
        {"type": "thinking", "thinking": "genuine", "signature": "Zm9v"},
        {"type": "thinking", "thinking": "foreign", "signature": ""},
        {"type": "redacted_thinking", "data": "ccr1.chat.Yg"},
        text("x"),
    ]
    assert losses.header() == "thinking.foreign=dropped"


def test_plain_reasoning_comes_back_unsigned():
    inbound, _ = read(USER, {"role": "assistant", "content": "x", "reasoning_content": "hm"}, USER)
    assert inbound.body["messages"][1]["content"][0] == {"type": "thinking", "thinking": "hm", "signature": ""}
