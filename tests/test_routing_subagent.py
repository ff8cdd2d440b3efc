"""The subagent tag: where it counts, and that nothing of it reaches a provider."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.routing.subagent import find_tag, is_marked, strip_tag

from .test_routing_facts import BILLING, assistant, new_main, reminder, result, text, user

TAG = "<CCR-SUBAGENT-MODEL>small,mini</CCR-SUBAGENT-MODEL>"

#: body, whether the request is marked as a subagent's
COUNTS = {
    "string": ({"system": f"{TAG}\nYou review."}, False),
    "only block": ({"system": [text(TAG + "You review.")]}, False),
    "old client": ({"system": [text("You are Claude Code."), text(TAG + "You review.")]}, False),
    "new client": ({"system": [text(BILLING), text("You are an agent."), text(TAG + "You review.")]}, False),
    "at the end": ({"system": [text("You review.\n\n" + TAG)]}, False),
    "first user message": ({"messages": [{"role": "user", "content": TAG + "Review it."}]}, False),
    "after a reminder": ({"messages": [user(reminder("# claudeMd"), text(f"\n {TAG}\nReview it."))]}, False),
    "second user message": ({"messages": [user(text("a")), user(text(TAG + "Review it."))]}, False),
    "system message": ({"messages": [user(text("a")), {"role": "system", "content": TAG + "You review."}]}, False),
    "amid a marked message": ({"messages": [user(reminder(f"# agent\n{TAG}\nYou review."))]}, True),
}

#: Where it is only spoken of.
IGNORED = {
    "quoted in CLAUDE.md": ({"messages": [user(reminder(f"Begin prompts with {TAG}"), text("Go"))]}, False),
    "quoted by the user": ({"messages": [user(text(f"What does {TAG} do?"))]}, False),
    "third user message": ({"messages": [user(text("a")), user(text("b")), user(text(TAG))]}, True),
    "said by the model": ({"messages": [assistant(text(TAG))]}, True),
    "in a tool result": ({"messages": [user(result(text(TAG)))]}, True),
    "in a tool": ({"tools": [{"name": "x", "description": TAG}]}, True),
    "not closed": ({"system": "<CCR-SUBAGENT-MODEL>small,mini"}, True),
    "markup inside": ({"system": "<CCR-SUBAGENT-MODEL><b>x</b></CCR-SUBAGENT-MODEL>"}, True),
}


@pytest.mark.parametrize(("body", "marked"), COUNTS.values(), ids=COUNTS)
def test_c30_tag_is_found_and_removed(body, marked):
    before = copy.deepcopy(body)
    assert find_tag(body, is_subagent=marked) == "small,mini"
    clean = strip_tag(body, is_subagent=marked)
    assert "CCR-SUBAGENT" not in repr(clean)
    assert body == before
    assert strip_tag(clean, is_subagent=marked) is clean


@pytest.mark.parametrize(("body", "marked"), IGNORED.values(), ids=IGNORED)
def test_a_tag_elsewhere_neither_routes_nor_goes(body, marked):
    assert find_tag(body, is_subagent=marked) == ""
    assert strip_tag(body, is_subagent=marked) is body


def test_the_words_around_a_tag_stay():
    system = [text("You are Claude Code.") | {"cache_control": {"type": "ephemeral"}}, text(f"{TAG}\nYou review.\n")]
    body = new_main(system=system)
    clean = strip_tag(body, is_subagent=False)
    assert clean["system"] == [system[0], text("You review.\n")]
    assert clean["messages"] is body["messages"]
    assert list(clean) == list(body)


def test_a_text_with_nothing_but_a_tag_goes():
    body = {"system": [text("A"), text(TAG)], "messages": [user(text(TAG), text("B"))]}
    clean = strip_tag(body, is_subagent=False)
    assert clean == {"system": [text("A")], "messages": [user(text("B"))]}


def test_an_empty_tag_names_nothing_and_goes():
    body = {"system": f"<CCR-SUBAGENT-MODEL> </CCR-SUBAGENT-MODEL>A {TAG}"}
    assert find_tag(body, is_subagent=False) == "small,mini"
    assert strip_tag(body, is_subagent=False) == {"system": "A "}


def test_a_tag_may_span_lines():
    assert find_tag({"system": TAG.replace("small,mini", "\n small,mini\n")}, is_subagent=False) == "small,mini"


@pytest.mark.parametrize(
    ("body", "agent_id", "expected"),
    [
        ({}, "a1b2", True),
        ({"system": [text(BILLING + " cc_is_subagent=true;")]}, "", True),
        ({"system": [text(BILLING)]}, "", False),
        ({"system": [text(BILLING + "\ncc_is_subagent=true;")]}, "", False),
        ({"system": [text("A"), text(BILLING + " cc_is_subagent=true;")]}, "", False),
        ({"system": []}, "", False),
        ({"system": [None]}, "", False),
    ],
)
def test_how_clients_mark_a_subagent(body, agent_id, expected):
    assert is_marked(body, agent_id) is expected


pieces = st.lists(st.sampled_from([TAG, " ", "\n", "text", "<CCR-SUBAGENT-MODEL>", "<", "}"]), max_size=6).map("".join)
contents = pieces | st.lists(pieces.map(text) | st.none(), max_size=3)
roles = st.sampled_from(["user", "system", "assistant"])
bodies = st.fixed_dictionaries(
    {"messages": st.lists(st.fixed_dictionaries({"role": roles, "content": contents}), max_size=5)},
    optional={"system": contents},
)


@given(bodies, st.booleans())
def test_stripping_twice_is_stripping_once(body, marked):
    before = copy.deepcopy(body)
    clean = strip_tag(body, is_subagent=marked)
    assert find_tag(clean, is_subagent=marked) == ""
    assert strip_tag(clean, is_subagent=marked) == clean
    assert body == before
    assert (clean is body) == (clean == body)
