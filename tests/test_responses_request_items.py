"""Unified messages as Responses items."""

import json
from typing import Any

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.wire.format import recall_nothing
from ccr_middleware.wire.phrases import CONTINUE, EMPTY_MESSAGE, NO_OUTPUT
from ccr_middleware.wire.responses.dialect import dialect_for
from ccr_middleware.wire.responses.request import build_responses_body

from .support.strict_responses import check_responses_request

Json = dict[str, Any]

OPENAI = ("https://api.openai.com/v1", "gpt-5.2")
UNKNOWN = ("https://llm.example/v1", "some-model")
DEEPSEEK = ("https://api.deepseek.com", "deepseek-v4-flash")
OPENROUTER = ("https://openrouter.ai/api/v1", "openai/gpt-5.2")

PNG, PDF = "data:image/png;base64,iVBORw0KGgo=", "data:application/pdf;base64,JVBERi0="
IMAGE = {"type": "image_url", "image_url": {"url": PNG}}
DOCUMENT = {"type": "document", "url": PDF, "media_type": "application/pdf", "title": "Report"}
SHOWN_IMAGE = {"type": "input_image", "image_url": PNG, "detail": "auto"}
SHOWN_FILE = {"type": "input_file", "filename": "Report.pdf", "file_data": PDF}
HELLO = {"role": "user", "content": "Hello"}
SAID_HELLO = {"type": "message", "role": "user", "content": "Hello"}


def text(value: str) -> Json:
    return {"type": "text", "text": value}


def shown(value: str) -> Json:
    return {"type": "input_text", "text": value}


def user(*parts: Json) -> Json:
    return {"role": "user", "content": list(parts)}


def system(content: Any) -> Json:
    return {"role": "system", "content": content}


def calls(*ids: str, content: Any = None, **more: Any) -> Json:
    made = [{"id": i, "type": "function", "function": {"name": f"tool_{i}", "arguments": "{}"}} for i in ids]
    return {"role": "assistant", "content": content, "tool_calls": made, **more}


def result(call_id: str, content: Any, **more: Any) -> Json:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **more}


def build(
    target: tuple[str, str], *given: Json, recall: Any = recall_nothing, check: Json | None = None, **dialect: Any
) -> tuple[Json, str]:
    """The body, which a strict endpoint has taken, and the losses."""
    losses = Losses()
    request: Any = {"model": "c", "messages": list(given), "stream": True}
    body = build_responses_body(request, target[1], dialect_for(*target, dialect), losses, recall).body
    check_responses_request(body, **(check or {}))
    return body, losses.header()


def items(target: tuple[str, str], *given: Json, **more: Any) -> list[Json]:
    return build(target, *given, **more)[0]["input"]


def kinds(written: list[Json]) -> list[str]:
    return [item.get("role") or item["type"] for item in written]


# -- system -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "instructions"),
    [
        ([system("Be brief.")], "Be brief."),
        ([system([text("One."), text(""), text("Two.")])], "One.\n\nTwo."),
        ([system("One."), system([]), system("Two.")], "One.\n\nTwo."),
    ],
)
def test_c25_the_first_system_messages_are_instructions(given: list[Json], instructions: str) -> None:
    body, losses = build(UNKNOWN, *given, HELLO)
    assert body["instructions"] == instructions
    assert body["input"] == [SAID_HELLO]
    assert losses == ""


def test_c25_without_a_system_text_there_are_no_instructions() -> None:
    assert "instructions" not in build(UNKNOWN, system(""), HELLO)[0]


def test_c25_the_codex_backend_insists_on_instructions() -> None:
    codex = ("https://chatgpt.com/backend-api/codex", "gpt-5.2")
    assert build(codex, HELLO)[0]["instructions"]
    assert build(codex, system("One."), HELLO)[0]["instructions"] == "One."


def test_c25_a_later_system_message_is_the_developers_at_openai() -> None:
    written = items(OPENAI, HELLO, calls("a"), result("a", "x"), system("Plan mode."), HELLO)
    assert kinds(written)[3:] == ["developer", "user"]
    assert written[3]["content"] == "Plan mode."


