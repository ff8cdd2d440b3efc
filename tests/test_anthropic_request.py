"""Top-level fields of a Messages request in the pivot."""

import copy
import json

import pytest

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses

from .support import recorded

HELLO = [{"role": "user", "content": "Hello"}]
BILLING = "x-anthropic-billing-header: cc_version=2.1.330.{}; cc_entrypoint=cli;"


def convert(losses=None, session_id=None, **body):
    losses = Losses() if losses is None else losses
    return to_unified({"messages": HELLO, **body}, losses, session_id=session_id)


def losses_of(**body):
    losses = Losses()
    convert(losses, **body)
    return losses.header()


def refusal(**body):
    with pytest.raises(BadRequest) as caught:
        convert(**body)
    return caught.value.message


def test_the_smallest_request():
    assert convert() == {"model": "", "messages": [{"role": "user", "content": "Hello"}], "stream": False}


def test_every_plain_field_is_carried():
    request = convert(
        model="claude-opus-5-5",
        stream=True,
        max_tokens=32000,
        temperature=0.3,
        top_p=0.9,
        top_k=40,
        stop_sequences=["END", ""],
        service_tier="auto",
        session_id="s-1",
    )
    assert request == {
        "model": "claude-opus-5-5",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": True,
        "max_tokens": 32000,
        "temperature": 0.3,
        "top_p": 0.9,
        "top_k": 40,
        "stop": ["END"],
        "service_tier": "auto",
        "session_id": "s-1",
    }


def test_null_fields_are_absent_fields():
    names = ("model", "system", "max_tokens", "temperature", "top_p", "top_k", "stop_sequences", "stream", "tools")
    names += ("tool_choice", "thinking", "output_config", "output_format", "metadata", "service_tier", "brand_new")
    losses = Losses()
    assert convert(losses, **dict.fromkeys(names)) == convert()
    assert len(losses) == 0


@pytest.mark.parametrize(
    ("user_id", "user"),
    [
        ('{"device_id":"d1","account_uuid":"","session_id":"s"}', "d1"),
        ('{"device_id":"d1","account_uuid":"acc","session_id":"s"}', "acc"),
        ("user_ab12_account__session_0b9f", "user_ab12"),
        ("somebody", "somebody"),
        ("{not json", "{not json"),
        ('{"session_id":"s"}', None),
        ("", None),
        (None, None),
    ],
)
def test_the_user_is_the_same_in_every_session(user_id, user):
    assert convert(metadata={"user_id": user_id}).get("user") == user


# -- system ------------------------------------------------------------------------------------------------


def system_of(system):
    first = convert(system=system)["messages"][0]
    return first["content"] if first["role"] == "system" else None


def test_c25_system_as_string_as_blocks_and_empty():
    cache = {"type": "ephemeral", "ttl": "1h"}
    assert system_of("Be brief.") == "Be brief."
    assert system_of([{"type": "text", "text": "A", "cache_control": cache}, {"type": "text", "text": ""}]) == [
        {"type": "text", "text": "A", "cache_control": cache}
    ]
    for empty in ("", [], [{"type": "text", "text": ""}], None):
        assert system_of(empty) is None


def test_c26_the_billing_line_is_removed():
    def blocks(cch):
        return [{"type": "text", "text": BILLING.format(cch)}, {"type": "text", "text": "You are Claude Code."}]

    assert system_of(blocks("a1f")) == system_of(blocks("b2e")) == [{"type": "text", "text": "You are Claude Code."}]
    assert system_of([{"type": "text", "text": BILLING}]) is None


def test_only_the_billing_line_at_the_beginning_of_a_text_is_removed():
    assert system_of(f"{BILLING}\n\nYou are Claude Code.") == "You are Claude Code."
    cache = {"type": "ephemeral"}
    assert system_of([{"type": "text", "text": f"{BILLING}\nRules", "cache_control": cache}]) == [
        {"type": "text", "text": "Rules", "cache_control": cache}
    ]
    quoted = f"About {BILLING}"
    assert system_of(quoted) == quoted
    assert convert(messages=[{"role": "user", "content": BILLING}])["messages"][0]["content"] == BILLING


