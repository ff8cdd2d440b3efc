"""Earlier reasoning as Responses items, and thinking asked for."""

import json
from typing import Any

import pytest

from ccr_middleware.unified import Remembered
from ccr_middleware.wire.responses.dialect import dialect_for
from ccr_middleware.wire.responses.output_item import seal

from .test_responses_request import SEARCH
from .test_responses_request import build as build_fields
from .test_responses_request_items import DEEPSEEK, HELLO, OPENAI, OPENROUTER, build, calls, items, kinds, result, text

Json = dict[str, Any]


def sealed(name: str = "openai-responses", **held: Any) -> Json:
    return {"issuer": name, "text": "I think.", "signature": json.dumps(held)}


SEALED = sealed(id="rs_1", encrypted_content="gAAA")
OPAQUE = {"issuer": "openai-responses", "text": "", "redacted": json.dumps({"id": "rs_2", "encrypted_content": "gBBB"})}
ITEM = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "I think."}], "encrypted_content": "gAAA"}
OPAQUE_ITEM = {"type": "reasoning", "summary": [], "encrypted_content": "gBBB"}


def test_c15_reasoning_goes_back_to_who_made_it_in_order() -> None:
    turn = calls("a", "b", thinking=[SEALED, OPAQUE], order=["thinking", "call", "thinking", "call"])
    body, losses = build(OPENAI, HELLO, turn, result("a", "x"), result("b", "y"))
    assert body["input"][1] == ITEM
    assert body["input"][3] == OPAQUE_ITEM
    assert kinds(body["input"])[1:5] == ["reasoning", "function_call", "reasoning", "function_call"]
    assert losses == ""


@pytest.mark.parametrize(
    ("block", "lost"),
    [
        ({"issuer": "anthropic", "text": "I think.", "signature": "c2ln"}, "thinking.history=omitted"),
        ({"issuer": "", "text": "I think."}, "thinking.history=omitted"),
        (sealed("azure-responses", encrypted_content="gAAA"), "thinking.history=omitted"),
        (sealed("openai", encrypted_content="gAAA"), "thinking.history=omitted"),
        (sealed(id="rs_1"), "thinking.history=omitted"),
        (sealed() | {"signature": "{damaged"}, "thinking.history=omitted"),
        ({"issuer": "anthropic", "text": "", "redacted": "b3BhcXVl"}, "thinking.redacted=dropped"),
        (OPAQUE | {"redacted": "{}"}, "thinking.redacted=dropped"),
    ],
)
def test_f10_reasoning_that_cannot_be_read_there_is_not_sent(block: Json, lost: str) -> None:
    body, losses = build(OPENAI, HELLO, calls("a", thinking=[block]), result("a", "x"))
    assert "reasoning" not in kinds(body["input"])
    assert losses == lost


def test_reasoning_without_its_following_item_is_left_out() -> None:
    turn = {"role": "assistant", "content": [text("Yes.")], "thinking": [SEALED, OPAQUE], "order": ["thinking"]}
    assert kinds(items(OPENAI, HELLO, turn | {"order": ["content", "thinking"]}, HELLO)) == [
        "user",
        "assistant",
        "user",
    ]
    assert kinds(items(OPENAI, HELLO, turn | {"content": None}, HELLO)) == ["user", "user"]


def test_f1_reasoning_the_client_dropped_is_remembered() -> None:
    known = {"a": Remembered("I think.", SEALED["signature"], "openai-responses")}
    turn = calls("a", "b", content="Look.")
    written = items(OPENAI, HELLO, turn, result("a", "x"), result("b", "y"), recall=known.get)
    assert written[1] == ITEM
    assert kinds(written)[1:4] == ["reasoning", "assistant", "function_call"]


def test_f1_parallel_calls_have_one_reasoning_and_later_calls_their_own() -> None:
    shared = Remembered("I think.", SEALED["signature"], "openai-responses")
    known = {"a": shared, "b": shared, "c": Remembered("", OPAQUE["redacted"], "openai-responses")}
    outputs = [result(i, i) for i in "abc"]
    written = items(OPENAI, HELLO, calls("a", "b", "c"), *outputs, recall=known.get)
    assert [item.get("call_id", item.get("encrypted_content")) for item in written[1:6]] == [
        "gAAA",
        "a",
        "b",
        "gBBB",
        "c",
    ]


