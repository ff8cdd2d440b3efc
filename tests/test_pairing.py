"""Calls and results in the order strict providers insist on (failure-modes F11)."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.losses import Losses
from ccr_middleware.pairing import MISSING_RESULT, pair_tools


def user(content):
    return {"role": "user", "content": content}


def system(content):
    return {"role": "system", "content": content}


def calls(*ids, content=None):
    made = [{"id": one, "type": "function", "function": {"name": "Read", "arguments": "{}"}} for one in ids]
    return {"role": "assistant", "content": content, "tool_calls": made}


def tool(identifier, content="done", **more):
    return {"role": "tool", "tool_call_id": identifier, "content": content, **more}


def paired(*messages):
    losses = Losses()
    return pair_tools(list(messages), losses), losses.header()


def check_pairing(messages):
    """What a strict provider checks, written independently of the code under test."""
    awaited = []
    for message in messages:
        if awaited:
            assert message["role"] == "tool", f"{message['role']} came while {awaited} were awaited"
            assert message["tool_call_id"] == awaited.pop(0)
            continue
        assert message["role"] != "tool", "a result that nobody awaits"
        awaited = [call["id"] for call in message.get("tool_calls", ())]
        assert len(set(awaited)) == len(awaited), "two calls of one message share an id"
    assert not awaited, f"no result of {awaited}"


def test_a_well_paired_conversation_stays_as_it_is():
    messages = [
        user("go"),
        calls("a", "b"),
        tool("a"),
        tool("b"),
        user("thanks"),
        {"role": "assistant", "content": "!"},
    ]
    out, losses = paired(*messages)
    assert all(one is other for one, other in zip(out, messages, strict=True))
    assert losses == ""


def test_c22_results_split_reordered_and_with_text_between():
    out, losses = paired(user("go"), calls("a", "b", "c"), tool("c", "C"), user("note"), tool("a", "A"), tool("b", "B"))
    assert out[2:] == [tool("a", "A"), tool("b", "B"), tool("c", "C"), user("note")]
    assert losses == ""


def test_system_messages_between_move_behind_the_results():
    out, _ = paired(calls("a"), system("plan mode"), tool("a"), system("later"))
    assert [message["role"] for message in out] == ["assistant", "tool", "system", "system"]
    assert [message["content"] for message in out[2:]] == ["plan mode", "later"]


def test_c23_a_call_without_result_gets_an_error():
    out, losses = paired(calls("a", "b"), tool("b"), user("stop"))
    assert out[1] == tool("a", MISSING_RESULT, is_error=True)
    assert out[2:] == [tool("b"), user("stop")]
    assert losses == "tool_result.missing=emulated"


def test_c23_a_result_without_call_becomes_user_text():
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}
    out, losses = paired(user("go"), tool("x", "lost", is_error=True), tool("y", [image]))
    check_pairing(out)
    assert [message["role"] for message in out] == ["user", "user", "user"]
    assert out[1]["content"].endswith("\nlost")
    assert "failed" in out[1]["content"]
    assert out[2]["content"][1] is image
    assert losses == "tool_result.orphan=emulated"


def test_ids_that_come_back_in_later_turns_belong_to_their_own_turn():
    out, _ = paired(calls("call_0"), tool("call_0", "first"), calls("call_0"), tool("call_0", "second"))
    assert [message["content"] for message in out if message["role"] == "tool"] == ["first", "second"]


def test_a_result_belongs_to_the_nearest_call_before_it():
    out, _ = paired(calls("call_0"), user("stop, again"), calls("call_0"), tool("call_0", "answer"))
    assert [message["content"] for message in out if message["role"] == "tool"] == [MISSING_RESULT, "answer"]


def test_a_result_before_its_call_is_an_orphan():
    out, _ = paired(tool("a", "early"), calls("a"))
    check_pairing(out)
    assert "early" in out[0]["content"]


def test_a_second_result_of_one_call_is_kept_as_text():
    out, _ = paired(calls("a"), tool("a", "one"), tool("a", "two"))
    check_pairing(out)
    assert out[1]["content"] == "one"
    assert out[2]["role"] == "user"
    assert "two" in out[2]["content"]


def test_equal_ids_in_one_message_are_told_apart():
    message = calls("a", "a", "a_2")
    out, _ = paired(message, tool("a", "one"), tool("a", "two"), tool("a_2", "three"))
    check_pairing(out)
    assert [(one["tool_call_id"], one["content"]) for one in out[1:]] == [
        ("a", "one"),
        ("a_3", "two"),
        ("a_2", "three"),
    ]
    assert [call["id"] for call in message["tool_calls"]] == ["a", "a", "a_2"]  # the input was not changed


IDS = st.sampled_from(["call_0", "call_1", "call_2", ""])
WORDS = st.text("abc", min_size=1, max_size=4)
PARTS = st.lists(WORDS.map(lambda text: {"type": "text", "text": text}), max_size=2)
MESSAGES = st.one_of(
    st.builds(user, WORDS),
    st.builds(system, WORDS),
    st.builds(lambda ids, text: calls(*ids, content=text), st.lists(IDS, min_size=1, max_size=4), WORDS),
    st.builds(lambda text: {"role": "assistant", "content": text}, WORDS),
    st.builds(tool, IDS, WORDS | PARTS),
)


def words_of(messages):
    """Every piece of text: whole contents, and each part."""
    found = Counter()
    for message in messages:
        content = message["content"]
        for text in [part["text"] for part in content] if isinstance(content, list) else [content]:
            found[text.rpartition("]\n")[2]] += 1
    return found


@given(st.lists(MESSAGES, max_size=14))
def test_any_history_is_paired_and_keeps_its_text(messages):
    before = [dict(message) for message in messages]
    out = pair_tools(messages, Losses())
    check_pairing(out)
    assert messages == before
    lost = words_of(messages) - words_of(out)
    assert not lost
    added = words_of(out) - words_of(messages)
    assert all(text == MISSING_RESULT or text.startswith("[Result of") for text in added)


@given(st.lists(MESSAGES, max_size=10))
def test_pairing_twice_changes_nothing_more(messages):
    once = pair_tools(messages, Losses())
    assert pair_tools(once, Losses()) == once


def test_an_orderly_conversation_is_the_same_object():
    messages = [
        {"role": "user", "content": "go"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "a", "content": "done"},
        {"role": "user", "content": "more"},
    ]
    losses = Losses()
    assert pair_tools(messages, losses) is messages
    assert len(losses) == 0
