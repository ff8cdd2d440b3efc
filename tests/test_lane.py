"""The Anthropic lane: bytes that stay, and the few things that go."""

import json

import pytest

from ccr_middleware.anthropic.lane import forward_headers, lane_body
from ccr_middleware.anthropic.signature import sign
from ccr_middleware.errors import BadRequest
from ccr_middleware.jsonio import dumps, loads
from ccr_middleware.losses import Losses

from .support import recorded

GENUINE = {"type": "thinking", "thinking": "genuine", "signature": "EoQDCm0IDhgC+/="}
OURS = {"type": "thinking", "thinking": "ours", "signature": sign("deepseek", "x")}
UNSIGNED = {"type": "thinking", "thinking": "nobody's", "signature": ""}
HELLO = {"role": "user", "content": "Hello"}


def send(raw, model="new", **more):
    raw = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return lane_body(raw, loads(raw), model=model, **more)


def clean(*content, **fields):
    """The assistant message between two user messages, as sent; None when it was left out. And the losses."""
    losses = Losses()
    body = {"model": "old", "messages": [HELLO, {"role": "assistant", "content": list(content)}, HELLO], **fields}
    before = json.dumps(body)
    sent = loads(lane_body(dumps(body), body, model="new", losses=losses))
    assert json.dumps(body) == before
    first, *between, last = sent["messages"]
    assert first == last == HELLO
    return (between[0]["content"] if between else None), losses.header(), sent


# -- only the model ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "sent"),
    [
        ('{"model":"old","messages":[]}', '{"model":"new","messages":[]}'),
        ('{ "model" :\n"old" , "x": 1.50 }', '{ "model" :\n"new" , "x": 1.50 }'),
        ('\n {\t"x":[1e5,0.10],"model":"old"}\n', '\n {\t"x":[1e5,0.10],"model":"new"}\n'),
        # Nested members of the same name and value, before and behind.
        (
            '{"a":{"model":"old"},"model":"old","b":[{"model":"old"}]}',
            '{"a":{"model":"old"},"model":"new","b":[{"model":"old"}]}',
        ),
        ('{"model":"old","a":{"model":"old"}}', '{"model":"new","a":{"model":"old"}}'),
        ('{"model":"old","a":{"model":{"type":"string"}}}', '{"model":"new","a":{"model":{"type":"string"}}}'),
        # Text that looks like it.
        (r'{"t":"\"model\":\"old\"","model":"old"}', r'{"t":"\"model\":\"old\"","model":"new"}'),
        (r'{"t":"model","model":"o\u006cd","s":"\\"}', r'{"t":"model","model":"new","s":"\\"}'),
        (r'{"model":"old","s":"\ud83d"}', r'{"model":"new","s":"\ud83d"}'),
        ('{"s":"Grüße 😀","model":"old"}', '{"s":"Grüße 😀","model":"new"}'),
    ],
)
def test_c17_only_the_model_changes(raw, sent):
    assert send(raw).decode() == sent


def test_the_same_model_leaves_the_bytes_alone():
    raw = b'{ "model":"same" }'
    assert send(raw, "same") is raw


def test_a_model_that_needs_escaping():
    assert loads(send('{"model":"old"}', 'a"b\\c 😀'))["model"] == 'a"b\\c 😀'