def test_f1_foreign_memories_and_present_thinking_need_no_memory() -> None:
    foreign = {"a": Remembered("I think.", SEALED["signature"], "xai-responses")}
    assert "reasoning" not in kinds(items(OPENAI, HELLO, calls("a"), result("a", "x"), recall=foreign.get))
    known = {"a": Remembered("Other.", SEALED["signature"], "openai-responses")}
    turn = calls("a", thinking=[OPAQUE])
    assert items(OPENAI, HELLO, turn, result("a", "x"), recall=known.get)[1] == OPAQUE_ITEM


def reasoning_text(value: str) -> Json:
    return {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": value}]}


def test_f1_deepseek_gets_reasoning_as_text_in_every_turn() -> None:
    own = sealed("deepseek-responses", id="rs_1")
    foreign = {"issuer": "anthropic", "text": "Hm.", "signature": "c2ln"}
    assert items(DEEPSEEK, HELLO, calls("a", thinking=[own]), result("a", "x"))[1] == reasoning_text("I think.")
    assert items(DEEPSEEK, HELLO, calls("a", thinking=[foreign]), result("a", "x"))[1] == reasoning_text("Hm.")
    body, losses = build(DEEPSEEK, HELLO, calls("a"), result("a", "x"))
    assert body["input"][1] == reasoning_text(" ")
    assert losses == "thinking.history=emulated"
    known = {"a": Remembered("So."), "b": Remembered("And.")}
    outputs = (result("a", "x"), result("b", "y"))
    written = items(DEEPSEEK, HELLO, calls("a", "b"), *outputs, recall=known.get, check={"adjacent": True})
    assert written[1:3] == [reasoning_text("So."), reasoning_text("And.")]


def test_openrouter_wants_ids_on_reasoning() -> None:
    own = sealed("openrouter-responses", id="rs_1", encrypted_content="gAAA")
    written = items(OPENROUTER, HELLO, calls("a", thinking=[own]), result("a", "x"), check={"ids": True})
    assert written[1] == ITEM | {"id": "rs_1"}
    plain = {"issuer": "openrouter-responses", "text": "I think."}
    written = items(OPENROUTER, HELLO, calls("a", thinking=[plain]), result("a", "x"), check={"ids": True})
    assert written[1].pop("id").startswith("rs_")
    assert written[1] == reasoning_text("I think.")


def test_claude_at_openrouter_gets_no_unsigned_text() -> None:
    claude = ("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6")
    unsigned = sealed("openrouter-responses", id="rs_1")
    assert "reasoning" not in kinds(items(claude, HELLO, calls("a", thinking=[unsigned]), result("a", "x")))


@pytest.mark.parametrize(
    ("target", "item"),
    [
        (OPENAI, {"summary": [{"type": "summary_text", "text": "I think."}], "encrypted_content": "gAAA"}),
        (OPENROUTER, {"summary": [{"type": "summary_text", "text": "I think."}], "encrypted_content": "gAAA"}),
        (OPENROUTER, {"summary": [], "content": [{"type": "reasoning_text", "text": "I think."}]}),
        (DEEPSEEK, {"summary": [], "content": [{"type": "reasoning_text", "text": "I think."}]}),
    ],
)
def test_c15_what_the_answer_sealed_goes_back_as_it_came(target: tuple[str, str], item: Json) -> None:
    came = {"type": "reasoning", "id": "rs_1", **item}
    block = {"issuer": dialect_for(*target).name, "text": "I think.", "signature": seal(came)}
    written = items(target, HELLO, calls("a", thinking=[block]), result("a", "x"), check={"ids": True})
    assert {"id": "rs_1", **written[1]} == came


def test_reasoning_can_be_kept_from_a_provider() -> None:
    assert "reasoning" not in kinds(
        items(OPENAI, HELLO, calls("a", thinking=[SEALED]), result("a", "x"), replay="none")
    )


# -- asked for -------------------------------------------------------------------------------------------

ON, OFF = {"enabled": True}, {"enabled": False}


@pytest.mark.parametrize(
    ("host", "model", "wish", "sent"),
    [
        ("openai", "gpt-5.2", None, None),
        ("openai", "gpt-5.2", ON, {"effort": "medium", "summary": "auto"}),
        ("openai", "gpt-5.2", ON | {"effort": "max"}, {"effort": "xhigh", "summary": "auto"}),
        ("openai", "gpt-5.2", ON | {"max_tokens": 31_999}, {"effort": "high", "summary": "auto"}),
        ("openai", "gpt-5.2", {"effort": "low"}, {"effort": "low"}),
        ("openai", "gpt-5.2", OFF, {"effort": "none"}),
        ("openai", "gpt-5.5", OFF | {"effort": "high"}, {"effort": "none"}),
        ("openai", "gpt-5-mini", OFF, {"effort": "minimal"}),
        ("openai", "gpt-5-2025-08-07", OFF, {"effort": "minimal"}),
        ("openai", "gpt-5-codex", OFF, None),
        ("openai", "gpt-5.1-codex", OFF, None),
        ("openai", "gpt-5-pro", ON | {"effort": "low"}, {"effort": "high", "summary": "auto"}),
        ("openai", "o3", OFF, None),
        ("openai", "o3", ON | {"effort": "xhigh"}, {"effort": "high", "summary": "auto"}),
        ("openai", "gpt-4o", ON | {"effort": "high"}, None),
        ("openai", "gpt-5-chat-latest", ON, None),
        ("azure", "gpt-5.2", ON, {"effort": "medium", "summary": "auto"}),
        ("bedrock-mantle", "openai.gpt-5.5", ON, {"effort": "medium", "summary": "auto"}),
        ("xai", "grok-4.3", ON | {"effort": "max"}, {"effort": "high"}),
        ("xai", "grok-4", ON | {"effort": "high"}, None),
        ("openrouter", "openai/gpt-5.2", ON | {"effort": "xhigh"}, {"effort": "xhigh", "summary": "auto"}),
        ("openrouter", "z-ai/glm-5", OFF, None),
        ("deepseek", "deepseek-v4-flash", ON | {"effort": "xhigh"}, {"effort": "high"}),
        ("groq", "openai/gpt-oss-120b", ON | {"effort": "max"}, {"effort": "high"}),
        ("openai-compatible", "m", ON | {"effort": "high"}, None),
        ("openai-compatible", "gpt-5.2", ON, {"effort": "medium", "summary": "auto"}),
    ],
)  # fmt: skip
def test_c16_thinking_is_one_consistent_setting(host: str, model: str, wish: Json | None, sent: Json | None) -> None:
    body, losses = build_fields(host, model, **({"reasoning": wish} if wish else {}))
    assert body.get("reasoning") == sent
    assert not any(loss.endswith("dropped") for loss in losses.split(", "))


@pytest.mark.parametrize(
    ("host", "model", "included"),
    [
        ("openai", "gpt-5.2", True),
        ("openai", "gpt-4o", False),
        ("openai", "gpt-5.1-chat-latest", False),
        ("xai", "grok-4", True),
        ("xai", "grok-4-fast-non-reasoning", False),
        ("openrouter", "z-ai/glm-5", True),
        ("groq", "openai/gpt-oss-120b", False),
        ("lmstudio", "qwen3", False),
        ("openai-compatible", "m", False),
    ],
)
def test_reasoning_is_asked_for_in_its_encrypted_form(host: str, model: str, included: bool) -> None:
    assert ("include" in build_fields(host, model)[0]) is included


def test_f21_a_search_excludes_the_least_effort() -> None:
    body, _ = build_fields("openai", "gpt-5-mini", reasoning=OFF, server_tools=[SEARCH])
    assert body["reasoning"] == {"effort": "low"}


def test_summaries_can_be_left_out_for_organisations_that_are_not_verified() -> None:
    assert build_fields("openai", "gpt-5.2", {"summary": "none"}, reasoning=ON)[0]["reasoning"] == {"effort": "medium"}
