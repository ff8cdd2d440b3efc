"""Messages and their blocks in the pivot."""

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.anthropic.signature import sign
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses

CACHE = {"type": "ephemeral"}
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
PNG_PART = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def text(value, **more):
    return {"type": "text", "text": value, **more}


def user(*content):
    return {"role": "user", "content": list(content)}


def assistant(*content):
    return {"role": "assistant", "content": list(content)}


def use(identifier, name="Read", **arguments):
    return {"type": "tool_use", "id": identifier, "name": name, "input": arguments}


def result(identifier, content="done", **more):
    return {"type": "tool_result", "tool_use_id": identifier, "content": content, **more}


def convert(*messages):
    """The unified messages and the losses as they go into the header."""
    losses = Losses()
    return to_unified({"messages": list(messages)}, losses)["messages"], losses.header()


# -- the shape of messages ---------------------------------------------------------------------------------


def test_strings_lists_and_nothing():
    messages, losses = convert(
        {"role": "user", "content": "one"},
        {"role": "user", "content": ""},
        {"role": "user"},
        {"role": "assistant", "content": []},
        {"role": "assistant", "content": None},
        user(text("two", cache_control=CACHE), text("")),
        {"role": "assistant", "content": "three"},
    )
    assert messages == [
        {"role": "user", "content": "one"},
        {"role": "user", "content": [text("two", cache_control=CACHE)]},
        {"role": "assistant", "content": "three"},
    ]
    assert losses == ""


def test_messages_of_one_role_in_a_row_stay_apart():
    messages, _ = convert({"role": "user", "content": "a"}, user(text("b")), assistant(text("c")), assistant(text("d")))
    assert [message["role"] for message in messages] == ["user", "user", "assistant", "assistant"]


def test_a_prefill_stays_the_last_message():
    messages, _ = convert({"role": "user", "content": "title?"}, {"role": "assistant", "content": "{"})
    assert messages[-1] == {"role": "assistant", "content": "{"}


def test_c25_system_messages_stay_in_their_place():
    messages, losses = convert(
        user(text("hi")),
        {"role": "system", "content": "cwd is /a"},
        {"role": "system", "content": [text("agents", cache_control=CACHE), text("")]},
        {"role": "system", "content": []},
        {"role": "system"},
        {"role": "developer", "content": "rules"},
        assistant(text("hello")),
        {"role": "system", "content": "task finished"},
    )
    assert [(message["role"], message["content"]) for message in messages] == [
        ("user", [text("hi")]),
        ("system", "cwd is /a"),
        ("system", [text("agents", cache_control=CACHE)]),
        ("system", "rules"),
        ("assistant", [text("hello")]),
        ("system", "task finished"),
    ]
    assert losses == ""


def test_a_system_message_to_be_cleared_is_shown_until_the_next_user_message():
    note = {"role": "system", "content": "only now", "clear_at": "next_user_message"}
    blocks = {"role": "system", "content": [text("only now")], "clear_at": "next_user_message"}
    assert [message["role"] for message in convert(user(text("a")), note, blocks)[0]] == ["user", "system", "system"]
    later = convert(user(text("a")), note, blocks, assistant(text("b")), user(text("c")))[0]
    assert [message["role"] for message in later] == ["user", "assistant", "user"]
    never = {**note, "clear_at": "never"}
    assert [message["role"] for message in convert(user(text("a")), never, user(text("c")))[0]] == [
        "user",
        "system",
        "user",
    ]


# -- tool results ------------------------------------------------------------------------------------------


def test_c22_results_come_first_and_the_rest_stays_one_message():
    messages, _ = convert(user(text("before"), result("b", "B"), PNG, result("a", "A"), text("after")))
    assert messages == [
        {"role": "tool", "tool_call_id": "b", "content": "B"},
        {"role": "tool", "tool_call_id": "a", "content": "A"},
        {"role": "user", "content": [text("before"), PNG_PART, text("after")]},
    ]


@pytest.mark.parametrize(
    ("block", "content"),
    [
        (result("a", "text"), "text"),
        (result("a", ""), ""),
        (result("a", None), ""),
        ({"type": "tool_result", "tool_use_id": "a"}, ""),
        (result("a", []), ""),
        (result("a", [text("")]), ""),
        (result("a", [text("one"), PNG, text("two")]), [text("one"), PNG_PART, text("two")]),
        (result("a", "text", cache_control=CACHE), [text("text", cache_control=CACHE)]),
        (result("a", [text("one"), PNG], cache_control=CACHE), [text("one"), {**PNG_PART, "cache_control": CACHE}]),
        (result("a", [{"type": "tool_reference", "tool_name": "WebSearch"}]), [text("Tool loaded: WebSearch")]),
    ],
)
def test_the_content_of_a_result(block, content):
    assert convert(user(block))[0] == [{"role": "tool", "tool_call_id": "a", "content": content}]


def test_c24_a_pdf_and_an_image_in_a_result_stay_parts():
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}}
    (message,), losses = convert(user(result("a", [text("PDF file read"), pdf, PNG])))
    assert [part["type"] for part in message["content"]] == ["text", "document", "image_url"]
    assert losses == ""


def test_a_failed_tool_is_marked():
    (failed, fine), _ = convert(user(result("a", "boom", is_error=True), result("b", "ok", is_error=False)))
    assert failed["is_error"] is True
    assert "is_error" not in fine