@pytest.mark.parametrize(
    "raw",
    [
        '{"model":"old","x":1,"model":"evil"}',
        '{"model":"evil","x":1,"model":"old"}',
        '{"model":"old","model":"old"}',
        r'{"model":"old","mod\u0065l":"evil"}',
        r'{"mod\u0065l":"evil","model":"old"}',
        r'{"mod\u0065l":"old"}',
        '{"model":null,"x":1}',
        '{"model":{"model":"old"}}',
        '{"x":1}',
        '{"a":[' + '{"model":"old"},' * 50 + '0],"model":"old","b":[' + '{"model":"old"},' * 50 + "0]}",
    ],
)
def test_no_spelling_of_the_body_gets_past_the_model_chosen(raw):
    """Whichever of two equal names a provider would take: there is one, with the chosen model."""
    sent = send(raw)
    assert [value for name, value in json.loads(sent, object_pairs_hook=list) if name == "model"] == ["new"]
    assert loads(sent) == {**loads(raw), "model": "new"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_of_json(encoding):
    raw = '{"model":"old","s":"é"}'.encode(encoding)
    assert loads(lane_body(raw, json.loads(raw), model="new")) == {"model": "new", "s": "é"}


def test_an_edited_body_is_written_anew():
    body = {"model": "old", "system": "tag removed", "s": "\ud83d"}
    sent = lane_body(b'{"model":"old","system":"tag"}', body, model="new", edited=True)
    assert loads(sent) == {**body, "model": "new"}


@recorded.needs_recorded
def test_recorded_requests_keep_every_other_byte():
    bodies = [(case.request or {}).get("body") for case in recorded.cases(provider="anthropic")]
    assert any(bodies)
    for body in filter(None, bodies):
        raw = json.dumps(body, indent=1).encode()
        old = json.dumps(body["model"]).encode()
        assert send(raw, "new-model") == raw.replace(b'"model": ' + old, b'"model": "new-model"')


# -- configured drops --------------------------------------------------------------------------------------


def test_configured_fields_are_dropped_and_nothing_else():
    cached = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
    body = {
        "model": "old",
        "context_management": {},
        "output_config": {"effort": "high", "format": {}},
        "messages": [{"role": "user", "content": [cached]}, {"role": "system", "output_config": {}, "content": "s"}],
        "tools": [{"name": "a", "defer_loading": True}, {"name": "b"}],
    }
    names = ["context_management", "output_config.effort", "messages.content.cache_control.ttl"]
    names += ["messages.output_config", "tools.defer_loading", "not.there"]
    assert loads(send(dumps(body), drop_fields=names)) == {
        "model": "new",
        "output_config": {"format": {}},
        "messages": [
            {"role": "user", "content": [{**cached, "cache_control": {"type": "ephemeral"}}]},
            {"role": "system", "content": "s"},
        ],
        "tools": [{"name": "a"}, {"name": "b"}],
    }


def test_fields_that_are_not_there_cost_nothing():
    assert send('{ "model":"old", "x": 1.0}', drop_fields=["y", "x.z", "model.x"]) == b'{ "model":"new", "x": 1.0}'


# -- what this gateway wrote -------------------------------------------------------------------------------


def test_c27_our_thinking_goes_and_genuine_thinking_stays():
    text = {"type": "text", "text": "hi"}
    redacted = {"type": "redacted_thinking", "data": "EtECCkYICRgC"}
    ours = {"type": "redacted_thinking", "data": sign("openrouter", "enc")}
    content, losses, _ = clean(GENUINE, OURS, UNSIGNED, redacted, ours, {"type": "thinking", "thinking": "x"}, text)
    assert content == [GENUINE, redacted, text]
    assert losses == "thinking.foreign=dropped"


def test_c27_genuine_thinking_alone_leaves_the_bytes_alone():
    raw = dumps({"model": "old", "messages": [HELLO, {"role": "assistant", "content": [GENUINE]}]})
    assert send(raw) == raw.replace(b'"old"', b'"new"')


def test_an_assistant_message_of_which_nothing_is_left_is_left_out():
    assert clean(OURS)[0] is None


def test_our_searches_are_told_as_text_and_genuine_ones_stay():
    def search(identifier, **found):
        return [
            {"type": "server_tool_use", "id": identifier, "name": "web_search", "input": {"query": "rain"}},
            {"type": "web_search_tool_result", "tool_use_id": identifier, "content": [found]},
        ]

    genuine = search("srvtoolu_01", title="G", url="https://g", encrypted_content="zz")
    content, losses, _ = clean(*search("srvtoolu_ccr1", title="T", url="https://x", encrypted_content=""), *genuine)
    assert content == [
        {"type": "text", "text": "[web search: rain]"},
        {"type": "text", "text": "[web search results]\n1. T https://x"},
        *genuine,
    ]
    assert losses == "web_search.foreign=emulated"


def test_citations_without_an_encrypted_index_are_removed():
    ours = {"type": "web_search_result_location", "url": "https://x", "encrypted_index": ""}
    genuine = {"type": "text", "text": "b", "citations": [{**ours, "encrypted_index": "zz"}]}
    content, _, _ = clean({"type": "text", "text": "a", "citations": [ours]}, genuine)
    assert content == [{"type": "text", "text": "a"}, genuine]


# -- thinking in the middle of a tool loop -----------------------------------------------------------------

USE = {"type": "tool_use", "id": "t", "name": "Read", "input": {}}
BUDGET = {"type": "enabled", "budget_tokens": 31999}


def test_a_thinking_budget_is_off_while_another_providers_tool_calls_are_answered():
    edits = [{"type": "clear_thinking_20251015", "keep": "all"}, {"type": "clear_tool_uses_20250919"}]
    content, losses, sent = clean(OURS, USE, thinking=BUDGET, context_management={"edits": edits})
    assert content == [USE]
    assert sent["thinking"] == {"type": "disabled"}
    assert sent["context_management"] == {"edits": edits[1:]}
    assert losses == "thinking.foreign=dropped, thinking=dropped"


@pytest.mark.parametrize(
    ("content", "thinking"),
    [
        ([OURS, USE], {"type": "adaptive"}),  # has no such rule
        ([OURS, USE], None),
        ([OURS, {"type": "text", "text": "no calls"}], BUDGET),
        ([OURS, GENUINE, USE], BUDGET),  # still begins with thinking
        ([{"type": "text", "text": "x"}, OURS, USE], BUDGET),  # never did
    ],
)
def test_thinking_stays_as_it_is_where_it_may(content, thinking):
    assert clean(*content, thinking=thinking)[2]["thinking"] == thinking


def test_thinking_is_on_again_after_a_genuine_turn():
    body = {
        "model": "old",
        "thinking": BUDGET,
        "messages": [
            HELLO,
            {"role": "assistant", "content": [OURS, USE]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]},
            {"role": "assistant", "content": [GENUINE, {**USE, "id": "u"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "u"}]},
        ],
    }
    sent = loads(send(dumps(body)))
    assert sent["thinking"] == BUDGET
    assert sent["messages"][1]["content"] == [USE]
    assert sent["messages"][3] == body["messages"][3]


