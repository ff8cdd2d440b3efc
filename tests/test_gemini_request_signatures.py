"""Thought signatures come back where they came from (failure-modes F5, fixtures facts 34 and 35)."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.signature import sign
from ccr_middleware.testing.wires.gemini import chunk
from ccr_middleware.unified import Remembered
from ccr_middleware.wire.earlier_thinking import SKIP_SIGNATURE

from .support.gemini_answer import Run
from .test_gemini_request_contents import NEW, OLD, call, contents, model_turn, result, text, user

Json = dict[str, Any]


def signed(payload: str, said: str = "", issuer: str = "gemini") -> Json:
    return {"type": "thinking", "thinking": said, "signature": sign(issuer, payload)}


def signatures(turn: Json, model: str = NEW, recalled: dict[str, Remembered] | None = None) -> list[Json]:
    """The parts of a turn without what calls hold."""
    results = [result(block["id"]) for block in turn["content"] if block["type"] == "tool_use"]
    found, _ = contents(user("a"), turn, user(*results, text("on")), model=model, recalled=recalled)
    return [{**part, **({"functionCall": 0} if "functionCall" in part else {})} for part in found[1]["parts"]]


ON_CALL, ON_TEXT, ON_THOUGHT = (f'{{"s":"U0lH","on":"{place}"}}' for place in ("call", "text", "thought"))
CALL = {"functionCall": 0}


def test_c18_a_signature_comes_back_on_its_call() -> None:
    for payload in (ON_CALL, "U0lH"):  # the bare form is that of chat completions
        turn = model_turn(signed(payload, "thought"), text("I read."), call("t1"), call("t2"))
        assert signatures(turn) == [{"text": "I read."}, {**CALL, "thoughtSignature": "U0lH"}, CALL]
        assert signatures(turn, OLD) == [{"text": "I read."}, {**CALL, "thoughtSignature": "U0lH"}, CALL]


def test_c18_every_call_keeps_its_own_signature() -> None:
    turn = model_turn(call("t1"), signed('{"s":"QQ==","on":"call"}'), call("t2"))
    assert signatures(turn) == [{**CALL, "thoughtSignature": SKIP_SIGNATURE}, {**CALL, "thoughtSignature": "QQ=="}]
    turn = model_turn(signed(ON_CALL), signed('{"s":"QQ==","on":"call"}'), call("t1"), call("t2"))
    assert [part["thoughtSignature"] for part in signatures(turn)] == ["U0lH", "QQ=="]


def test_c18_a_signature_comes_back_on_its_text() -> None:
    assert signatures(model_turn(text("hi"), signed(ON_TEXT))) == [{"text": "hi", "thoughtSignature": "U0lH"}]
    assert signatures(model_turn(signed(ON_TEXT), text("hi"))) == [
        {"text": "", "thoughtSignature": "U0lH"},
        {"text": "hi"},
    ]
    assert signatures(model_turn(text("hi"), signed(ON_TEXT), signed('{"s":"QQ==","on":"text"}'))) == [
        {"text": "hi", "thoughtSignature": "U0lH"},
        {"text": "", "thoughtSignature": "QQ=="},
    ]


def test_c18_a_signature_comes_back_on_its_thought() -> None:
    assert signatures(model_turn(signed(ON_THOUGHT, "hm"), text("hi"))) == [
        {"text": "hm", "thought": True, "thoughtSignature": "U0lH"},
        {"text": "hi"},
    ]


def test_c18_parts_of_googles_own_tools_come_back_whole() -> None:
    own = {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["x"]}, "id": "s1"}}
    turn = model_turn(signed(json.dumps({"s": "U0lH", "on": "part", "part": own})), text("hi"))
    assert signatures(turn) == [{**own, "thoughtSignature": "U0lH"}, {"text": "hi"}]
    assert signatures(turn, OLD) == [{"text": "hi"}]
    odd = {"functionCall": {"name": "x", "args": {}}}
    assert signatures(model_turn(signed(json.dumps({"s": "U0lH", "on": "part", "part": odd})), text("hi"))) == [
        {"text": "hi"}
    ]


def test_c18_a_forgotten_signature_is_remembered() -> None:
    turn = model_turn(call("t1"), call("t2"))
    recalled = {"t1": Remembered("", ON_CALL, "gemini")}
    for model in (NEW, OLD):
        assert signatures(turn, model, recalled) == [{**CALL, "thoughtSignature": "U0lH"}, CALL]


@pytest.mark.parametrize(
    "recalled",
    [
        {},
        {"t1": Remembered("hm")},
        {"t1": Remembered("", "U0lH", "anthropic")},
        {"t1": Remembered("", ON_TEXT, "gemini")},
        {"t1": Remembered("", "{}", "gemini")},
        {"t1": Remembered("", "{oops", "gemini")},
        {"t1": Remembered("", "no base64!", "gemini")},
    ],
)
def test_c18_an_unknown_signature_is_skipped_where_one_is_needed(recalled: dict[str, Remembered]) -> None:
    turn = model_turn(call("t1"), call("t2"))
    assert signatures(turn, NEW, recalled) == [{**CALL, "thoughtSignature": SKIP_SIGNATURE}, CALL]
    assert signatures(turn, OLD, recalled) == [CALL, CALL]


def test_thinking_of_others_is_not_sent() -> None:
    genuine = {"type": "thinking", "thinking": "hm", "signature": "U0lH"}
    turn = model_turn(genuine, signed("U0lH", "hm", "deepseek"), signed("", "hm"), text("hi"))
    found, losses = contents(user("a"), turn, user("b"))
    assert found[1]["parts"] == [{"text": "hi"}]
    assert losses == "thinking.history=omitted"
    opaque = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    found, losses = contents(user("a"), model_turn(opaque, text("hi")), user("b"))
    assert found[1]["parts"] == [{"text": "hi"}]
    assert losses == "thinking.redacted=dropped"


def test_a_turn_of_thinking_alone_is_left_out() -> None:
    found, _ = contents(user("a"), model_turn({"type": "thinking", "thinking": "hm", "signature": "x"}), user("b"))
    assert found == [{"role": "user", "parts": [{"text": "a"}, {"text": "b"}]}]


# -- there and back ------------------------------------------------------------------------------------------

SIGNED = st.sampled_from([{}, {"thoughtSignature": "U0lH"}, {"thoughtSignature": "QQ=="}])
WORDS = st.text("ab c", min_size=1, max_size=5).filter(str.strip)
PART = st.one_of(
    st.builds(lambda said, more: {"text": said, **more}, WORDS, SIGNED),
    st.builds(lambda said, more: {"text": said, "thought": True, **more}, WORDS, SIGNED),
    st.builds(lambda more: {"functionCall": {"name": "Read", "args": {}}, **more}, SIGNED),
    st.just({"text": "", "thoughtSignature": "RU1Q"}),
)


def marks(parts: list[Json]) -> list[Any]:
    """The calls and all that is signed, in order."""
    found: list[Any] = []
    for part in parts:
        kind = "call" if "functionCall" in part else "thought" if part.get("thought") else "text"
        if kind == "call" or "thoughtSignature" in part:
            found.append((kind, part.get("thoughtSignature")))
    return found


def _one_for_the_last_text(parts: list[Json]) -> list[Any]:
    """The marks of these parts; a turn that ends in text keeps only the last signature of that text."""
    end = len(parts)
    while end and "text" in parts[end - 1] and not parts[end - 1].get("thought"):
        end -= 1
    while end < len(parts) and not parts[end]["text"]:
        end += 1  # a signature before the text has a place of its own
    return marks(parts[:end]) + marks(parts[end:])[-1:]


@given(st.lists(PART, min_size=1, max_size=6))
def test_c18_what_gemini_signed_it_gets_back(parts: list[Json]) -> None:
    """Through the answer's reader, the client, and the next request."""
    answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    run = Run().whole(answer)
    blocks, memory = run.checked().blocks, dict(run.message.outcome().remember)
    results = [result(block["id"]) for block in blocks if block["type"] == "tool_use"]
    turns = user("a"), model_turn(*blocks), user(*results, text("on"))
    found, losses = contents(*turns, model=NEW, recalled=memory)
    sent = found[1]["parts"] if found[1:] and found[1]["role"] == "model" else []
    expected = _one_for_the_last_text(parts)
    first = next((index for index, (kind, _) in enumerate(expected) if kind == "call"), None)
    if first is not None and expected[first][1] is None:
        expected[first] = ("call", SKIP_SIGNATURE)
    assert marks(sent) == expected
    said = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    assert "".join(part["text"] for part in sent if "text" in part and not part.get("thought")) == "".join(said)
    assert losses in ("", "thinking.history=omitted")  # thoughts without a signature are not wanted back


def test_c18_a_recorded_turn_comes_back_as_it_was() -> None:
    parts = [
        {"text": "hm", "thought": True},
        {"functionCall": {"name": "Read", "args": {"a": 1}, "id": "x1"}, "thoughtSignature": "U0lH"},
        {"functionCall": {"name": "Read", "args": {}, "id": "x2"}},
    ]
    run = Run().chunks([chunk(*parts[:2]), chunk(*parts[2:], finish="STOP")])
    found, _ = contents(user("a"), model_turn(*run.checked().blocks), user(result("x2"), result("x1")), model=NEW)
    assert found[1] == {"role": "model", "parts": parts[1:]}