# -- assistant content -------------------------------------------------------------------------------------


def test_text_calls_and_thinking_of_one_turn():
    messages, losses = convert(
        assistant(
            {"type": "thinking", "thinking": "hm", "signature": "Genuine+/="},
            text("first"),
            use("t1", "Edit", x=1),
            text("second"),
            use("t2", "LS"),
        )
    )
    assert messages == [
        {
            "role": "assistant",
            "content": [text("first"), text("second")],
            "tool_calls": [
                {"id": "t1", "type": "function", "function": {"name": "Edit", "arguments": '{"x":1}'}},
                {"id": "t2", "type": "function", "function": {"name": "LS", "arguments": "{}"}},
            ],
            "thinking": [{"text": "hm", "issuer": "anthropic", "signature": "Genuine+/="}],
            "order": ["thinking", "content", "call", "content", "call"],
        }
    ]
    assert losses == ""


def test_a_turn_of_calls_only_has_no_content():
    (message,), _ = convert(assistant(use("t1")))
    assert message["content"] is None


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ({"type": "thinking", "thinking": "hm", "signature": ""}, {"text": "hm", "issuer": ""}),
        ({"type": "thinking", "thinking": "hm"}, {"text": "hm", "issuer": ""}),
        (
            {"type": "thinking", "thinking": "", "signature": sign("gemini", "sig+1")},
            {"text": "", "issuer": "gemini", "signature": "sig+1"},
        ),
        ({"type": "thinking", "thinking": "hm", "signature": sign("deepseek")}, {"text": "hm", "issuer": "deepseek"}),
        ({"type": "thinking", "thinking": "hm", "signature": "ccr1.damaged!"}, {"text": "hm", "issuer": ""}),
        ({"type": "redacted_thinking", "data": "Eq=="}, {"text": "", "redacted": "Eq==", "issuer": "anthropic"}),
        (
            {"type": "redacted_thinking", "data": sign("openrouter", "enc")},
            {"text": "", "redacted": "enc", "issuer": "openrouter"},
        ),
    ],
)
def test_thinking_keeps_its_issuer_and_gives_the_issuers_own_signature(block, expected):
    (message,), _ = convert(assistant(block))
    assert message == {"role": "assistant", "content": None, "thinking": [expected]}


def test_thinking_that_says_nothing_is_left_out():
    empty = [{"type": "thinking", "thinking": "", "signature": ""}, {"type": "redacted_thinking", "data": ""}]
    messages, _ = convert(user(text("hi")), assistant(*empty))
    assert [message["role"] for message in messages] == ["user"]


def test_text_cut_at_citations_is_whole_again():
    citation = [{"type": "web_search_result_location", "url": "https://x"}]
    (message,), _ = convert(
        assistant(
            text("In "),
            text("Paris", citations=citation),
            text(" it rains.", cache_control=CACHE),
            use("t1"),
            text("A"),
            text("B", citations=[]),
        )
    )
    assert message["content"] == [text("In Paris it rains.", cache_control=CACHE), text("A"), text("B")]


def test_calls_without_an_id_get_different_ones():
    call = {"type": "tool_use", "name": "Read", "input": None}
    (message,), _ = convert(assistant(call, call))
    first, second = (call["id"] for call in message["tool_calls"])
    assert first != second


@pytest.mark.parametrize(("given", "arguments"), [("cut", '{"input":"cut"}'), ([1], '{"input":[1]}'), (None, "{}")])
def test_arguments_are_always_an_object(given, arguments):
    (message,), _ = convert(assistant({"type": "tool_use", "id": "t", "name": "Read", "input": given}))
    assert message["tool_calls"][0]["function"]["arguments"] == arguments


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (user(text(5)), "messages.0.content.0.text: must be a string"),
        (user({"type": "image"}), "messages.0.content.0.source: must be an object with a type"),
        (
            user({"type": "image", "source": {"type": "base64", "data": "AA"}}),
            "messages.0.content.0.source.media_type: must be a media type like image/png",
        ),
        (
            user({"type": "image", "source": {"type": "base64", "media_type": "image/png"}}),
            "messages.0.content.0.source.data: must be base64 text",
        ),
        (
            user(result("a", [{"type": "image", "source": {"type": "url"}}])),
            "messages.0.content.0.content.0.source.url: must be a URL",
        ),
        (
            user({"type": "document", "source": {"type": "content", "content": [text(1)]}}),
            "messages.0.content.0.source.content.0.text: must be a string",
        ),
        (
            user({"type": "document", "source": {"type": "text"}}),
            "messages.0.content.0.source.data: must be a string or a list",
        ),
        (user(result("a", 5)), "messages.0.content.0.content: must be a string or a list"),
        (assistant({"type": "tool_use", "id": "a"}), "messages.0.content.0.name: must be a non-empty string"),
        (assistant({"type": "thinking", "thinking": 5}), "messages.0.content.0.thinking: must be a string"),
        ({"role": "system", "content": ["x"]}, "messages.0.content.0: must be an object with a type"),
        ({"role": "system", "output_config": 5}, "messages.0.output_config: must be an object"),
    ],
)
def test_malformed_blocks_are_named_by_their_path(message, problem):
    with pytest.raises(BadRequest) as caught:
        convert(message)
    assert caught.value.message == problem