def test_a_body_nested_too_deeply_is_refused():
    body = {"model": "old", "x": []}
    for _ in range(5000):
        body["x"] = [body["x"]]
    with pytest.raises(BadRequest, match="nested"):
        lane_body(b"{}", body, model="new", edited=True)


# -- headers -----------------------------------------------------------------------------------------------

CLIENT = {
    "Accept": "application/json",
    "Authorization": "Bearer secret",
    "X-Api-Key": "secret",
    "Cookie": "a=b",
    "Host": "gateway",
    "User-Agent": "claude-cli/2.1.330",
    "X-Forwarded-For": "10.0.0.1",
    "X-Claude-Code-Session-Id": "s",
    "x-app": "cli",
    "Content-Type": "text/plain",
    "Content-Length": "5",
    "Anthropic-Version": "2026-10-21",
    "Anthropic-Beta": "claude-code-20250219, effort-2025-11-24 ,,context-1m-2025-08-07",
    "anthropic-dangerous-direct-browser-access": "true",
}


def test_f24_only_anthropics_own_headers_go_on():
    assert forward_headers(CLIENT) == {
        "accept": "application/json",
        "content-type": "application/json",
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "claude-code-20250219, effort-2025-11-24 ,,context-1m-2025-08-07",
        "anthropic-dangerous-direct-browser-access": "true",
    }


def test_betas_are_filtered_by_the_configuration():
    allowed = ("effort-2025-11-24", "context-1m-2025-08-07", "unused")
    assert forward_headers(CLIENT, allowed)["anthropic-beta"] == "effort-2025-11-24,context-1m-2025-08-07"
    assert "anthropic-beta" not in forward_headers(CLIENT, ())
    assert "anthropic-beta" not in forward_headers({}, allowed)


def test_the_version_is_filled_in_and_bad_values_are_left_out():
    bad = {"anthropic-version": "2023\r\nx: y", "anthropic-beta": "schön", "anthropic-x": "a\x00"}
    assert forward_headers(bad) == {
        "accept": "application/json",
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
    }
