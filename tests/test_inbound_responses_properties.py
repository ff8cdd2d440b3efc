"""What holds for every request and every answer, whatever is in them."""

import copy
import json
from contextlib import suppress
from itertools import pairwise

from hypothesis import event, given
from hypothesis import strategies as st

from ccr_middleware.anthropic.fold import fold, unfold
from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.jsonio import loads
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.wire.responses.inbound.request import read_request as read

from .support.generated import ARGUMENTS, JSON, NONSENSE, TEXT, messages, paths_in, pieces, replaced
from .test_inbound_responses_writer import check, events_of, new_writer
from .test_pairing import check_pairing

# -- requests ----------------------------------------------------------------------------------------------

IDS = st.sampled_from(["call_0", "call_1", "call:2"])


def _message(role, kind):
    part = st.builds(lambda text: {"type": kind, "text": text}, TEXT)
    content = st.one_of(TEXT, st.lists(part, min_size=1, max_size=3))
    return st.builds(lambda content: {"role": role, "content": content}, content)


ITEMS = st.one_of(
    _message("user", "input_text"),
    _message("developer", "input_text"),
    _message("assistant", "output_text"),
    st.builds(lambda text: {"type": "reasoning", "summary": [{"type": "summary_text", "text": text}]}, TEXT),
    st.builds(
        lambda one, arguments: {"type": "function_call", "call_id": one, "name": "f", "arguments": arguments},
        IDS,
        ARGUMENTS,
    ),
    st.builds(lambda one, text: {"type": "custom_tool_call", "call_id": one, "name": "c", "input": text}, IDS, TEXT),
    st.builds(lambda one, text: {"type": "function_call_output", "call_id": one, "output": text}, IDS, TEXT),
)


def said_by(items):
    """(who, what) of every item, in order, results in front of what else stands in their message."""
    said = []
    for item in items:
        kind = item.get("type", "message")
        if kind == "message":
            texts = [item["content"]] if isinstance(item["content"], str) else [p["text"] for p in item["content"]]
            said += [("system" if item["role"] == "developer" else item["role"], text) for text in texts]
        elif kind == "reasoning":
            said.append(("thinking", item["summary"][0]["text"]))
        elif kind == "function_call":
            said.append(("call", json.loads(item["arguments"])))
        elif kind == "custom_tool_call":
            said.append(("call", {"input": item["input"]}))
        else:
            said.append(("result", item["output"]))
    return said


def held_by(body):
    """The same of a Messages body."""
    held = [("system", block["text"]) for block in body.get("system", ())]
    for message in body["messages"]:
        for block in message["content"]:
            field = {"text": "text", "thinking": "thinking", "tool_use": "input", "tool_result": "content"}
            who = {"text": message["role"], "thinking": "thinking", "tool_use": "call", "tool_result": "result"}
            held.append((who[block["type"]], block[field[block["type"]]]))
    return held


@given(st.lists(ITEMS, min_size=1, max_size=12))
def test_nothing_that_is_said_is_lost_or_moved(items):
    if all(item.get("role") == "developer" for item in items):
        items = [*items, {"role": "user", "content": "x"}]
    before = copy.deepcopy(items)
    losses = Losses()
    body = read({"input": items}, losses).body
    assert items == before
    assert not len(losses)
    said, held = said_by(items), held_by(body)
    key = repr
    assert sorted(said, key=key) == sorted(held, key=key)
    for kinds in ({"assistant", "thinking", "call"}, {"user", "system"}, {"result"}):
        assert [one for one in said if one[0] in kinds] == [one for one in held if one[0] in kinds]
    roles = [message["role"] for message in body["messages"]]
    assert all(one != other or one == "system" for one, other in pairwise(roles))


@given(st.lists(ITEMS, min_size=1, max_size=12))
def test_every_conversation_can_be_paired(items):
    unified = to_unified(read({"input": [*items, {"role": "user", "content": "x"}]}, Losses()).body, Losses())
    check_pairing(pair_tools(unified["messages"], Losses()))


