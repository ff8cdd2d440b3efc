"""Asking for thinking, and sending earlier thinking back."""

from typing import Any

import pytest

from ccr_middleware.losses import Losses
from ccr_middleware.unified import Remembered
from ccr_middleware.wire.chat.dialect import dialect_for
from ccr_middleware.wire.chat.request import build_chat_body
from ccr_middleware.wire.earlier_thinking import SKIP_SIGNATURE
from ccr_middleware.wire.efforts import nearest

Json = dict[str, Any]

OPENAI = ("https://api.openai.com/v1", "gpt-5")
DEEPSEEK = ("https://api.deepseek.com", "deepseek-v4-pro")
GLM = ("https://api.z.ai/api/paas/v4", "glm-5.2")
KIMI = ("https://api.moonshot.ai/v1", "kimi-k2.6")
QWEN = ("https://dashscope.aliyuncs.com/compatible-mode/v1", "qwen3-max")
OPENROUTER = ("https://openrouter.ai/api/v1", "z-ai/glm-5")
CLAUDE = ("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6")
UNKNOWN = ("https://llm.example/v1", "some-model")

#: Everything that is about thinking in any dialect.
SETTINGS = ("reasoning", "reasoning_effort", "thinking", "enable_thinking", "thinking_budget")

DISABLED = {"enabled": False}
ADAPTIVE = {"enabled": True}
HIGH = {"enabled": True, "effort": "high"}
BUDGET = {"enabled": True, "max_tokens": 4000}


def settings(target: tuple[str, str], reasoning: Json | None, **request: Any) -> tuple[Json, str]:
    """The thinking settings of the body, and the losses."""
    losses = Losses()
    whole: Any = {"model": "c", "messages": [{"role": "user", "content": "Hi"}], "stream": True, **request}
    if reasoning is not None:
        whole["reasoning"] = reasoning
    body = build_chat_body(whole, target[1], dialect_for(*target), losses).body
    return {key: body[key] for key in SETTINGS if key in body}, losses.header()


