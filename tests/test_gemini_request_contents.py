"""The messages of a conversation as Gemini's contents."""

from typing import Any

import pytest

from ccr_middleware.anthropic.native import BEGINNING
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.unified import Remembered
from ccr_middleware.wire.gemini.dialect import dialect_for
from ccr_middleware.wire.gemini.request import build_gemini_body

from .support.strict_gemini import check_gemini_request

Json = dict[str, Any]

GOOGLE = "https://generativelanguage.googleapis.com"
NEW, OLD = "gemini-3-flash-preview", "gemini-2.5-pro"
PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}


def contents(
    *messages: Json, model: str = OLD, recalled: dict[str, Remembered] | None = None, **more: Any
) -> tuple[list[Json], str]:
    """The contents of an Anthropic conversation, checked, and the losses."""
    body, losses = whole(*messages, model=model, recalled=recalled, **more)
    return body["contents"], losses


def whole(
    *messages: Json,
    model: str = OLD,
    recalled: dict[str, Remembered] | None = None,
    overrides: Json | None = None,
    **more: Any,
) -> tuple[Json, str]:
    """The whole body."""
    losses = Losses()
    request = to_unified({"model": "c", "messages": list(messages), **more}, losses)
    request["messages"] = pair_tools(request["messages"], losses)
    dialect = dialect_for(GOOGLE, model, overrides or {}, None)
    built = build_gemini_body(request, model, dialect, losses, (recalled or {}).get)
    check_gemini_request(built.body, model)
    return built.body, losses.header()


def user(*content: Any) -> Json:
    return {"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}


def model_turn(*content: Any) -> Json:
    return {"role": "assistant", "content": list(content)}


def text(said: str) -> Json:
    return {"type": "text", "text": said}


def call(call_id: str = "t1", name: str = "Read", **given: Any) -> Json:
    return {"type": "tool_use", "id": call_id, "name": name, "input": given}


def result(call_id: str = "t1", content: Any = "done", **more: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, **more}


def response(said: str, name: str = "Read", key: str = "result") -> Json:
    return {"functionResponse": {"name": name, "response": {key: said}}}


# -- turns ---------------------------------------------------------------------------------------------------


def test_system_is_an_instruction() -> None:
    body, losses = whole(user("hi"), system=[text("One."), text("Two.")])
    assert body["systemInstruction"] == {"parts": [{"text": "One."}, {"text": "Two."}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]
    assert losses == ""


def test_c25_a_later_system_message_is_the_users() -> None:
    found, losses = contents(user("hi"), {"role": "system", "content": "Be short."}, user("go on"))
    reminder = "<system-reminder>\nBe short.\n</system-reminder>"
    assert found == [{"role": "user", "parts": [{"text": "hi"}, {"text": reminder}, {"text": "go on"}]}]
    assert losses == "system.mid_conversation=emulated"


def test_some_models_have_no_system_instruction() -> None:
    body, losses = whole(user("hi"), system="Be kind.", model="gemma-3-27b-it")
    assert body == {"contents": [{"role": "user", "parts": [{"text": "Be kind."}, {"text": "hi"}]}]}
    assert losses == "system=emulated"


def test_messages_of_one_role_are_one_content() -> None:
    found, losses = contents(
        user("a"), user("b"), model_turn(text("c")), model_turn(text("d"), call()), user(result()), user("e"), user("f")
    )
    assert found == [
        {"role": "user", "parts": [{"text": "a"}, {"text": "b"}]},
        {
            "role": "model",
            "parts": [{"text": "c"}, {"text": "d"}, {"functionCall": {"name": "Read", "args": {}}}],
        },
        {"role": "user", "parts": [response("done")]},
        {"role": "user", "parts": [{"text": "e"}, {"text": "f"}]},
    ]
    assert losses == ""


def test_c22_responses_stand_alone_in_the_order_of_the_calls() -> None:
    """Text beside them would be "Requests ending with a model turn are not supported"."""
    found, _ = contents(
        user("a"),
        model_turn(call("t1", "A"), call("t2", "B"), call("t3", "A")),
        user(result("t3", "3"), text("and"), result("t1", "1")),
        user(result("t2", "2"), text("more")),
    )
    assert found[2:] == [
        {"role": "user", "parts": [response("1", "A"), response("2", "B"), response("3", "A")]},
        {"role": "user", "parts": [{"text": "and"}, {"text": "more"}]},
    ]


def test_c23_orphans_are_paired_before() -> None:
    found, _ = contents(user("a"), model_turn(call("t1")), user(result("t9", "late")))
    assert "interrupted" in found[2]["parts"][0]["functionResponse"]["response"]["error"]
    assert "late" in found[3]["parts"][0]["text"]


def test_errors_and_silence() -> None:
    found, _ = contents(
        user("a"),
        model_turn(call("t1"), call("t2")),
        user(result("t1", "no such file", is_error=True), result("t2", "")),
    )
    assert found[2]["parts"] == [response("no such file", key="error"), response("(no output)")]


def test_newer_models_match_calls_by_id() -> None:
    found, _ = contents(user("a"), model_turn(call("t1"), call("t2")), user(result("t2"), result("t1")), model=NEW)
    assert [part["functionCall"]["id"] for part in found[1]["parts"]] == ["t1", "t2"]
    assert [part["functionResponse"]["id"] for part in found[2]["parts"]] == ["t1", "t2"]


def test_a_conversation_begins_and_ends_with_the_user() -> None:
    found, losses = contents(model_turn(text("Once upon")))
    assert found[0] == {"role": "user", "parts": [{"text": BEGINNING}]}
    assert found[1] == {"role": "model", "parts": [{"text": "Once upon"}]}
    assert "Continue your last message" in found[2]["parts"][0]["text"]
    assert losses == "messages.order=emulated, prefill=emulated"


def test_a_last_message_of_the_model_is_left_where_that_is_understood() -> None:
    losses = Losses()
    request = to_unified({"model": "c", "messages": [user("a"), model_turn(text("b"))]}, losses)
    dialect = dialect_for(GOOGLE, OLD, {"prefill": True}, None)
    built = build_gemini_body(request, OLD, dialect, losses)
    assert built.body["contents"][-1] == {"role": "model", "parts": [{"text": "b"}]}
    assert not len(losses)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [("", {}), ('{"a":1}', {"a": 1}), ("[1]", {"value": [1]}), ("{oops", {"_raw": "{oops"})],
)
def test_arguments_are_an_object(arguments: str, expected: Json) -> None:
    one: Any = {"id": "t1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    messages: Any = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": None, "tool_calls": [one]},
        {"role": "tool", "tool_call_id": "t1", "content": "ok"},
    ]
    dialect = dialect_for(GOOGLE, OLD, {}, None)
    built = build_gemini_body({"model": "c", "messages": messages, "stream": False}, OLD, dialect, Losses())
    check_gemini_request(built.body, OLD)
    assert built.body["contents"][1]["parts"] == [{"functionCall": {"name": "f", "args": expected}}]