GOOD_REQUEST = {
    "model": "m",
    "instructions": "x",
    "input": [
        {"role": "user", "content": [{"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "u"}]},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": "x"},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [{"type": "input_text", "text": "b"}]},
        {"type": "web_search_call", "action": {"type": "search", "query": "q", "sources": [{"url": "u"}]}},
        {"type": "mcp_call", "name": "n", "arguments": "{}"},
    ],
    "tools": [
        {"type": "function", "name": "f", "parameters": {"type": "object"}},
        {"type": "custom", "name": "c", "format": {"type": "grammar", "syntax": "lark", "definition": "x"}},
        {"type": "namespace", "name": "n", "tools": [{"type": "function", "name": "g"}]},
        {"type": "web_search", "filters": {"allowed_domains": ["d"]}, "user_location": {"country": "DE"}},
    ],
    "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
    "reasoning": {"effort": "low", "summary": "auto"},
    "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "low"},
    "include": ["reasoning.encrypted_content"],
    "metadata": {"a": "b"},
    "prompt_cache_key": "k",
}


@given(st.data())
def test_whatever_comes_is_read_or_refused(data):
    path = data.draw(st.sampled_from(list(paths_in(GOOD_REQUEST))))
    body = replaced(GOOD_REQUEST, path, data.draw(NONSENSE | JSON))
    before = copy.deepcopy(body)
    with suppress(BadRequest):
        inbound = read(body, Losses())
        event("read")
        to_unified(inbound.body, Losses())
        assert new_writer(**body).whole({"content": []})["status"] == "completed"
    assert body == before


# -- answers -----------------------------------------------------------------------------------------------


def recut(events, draw):
    """The same events with their deltas in pieces."""
    out = []
    for one in events:
        delta = one.get("delta", {})
        field = next((name for name in ("text", "thinking", "partial_json") if delta.get(name)), None)
        if one["type"] == "content_block_delta" and field:
            out += [{**one, "delta": {**delta, field: piece}} for piece in draw(pieces(delta[field]))]
        else:
            out.append(one)
    return out


@given(st.data(), messages())
def test_the_last_event_holds_the_whole_answer(data, message):
    events = recut(unfold(message), data.draw)
    writer = new_writer()
    sent = check(events_of(writer.feed(events) + writer.finish()))
    assert sent[-1]["response"] == new_writer().whole(message) == new_writer().whole(fold(events))


@given(st.data(), messages())
def test_however_the_events_come_the_bytes_are_the_same(data, message):
    events = unfold(message)
    whole, cut = new_writer(), new_writer()
    at = sorted(data.draw(st.sets(st.integers(0, len(events)), max_size=6)) | {0, len(events)})
    parts = [cut.feed(events[start:end]) for start, end in pairwise(at)]
    assert b"".join(parts) + cut.finish() == whole.feed(events) + whole.finish()


@given(messages())
def test_what_the_model_said_is_in_the_output(message):
    output = new_writer().whole(message)["output"]
    blocks = message["content"]
    texts = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    assert "".join(texts) == "".join(block["text"] for block in blocks if block["type"] == "text")
    calls = [(item["call_id"], loads(item["arguments"])) for item in output if item["type"] == "function_call"]
    assert calls == [(block["id"], block["input"]) for block in blocks if block["type"] == "tool_use"]


@given(messages())
def test_an_answer_sent_back_is_what_the_model_said(message):
    """But for texts in a row, which are one, and results without a search, which say nothing."""
    output = new_writer().whole(message)["output"]
    back = read({"input": [{"role": "user", "content": "Hi"}, *output]}, Losses()).body["messages"]
    expected = []
    for block in message["content"]:
        if block["type"] == "web_search_tool_result":
            continue
        if block["type"] == "text" and expected and expected[-1]["type"] == "text":
            expected[-1]["text"] += block["text"]
        elif block["type"] == "text":
            expected.append({"type": "text", "text": block["text"]})
        else:
            expected.append(block)
    assert [block for one in back[1:] for block in one["content"]] == expected
