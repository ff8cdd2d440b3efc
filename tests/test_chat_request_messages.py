"""Messages on their way to a provider."""

from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.dialect import dialect_for
from ccr_middleware.wire.chat.messages import BRIDGE
from ccr_middleware.wire.chat.request import build_chat_body
from ccr_middleware.wire.phrases import CONTINUE, EMPTY_MESSAGE, NO_OUTPUT

from .support.strict_chat import check_body

Json = dict[str, Any]

UNKNOWN = ("https://llm.example/v1", "some-model")
OPENAI = ("https://api.openai.com/v1", "gpt-4o")
CLAUDE = ("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6")
MISTRAL = ("https://api.mistral.ai/v1", "mistral-large-latest")

PNG = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
IMAGE = {"type": "image_url", "image_url": {"url": PNG}}
DOCUMENT = {"type": "document", "url": PDF, "media_type": "application/pdf", "title": "Report"}
HELLO = {"role": "user", "content": "Hello"}


def text(value: str, **more: Any) -> Json:
    return {"type": "text", "text": value, **more}


def user(*parts: Any) -> Json:
    return {"role": "user", "content": list(parts)}


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def calls(*ids: str, content: Any = None) -> Json:
    made = [{"id": i, "type": "function", "function": {"name": f"tool_{i}", "arguments": "{}"}} for i in ids]
    return {"role": "assistant", "content": content, "tool_calls": made}


def result(call_id: str, content: Any, **more: Any) -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def messages(target: tuple[str, str], *given: Json, **dialect: Any) -> tuple[list[Json], str]:
    """The messages of the body, and the losses."""
    losses = Losses()
    request: Any = {"model": "c", "messages": list(given), "stream": True}
    body = build_chat_body(request, target[1], dialect_for(*target, dialect), losses).body
    return body["messages"], losses.header()


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (system("Be brief."), "Be brief."),
        (system([text("One."), text(""), text("Two.", cache_control={"type": "ephemeral"})]), "One.\n\nTwo."),
    ],
)
def test_c25_the_first_system_message_is_one_string(given: Json, sent: str) -> None:
    assert messages(UNKNOWN, given, HELLO)[0] == [{"role": "system", "content": sent}, HELLO]


def test_c25_several_first_system_messages_are_one() -> None:
    sent, losses = messages(UNKNOWN, system("One."), system([]), system("Two."), HELLO)
    assert sent == [{"role": "system", "content": "One.\n\nTwo."}, HELLO]
    assert losses == ""


def test_c25_the_role_can_be_developer() -> None:
    assert messages(UNKNOWN, system("One."), HELLO, system_role="developer")[0][0]["role"] == "developer"


@pytest.mark.parametrize("content", [None, "", [], [text("")]])
def test_c25_an_empty_system_message_is_nothing(content: Any) -> None:
    assert messages(UNKNOWN, HELLO, system(content)) == ([HELLO], "")


REMINDER = "<system-reminder>\nPlan mode.\n</system-reminder>"


def test_c25_a_later_system_message_joins_the_user_before() -> None:
    sent, losses = messages(UNKNOWN, HELLO, system("Plan mode."), calls("a"), result("a", "x"))
    assert sent[0] == {"role": "user", "content": f"Hello\n\n{REMINDER}"}
    assert losses == "system.mid_conversation=emulated"


def test_c25_a_later_system_message_waits_for_the_user_behind() -> None:
    sent, _ = messages(UNKNOWN, HELLO, calls("a"), result("a", "x"), system([text("Plan mode.")]), HELLO)
    assert sent[2:] == [result("a", "x"), {"role": "user", "content": f"{REMINDER}\n\nHello"}]


def test_c25_a_later_system_message_stands_alone_between_tool_and_assistant() -> None:
    given = (HELLO, calls("a"), result("a", "x"), system("Plan mode."), calls("b"), result("b", "y"))
    sent, _ = messages(UNKNOWN, *given)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "user", "assistant", "tool"]
    assert sent[3]["content"] == REMINDER


def test_c25_what_is_a_reminder_already_is_not_wrapped_again() -> None:
    assert messages(UNKNOWN, HELLO, system(REMINDER))[0][0]["content"] == f"Hello\n\n{REMINDER}"


