"""Whatever a unified request holds, a strict endpoint takes the body made of it."""

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.dialect import dialect_for
from ccr_middleware.wire.chat.request import build_chat_body

from .support.strict_chat import check_body

Json = dict[str, Any]

USER = {"role": "user", "content": "go on"}

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
NAMES = st.sampled_from(["Bash", "Read", "mcp__srv__do.it", "n" * 80, "größe", "mcp__" + "x" * 70, "a" * 64])
CACHE = st.sampled_from([{}, {}, {"cache_control": {"type": "ephemeral", "ttl": "1h"}}])

text_part = st.builds(lambda text, cache: {"type": "text", "text": text, **cache}, TEXT, CACHE)
image_part = st.builds(
    lambda url: {"type": "image_url", "image_url": {"url": url}},
    st.sampled_from(["data:image/png;base64,AAAA", "https://example.com/a.png"]),
)
document_part = st.builds(
    lambda url, title: {"type": "document", "url": url, "media_type": "application/pdf", **title},
    st.sampled_from(["data:application/pdf;base64,AAAA", "https://example.com/a.pdf"]),
    st.sampled_from([{}, {"title": "Report"}, {"title": "a/b.pdf"}]),
)
part = st.one_of(text_part, text_part, image_part, document_part)
content = st.one_of(TEXT, st.lists(part, min_size=1, max_size=3))
thinking = st.lists(
    st.one_of(
        st.builds(lambda text: {"text": text, "issuer": ""}, TEXT),
        st.builds(lambda text: {"text": text, "signature": "c2ln", "issuer": "anthropic"}, TEXT),
        st.just({"text": "", "redacted": "b3BhcXVl", "issuer": "anthropic"}),
    ),
    max_size=2,
)


@st.composite
def turns(draw: st.DrawFn) -> list[Json]:
    """Messages as `anthropic.pairing` leaves them: every call directly followed by its results, in order."""
    messages: list[Json] = [{"role": "system", "content": c} for c in draw(st.lists(content, max_size=2))]
    for turn in range(draw(st.integers(1, 4))):
        if draw(st.booleans()):
            messages.append({"role": "system", "content": draw(st.one_of(st.just([]), content))})
        messages += [{"role": "user", "content": c} for c in draw(st.lists(content, max_size=2))]
        messages += draw(answers(turn))
    return messages or [USER]


@st.composite
def answers(draw: st.DrawFn, turn: int) -> list[Json]:
    """An assistant message and the results of its calls."""
    names = draw(st.lists(NAMES, max_size=3))
    said = draw(st.one_of(st.none(), TEXT, st.lists(text_part, min_size=1, max_size=2)))
    thoughts = draw(thinking)
    if not (names or said or thoughts):
        return []
    message: Json = {"role": "assistant", "content": said}
    if thoughts:
        message["thinking"] = thoughts
    if not names:
        return [message]
    ids = [f"toolu_{turn}_{position}_{'x' * draw(st.sampled_from([0, 60]))}" for position in range(len(names))]
    message["tool_calls"] = [
        {
            "id": call_id,
            "type": "function",
            "function": {"name": name, "arguments": draw(st.sampled_from(["", '{"a":1}']))},
        }
        for call_id, name in zip(ids, names, strict=True)
    ]
    results = [
        {
            "role": "tool",
            "tool_call_id": call_id,
            "content": draw(st.one_of(st.just(""), st.just([]), content)),
            **draw(st.sampled_from([{}, {"is_error": True}])),
        }
        for call_id in ids
    ]
    return [message, *results]


@st.composite
def requests(draw: st.DrawFn) -> Json:
    """A whole unified request."""
    request: Json = {"model": "m", "messages": draw(turns()), "stream": draw(st.booleans())}
    names = draw(st.lists(NAMES, max_size=4, unique=True))
    if names:
        schemas = st.sampled_from([{}, {"type": "object"}, {"type": "object", "properties": {"a": {"type": "string"}}}])
        request["tools"] = [
            {"type": "function", "function": {"name": name, "description": "d", "parameters": draw(schemas)}}
            for name in names
        ]
        named = {"type": "function", "function": {"name": names[-1]}}
        request["tool_choice"] = draw(st.sampled_from(["auto", "none", "required", named]))
        request["parallel_tool_calls"] = draw(st.booleans())
    optional = {
        "max_tokens": st.sampled_from([0, 1, 500, 128_000]),
        "temperature": st.sampled_from([0.0, 0.7, 1]),
        "top_k": st.just(40),
        "stop": st.lists(TEXT, min_size=1, max_size=6),
        "user": st.sampled_from(["u1", "u" * 200]),
        "server_tools": st.just([{"type": "web_search_20250305", "name": "web_search"}]),
        "response_format": st.just({"type": "json_schema", "name": "a b", "schema": {"type": "object"}}),
        "reasoning": st.sampled_from([
            {"enabled": False},
            {"enabled": True},
            {"enabled": True, "effort": "xhigh"},
            {"enabled": True, "max_tokens": 31_999},
            {"effort": "low"},
        ]),
    }  # fmt: skip
    for key, values in optional.items():
        if draw(st.booleans()):
            request[key] = draw(values)
    return request


