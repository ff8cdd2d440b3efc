"""A session that other providers answered goes on at Anthropic: nothing of ours reaches it, all that was said does."""

from typing import Any

import pytest

from ccr_middleware.anthropic.lane import lane_body
from ccr_middleware.anthropic.signature import is_genuine, sign
from ccr_middleware.jsonio import dumps, loads
from ccr_middleware.losses import Losses

from .support import recorded, replay
from .support.spoken import calls, media, results, spoken, texts
from .support.strict_messages import check_messages_request
from .test_replay import in_order

Json = dict[str, Any]

#: What no target but the issuer may see, and what no target at all may.
OURS = (b"ccr1.", b"srvtoolu_ccr")
ADAPTIVE, BUDGET = {"type": "adaptive"}, {"type": "enabled", "budget_tokens": 2000}


def relay(asked: Json) -> tuple[bytes, Json, Losses]:
    """What Anthropic is sent of a request."""
    losses = Losses()
    sent = lane_body(dumps(asked), asked, model="claude-opus-4-6", losses=losses)
    return sent, loads(sent), losses


def seals(content: list[Json]) -> list[str]:
    """The signatures of thinking, and opaque reasoning."""
    thinking = [block for block in content if block["type"] in ("thinking", "redacted_thinking")]
    return [block.get("signature", "") if block["type"] == "thinking" else block["data"] for block in thinking]


def is_signed(message: Json) -> bool:
    """False for thinking of other makers, which comes in Anthropic's format without a signature."""
    return all(seals(message["content"]))


@pytest.mark.parametrize("searching", [False, True], ids=["citations", "search"])
@pytest.mark.parametrize(
    "case", replay.answers("chat", "responses", "gemini", where=lambda message: message["content"])
)
def test_c27_answers_of_others_are_fit_for_anthropic(case: recorded.Case, searching: bool) -> None:
    message = replay.answer_of(case, searching=searching).message
    asked = replay.next_request(message, thinking=ADAPTIVE)
    raw, sent, _ = relay(asked)
    check_messages_request(sent)
    assert not [mark for mark in OURS if mark in raw]
    before, after = spoken("messages", asked), spoken("messages", sent)
    assert calls(after) == calls(before)
    assert results(after) == results(before)
    assert media(after) == media(before)
    in_order([block["text"] for block in message["content"] if block["type"] == "text"], texts(after, "assistant"))
    searched = [block["content"] for block in message["content"] if block["type"] == "web_search_tool_result"]
    for url in [found["url"] for content in searched for found in content]:
        assert url in texts(after, "assistant")
    assert {**sent, "messages": 0, "model": 0} == {**asked, "messages": 0, "model": 0}


@pytest.mark.parametrize("case", replay.answers("chat", "responses", "gemini", where=replay.has_calls))
def test_c27_calls_of_others_are_answered_without_a_thinking_budget(case: recorded.Case) -> None:
    """Whether their thinking was taken out or there never was any."""
    message = replay.answer_of(case).message
    _, sent, losses = relay(replay.next_request(message, thinking=BUDGET))
    check_messages_request(sent)
    assert sent["thinking"] == {"type": "disabled"}
    thought = "thinking" in message["content"][0]["type"]
    assert losses.header() == ("thinking.foreign=dropped, " if thought else "") + "thinking=dropped"
    afterwards = replay.next_request(message, {"content": [{"type": "text", "text": "Done."}]}, thinking=BUDGET)
    _, sent, _ = relay(afterwards)
    check_messages_request(sent)
    assert sent["thinking"] == BUDGET


@pytest.mark.parametrize("case", replay.answers("messages", where=is_signed))
def test_c27_what_anthropic_said_comes_back_byte_for_byte(case: recorded.Case) -> None:
    message = replay.answer_of(case).message
    asked = replay.next_request(message)
    raw, sent, losses = relay(asked)
    check_messages_request(sent, lenient=True)
    assert raw == dumps(asked).replace(b'"claude-sonnet-4-5"', b'"claude-opus-4-6"', 1)
    assert not list(losses)


@recorded.needs_recorded
def test_c27_a_session_over_all_providers_goes_on_at_anthropic() -> None:
    messages = [replay.answer_of(param.values[0]).message for param in replay.answers()]
    messages = [message for message in messages if message["content"]]
    asked = replay.next_request(*messages)
    raw, sent, _ = relay(asked)
    check_messages_request(sent, lenient=True)
    assert not [mark for mark in OURS if mark in raw]
    kept = [seal for turn in sent["messages"] if turn["role"] == "assistant" for seal in seals(turn["content"])]
    assert kept == [seal for message in messages for seal in seals(message["content"]) if is_genuine(seal)]
    assert kept
    assert calls(spoken("messages", sent)) == calls(spoken("messages", asked))
    assert list(results(spoken("messages", sent))) == list(results(spoken("messages", asked)))


def test_c27_ids_that_anthropic_does_not_take_are_replaced() -> None:
    """Ids that come back in each answer, and ids with other characters (facts 24 and 26)."""
    ids = ["call_0", "functions.Read:0", "call_0", "functions_Read_0", "toolu_01"]
    turns = [
        {"content": [{"type": "tool_use", "id": name, "name": "Read", "input": {"n": n}}]} for n, name in enumerate(ids)
    ]
    asked = replay.next_request(*turns)
    _, sent, losses = relay(asked)
    check_messages_request(sent)
    made = [block["id"] for turn in sent["messages"][1::2] for block in turn["content"]]
    assert made == ["call_0", "functions_Read_0", "call_0_2", "functions_Read_0_2", "toolu_01"]
    assert spoken("messages", sent) == spoken("messages", asked)
    assert not list(losses)
    shorter = relay(replay.next_request(*turns[:3]))[1]["messages"]
    assert sent["messages"][:7] == shorter, "what was sent before has changed"


def test_an_endpoint_of_another_maker_gets_thinking_unsigned() -> None:
    """DeepSeek's own refuses a turn with calls that comes back without its thinking."""
    thinking = [
        {"type": "thinking", "thinking": "theirs", "signature": ""},
        {"type": "thinking", "thinking": "of another format", "signature": sign("deepseek", "")},
        {"type": "redacted_thinking", "data": sign("openrouter", "x")},
    ]
    use = {"type": "tool_use", "id": "call:0", "name": "Read", "input": {}}
    asked = replay.next_request({"content": [*thinking, use]}, thinking=BUDGET)
    sent = loads(lane_body(dumps(asked), asked, model="deepseek-v4-pro", is_claude=False))
    assert sent["messages"][1]["content"] == [thinking[0], {**thinking[1], "signature": ""}, use]
    assert sent["thinking"] == BUDGET
    asked = replay.next_request({"content": [thinking[0], use]}, thinking=BUDGET)
    raw = lane_body(dumps(asked), asked, model=asked["model"], is_claude=False)
    assert raw == dumps(asked)
