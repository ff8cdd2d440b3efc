"""Recorded conversations of several turns: the later request, made through us of the earlier answer, is as recorded.

The conversation before the answer and what followed it are those of the recording; the answer itself went through the
translation to the client and comes back as the client gives it back.
"""

import json
import re
from itertools import groupby
from typing import Any

import pytest

from ccr_middleware.anthropic.lane import lane_body
from ccr_middleware.jsonio import dumps, loads

from .support import recorded, replay
from .support.spoken import Call, Entry, Media, Result, Said, spoken

Json = dict[str, Any]

#: Recorded loops, and which of their exchanges are followed by another.
TRANSLATED = [
    ("gemini/llm-tools-with-gemini-3-thought-signatures", 1),
    ("gemini/pai-google-model-iter-stream", 1),
    ("gemini/pai-google-model-iter-stream", 2),
    ("groq/pai-tool-use-failed-error-streaming", 2),
    ("openai-codex/lc-codex-agent-loop-streaming", 1),
    ("openai/lc-agent-loop-streaming", 1),
    ("openai/llm-responses-tool-use-streaming", 1),
    ("openai/pai-responses-thinking-with-modified-history", 1),
    ("openrouter/oc-claude-opus-4-7-drives-a-tool-loop", 1),
    ("vercel-gateway/oc-vercel-ai-gateway-reasoning-tool-loop", 1),
]
RELAYED = [
    ("anthropic/llm-fixed-version-tool-chain-with-thinking-display-regression", 1),
    ("anthropic/lc-redacted-thinking", 2),
    ("vercel-gateway/oc-continues-messages-deepseek-reasoning-and-tools", 1),
]

#: Here the client that was recorded put other words into the model's mouth.
REWRITTEN = "openai/pai-responses-thinking-with-modified-history-2"


def each(loops: list[tuple[str, int]]) -> Any:
    """Runs a test with the earlier and the later exchange of each loop."""
    pairs = [pytest.param(f"{name}-{n}", f"{name}-{n + 1}", id=f"{name}-{n + 1}") for name, n in loops]
    return pytest.mark.parametrize(("earlier", "later"), pairs)


def conversation(entries: list[Entry], ids: list[str]) -> Json:
    """Entries as a Messages body. `ids`: of the calls, by their number; calls without one get theirs made."""
    ids = list(ids)
    made = iter(range(len(entries)))
    system = [{"type": "text", "text": one.text} for one in entries if isinstance(one, Said) and one.role == "system"]
    blocks: list[tuple[str, Json]] = []
    for entry in entries:
        if isinstance(entry, Call):
            call_id = f"call_{next(made)}"
            ids.append(call_id)
            blocks.append(
                ("assistant", {"type": "tool_use", "id": call_id, "name": entry.name, "input": entry.arguments})
            )
        elif isinstance(entry, Result):
            blocks.append(("user", {"type": "tool_result", "tool_use_id": ids[entry.call], "content": entry.text}))
        elif isinstance(entry, Said) and entry.role != "system":
            blocks.append((entry.role, {"type": "text", "text": entry.text}))
        assert not isinstance(entry, Media)
    messages = [
        {"role": role, "content": [block for _, block in group]} for role, group in groupby(blocks, lambda one: one[0])
    ]
    return {"system": system, "messages": messages}


def next_body(before: recorded.Case, after: recorded.Case) -> tuple[Json, Json, replay.Answered]:
    """The later request made through us, the recorded one, and the answer between."""
    assert before.request
    assert after.request
    home, answered = replay.home_of(before), replay.answer_of(before)
    told = spoken(home.form, after.request["body"])
    asked = conversation(spoken(home.form, before.request["body"]), [])
    own = [block["id"] for block in answered.message["content"] if block["type"] == "tool_use"]
    known = [block["id"] for turn in asked["messages"] for block in turn["content"] if block["type"] == "tool_use"]
    asked["messages"].append(replay.given_back(answered.message))
    asked["messages"] += conversation(following(told), [*known, *own])["messages"]
    asked |= {"model": "m", "max_tokens": 4096, "stream": True, "tools": replay.tools_for([answered.message])}
    body, _ = replay.request_for(home, asked)
    replay.accept(home, body)
    return body, after.request["body"], answered