def test_c25_a_later_system_message_can_go_first_or_stay() -> None:
    given = (system("One."), HELLO, system("Two."))
    sent, losses = messages(UNKNOWN, *given, mid_system="first")
    assert sent == [{"role": "system", "content": "One.\n\nTwo."}, HELLO]
    assert losses == "system.mid_conversation=emulated"
    sent, losses = messages(UNKNOWN, *given, mid_system="keep")
    assert sent == [system("One."), HELLO, system("Two.")]
    assert losses == ""


def test_text_only_content_is_a_string() -> None:
    assert messages(UNKNOWN, user(text("a"), text(""), text("b")))[0] == [{"role": "user", "content": "a\n\nb"}]


def test_users_are_kept_apart_unless_roles_must_alternate() -> None:
    assert messages(UNKNOWN, HELLO, HELLO)[0] == [HELLO, HELLO]
    assert messages(UNKNOWN, HELLO, user(IMAGE), merge_roles=True)[0] == [user(text("Hello"), IMAGE)]


def test_assistants_are_joined_where_roles_must_alternate() -> None:
    said = {"role": "assistant", "content": "One."}
    sent, _ = messages(UNKNOWN, HELLO, said, calls("a", content="Two."), result("a", "x"), merge_roles=True)
    assert sent[1] == calls("a", content="One.\n\nTwo.")


def test_nothing_empty_is_sent() -> None:
    sent, _ = messages(UNKNOWN, user(text("")), calls("a", content=[text("")]), result("a", ""))
    assert sent == [{"role": "user", "content": EMPTY_MESSAGE}, calls("a"), result("a", NO_OUTPUT)]
    assert messages(UNKNOWN, system("One."))[0] == [system("One."), {"role": "user", "content": EMPTY_MESSAGE}]


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        ("not found", "Error: not found"),
        ("Error: not found", "Error: not found"),
        ("ERROR 404", "ERROR 404"),
        ("", f"Error: {NO_OUTPUT}"),
        ([text("a"), text("b")], "Error: a\n\nb"),
    ],
)
def test_a_failed_tool_says_so(content: Any, sent: str) -> None:
    assert messages(UNKNOWN, HELLO, calls("a"), result("a", content, is_error=True))[0][2] == result("a", sent)


def test_c24_images_of_tools_follow_after_all_results() -> None:
    given = (HELLO, calls("a", "b"), result("a", [text("Two pictures"), IMAGE, IMAGE]), result("b", [IMAGE]))
    sent, losses = messages(OPENAI, *given)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user"]
    assert all(PNG not in message["content"] for message in sent[2:4])
    assert sent[2]["content"].startswith("Two pictures\n\n[")
    label_a, label_b = "Returned by the tool tool_a (call a):", "Returned by the tool tool_b (call b):"
    assert sent[4]["content"] == [text(label_a), IMAGE, IMAGE, text(label_b), IMAGE]
    assert losses == "tool_result.media=emulated"


def test_c24_the_user_joins_the_pictures() -> None:
    sent, _ = messages(OPENAI, HELLO, calls("a"), result("a", [IMAGE]), user(text("See?")), HELLO)
    assert sent[3]["content"][-1] == text("See?")
    assert sent[4] == HELLO


def test_c24_a_model_without_eyes_is_told() -> None:
    sent, losses = messages(("https://api.deepseek.com", "deepseek-chat"), user(text("Look"), IMAGE))
    assert sent[0]["content"].startswith("Look\n\n[An image was here.")
    assert losses == "image=dropped"


def test_documents_go_as_files() -> None:
    sent, losses = messages(OPENAI, user(DOCUMENT, text("Sum up.")))
    file = {"type": "file", "file": {"filename": "Report.pdf", "file_data": PDF}}
    assert sent == [user(file, text("Sum up."))]
    assert losses == ""


@pytest.mark.parametrize(
    ("target", "url", "taken"),
    [(OPENAI, "https://x.example/a.pdf", False), (CLAUDE, "https://x.example/a.pdf", True), (UNKNOWN, PDF, False)],
)
def test_documents_that_cannot_be_sent_are_noted(target: tuple[str, str], url: str, taken: bool) -> None:
    sent, losses = messages(target, user(DOCUMENT | {"url": url}))
    assert ("file" in str(sent[0]["content"])) is taken
    assert ("Report.pdf" in str(sent[0]["content"])) is True
    assert losses == ("" if taken else "document=dropped")


