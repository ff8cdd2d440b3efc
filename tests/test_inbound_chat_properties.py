"""Any chat request that keeps to OpenAI's reference becomes a Messages request, and no text of it is lost."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.losses import Losses
from ccr_middleware.wire.chat.inbound.format import CHAT_CLIENT

from .support import generated
from .support.client_streams import read_warped

TEXT = generated.TEXT


@st.composite
def contents(draw, media=True):
    """Content, and its texts."""
    if draw(st.booleans()):
        said = draw(TEXT)
        return said, said
    texts = draw(st.lists(TEXT, min_size=1, max_size=3))
    parts = [{"type": "text", "text": said} for said in texts]
    if media and draw(st.booleans()):
        parts.insert(0, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})
    return parts, "".join(texts)


@st.composite
def tool_turns(draw, number):
    calls = []
    for place in range(draw(st.integers(1, 3))):
        arguments = draw(generated.ARGUMENTS)
        function = {"name": draw(generated.NAMES), "arguments": arguments}
        calls.append({"id": f"call_{number}_{place}", "type": "function", "function": function})
    said = draw(st.none() | TEXT)
    results, texts = [], said or ""
    for call in draw(st.permutations(calls)):
        content, told = draw(contents(media=False))
        results.append({"role": "tool", "tool_call_id": call["id"], "content": content})
        texts += told
    return [{"role": "assistant", "content": said, "tool_calls": calls}, *results], texts


@st.composite
def requests(draw):
    """A request, and all text in it."""
    messages, texts = [], ""
    for number in range(draw(st.integers(1, 5))):
        role = draw(st.sampled_from(["system", "user", "assistant", "tools"]))
        if role == "tools":
            turn, told = draw(tool_turns(number))
            messages += turn
        else:
            content, told = draw(contents(media=role == "user"))
            messages.append({"role": role, "content": content})
        texts += told
    body = {"model": "m", "messages": messages}
    if draw(st.booleans()):
        body["tools"] = [{"type": "function", "function": {"name": "Read", "parameters": {"type": "object"}}}]
        body["tool_choice"] = draw(st.sampled_from(["auto", "none", "required"]))
    for name, values in {
        "stream": st.booleans(),
        "temperature": st.floats(0, 2),
        "max_completion_tokens": st.integers(1, 99999),
        "reasoning_effort": st.sampled_from(["none", "minimal", "low", "medium", "high", "xhigh", "max"]),
        "stop": TEXT | st.lists(TEXT, max_size=4),
        "user": TEXT,
        "seed": st.integers(),
    }.items():
        if draw(st.booleans()):
            body[name] = draw(st.none() | values)
    return body, texts


def text_of(content):
    if isinstance(content, str):
        return content
    return "".join(part["text"] for part in content or () if part["type"] == "text")


@given(requests())
def test_requests_keep_their_text_and_calls(drawn):
    body, texts = drawn
    inbound = CHAT_CLIENT.read(body, Losses())
    unified = to_unified(inbound.body, Losses())
    assert sorted("".join(text_of(m["content"]) for m in unified["messages"])) == sorted(texts)
    asked = [c for m in body["messages"] for c in m.get("tool_calls", ())]
    calls = [c for m in unified["messages"] for c in m.get("tool_calls", ())]
    assert [(c["id"], c["function"]["name"]) for c in calls] == [(c["id"], c["function"]["name"]) for c in asked]
    assert [json.loads(c["function"]["arguments"]) for c in calls] == [
        json.loads(c["function"]["arguments"]) for c in asked
    ]
    results = [m["tool_call_id"] for m in unified["messages"] if m["role"] == "tool"]
    assert results == [m["tool_call_id"] for m in body["messages"] if m["role"] == "tool"]


#: Something of everything, to be spoilt.
FULL = {
    "tools": [
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}, "strict": True}},
        {"type": "custom", "custom": {"name": "p", "format": {"grammar": {"syntax": "lark", "definition": "x"}}}},
        {"type": "web_search", "filters": {"allowed_domains": ["a"]}, "user_location": {"approximate": {"city": "B"}}},
        {"type": "bash_20250124", "name": "bash"},
    ],
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"function": {"name": "f"}}]}},
    "functions": [{"name": "g"}],
    "web_search_options": {"search_context_size": "low"},
    "reasoning": {"effort": "high", "max_tokens": 5, "enabled": True},
    "thinking": {"type": "enabled"},
    "response_format": {"type": "json_schema", "json_schema": {"schema": {}}},
    "modalities": ["text"],
    "stream_options": {"include_usage": True},
    "prompt_cache_key": "k",
    "n": 1,
    "logit_bias": {},
}
HISTORY = [
    {"role": "user", "content": [{"type": "file", "file": {"file_data": "AAAA", "filename": "a.txt"}}]},
    {
        "role": "assistant",
        "reasoning_details": [{"type": "reasoning.text", "text": "a", "signature": "b", "format": "c"}],
        "function_call": {"name": "f", "arguments": "{}"},
        "refusal": "r",
    },
    {"role": "function", "name": "f", "content": "x"},
    {"role": "assistant", "tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "p", "input": "i"}}]},
    {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "t", "cache_control": {}}]},
]


@given(st.data())
def test_nonsense_is_refused_or_read_and_never_crashes(data):
    body, _ = data.draw(requests())
    body = data.draw(st.sampled_from([body, {**body, **FULL, "messages": body["messages"] + HISTORY}]))
    read_warped(data, CHAT_CLIENT, body)