def build(request: Json, url: str, model: str, **overrides: Any) -> Json:
    """The body for a provider."""
    dialect = dialect_for(url, model, overrides)
    return build_chat_body(request, model, dialect, Losses()).body  # type: ignore[arg-type]


@given(requests())
def test_openai_takes_every_body(request: Json) -> None:
    before = json.dumps(request)
    check_body(build(request, "https://api.openai.com/v1", "gpt-4o"))
    assert json.dumps(request) == before, "the request was changed"


@given(requests())
def test_an_unknown_strict_endpoint_takes_every_body(request: Json) -> None:
    check_body(build(request, "https://llm.example/v1", "some-model"))


@given(requests())
def test_deepseek_gets_reasoning_on_every_assistant_message(request: Json) -> None:
    body = build(request, "https://api.deepseek.com", "deepseek-v4-pro")
    check_body(body, fields={"thinking"}, message_fields={"reasoning_content"}, max_stops=16)
    for message in body["messages"]:
        assert message["role"] != "assistant" or message["reasoning_content"]


@given(requests())
def test_mistral_gets_its_order_and_ids(request: Json) -> None:
    body = build(request, "https://api.mistral.ai/v1", "mistral-large-latest")
    check_body(body, message_fields={"prefix"}, prefix=True)
    messages = body["messages"]
    for before, after in pairwise(messages):
        assert (before["role"], after["role"]) != ("tool", "user")
    for message in messages:
        for call in message.get("tool_calls", ()):
            assert len(call["id"]) == 9
            assert call["id"].isalnum()
    if messages[-1]["role"] == "assistant":
        assert messages[-1]["prefix"] is True


@given(requests())
def test_perplexity_gets_alternating_roles(request: Json) -> None:
    # It knows no tools, so a conversation with calls in it cannot be had there anyway.
    request["messages"] = [m for m in request["messages"] if m["role"] != "tool" and not m.get("tool_calls")]
    body = build(request, "https://api.perplexity.ai", "sonar")
    check_body(body, fields={"top_k"})
    roles = [message["role"] for message in body["messages"] if message["role"] != "system"]
    assert all(before != after for before, after in pairwise(roles))


@given(requests())
def test_openrouter_keeps_cache_marks_for_claude_only(request: Json) -> None:
    known = {"top_k", "reasoning"}
    request.pop("server_tools", None)  # its own tool type, tested elsewhere
    claude = build(request, "https://openrouter.ai/api/v1", "anthropic/claude-sonnet-4.6")
    check_body(claude, fields=known, message_fields={"reasoning_details"}, cache_control=True)
    other = build(request, "https://openrouter.ai/api/v1", "z-ai/glm-5")
    check_body(other, fields=known, message_fields={"reasoning_details"})


@given(requests())
def test_c26_a_longer_conversation_begins_with_the_same_bytes(request: Json) -> None:
    assume(any(message["role"] == "user" for message in request["messages"]))
    longer = request | {"messages": [*request["messages"], {"role": "assistant", "content": "and"}, USER]}
    for url, model in (("https://api.openai.com", "gpt-4o"), ("https://llm.example/v1", "m")):
        body, grown = build(request, url, model), build(longer, url, model)
        kept = [m for m in body["messages"] if "Continue your last message" not in str(m["content"])]
        assert json.dumps(grown["messages"]).startswith(json.dumps(kept)[:-1])
        assert {**grown, "messages": 0} == {**body, "messages": 0}


@pytest.mark.parametrize("dialect", [{}, {"tool_id_length": 9}, {"merge_roles": True}, {"mid_system": "first"}])
@given(request=requests())
def test_c26_a_body_is_a_function_of_the_request(dialect: Json, request: Json) -> None:
    first = build(request, "https://llm.example/v1", "m", **dialect)
    again = build(json.loads(json.dumps(request)), "https://llm.example/v1", "m", **dialect)
    assert json.dumps(first) == json.dumps(again)


@given(requests())
def test_nothing_the_user_said_is_lost(request: Json) -> None:
    """Every text of the request is in the body, in the order it was said."""
    sent = json.dumps(build(request, "https://llm.example/v1", "m")["messages"])
    for message in request["messages"]:
        for piece in _texts(message["content"]):
            assert json.dumps(piece)[1:-1] in sent


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value] if value else []
    return [p["text"] for p in value or [] if p["type"] == "text"]