@pytest.mark.parametrize(
    ("target", "reasoning", "sent"),
    [
        (OPENAI, HIGH, {"reasoning_effort": "high"}),
        (OPENAI, ADAPTIVE, {"reasoning_effort": "medium"}),
        (OPENAI, BUDGET, {"reasoning_effort": "medium"}),
        (OPENAI, {"enabled": True, "max_tokens": 1024}, {"reasoning_effort": "low"}),
        (OPENAI, {"enabled": True, "max_tokens": 31_999}, {"reasoning_effort": "high"}),
        (OPENAI, {"enabled": True, "effort": "low", "max_tokens": 31_999}, {"reasoning_effort": "low"}),
        (OPENAI, {"effort": "high"}, {"reasoning_effort": "high"}),
        (DEEPSEEK, HIGH, {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        (DEEPSEEK, ADAPTIVE, {"thinking": {"type": "enabled"}}),
        (DEEPSEEK, BUDGET, {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}),
        (GLM, ADAPTIVE, {"thinking": {"type": "enabled", "clear_thinking": False}}),
        (KIMI, HIGH, {"thinking": {"type": "enabled", "keep": "all"}}),
        (QWEN, HIGH, {"enable_thinking": True}),
        (QWEN, {"enabled": True, "effort": "low"}, {"enable_thinking": True, "thinking_budget": 1024}),
        (QWEN, BUDGET, {"enable_thinking": True, "thinking_budget": 4000}),
        (OPENROUTER, HIGH, {"reasoning": {"effort": "high"}}),
        (OPENROUTER, BUDGET, {"reasoning": {"max_tokens": 4000}}),
        (OPENROUTER, ADAPTIVE, {"reasoning": {"enabled": True}}),
        (OPENROUTER, {"enabled": True, "effort": "low", "max_tokens": 9}, {"reasoning": {"effort": "low"}}),
        # Effort without thinking is what Claude Code sends with thinking switched off.
        (OPENROUTER, {"effort": "high"}, {}),
        (DEEPSEEK, {"effort": "high"}, {}),
        (UNKNOWN, HIGH, {}),
    ],
)
def test_c16_exactly_one_consistent_setting(target: tuple[str, str], reasoning: Json, sent: Json) -> None:
    assert settings(target, reasoning)[0] == sent


@pytest.mark.parametrize("target", [OPENAI, DEEPSEEK, GLM, KIMI, QWEN, OPENROUTER, CLAUDE, UNKNOWN])
@pytest.mark.parametrize(
    ("reasoning", "losses"),
    [
        (DISABLED, "thinking.disabled=clamped"),
        (DISABLED | {"effort": "high"}, "thinking.disabled=clamped"),
        (None, ""),
        ({}, ""),
    ],
)
def test_c16_disabled_and_absent_say_nothing(target: tuple[str, str], reasoning: Json | None, losses: str) -> None:
    assert settings(target, reasoning) == ({}, losses)


def test_off_can_be_said_where_the_operator_wants_it() -> None:
    dialect = dialect_for(*DEEPSEEK, {"disable_thinking": True})
    request: Any = {"model": "c", "messages": [], "stream": True, "reasoning": DISABLED}
    assert build_chat_body(request, "m", dialect, Losses()).body["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize(
    ("target", "reasoning", "losses"),
    [
        (UNKNOWN, ADAPTIVE, "thinking=clamped"),
        (DEEPSEEK, {"effort": "high"}, "thinking.effort=clamped"),
        (UNKNOWN, HIGH, "thinking.effort=clamped"),
        (KIMI, HIGH, "thinking.effort=clamped"),
        (OPENAI, {"enabled": True, "effort": "max"}, "thinking.effort=clamped"),
        (OPENAI, BUDGET, "thinking.budget_tokens=emulated"),
    ],
)
def test_c16_thinking_is_never_dropped(target: tuple[str, str], reasoning: Json, losses: str) -> None:
    assert settings(target, reasoning)[1] == losses


def test_a_budget_leaves_room_for_the_answer() -> None:
    sent, losses = settings(CLAUDE, {"enabled": True, "max_tokens": 31_999}, max_tokens=8000)
    assert sent == {"reasoning": {"max_tokens": 4000}}
    assert losses == "thinking.budget_tokens=clamped"


TOOLS = [{"type": "function", "function": {"name": "a", "parameters": {}}}]


@pytest.mark.parametrize(
    ("model", "sent"),
    [
        ("gpt-5", {"reasoning_effort": "high"}),
        ("gpt-5.4", {}),
        ("gpt-5.6-terra", {"reasoning_effort": "none"}),
    ],
)
def test_effort_beside_functions(model: str, sent: Json) -> None:
    """Chat completions of the newer models refuse the two together (openai/openai-openapi#541)."""
    assert settings(("https://api.openai.com", model), HIGH, tools=TOOLS)[0] == sent
    assert settings(("https://api.openai.com", model), HIGH)[0] == {"reasoning_effort": "high"}
    assert settings(("https://openrouter.ai", model), HIGH, tools=TOOLS)[0] == {"reasoning": {"effort": "high"}}


def test_no_effort_can_be_the_only_way_to_have_functions() -> None:
    """These think by default and refuse functions then, so it must be said even when thinking is off."""
    assert settings(("https://api.openai.com", "gpt-5.6"), DISABLED, tools=TOOLS)[0] == {"reasoning_effort": "none"}


@pytest.mark.parametrize(
    ("target", "sent"),
    [
        (DEEPSEEK, {"thinking": {"type": "disabled"}}),
        (QWEN, {"enable_thinking": False}),
        (CLAUDE, {}),
        (OPENAI, {"reasoning_effort": "high"}),
    ],
)
def test_a_forced_call_excludes_thinking_for_some(target: tuple[str, str], sent: Json) -> None:
    assert settings(target, HIGH, tools=TOOLS, tool_choice="required")[0] == sent


@pytest.mark.parametrize(
    ("effort", "efforts", "word"),
    [
        ("medium", ("low", "high", "max"), "high"),
        ("xhigh", ("low", "high", "max"), "high"),
        ("max", ("low", "medium", "high"), "high"),
        ("xhigh", ("minimal", "low", "medium", "high", "xhigh"), "xhigh"),
        ("low", ("high",), "high"),
        ("high", ("default",), "default"),
        ("medium", ("low", "high"), "high"),
    ],
)
def test_efforts_move_to_the_nearest(effort: str, efforts: tuple[str, ...], word: str) -> None:
    assert nearest(effort, efforts) == word


# -- reasoning sent back ----------------------------------------------------------------------------------

CALL = {"id": "call_0001", "type": "function", "function": {"name": "read", "arguments": "{}"}}


def replayed(
    target: tuple[str, str], *thinking: Json, calls: bool = True, remembered: str | None = None, **dialect: Any
) -> tuple[Json, str]:
    """The wire form of an assistant turn with that thinking."""
    turn: Json = {"role": "assistant", "content": "Let me see."}
    results: list[Json] = []
    if thinking:
        turn["thinking"] = list(thinking)
    if calls:
        turn |= {"tool_calls": [CALL]}
        results = [{"role": "tool", "tool_call_id": "call_0001", "content": "done"}]
    go_on = {"role": "user", "content": "go on"}
    request: Any = {"model": "c", "messages": [go_on, turn, *results, go_on], "stream": True}
    losses = Losses()
    memory = {"call_0001": Remembered(remembered or "")}
    built = build_chat_body(request, target[1], dialect_for(*target, dialect), losses, recall=memory.get)
    return next(m for m in built.body["messages"] if m["role"] == "assistant"), losses.header()


OWN = {"text": "Hmm. ", "issuer": "deepseek"}
FOREIGN = {"text": "Well.", "signature": "EqQB", "issuer": "anthropic"}


def test_c15_thinking_beside_tool_calls_becomes_reasoning_content() -> None:
    message, losses = replayed(DEEPSEEK, OWN, FOREIGN)
    assert message["reasoning_content"] == "Hmm. Well."
    assert message["tool_calls"] == [CALL]
    assert losses == ""


def test_c15_what_the_client_dropped_is_remembered_by_the_tool_id() -> None:
    message, losses = replayed(DEEPSEEK, remembered="I remember.")
    assert message["reasoning_content"] == "I remember."
    assert losses == ""


def test_c15_history_wins_over_memory() -> None:
    assert replayed(DEEPSEEK, OWN, remembered="other")[0]["reasoning_content"] == "Hmm. "


def test_c15_unknown_reasoning_has_a_placeholder() -> None:
    message, losses = replayed(DEEPSEEK)
    assert message["reasoning_content"] == " "  # v4-pro refuses an empty string
    assert losses == "thinking.history=emulated"
    assert replayed(DEEPSEEK, replay_placeholder="(lost)")[0]["reasoning_content"] == "(lost)"
    assert "reasoning_content" not in replayed(DEEPSEEK, replay_placeholder=None)[0]


@pytest.mark.parametrize(
    ("target", "calls", "expected"),
    [
        (DEEPSEEK, False, True),  # every assistant message of a request with tools
        (KIMI, False, True),
        (GLM, False, True),
        (UNKNOWN, True, False),
        (("https://llm.example/v1", "deepseek-ai/DeepSeek-V4-Pro"), True, True),
        (("https://llm.example/v1", "moonshotai/Kimi-K2-Thinking"), True, True),
        (("https://llm.example/v1", "zai-org/GLM-4.6"), True, True),
        (("https://llm.example/v1", "zai-org/GLM-4.6"), False, False),
        (("https://llm.example/v1", "XiaomiMiMo/MiMo-V2.5-Pro"), True, True),
        (("https://llm.example/v1", "Qwen/Qwen3-235B-A22B-Thinking-2507"), True, True),
        (OPENAI, True, False),
        (("https://api.mistral.ai/v1", "magistral-medium-latest"), True, False),
        (("https://api.groq.com/openai/v1", "moonshotai/kimi-k2-thinking"), True, False),
    ],
)
def test_c15_reasoning_goes_to_those_that_demand_it(target: tuple[str, str], calls: bool, expected: bool) -> None:
    assert ("reasoning_content" in replayed(target, OWN, calls=calls)[0]) is expected


@pytest.mark.parametrize("model", ["gpt-oss-120b", "zai-glm-4.7"])
def test_c15_each_provider_has_its_own_field(model: str) -> None:
    message, _ = replayed(("https://api.cerebras.ai/v1", model), OWN)
    assert message["reasoning"] == "Hmm. "
    assert "reasoning_content" not in message


def test_openrouter_gets_its_own_details_back() -> None:
    signed = {"text": "Hmm.", "signature": '{"signature":"Erk","format":"anthropic-claude-v1"}', "issuer": "openrouter"}
    opaque = {"text": "", "redacted": '{"data":"x","format":"openai-responses-v1","id":"rs_1"}', "issuer": "openrouter"}
    message, losses = replayed(CLAUDE, signed, opaque)
    assert message["reasoning_details"] == [
        {"type": "reasoning.text", "text": "Hmm.", "signature": "Erk", "format": "anthropic-claude-v1"},
        {"type": "reasoning.encrypted", "data": "x", "format": "openai-responses-v1", "id": "rs_1"},
    ]
    assert losses == ""


def test_a_signature_holds_nothing_but_a_signature() -> None:
    forged = {"text": "Hmm.", "signature": '{"signature":"Erk","type":"evil","text":"no"}', "issuer": "openrouter"}
    bare = {"text": "Hm.", "signature": "Erk", "issuer": "openrouter"}
    expected = {"type": "reasoning.text", "signature": "Erk"}
    details = replayed(CLAUDE, forged, bare)[0]["reasoning_details"]
    assert details == [{**expected, "text": "Hmm."}, {**expected, "text": "Hm."}]


def test_foreign_thinking_is_text_where_nobody_verifies_it() -> None:
    assert replayed(OPENROUTER, FOREIGN)[0]["reasoning_details"] == [{"type": "reasoning.text", "text": "Well."}]
    assert "reasoning_details" not in replayed(OPENROUTER, FOREIGN, calls=False)[0]
    assert "reasoning_details" not in replayed(CLAUDE, FOREIGN)[0]


def test_redacted_thinking_is_reported() -> None:
    redacted = {"text": "", "redacted": "b3BhcXVl", "issuer": "anthropic"}
    for target in (DEEPSEEK, CLAUDE, UNKNOWN):
        message, losses = replayed(target, OWN, redacted)
        assert "b3BhcXVl" not in str(message)
        assert losses.partition(",")[0] == "thinking.redacted=dropped"


def test_reasoning_that_is_not_wanted_back_is_reported() -> None:
    for target, omitted in ((UNKNOWN, True), (CLAUDE, True), (DEEPSEEK, False)):
        losses = replayed(target, FOREIGN)[1]
        assert losses == ("thinking.history=omitted" if omitted else "")


def test_a_turn_of_nothing_but_thinking_is_left_out() -> None:
    thought: Any = {"role": "assistant", "content": None, "thinking": [OWN]}
    request: Any = {"model": "c", "messages": [{"role": "user", "content": "Hi"}, thought], "stream": True}
    body = build_chat_body(request, "m", dialect_for(*DEEPSEEK), Losses()).body
    assert body["messages"] == [{"role": "user", "content": "Hi"}]


def test_gemini_gets_a_signature_on_the_first_call() -> None:
    gemini = ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini-3-pro-preview")
    signed = {"text": "", "signature": "sig", "issuer": "gemini"}
    message, _ = replayed(gemini, signed)
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "sig"}}
    message, _ = replayed(gemini, FOREIGN)
    assert message["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": SKIP_SIGNATURE}}
    message, _ = replayed((gemini[0], "gemini-2.5-pro"), FOREIGN)
    assert "extra_content" not in message["tool_calls"][0]