@pytest.mark.parametrize(
    ("title", "media_type", "name"),
    [
        ("a.PDF", "application/pdf", "a.PDF"),
        ("../../etc/x", "application/pdf", ".. .. etc x.pdf"),
        ("", "application/pdf", "document.pdf"),
    ],
)
def test_names_of_documents(title: str, media_type: str, name: str) -> None:
    sent, _ = messages(OPENAI, user(DOCUMENT | {"title": title, "media_type": media_type}))
    assert sent[0]["content"][0]["file"]["filename"] == name


def test_images_of_the_assistant_are_noted() -> None:
    sent, losses = messages(OPENAI, HELLO, {"role": "assistant", "content": [text("Here"), IMAGE]}, HELLO)
    assert sent[1]["content"].startswith("Here\n\n[")
    assert losses == "content.misplaced=dropped"


def test_unknown_content_is_noted() -> None:
    sent, losses = messages(UNKNOWN, user({"type": "input audio", "data": "x"}))
    assert sent[0]["content"] == "[Content of type input_audio is not shown here.]"
    assert losses == "content.input_audio=dropped"


CACHED = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}


def test_cache_marks_stay_for_claude() -> None:
    given = (
        system([text("One."), text("Two.", **CACHED)]),
        user(text("Hi")),
        calls("a"),
        result("a", [text("x", **CACHED)]),
    )
    sent, losses = messages(CLAUDE, *given)
    assert sent == list(given)
    assert losses == ""


def test_cache_marks_are_left_out_elsewhere() -> None:
    sent, losses = messages(UNKNOWN, user(text("Hi", **CACHED), IMAGE | CACHED))
    assert sent == [user(text("Hi"), IMAGE)]
    assert losses == "cache_control=omitted"


def test_c26_a_mark_that_moves_changes_nothing_else() -> None:
    first = messages(CLAUDE, user(text("Hi", **CACHED)))[0]
    later = messages(CLAUDE, user(text("Hi")), {"role": "assistant", "content": "Yes"}, user(text("So?", **CACHED)))[0]
    assert later[0] == user(text("Hi"))
    assert first[0] == user(text("Hi", **CACHED))


def test_a_last_assistant_message_is_continued_by_asking() -> None:
    said = {"role": "assistant", "content": "{"}
    sent, losses = messages(UNKNOWN, HELLO, said)
    assert sent == [HELLO, said, {"role": "user", "content": CONTINUE}]
    assert losses == "prefill=emulated"
    assert messages(UNKNOWN, HELLO, said, prefill=True) == ([HELLO, said], "")
    assert messages(MISTRAL, HELLO, said) == ([HELLO, {**said, "prefix": True}], "")


def test_mistral_gets_an_answer_between_tool_and_user() -> None:
    sent, losses = messages(MISTRAL, HELLO, calls("call_0001"), result("call_0001", "x"), HELLO)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[3]["content"] == BRIDGE
    assert sent[2]["tool_call_id"] == sent[1]["tool_calls"][0]["id"]
    assert len(sent[2]["tool_call_id"]) == 9
    assert losses == "messages.order=emulated"


def test_long_tool_ids_are_shortened_for_openai() -> None:
    long = "chatcmpl-tool-0123456789abcdef0123456789abcdef"
    sent, _ = messages(OPENAI, HELLO, calls(long), result(long, "x"))
    assert sent[1]["tool_calls"][0]["id"] == sent[2]["tool_call_id"] != long
    assert len(sent[2]["tool_call_id"]) <= 40
    sent, _ = messages(UNKNOWN, HELLO, calls(long), result(long, "x"))
    assert sent[2]["tool_call_id"] == long


def test_empty_arguments_are_an_object() -> None:
    call = calls("a")
    call["tool_calls"][0]["function"]["arguments"] = ""
    sent, _ = messages(UNKNOWN, HELLO, call, result("a", "x"))
    assert sent[1]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_c22_three_results_and_then_the_user() -> None:
    given = (HELLO, calls("a", "b", "c"), *(result(i, i) for i in "abc"), user(text("Tool loaded.")))
    losses = Losses()
    request: Any = {"model": "c", "messages": list(given), "stream": True}
    body = build_chat_body(request, "m", dialect_for(*UNKNOWN), losses).body
    check_body(body)
    assert [m.get("tool_call_id", m["role"]) for m in body["messages"]] == ["user", "assistant", "a", "b", "c", "user"]