def test_c25_a_later_system_message_is_user_text_elsewhere() -> None:
    body, losses = build(UNKNOWN, HELLO, system([text("Plan mode."), text("<system-reminder>x</system-reminder>")]))
    assert body["input"][1]["role"] == "user"
    wrapped = "<system-reminder>\nPlan mode.\n</system-reminder>"
    assert body["input"][1]["content"] == f"{wrapped}\n\n<system-reminder>x</system-reminder>"
    assert losses == "system.mid_conversation=emulated"
    assert items(UNKNOWN, HELLO, system("Now."), mid_system="system")[1]["role"] == "system"


# -- user -------------------------------------------------------------------------------------------------


def test_a_users_texts_stay_apart() -> None:
    assert items(UNKNOWN, user(text("a"), text(""), text("b")))[0]["content"] == [shown("a"), shown("b")]
    assert items(UNKNOWN, user(text("a")))[0]["content"] == "a"


def test_images_and_documents() -> None:
    assert items(OPENAI, user(IMAGE, DOCUMENT))[0]["content"] == [SHOWN_IMAGE, SHOWN_FILE]
    linked = DOCUMENT | {"url": "https://x.example/a.pdf"}
    assert items(OPENAI, user(linked))[0]["content"] == [{"type": "input_file", "file_url": "https://x.example/a.pdf"}]


def test_what_cannot_be_seen_is_noted() -> None:
    body, losses = build(DEEPSEEK, user(text("Look"), IMAGE, DOCUMENT))
    assert "An image was here" in str(body["input"])
    assert "Report.pdf" in str(body["input"])
    assert PNG not in str(body["input"])
    assert losses == "image=dropped, document=dropped"


@pytest.mark.parametrize("given", [[system("One.")], [user(text(""))], [{"role": "user", "content": ""}]])
def test_nothing_empty_is_sent(given: list[Json]) -> None:
    assert items(UNKNOWN, *given) == [{"type": "message", "role": "user", "content": EMPTY_MESSAGE}]


# -- the assistant ----------------------------------------------------------------------------------------


def test_text_and_calls_of_the_assistant_are_both_sent() -> None:
    written = items(UNKNOWN, HELLO, calls("a", content="Let me look."), result("a", "x"))
    assert written == [
        SAID_HELLO,
        {"type": "message", "role": "assistant", "content": "Let me look."},
        {"type": "function_call", "call_id": "a", "name": "tool_a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "x"},
    ]


def test_the_assistants_text_as_parts_at_openai_and_as_a_string_elsewhere() -> None:
    said = {"role": "assistant", "content": [text("One."), text("Two.")]}
    parts = [{"type": "output_text", "text": "One."}, {"type": "output_text", "text": "Two."}]
    assert items(OPENAI, HELLO, said, HELLO)[1]["content"] == parts
    assert items(OPENROUTER, HELLO, said, HELLO)[1]["content"] == "One.\n\nTwo."


def test_a_turn_keeps_its_order() -> None:
    turn = calls("a", "b", content=[text("First."), text("Then.")], order=["content", "call", "content", "call"])
    written = items(OPENAI, HELLO, turn, result("a", "x"), result("b", "y"))
    made, output = "function_call", "function_call_output"
    assert kinds(written) == ["user", "assistant", made, "assistant", made, output, output]
    assert [item["call_id"] for item in written if "call_id" in item] == ["a", "b", "a", "b"]


def test_what_the_order_does_not_name_is_sent_all_the_same() -> None:
    turn = calls("a", "b", content=[text("First."), text("Then.")], order=["call", "thinking", "content"])
    written = items(OPENAI, HELLO, turn, result("a", "x"), result("b", "y"))
    assert kinds(written)[1:4] == ["function_call", "assistant", "function_call"]
    assert [part["text"] for part in written[2]["content"]] == ["First.", "Then."]


def test_calls_come_last_where_nothing_may_part_them_from_their_outputs() -> None:
    turn = calls("a", "b", content=[text("First."), text("Then.")], order=["content", "call", "content", "call"])
    written = items(DEEPSEEK, HELLO, turn, result("a", "x"), result("b", "y"), check={"adjacent": True})
    made, output = "function_call", "function_call_output"
    assert kinds(written) == ["user", "reasoning", "assistant", made, made, output, output]


def test_a_last_assistant_message_is_continued_by_asking() -> None:
    body, losses = build(UNKNOWN, HELLO, {"role": "assistant", "content": "{"})
    assert body["input"][-1] == {"type": "message", "role": "user", "content": CONTINUE}
    assert losses == "prefill=emulated"


# -- tools ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "more", "output"),
    [
        ("x", {}, "x"),
        ("", {}, NO_OUTPUT),
        ([text("a"), text("b")], {}, "a\n\nb"),
        ("not found", {"is_error": True}, "Error: not found"),
        ("ERROR 404", {"is_error": True}, "ERROR 404"),
        ([], {"is_error": True}, f"Error: {NO_OUTPUT}"),
    ],
)
def test_outputs(content: Any, more: Json, output: str) -> None:
    assert items(UNKNOWN, HELLO, calls("a"), result("a", content, **more))[-1]["output"] == output