# -- media ---------------------------------------------------------------------------------------------------


def source(url: str, kind: str = "image") -> Json:
    return {"type": kind, "source": {"type": "url", "url": url}}


@pytest.mark.parametrize(
    ("block", "part"),
    [
        (PNG, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpg", "data": "AA"}},
            {"inlineData": {"mimeType": "image/jpeg", "data": "AA"}},
        ),
        (
            source("https://a.example/x.webp?size=1"),
            {"fileData": {"mimeType": "image/webp", "fileUri": "https://a.example/x.webp?size=1"}},
        ),
        (source("gs://b/x"), {"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/x"}}),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "AA"}},
            {"inlineData": {"mimeType": "application/pdf", "data": "AA"}},
        ),
        (
            source("https://a.example/x", "document"),
            {"fileData": {"mimeType": "application/pdf", "fileUri": "https://a.example/x"}},
        ),
    ],
)
def test_media(block: Json, part: Json) -> None:
    found, losses = contents(user(text("see"), block))
    assert found == [{"role": "user", "parts": [{"text": "see"}, part]}]
    assert losses == ""


@pytest.mark.parametrize(
    ("block", "loss"),
    [
        (source("https://a.example/x.gif"), "image=dropped"),
        ({"type": "image", "source": {"type": "base64", "media_type": "image/gif", "data": "AA"}}, "image=dropped"),
        (
            {"type": "document", "source": {"type": "base64", "media_type": "application/zip", "data": "AA"}},
            "document=dropped",
        ),
    ],
)
def test_media_nobody_can_see_is_told_of(block: Json, loss: str) -> None:
    found, losses = contents(user(block))
    assert "is not shown" in found[0]["parts"][0]["text"]
    assert losses == loss


def test_c24_images_of_a_tool_stand_in_its_response_or_follow() -> None:
    turns = (user("a"), model_turn(call()), user(result("t1", [text("a picture"), PNG]), text("well?")))
    picture = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
    found, losses = contents(*turns, model=NEW)
    assert found[2]["parts"][0]["functionResponse"]["response"] == {"result": "a picture"}
    assert found[2]["parts"][0]["functionResponse"]["parts"] == [picture]
    assert found[3]["parts"] == [{"text": "well?"}]
    assert losses == ""
    found, losses = contents(*turns, model=OLD)
    assert found[2]["parts"][0]["functionResponse"]["response"]["result"].startswith("a picture\n\n[What else")
    assert found[3]["parts"] == [{"text": "Returned by the tool Read:"}, picture, {"text": "well?"}]
    assert losses == "tool_result.media=emulated"


def test_images_by_address_never_stand_in_a_response() -> None:
    found, losses = contents(
        user("a"), model_turn(call()), user(result("t1", [source("https://a.example/x.png"), PNG])), model=NEW
    )
    assert found[2]["parts"][0]["functionResponse"]["parts"][0]["inlineData"]["data"] == "AAAA"
    assert "fileData" in found[3]["parts"][1]
    assert losses == "tool_result.media=emulated"