# -- thinking and the form of the answer -------------------------------------------------------------------


@pytest.mark.parametrize("effort", [None, "low", "XHigh"])
@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        (None, {}),
        ({"type": "disabled"}, {"enabled": False}),
        ({"type": "adaptive", "display": "updates"}, {"enabled": True}),
        ({"type": "enabled", "budget_tokens": 31999}, {"enabled": True, "max_tokens": 31999}),
        ({"type": "enabled"}, {"enabled": True}),
        ({"type": "between_tools"}, {"enabled": True}),
        ({"type": "a_new_kind"}, {"enabled": True}),
    ],
)
def test_c16_thinking_and_effort_give_one_consistent_wish(thinking, expected, effort):
    request = convert(thinking=thinking, output_config={"effort": effort})
    if effort and expected != {"enabled": False}:
        expected = {**expected, "effort": effort.lower()}
    assert request.get("reasoning", {}) == expected
    assert ("reasoning" in request) == bool(expected)


def test_the_last_effort_of_a_system_message_wins():
    messages = [
        *HELLO,
        {"role": "system", "content": [], "output_config": {"effort": "low"}},
        {"role": "system", "output_config": {"effort": "max"}},
        {"role": "system", "content": "note", "output_config": {}},
    ]
    request = convert(messages=messages, output_config={"effort": "high"})
    assert request["reasoning"] == {"effort": "max"}
    assert [message["role"] for message in request["messages"]] == ["user", "system"]


def test_an_unknown_effort_is_reported():
    assert losses_of(output_config={"effort": "ludicrous"}) == "output_config.effort=dropped"


@pytest.mark.parametrize("field", ["output_config", "output_format"])
def test_a_schema_for_the_answer(field):
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    wanted = {"type": "json_schema", "schema": schema}
    request = convert(**{field: {"format": wanted} if field == "output_config" else wanted})
    assert request["response_format"] == {"type": "json_schema", "name": "answer", "schema": schema}


def test_another_format_is_reported():
    assert losses_of(output_config={"format": {"type": "grammar"}}) == "output_config.format=dropped"


# -- what has no place -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (
            {"context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]}},
            "context_management=omitted",
        ),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "context_management=dropped"),
        ({"betas": ["x"], "speed": "fast"}, "betas=omitted, speed=omitted"),
        ({"safeguards": [{"type": "dangerous_tool_use"}], "betas": [], "speed": None}, "safeguards=omitted"),
        ({"metadata": {"user_id": "u", "team": "t"}}, ""),
        ({"mcp_servers": [{"type": "url", "url": "https://x"}]}, "mcp_servers=dropped"),
        ({"mcp_servers": []}, ""),
        ({"container": "c1"}, "container=dropped"),
        ({"inference_geo": "eu"}, "inference_geo=dropped"),
        ({"compaction": {"type": "summary"}}, "compaction=dropped"),
        ({"output_config": {"task_budget": {"type": "tokens", "total": 9}}}, "output_config.task_budget=dropped"),
        ({"thinking": {"type": "between_tools"}}, "thinking.between_tools=emulated"),
        ({"max_tokens": 0}, "max_tokens=clamped"),
        ({"brand\nnew": 1, "é": 2}, "unknown_fields=dropped"),
    ],
)
def test_what_is_lost_is_reported(body, header):
    assert losses_of(**body) == header


def test_unknown_fields_are_named_safely_and_not_without_end():
    losses = Losses()
    convert(losses, **{f"x\n{number}" * 40: 1 for number in range(100)})
    (loss,) = losses
    assert loss.detail.isascii()
    assert "\n" not in loss.detail
    assert len(loss.detail) < 800


def test_a_thread_kept_by_anthropic_cannot_be_continued():
    assert "thread" in refusal(thread={"type": "continue", "previous_message_id": "msg_1"})