def test_c24_images_of_tools_are_part_of_the_output_at_openai() -> None:
    body, losses = build(OPENAI, HELLO, calls("a"), result("a", [text("Two"), IMAGE, DOCUMENT], is_error=True))
    assert body["input"][-1]["output"] == [shown("Error: Two"), SHOWN_IMAGE, SHOWN_FILE]
    assert losses == ""
    failed = items(OPENAI, HELLO, calls("a"), result("a", [IMAGE], is_error=True))[-1]["output"]
    assert failed == [shown("Error:"), SHOWN_IMAGE]


def test_c24_images_of_tools_follow_after_all_outputs_elsewhere() -> None:
    given = (HELLO, calls("a", "b"), result("a", [text("Two"), IMAGE, IMAGE]), result("b", [IMAGE]), HELLO)
    body, losses = build(UNKNOWN, *given)
    assert kinds(body["input"])[-4:] == ["function_call_output", "function_call_output", "user", "user"]
    first, second, media = body["input"][3:6]
    assert first["output"].startswith("Two\n\n[")
    assert PNG not in second["output"]
    label_a, label_b = "Returned by the tool tool_a (call a):", "Returned by the tool tool_b (call b):"
    assert media["content"] == [shown(label_a), SHOWN_IMAGE, SHOWN_IMAGE, shown(label_b), SHOWN_IMAGE]
    assert losses == "tool_result.media=emulated"


def test_long_call_ids_are_shortened() -> None:
    long = "chatcmpl-tool-" + "0123456789abcdef" * 4
    written = items(OPENAI, HELLO, calls(long), result(long, "x"))
    assert written[1]["call_id"] == written[2]["call_id"] != long
    assert items(OPENAI, HELLO, calls("a" * 64), result("a" * 64, "x"))[1]["call_id"] == "a" * 64


def test_c20_names_are_shortened_in_history() -> None:
    call = calls("a")
    call["tool_calls"][0]["function"] = {"name": "mcp__srv__" + "x" * 80, "arguments": ""}
    written = items(OPENAI, HELLO, call, result("a", "x"))
    assert len(written[1]["name"]) == 64
    assert written[1]["arguments"] == "{}"


def converted(*messages: Json) -> list[Json]:
    """The items of an Anthropic request, through the whole way."""
    losses = Losses()
    unified = to_unified({"model": "m", "max_tokens": 99, "messages": list(messages)}, losses)
    unified["messages"] = pair_tools(unified["messages"], losses)
    body = build_responses_body(unified, OPENAI[1], dialect_for(*OPENAI), losses).body
    check_responses_request(body)
    return body["input"]


def tool_use(*ids: str) -> Json:
    return {"role": "assistant", "content": [{"type": "tool_use", "id": i, "name": "Read", "input": {}} for i in ids]}


def tool_results(*ids: str) -> list[Json]:
    return [{"type": "tool_result", "tool_use_id": i, "content": f"out {i}"} for i in ids]


def test_c22_results_spread_over_messages_and_in_another_order() -> None:
    first = {"role": "user", "content": [*tool_results("c", "a"), text("Loaded.")]}
    written = converted(HELLO, tool_use("a", "b", "c"), first, {"role": "user", "content": tool_results("b")})
    assert [item["call_id"] for item in written if "output" in item] == ["a", "b", "c"]
    assert written[-1]["content"] == "Loaded."


def test_c23_orphans_of_both_kinds() -> None:
    written = converted(HELLO, tool_use("a"), {"role": "user", "content": [*tool_results("z"), text("Go on.")]})
    assert written[2]["output"].startswith("Error: This tool call was interrupted")
    assert "out z" in json.dumps(written[3:])
