"""The demo model on the wire: streams, limits, and what it refuses."""

import asyncio
import json
from typing import Any

import pytest

from ccr_middleware.demo import DEMO_MODELS, DEMO_SCHEME, DEMO_URL, demo_model
from ccr_middleware.upstream import InProcessTransport, WireRequest

from .support.demo import TOOLS, ask, folded, post, said, streamed

# How it says it


@pytest.mark.parametrize("text", ["Hi", "use a tool"])
@pytest.mark.parametrize("model", DEMO_MODELS)
@pytest.mark.parametrize("limit", [None, 1, 5, 42])
def test_the_stream_adds_up_to_the_whole(text: str, model: str, limit: int | None) -> None:
    fields = {"model": model, "tools": TOOLS, "messages": [{"role": "user", "content": text}], "max_tokens": limit}
    chunks = streamed(**fields, stream_options={"include_usage": True})
    whole = ask(**fields)
    assert folded(chunks) == whole["choices"][0]["message"]
    finishes = [c["choices"][0]["finish_reason"] for c in chunks if c["choices"]]
    assert finishes[-1] == whole["choices"][0]["finish_reason"]
    assert not any(finishes[:-1])
    assert chunks[-1]["usage"]["completion_tokens"] == whole["usage"]["completion_tokens"]
    assert {chunk["id"] for chunk in chunks} == {whole["id"]} == {"chatcmpl-demo-1"}


def test_text_and_arguments_come_in_several_pieces() -> None:
    chunks = streamed(messages=[{"role": "user", "content": "use a tool"}], tools=TOOLS)
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    fragments = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert (fragments[0]["function"]["name"], fragments[0]["function"]["arguments"]) == ("Glob", "")
    assert len(fragments) > 2
    assert sum("content" in delta for delta in streamed_deltas("Hi")) > 10


def streamed_deltas(text: str) -> list[dict[str, Any]]:
    chunks = streamed(messages=[{"role": "user", "content": text}])
    return [chunk["choices"][0]["delta"] for chunk in chunks]


def test_usage_comes_only_when_asked_for() -> None:
    assert all("usage" not in chunk for chunk in streamed())
    last = streamed(stream_options={"include_usage": True})[-1]
    assert last["choices"] == []
    usage = last["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert min(usage["prompt_tokens"], usage["completion_tokens"]) > 0


@pytest.mark.parametrize("field", ["max_tokens", "max_completion_tokens"])
def test_the_limit_on_tokens_is_kept(field: str) -> None:
    choice = ask(**{field: 4})["choices"][0]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["content"].split() == ["This", "is", "the", "built-in"]


def test_arguments_cut_by_the_limit_are_cut_json() -> None:
    choice = ask("use a tool", tools=TOOLS, max_tokens=6)["choices"][0]
    assert choice["finish_reason"] == "length"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(choice["message"]["tool_calls"][0]["function"]["arguments"])


def test_the_time_is_the_clocks() -> None:
    assert ask()["created"] == 1_700_000_000


def test_ids_count_up_and_models_share_no_counter() -> None:
    async def main() -> list[str]:
        body = json.dumps({"model": "demo", "messages": [{"role": "user", "content": "Hi"}]}).encode()
        one, other = (InProcessTransport(demo_model(0)) for _ in range(2))
        ids = []
        for transport in (one, one, other):
            response = await transport.send(WireRequest(DEMO_URL, {}, body))
            ids.append(json.loads(b"".join([chunk async for chunk in response.chunks()]))["id"])
        return ids

    assert asyncio.run(main()) == ["chatcmpl-demo-1", "chatcmpl-demo-2", "chatcmpl-demo-1"]


def test_chunks_are_paced_and_the_loop_runs_in_between() -> None:
    async def main() -> int:
        body = json.dumps({"model": "demo", "stream": True, "messages": [{"role": "user", "content": "Hi"}]}).encode()
        response = await InProcessTransport(demo_model(pace_seconds=0.001)).send(WireRequest(DEMO_URL, {}, body))
        turns = 0

        async def count() -> None:
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        counting = asyncio.create_task(count())
        assert len([chunk async for chunk in response.chunks()]) > 10
        counting.cancel()
        return turns

    assert asyncio.run(main()) > 0


def test_the_url_begins_with_the_scheme() -> None:
    assert DEMO_URL.startswith(DEMO_SCHEME)


# What it refuses

USER = {"role": "user", "content": "Hi"}
CALL = {
    "role": "assistant",
    "tool_calls": [{"id": "a", "type": "function", "function": {"name": "f", "arguments": ""}}],
}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "x"}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b"{", None),
        (b"[]", None),
        ({"messages": [USER]}, "model"),
        ({"model": "demo"}, "messages"),
        ({"model": "demo", "messages": []}, "messages"),
        ({"model": "demo", "messages": ["Hi"]}, "messages[0].role"),
        ({"model": "demo", "messages": [{"role": "human", "content": "Hi"}]}, "messages[0].role"),
        ({"model": "demo", "messages": [{"role": "user"}]}, "messages[0].content"),
        ({"model": "demo", "messages": [{"role": "user", "content": ["Hi"]}]}, "messages[0].content"),
        ({"model": "demo", "messages": [USER, CALL]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL, USER]}, "messages"),
        ({"model": "demo", "messages": [USER, RESULT]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL, RESULT, RESULT]}, "messages"),
        ({"model": "demo", "messages": [USER, CALL | {"tool_calls": [{"id": "a"}]}]}, "messages"),
        ({"model": "demo", "messages": [USER], "tools": {}}, "tools"),
        ({"model": "demo", "messages": [USER], "tools": [{"name": "f"}]}, "tools[0]"),
        (
            {"model": "demo", "messages": [USER], "tools": [{"type": "function", "function": {"name": "a.b"}}]},
            "tools[0].function.name",
        ),
        ({"model": "demo", "messages": [USER], "tool_choice": "any"}, "tool_choice"),
        (
            {"model": "demo", "messages": [USER], "tool_choice": {"type": "function", "function": {"name": "f"}}},
            "tool_choice",
        ),
        ({"model": "demo", "messages": [USER], "max_tokens": 0}, "max_tokens"),
        ({"model": "demo", "messages": [USER], "max_completion_tokens": "9"}, "max_completion_tokens"),
    ],
)
def test_what_is_no_chat_request_is_refused_in_openais_form(body: Any, param: str | None) -> None:
    status, headers, answer = asyncio.run(post(body))
    error = json.loads(answer)["error"]
    assert (status, headers["content-type"]) == (400, "application/json")
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"]


def test_an_unknown_model_is_not_found() -> None:
    status, _, answer = asyncio.run(post({"model": "gpt-5", "messages": [USER]}))
    error = json.loads(answer)["error"]
    assert (status, error["code"]) == (404, "model_not_found")
    assert "demo and demo-thinking" in error["message"]


def test_a_session_that_is_in_order_is_taken() -> None:
    two = CALL | {"tool_calls": [CALL["tool_calls"][0], CALL["tool_calls"][0] | {"id": "b"}]}
    messages = [{"role": "system", "content": "s"}, USER, two, RESULT | {"tool_call_id": "b"}, RESULT, USER]
    assert said(messages=messages)