def following(entries: list[Entry]) -> list[Entry]:
    """What came after the model's last turn."""
    last = max(n for n, one in enumerate(entries) if isinstance(one, Call) or getattr(one, "role", "") == "assistant")
    return entries[last + 1 :]


def plain(entries: list[Entry]) -> list[Entry]:
    """Entries without reasoning that a recorded client wrote into the text."""
    return [one for one in entries if not (isinstance(one, Said) and re.match(r"<think>.*</think>\Z", one.text, re.S))]


@recorded.needs_recorded
@each(TRANSLATED)
def test_the_later_request_says_what_the_recorded_one_says(earlier: str, later: str) -> None:
    case = recorded.case(later)
    sent, there, _ = next_body(recorded.case(earlier), case)
    form = replay.home_of(case).form
    ours, theirs = plain(spoken(form, sent)), plain(spoken(form, there))
    if later == REWRITTEN:
        ours, theirs = ([one for one in some if getattr(one, "role", "") != "assistant"] for some in (ours, theirs))
    assert ours == theirs


@recorded.needs_recorded
@each(TRANSLATED)
def test_c15_c18_the_later_request_holds_the_seals_of_the_recorded_one(earlier: str, later: str) -> None:
    sent, there, _ = next_body(recorded.case(earlier), recorded.case(later))
    assert seals(sent) == seals(there)


def seals(value: Any) -> list[str]:
    """Signatures and encrypted reasoning, wherever they are, in order."""
    if isinstance(value, list):
        return [seal for member in value for seal in seals(member)]
    if not isinstance(value, dict):
        return []
    own = [value[key] for key in ("thoughtSignature", "encrypted_content", "signature") if value.get(key)]
    return own + [seal for member in value.values() for seal in seals(member)]


@recorded.needs_recorded
@each(TRANSLATED)
def test_the_ids_of_calls_come_back(earlier: str, later: str) -> None:
    """As the provider gave them; where it gave none, calls and results are told apart by their order."""
    sent, there, answered = next_body(recorded.case(earlier), recorded.case(later))
    given = [block["id"] for block in answered.message["content"] if block["type"] == "tool_use"]
    if recorded.case(later).api == "gemini":
        assert all(("id" in call) == (call.get("id") in given) for call in gemini_calls(sent))
        return
    told = json.dumps(there)
    for call_id in given:
        assert call_id in told
        assert json.dumps(sent).count(call_id) == 2


def gemini_calls(body: Json) -> list[Json]:
    parts = [part for content in body["contents"] for part in content["parts"]]
    return [part["functionCall"] for part in parts if "functionCall" in part]


# -- Messages ------------------------------------------------------------------------------------------------


@recorded.needs_recorded
@each(RELAYED)
def test_c27_the_assistants_turn_passes_the_lane_as_it_was(earlier: str, later: str) -> None:
    """What the client has of a relayed answer is what the recorded client gave back, and it is sent as it is."""
    case, answered = recorded.case(later), replay.answer_of(recorded.case(earlier))
    assert case.request
    body = case.request["body"]
    turn = next(n for n, message in enumerate(body["messages"]) if message["role"] == "assistant")
    recorded_turn, ours = body["messages"][turn]["content"], answered.message["content"]
    assert [without_extras(block) for block in ours if said(block)] == recorded_turn
    asked = {**body, "messages": [*body["messages"]]}
    asked["messages"][turn] = replay.given_back(answered.message)
    sent = lane_body(dumps(asked), asked, model="other", is_claude="claude" in case.model)
    assert loads(sent) == {**asked, "model": "other"}


def said(block: Json) -> bool:
    """False for the blank text some gateways put between thinking and a call (fact 54); their clients drop it."""
    return block["type"] != "text" or bool(block["text"].strip())


def without_extras(block: Json) -> Json:
    """A block without what the recorded clients leave out, and with the signature they add."""
    kept = {key: value for key, value in block.items() if key not in ("caller", "citations")}
    return {"signature": "", **kept} if block["type"] == "thinking" else kept