# -- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"messages": None}, "messages: must be a list"),
        ({"messages": "hi"}, "messages: must be a list"),
        ({"messages": []}, "messages: at least one message must say something"),
        ({"messages": [{"role": "user", "content": ""}]}, "messages: at least one message must say something"),
        ({"messages": ["hi"]}, "messages.0: must be an object with role and content"),
        (
            {"messages": [*HELLO, {"role": "tool", "content": "x"}]},
            "messages.1.role: must be user, assistant or system",
        ),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "messages.0.role: must be user, assistant or system"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content: must be a string or a list"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages.0.content.0: must be an object with a type"),
        ({"model": 5}, "model: must be a string"),
        ({"max_tokens": -1}, "max_tokens: must be a whole number, 0 or more"),
        ({"max_tokens": 1.5}, "max_tokens: must be a whole number, 0 or more"),
        ({"max_tokens": True}, "max_tokens: must be a number"),
        ({"temperature": "hot"}, "temperature: must be a number"),
        ({"temperature": True}, "temperature: must be a number"),
        ({"top_p": []}, "top_p: must be a number"),
        ({"top_k": 1.5}, "top_k: must be a whole number, 0 or more"),
        ({"stop_sequences": "END"}, "stop_sequences: must be a list of strings"),
        ({"stop_sequences": [1]}, "stop_sequences: must be a list of strings"),
        ({"stream": "yes"}, "stream: must be true or false"),
        ({"system": 5}, "system: must be a string or a list of text blocks"),
        ({"system": [{"type": "text", "text": 5}]}, "system.0.text: must be a string"),
        ({"metadata": "u"}, "metadata: must be an object"),
        ({"service_tier": 5}, "service_tier: must be a string"),
        ({"thinking": "on"}, 'thinking: must be an object like {"type": "adaptive"}'),
        ({"thinking": {"type": "enabled", "budget_tokens": 0}}, "thinking.budget_tokens: must be a positive integer"),
        ({"output_config": []}, "output_config: must be an object"),
        ({"output_config": {"effort": 3}}, "output_config.effort: must be one of low, medium, high, xhigh, max"),
        (
            {"output_config": {"format": {"type": "json_schema"}}},
            "output_config.format.schema: must be a JSON schema object",
        ),
    ],
)
def test_malformed_requests_name_the_place_and_the_fix(body, message):
    assert refusal(**body) == message


def test_a_body_that_is_no_object():
    with pytest.raises(BadRequest, match="JSON object"):
        to_unified([], Losses())


def test_a_request_nested_too_deeply_is_refused():
    deep = {}
    for _ in range(5000):
        deep = {"a": deep}
    call = {"type": "tool_use", "id": "t", "name": "Read", "input": deep}
    assert refusal(messages=[{"role": "assistant", "content": [call]}]) == "the request is nested too deeply"


def test_lone_surrogates_survive():
    half = "cut \ud83d here"
    call = {"type": "tool_use", "id": "t", "name": "Write", "input": {"text": half}}
    request = convert(
        system=half, messages=[{"role": "user", "content": half}, {"role": "assistant", "content": [call]}]
    )
    system, user, assistant = request["messages"]
    assert system["content"] == user["content"] == half
    assert json.loads(assistant["tool_calls"][0]["function"]["arguments"]) == {"text": half}


# -- recorded traffic --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", recorded.params(provider="anthropic"))
def test_recorded_requests_and_answers_convert(case):
    """Every recorded request converts, and so does the history one gets by answering it with the recorded answer."""
    body = dict((case.request or {}).get("body") or {"messages": HELLO})
    answer = {} if case.is_stream else case.json()
    if answer.get("content"):
        body["messages"] = [*body["messages"], {"role": "assistant", "content": answer["content"]}]
    before = copy.deepcopy(body)
    request = to_unified(body, Losses())
    assert body == before
    carried = json.dumps(request["messages"], ensure_ascii=False)
    assert "encrypted" not in carried
    for block in answer.get("content", ()):
        if block["type"] == "text":
            assert json.dumps(block["text"], ensure_ascii=False)[1:-1] in carried
        if block["type"] == "tool_use":
            assert block["id"] in carried
