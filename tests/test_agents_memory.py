"""Calls of agents are put back into the history of a client that has never seen them, and of no other."""

import asyncio

import pytest

from ccr_middleware.agents.memory import restore
from tests.support.agents import Memories, agent, call, drive, result, said, text, thinking, tool, user

READ = {"name": "Read", "description": "d", "input_schema": {"type": "object"}}
BODY = {"model": "m", "max_tokens": 100, "messages": [user("When?")], "tools": [READ]}
HELPER = agent(tool("now"))

#: Two rounds: an agent's call alone, then one of each kind.
ROUNDS = [
    said(thinking("Hm."), "Let me see.", call("now", {"n": 1}, "a1")),
    said(thinking("So."), "And now", call("now", {"n": 2}, "a2"), call("Read", {"path": "x"}, "c1")),
]


def turn(memories, body=BODY, rounds=ROUNDS, helper=HELPER, **more):
    """One request of the client, answered."""
    return asyncio.run(drive([helper], body, rounds, memories=memories, **more))


def coming_back(outcome, *content, body=BODY):
    """The client's next request."""
    answer = user(*(content or (result("c1", "file"), "go on")))
    return {**body, "messages": [*body["messages"], outcome.message, answer]}


def seen(memories, body, **more):
    """The messages that the model gets."""
    return turn(memories, body, [said("Done.")], **more).bodies[0]["messages"]


def test_c44_the_model_finds_both_kinds_of_calls_when_the_client_comes_back():
    memories = Memories()
    first = turn(memories)
    messages = seen(memories, coming_back(first))
    assert messages[:3] == first.bodies[1]["messages"]
    assert messages[3] == {"role": "assistant", "content": ROUNDS[1]["content"]}
    assert messages[4] == user(result("a2", "{'n': 2}"), result("c1", "file"), "go on")


def test_it_is_put_back_in_every_later_turn():
    memories = Memories()
    first = turn(memories)
    back = coming_back(first)
    before = seen(memories, back)
    later = {**back, "messages": [*back["messages"], {"role": "assistant", "content": "Done."}, user("Thanks.")]}
    assert seen(memories, later)[: len(before)] == before


def test_a_message_with_other_blocks_keeps_its_calls_in_one_piece():
    memories = Memories()
    back = coming_back(turn(memories))
    back["messages"][1] = {"role": "assistant", "content": back["messages"][1]["content"][1:]}  # without its thinking
    messages = seen(memories, back)
    names = [block.get("name") or block["type"] for block in messages[1]["content"]]
    assert names == ["text", "thinking", "text", "now", "now", "Read"]
    assert [block.get("tool_use_id") for block in messages[2]["content"]] == ["a1", "a2", "c1", None]


@pytest.mark.parametrize(
    "between", [{"role": "system", "content": "note"}, {"role": "assistant", "content": [text("more")]}]
)
def test_results_stand_right_behind_the_calls_whatever_comes_next(between):
    memories = Memories()
    back = coming_back(turn(memories))
    back["messages"].insert(2, between)
    messages = seen(memories, back)
    assert messages[4] == user(result("a2", "{'n': 2}"))
    assert messages[5:] == [between, back["messages"][3]]


def test_results_stand_there_even_at_the_very_end():
    memories = Memories()
    back = coming_back(turn(memories))
    del back["messages"][2:]
    assert seen(memories, back)[-1] == user(result("a2", "{'n': 2}"))


def test_a_string_is_kept_behind_the_results():
    memories = Memories()
    back = coming_back(turn(memories))
    back["messages"][2] = {"role": "user", "content": "never mind"}
    assert seen(memories, back)[4] == user(result("a2", "{'n': 2}"), "never mind")


def untouched(memories, body, **more):
    """Whether the model gets the messages as the client sent them."""
    return seen(memories, body, **more) == body["messages"]


@pytest.mark.parametrize("session", ["session", ""])
def test_cache_marks_wander_without_harm(session):
    memories = Memories()
    back = coming_back(turn(memories, session_id=session))
    back["messages"][0] = user({**text("When?"), "cache_control": {"type": "ephemeral"}})
    assert not untouched(memories, back, session_id=session)


def test_another_session_gets_nothing():
    memories = Memories()
    back = coming_back(turn(memories))
    assert untouched(memories, back, session_id="another")
    assert untouched(memories, back, session_id="")


def test_without_a_session_only_the_same_conversation_counts():
    memories = Memories()
    back = coming_back(turn(memories, session_id=""))
    other = {**back, "messages": [user("What?"), *back["messages"][1:]]}
    assert untouched(memories, other, session_id="")
    assert not untouched(memories, back, session_id="")


@pytest.mark.parametrize("changed", [call("Read", {"path": "y"}, "c1"), call("Write", {"path": "x"}, "c1")])
def test_another_call_with_the_same_id_gets_nothing(changed):
    memories = Memories()
    back = coming_back(turn(memories))
    back["messages"][1]["content"][-1] = changed
    assert untouched(memories, back)


def test_a_tool_that_is_not_offered_any_more_is_not_put_back():
    memories = Memories()
    back = coming_back(turn(memories))
    assert untouched(memories, back, helper=agent(tool("other")))


def test_without_a_session_the_conversation_is_the_clients_whatever_agents_make_of_it():
    class Rewriting(type(HELPER)):
        async def prepare(self, body, context):
            return {**body, "messages": [user("Rewritten."), *body["messages"][1:]]}

    memories, helper = Memories(), Rewriting(HELPER.options)
    back = coming_back(turn(memories, helper=helper, session_id=""))
    assert len(seen(memories, back, helper=helper, session_id="")) == 5


def test_an_answer_without_calls_of_the_client_is_not_kept():
    memories = Memories()
    kept = []
    memories.answers.put = lambda key, value: kept.append(key)
    turn(memories, rounds=[ROUNDS[0], said("Noon.")])
    assert kept == []


def test_a_plain_history_stays_the_same_objects():
    messages = [*BODY["messages"], {"role": "assistant", "content": [call("Read", {}, "c1")]}, user(result("c1"))]
    restored = restore(Memories().answers, "", messages, lambda name: True)
    assert all(one is other for one, other in zip(restored, messages, strict=True))
