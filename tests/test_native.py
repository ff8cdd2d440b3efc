"""Requests of other formats on the Anthropic lane: what Anthropic refuses is settled and told."""

from typing import Any

import pytest

from ccr_middleware.anthropic.native import to_native
from ccr_middleware.losses import Losses

USER = {"role": "user", "content": "x"}
THINKING = {"type": "enabled", "budget_tokens": 2000}


def native(**fields: Any) -> tuple[dict[str, Any], str]:
    body = {"model": "m", "messages": [USER], **fields}
    before = repr(body)
    losses = Losses()
    out = to_native(body, str(body["model"]), losses)
    assert repr(body) == before
    return out, losses.header()


def test_a_limit_is_filled_in_and_one_that_is_there_stays() -> None:
    assert native()[0]["max_tokens"] == 32_000
    assert native(max_tokens=5)[0]["max_tokens"] == 5


@pytest.mark.parametrize(("asked", "sent", "lost"), [(0.3, 0.3, ""), (1, 1, ""), (1.7, 1, "temperature=clamped")])
def test_temperatures_go_up_to_one(asked: float, sent: float, lost: str) -> None:
    out, losses = native(temperature=asked)
    assert (out["temperature"], losses) == (sent, lost)


def test_sampling_does_not_go_with_thinking() -> None:
    out, losses = native(thinking=THINKING, max_tokens=9000, temperature=0.2, top_k=5, top_p=1)
    assert not {"temperature", "top_k", "top_p"} & out.keys()
    assert losses == "temperature=dropped, top_k=dropped"


def test_a_forced_tool_wins_over_thinking() -> None:
    out, losses = native(thinking={"type": "adaptive"}, tool_choice={"type": "any"}, temperature=0.2)
    assert (out["thinking"], out["temperature"], losses) == ({"type": "disabled"}, 0.2, "thinking=dropped")


@pytest.mark.parametrize(
    ("budget", "limit", "settled"),
    [(2000, 9000, (2000, 9000)), (10, 9000, (1024, 9000)), (5000, 3000, (2999, 3000)), (5000, 100, (1024, 1025))],
)
def test_a_budget_lies_between_the_least_and_the_limit(budget: int, limit: int, settled: tuple[int, int]) -> None:
    out, losses = native(thinking={**THINKING, "budget_tokens": budget}, max_tokens=limit)
    assert (out["thinking"]["budget_tokens"], out["max_tokens"]) == settled
    assert losses == ("" if budget == settled[0] else "thinking.budget_tokens=clamped")


@pytest.mark.parametrize(
    ("model", "thinking", "effort"),
    [
        ("claude-sonnet-4-5-20250929", {"type": "enabled", "budget_tokens": 16_384}, None),
        ("claude-opus-4@20250514", {"type": "enabled", "budget_tokens": 16_384}, None),
        ("us.anthropic.claude-3-7-sonnet-v1:0", {"type": "enabled", "budget_tokens": 16_384}, None),
        ("claude-opus-4-6", {"type": "adaptive"}, "high"),
        ("claude-sonnet-5", {"type": "adaptive"}, "high"),
        ("some-alias", {"type": "adaptive"}, "high"),
    ],
)
def test_older_models_are_told_a_budget(model: str, thinking: dict[str, Any], effort: str | None) -> None:
    config = {"effort": "high", "format": {"type": "json_schema", "schema": {}}}
    out, losses = native(model=model, thinking={"type": "adaptive"}, output_config=config)
    assert out["thinking"] == thinking
    assert out["output_config"].get("effort") == effort
    assert "format" in out["output_config"]
    assert losses == ("" if effort else "output_config.effort=emulated")


def test_calls_come_last_results_first_and_next() -> None:
    text, call = {"type": "text", "text": "t"}, {"type": "tool_use", "id": "1", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "1", "content": "r"}
    system = {"role": "system", "content": "s"}
    messages = [
        USER,
        {"role": "assistant", "content": [call, text]},
        system,
        {"role": "user", "content": [text, result]},
    ]
    out, _ = native(messages=messages)
    assert out["messages"] == [
        USER,
        {"role": "assistant", "content": [text, call]},
        {"role": "user", "content": [result, text]},
        system,
    ]


def test_thinking_without_a_budget_is_adaptive() -> None:
    out, losses = native(thinking={"type": "enabled", "clear_thinking": False})
    assert (out["thinking"], losses) == ({"type": "adaptive"}, "")


def test_the_user_speaks_first() -> None:
    said = {"role": "assistant", "content": "and so on"}
    out, _ = native(messages=[said, USER])
    assert [message["role"] for message in out["messages"]] == ["user", "assistant", "user"]
    assert native(messages=[USER, said])[0]["messages"] == [USER, said]


def test_calls_without_results_get_a_failure() -> None:
    calls = [{"type": "tool_use", "id": name, "name": "f", "input": {}} for name in "ab"]
    result = {"type": "tool_result", "tool_use_id": "b", "content": "r"}
    out, losses = native(
        messages=[
            USER,
            {"role": "assistant", "content": calls},
            {"role": "user", "content": [result]},
            {"role": "assistant", "content": [{**calls[0], "id": "c"}]},
            USER,
            {"role": "assistant", "content": [{**calls[0], "id": "d"}]},
            {"role": "system", "content": "s"},
        ]
    )
    roles = [message["role"] for message in out["messages"]]
    assert roles == ["user", "assistant", "user", "assistant", "user", "assistant", "user", "system"]
    given = [[block.get("tool_use_id") for block in out["messages"][n]["content"]] for n in (2, 4, 6)]
    assert given == [["a", "b"], ["c", None], ["d"]]
    assert out["messages"][4]["content"][1] == {"type": "text", "text": "x"}
    assert losses == "tool_result.missing=emulated"
