"""Whole calls through the gateway: what the provider is sent and what the client is told (C15 to C17, C26 to C32)."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.fold import unfold
from ccr_middleware.testing import (
    STALL,
    Script,
    check_error,
    check_message,
    check_stream,
    json_answer,
    open_stream,
    post,
    stream,
)
from ccr_middleware.testing.asgi import Reply

from .support import chat
from .support.gateway import ask, body, config, gateway
from .test_door_bodies import LANE, MESSAGE

Json = dict[str, Any]

HELLO = {"role": "user", "content": "Hello"}


def run(coroutine: Any) -> Any:
    return asyncio.run(asyncio.wait_for(coroutine, 20))


def chat_provider(**fields: Any) -> Json:
    """A configuration whose provider `chat` has these fields besides."""
    document = config()
    document["Providers"][0] |= fields
    return document


def answer_for(exchange: Any) -> Script:
    """What either provider says: Hello."""
    return json_answer(MESSAGE) if "messages" in exchange.path else json_answer(chat.whole("Hello"))


def sent_for(request: Json, **document: Any) -> tuple[Json, Reply]:
    """The body a provider was sent for a request, and the answer."""
    app, provider = gateway(answer_for, **document)
    reply = run(ask(app, request))
    assert reply.status == 200, reply.body
    return provider.bodies[0], reply


# -- thinking ----------------------------------------------------------------------------------------------

SETTINGS = {"reasoning", "reasoning_effort", "thinking", "enable_thinking", "thinking_budget"}
BUDGET = {"thinking": {"type": "enabled", "budget_tokens": 2000}}
ADAPTIVE = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
OFF = {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}


@pytest.mark.parametrize(
    ("style", "wish", "expected"),
    [
        ("none", BUDGET, {}),
        ("none", ADAPTIVE, {}),
        ("effort", BUDGET, {"reasoning_effort": "medium"}),
        ("effort", ADAPTIVE, {"reasoning_effort": "high"}),
        ("effort", {"output_config": {"effort": "low"}}, {"reasoning_effort": "low"}),
        ("openrouter", BUDGET, {"reasoning": {"max_tokens": 2000}}),
        ("openrouter", ADAPTIVE, {"reasoning": {"effort": "high"}}),
        ("thinking", BUDGET, {"thinking": {"type": "enabled"}}),
        ("thinking", ADAPTIVE, {"thinking": {"type": "enabled"}}),
        ("enable_thinking", BUDGET, {"enable_thinking": True, "thinking_budget": 2000}),
        ("enable_thinking", ADAPTIVE, {"enable_thinking": True}),
        *((style, OFF, {}) for style in ("none", "effort", "openrouter", "thinking", "enable_thinking")),
        *((style, {}, {}) for style in ("none", "effort", "openrouter", "thinking", "enable_thinking")),
    ],
)
def test_c16_one_consistent_setting_for_each_style(style: str, wish: Json, expected: Json) -> None:
    document = chat_provider(dialect={"reasoning_style": style})
    sent, _ = sent_for(body(stream=False, max_tokens=8000, **wish), **document)
    assert {key: value for key, value in sent.items() if key in SETTINGS} == expected


def conversation(*blocks: Json, result: str = "done") -> list[Json]:
    """A turn with one tool call, answered."""
    call = {"type": "tool_use", "id": "call_0001", "name": "Read", "input": {"path": "a"}}
    answer = {"type": "tool_result", "tool_use_id": "call_0001", "content": result}
    return [HELLO, {"role": "assistant", "content": [*blocks, call]}, {"role": "user", "content": [answer]}]


THOUGHT = chat.sse(
    chat.reasoning("I should "),
    chat.reasoning("read it."),
    chat.tool(0, "call_0001", "Read", '{"path":"a"}'),
    chat.finish("tool_calls"),
)


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("keeps", ["thinking kept", "thinking dropped"])
def test_c15_reasoning_goes_back_even_when_the_client_drops_it(streaming: bool, keeps: str) -> None:
    document = chat_provider(dialect={"replay_field": "reasoning_content"})
    app, provider = gateway([stream(THOUGHT), stream(chat.answer())], **document)

    async def main() -> None:
        reply = await ask(app, body(stream=streaming))
        checked = check_stream(reply.body) if streaming else check_message(reply.json())
        thinking = [block for block in checked.blocks if block["type"] == "thinking"]
        assert [block["thinking"] for block in thinking] == ["I should read it."]
        kept = thinking if keeps == "thinking kept" else []
        assert (await ask(app, body(messages=conversation(*kept)))).status == 200

    run(main())
    turn = provider.bodies[1]["messages"][1]
    assert turn["reasoning_content"] == "I should read it."
    assert turn["tool_calls"][0]["id"] == "call_0001"


@pytest.mark.parametrize(("placeholder", "expected"), [(None, None), ("(none)", "(none)")])
def test_c15_reasoning_nobody_knows(placeholder: str | None, expected: str | None) -> None:
    dialect = {"replay_field": "reasoning_content", "replay_placeholder": placeholder}
    sent, _ = sent_for(body(stream=False, messages=conversation()), **chat_provider(dialect=dialect))
    assert sent["messages"][1].get("reasoning_content") == expected


def test_c27_a_session_goes_on_with_anthropic() -> None:
    """Thinking of the other provider is taken out; what Anthropic signed stays as it is, to the byte."""
    app, provider = gateway([stream(THOUGHT), json_answer(MESSAGE)])
    genuine = {"type": "thinking", "thinking": "Gen\u00fcine ", "signature": "EqQBCkYIBxgCKkDsig+/=="}
    first_turn = [HELLO, {"role": "assistant", "content": [genuine, {"type": "text", "text": "Hi"}]}]

    async def main() -> None:
        foreign = [block for block in check_stream((await ask(app)).body).blocks if block["type"] == "thinking"]
        assert foreign[0]["signature"].startswith("ccr1.")
        messages = [*first_turn, *conversation(*foreign)]
        reply = await ask(app, body(stream=False, model=LANE, messages=messages))
        assert reply.headers["x-ccr-loss"] == "thinking.foreign=dropped"

    run(main())
    sent = provider.bodies[1]["messages"]
    assert sent == [*first_turn, *conversation()]
    assert sent[1]["content"][0] == genuine
    assert b"ccr1." not in provider.requests[1].body


# -- what the provider gets --------------------------------------------------------------------------------


def with_billing(cch: str) -> list[Json]:
    line = f"x-anthropic-billing-header: cc_version=2.1.100; cc_entrypoint=cli; cch={cch};"
    return [{"type": "text", "text": line}, {"type": "text", "text": "You are Claude Code."}]


def test_c26_the_billing_line_spoils_no_prefix_cache() -> None:
    app, provider = gateway(answer_for)

    async def main() -> None:
        for cch in ("aaaaa", "bbbbb"):
            await ask(app, body(stream=False, system=with_billing(cch)))
        await ask(app, body(stream=False, model=LANE, system=with_billing("ccccc")))

    run(main())
    first, second, lane = (request.body for request in provider.requests)
    assert first == second
    assert b"billing" not in first
    assert json.loads(lane)["system"] == with_billing("ccccc")


ANTHROPIC_ONLY = {
    "metadata": {"user_id": "u"},
    "context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]},
    "output_config": {"effort": "high"},
    "betas": ["a-1"],
    "service_tier": "standard_only",
    "from_the_future": {"x": 1.0},
    "system": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
}


def test_c17_fields_only_anthropic_knows() -> None:
    sent, _ = sent_for(body(stream=False, **ANTHROPIC_ONLY))
    assert set(sent) == {"model", "messages", "max_tokens", "stream"}
    assert "cache_control" not in json.dumps(sent)
    document = chat_provider()
    document["Providers"][1]["drop_fields"] = ["from_the_future"]
    request = body(stream=False, model=LANE, **ANTHROPIC_ONLY)
    sent, _ = sent_for(request, **document)
    assert sent == {k: v for k, v in request.items() if k != "from_the_future"} | {"model": "claude-sonnet-4-5"}


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize(("asked", "sent"), [(64_000, 8192), (8192, 8192), (100, 100)])
def test_c28_max_tokens_is_held_to_the_limit_of_the_model(field: str, asked: int, sent: int) -> None:
    use = ["maxcompletiontokens"] if field == "max_completion_tokens" else []
    document = chat_provider(max_output_tokens={"m1": 8192, "*": 5}, transformer={"use": use})
    got, reply = sent_for(body(stream=False, max_tokens=asked), **document)
    assert {key: got.get(key) for key in ("max_tokens", "max_completion_tokens") if key in got} == {field: sent}
    assert reply.headers.get("x-ccr-loss") == ("max_tokens=clamped" if asked > sent else None)


# -- losses ------------------------------------------------------------------------------------------------


def test_what_is_lost_is_told() -> None:
    _, reply = sent_for(body(stream=False, top_k=5, mcp_servers=[{"name": "x"}]))
    assert reply.headers["x-ccr-loss"] == "mcp_servers=dropped, top_k=dropped"
    _, reply = sent_for(body(stream=False))
    assert "x-ccr-loss" not in reply.headers


@pytest.mark.parametrize("streaming", [True, False])
@pytest.mark.parametrize("how", ["config", "header"])
def test_strict_refuses_what_would_be_lost(how: str, streaming: bool) -> None:
    app, provider = gateway(answer_for, strict=how == "config")
    headers = {"x-ccr-strict": "true"} if how == "header" else {}

    async def main() -> None:
        reply = await ask(app, body(stream=streaming, top_k=5), headers=headers)
        error = check_error(reply.body)
        assert (reply.status, error["type"]) == (400, "invalid_request_error")
        assert "top_k" in error["message"]
        assert "top_k=dropped" in reply.headers["x-ccr-loss"]
        assert provider.requests == []
        assert (await ask(app, body(stream=False), headers=headers)).status == 200

    run(main())


def test_strict_takes_what_is_only_emulated_or_clamped() -> None:
    document = chat_provider(max_output_tokens=10)
    notes = [HELLO, {"role": "system", "content": "Be brief."}]
    _, reply = sent_for(body(stream=False, messages=notes, max_tokens=11), strict=True, **document)
    assert "dropped" not in reply.headers["x-ccr-loss"]


def test_strict_on_the_lane() -> None:
    foreign = {"type": "thinking", "thinking": "x", "signature": "ccr1.chat."}
    app, _ = gateway(answer_for, strict=True)
    reply = run(ask(app, body(model=LANE, messages=conversation(foreign))))
    assert (reply.status, "thinking.foreign" in check_error(reply.body)["message"]) == (400, True)


# -- routing -----------------------------------------------------------------------------------------------

ROUTER = {"default": "chat,m1", "longContext": "chat,m2", "longContextThreshold": 100}
TAG = "<CCR-SUBAGENT-MODEL>{}</CCR-SUBAGENT-MODEL>"


def routed(request: Json, **document: Any) -> tuple[str, str, Json]:
    """Model and scenario of a request, and the body sent."""
    sent, reply = sent_for(request | {"stream": False}, **document)
    return f"{reply.headers['x-ccr-provider']},{reply.headers['x-ccr-model']}", reply.headers["x-ccr-scenario"], sent


@pytest.mark.parametrize("place", ["system 0", "system 2", "first message"])
def test_c30_a_subagent_tag_wins_and_is_not_shown(place: str) -> None:
    tag = TAG.format("claude,claude-sonnet-4-5")
    texts = [f"{tag}You are a helper." if place == f"system {n}" else f"Part {n}." for n in range(3)]
    system = [{"type": "text", "text": text} for text in texts]
    first = f"{tag}Find it." if place == "first message" else "Find it."
    messages = [{"role": "user", "content": f"{first} {'long ' * 200}"}]
    model, scenario, sent = routed(body(model="chat,m2", system=system, messages=messages), Router=ROUTER)
    assert (model, scenario) == (LANE, "subagent")
    assert "CCR-SUBAGENT" not in json.dumps(sent)
    assert "Find it." in json.dumps(sent)


def test_c30_a_tag_that_names_nothing_is_passed_over_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    messages = [{"role": "user", "content": f"{TAG.format('nobody,x')}Find it."}]
    model, scenario, sent = routed(body(messages=messages))
    assert (model, scenario) == ("chat,m1", "default")
    assert "CCR-SUBAGENT" not in json.dumps(sent)
    assert "nobody" in caplog.text


@pytest.mark.parametrize(
    "more",
    [
        {"thinking_history": "long " * 300},
        {"tool_result": "long " * 300},
        {"system": "long " * 300},
        {"tools": [{"name": "f", "description": "long " * 300, "input_schema": {"type": "object"}}]},
    ],
    ids=lambda more: next(iter(more)),
)
def test_c31_every_part_of_a_request_counts_and_counts_the_same(more: Json) -> None:
    thought = {"type": "thinking", "thinking": more.pop("thinking_history", "hm"), "signature": "s"}
    messages = conversation(thought, result=more.pop("tool_result", "done"))
    request = body(messages=messages, **more)
    app, _ = gateway([])
    tokens = run(post(app, "/v1/messages/count_tokens", request)).json()["input_tokens"]
    assert tokens > 300
    for threshold, expected in ((tokens, "default"), (tokens - 1, "long_context")):
        assert routed(request, Router=ROUTER | {"longContextThreshold": threshold})[1] == expected
    started = run(ask(gateway(stream(chat.answer()))[0], request))
    assert check_stream(started.body).events[0]["message"]["usage"]["input_tokens"] == tokens


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("chat,m2", "chat,m2"),
        ("Chat,M2", "chat,m2"),
        ("chat/m2", "chat,m2"),
        ("claude:chat,m2", "chat,m2"),
        ("m2", "chat,m2"),
        ("M2[1m]", "chat,m2"),
        ("chat,unlisted/model:free,x", "chat,unlisted/model:free,x"),
        ("claude-sonnet-4-5[1m]", "chat,m1"),
        ("claude-nobody-knows-9", "chat,m1"),
        ("gpt-99", "chat,m1"),
        ("vendor/model:free", "chat,m1"),
        (",", "chat,m1"),
        ("", "chat,m1"),
    ],
)
def test_c32_names_of_models(asked: str, expected: str) -> None:
    assert routed(body(model=asked))[0] == expected


def test_c32_only_an_unknown_provider_named_as_one_is_a_404() -> None:
    reply = run(ask(gateway([])[0], body(model="nobody,m1")))
    assert (reply.status, check_error(reply.body)["type"]) == (404, "not_found_error")


# -- leaving -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["chat,m1", LANE])
def test_c39_a_client_that_leaves_while_the_provider_talks(model: str, caplog: pytest.LogCaptureFixture) -> None:
    """Servers may raise on the next send before they say that the client left. It is no fault and nothing is said."""
    if model == LANE:
        pieces = [frame(unfold(MESSAGE)[:1]), *[b'event: ping\ndata: {"type": "ping"}\n\n'] * 200]
    else:
        pieces = [chat.sse(chat.text("He"), done=False)] * 200
    app, provider = gateway(Script(steps=[*pieces, STALL]))

    async def main() -> None:
        async with open_stream(app, "/v1/messages", body(model=model), lockstep=True, send_raises=True) as client:
            assert await client.next()
            client.disconnect()
            await client.ended(2)

    run(main())
    assert provider.exchanges[0].closed.is_set()
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "WARNING")]
