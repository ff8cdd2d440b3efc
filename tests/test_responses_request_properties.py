"""Whatever an Anthropic client sends, a strict Responses endpoint takes the body made of it, and no text is lost."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ccr_middleware.anthropic.request import to_unified
from ccr_middleware.anthropic.signature import sign
from ccr_middleware.errors import BadRequest
from ccr_middleware.losses import Losses
from ccr_middleware.pairing import pair_tools
from ccr_middleware.wire.phrases import CONTINUE
from ccr_middleware.wire.responses.dialect import dialect_for
from ccr_middleware.wire.responses.request import build_responses_body

from .support.generated import ARGUMENTS, TEXT
from .support.strict_responses import check_responses_request
from .test_anthropic_request_fuzz import BODIES

Json = dict[str, Any]

#: A provider and model, and what its endpoint is strict or generous about.
TARGETS = {
    "openai": ("https://api.openai.com/v1", "gpt-5.2", {}),
    "codex": ("https://chatgpt.com/backend-api/codex", "gpt-5.2-codex", {}),
    "deepseek": ("https://api.deepseek.com", "deepseek-v4-flash", {"adjacent": True}),
    "openrouter": ("https://openrouter.ai/api/v1", "openai/gpt-5.2", {"ids": True, "fields": {"top_k"}}),
    "unknown": ("https://llm.example/v1", "some-model", {}),
}
each_target = pytest.mark.parametrize("target", TARGETS)

NAMES = st.sampled_from(["Read", "mcp__srv__do.it", "n" * 80, "größe"])
SEALED = json.dumps({"id": "rs_1", "encrypted_content": "gAAA"})
SIGNATURES = st.sampled_from(["", "c2ln", *(sign(f"{name}-responses", SEALED) for name in TARGETS)])
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
PDF = {"type": "document", "source": {"type": "url", "url": "https://x.example/a.pdf"}, "title": "Report"}


class Said:
    """Numbered texts, so that each can be found again."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def block(self, more: str) -> Json:
        """A text block nobody has sent before."""
        self.texts.append(f"<{len(self.texts)}:{more}>")
        return {"type": "text", "text": self.texts[-1]}


@st.composite
def contents(draw: st.DrawFn, said: Said) -> list[Json]:
    """What a user says, or a tool gives back."""
    kinds = draw(st.lists(st.sampled_from(["text", "text", "image", "pdf", "empty"]), max_size=3))
    made = {"image": IMAGE, "pdf": PDF, "empty": {"type": "text", "text": ""}}
    return [made.get(kind) or said.block(draw(TEXT)) for kind in kinds]


@st.composite
def turns(draw: st.DrawFn, said: Said, number: int) -> list[Json]:
    """An assistant's message with everything in any order, and some of the results of its calls."""
    blocks: list[Json] = []
    results: list[Json] = []
    for position, kind in enumerate(
        draw(st.lists(st.sampled_from(["text", "call", "thinking", "opaque"]), max_size=5))
    ):
        if kind == "text":
            blocks.append(said.block(draw(TEXT)))
        elif kind == "thinking":
            blocks.append({"type": "thinking", "thinking": draw(TEXT), "signature": draw(SIGNATURES)})
        elif kind == "opaque":
            blocks.append({"type": "redacted_thinking", "data": draw(SIGNATURES)})
        else:
            call_id = f"toolu_{number}_{position}" + "x" * draw(st.sampled_from([0, 70]))
            arguments = json.loads(draw(ARGUMENTS))
            blocks.append({"type": "tool_use", "id": call_id, "name": draw(NAMES), "input": arguments})
            if draw(st.integers(0, 5)):
                failed = draw(st.booleans())
                content = draw(contents(said))
                results.append({"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": failed})
    results = draw(st.permutations(results))
    cut = draw(st.integers(0, len(results)))
    answers = [{"role": "user", "content": part} for part in (results[:cut], results[cut:]) if part]
    return [{"role": "assistant", "content": blocks}, *answers]


@st.composite
def requests(draw: st.DrawFn) -> tuple[Json, list[str]]:
    """An Anthropic request as real clients send it, and the texts in it."""
    said = Said()
    messages: list[Json] = [{"role": "user", "content": [said.block("first")]}]
    for number in range(draw(st.integers(0, 3))):
        messages += draw(turns(said, number))
        for role in draw(st.lists(st.sampled_from(["user", "system"]), max_size=2)):
            content = draw(contents(said)) if role == "user" else [said.block(draw(TEXT))]
            messages.append({"role": role, "content": content})
    body: Json = {"model": "c", "max_tokens": draw(st.integers(1, 200_000)), "messages": messages, "stream": True}
    if draw(st.booleans()):
        body["system"] = [said.block(draw(TEXT)), said.block(draw(TEXT))]
    if names := draw(st.lists(NAMES, max_size=3, unique=True)):
        body["tools"] = [{"name": name, "input_schema": {"type": "object"}} for name in names]
        kind = draw(st.sampled_from(["auto", "any", "none", "tool"]))
        body["tool_choice"] = {"type": kind, "disable_parallel_tool_use": draw(st.booleans())}
        if kind == "tool":
            body["tool_choice"]["name"] = names[0]
    optional = {
        "temperature": st.sampled_from([0, 1]),
        "thinking": st.sampled_from([{"type": "disabled"}, {"type": "adaptive"}]),
        "output_config": st.sampled_from([{"effort": "max"}, {"format": {"type": "json_schema", "schema": {}}}]),
        "metadata": st.just({"user_id": "u" * 90}),
    }
    for field, values in optional.items():
        if draw(st.booleans()):
            body[field] = draw(values)
    return body, said.texts


def convert(body: Json, target: str) -> tuple[Json, Losses]:
    """The body for a provider, made as the gateway makes it."""
    base_url, model, _ = TARGETS[target]
    losses = Losses()
    unified = to_unified(body, losses)
    unified["messages"] = pair_tools(unified["messages"], losses)
    return build_responses_body(unified, model, dialect_for(base_url, model), losses).body, losses


def strings(value: Any) -> list[str]:
    """Every string in a JSON value, in order."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for part in inner for text in strings(part)]


@each_target
@given(made=requests())
def test_a_strict_endpoint_takes_it_and_no_text_is_lost(target: str, made: tuple[Json, list[str]]) -> None:
    body, texts = made
    sent, losses = convert(body, target)
    check_responses_request(sent, **TARGETS[target][2])
    told = "\0".join(strings([sent.get("instructions"), sent["input"]]))
    for text in texts:
        assert told.count(text) == 1, f"{text!r} is there {told.count(text)} times"
    assert losses.header().isascii()


@given(requests())
def test_the_assistants_items_keep_the_order_they_were_made_in(made: tuple[Json, list[str]]) -> None:
    body, _ = made
    told = [
        block.get("text") or block["id"]
        for message in body["messages"]
        if message["role"] == "assistant"
        for block in message["content"]
        if block["type"] in ("text", "tool_use") and len(block.get("id", "")) <= 64
    ]
    sent, _ = convert(body, "openai")
    found = []
    for item in sent["input"]:
        if item.get("role") == "assistant":
            found += [part["text"] for part in item["content"]]
        elif item["type"] == "function_call" and item["call_id"].startswith("toolu_"):
            found.append(item["call_id"])
    assert found == told


@each_target
@given(made=requests())
def test_c26_a_longer_conversation_begins_with_the_same_bytes(target: str, made: tuple[Json, list[str]]) -> None:
    body, _ = made
    assume("tool_result" not in str(body["messages"][-1]) and "tool_use" not in str(body["messages"][-1]))
    more = [{"role": "assistant", "content": "and"}, {"role": "user", "content": "so"}]
    short, _ = convert(body, target)
    long, _ = convert(body | {"messages": [*body["messages"], *more]}, target)
    kept = [item for item in short["input"] if item.get("content") != CONTINUE]
    assert json.dumps(long["input"]).startswith(json.dumps(kept)[:-1])
    assert {**long, "input": 0} == {**short, "input": 0}


@each_target
@given(body=BODIES)
def test_any_history_is_written_so_that_a_strict_endpoint_takes_it(target: str, body: Json) -> None:
    try:
        sent, _ = convert({key: value for key, value in body.items() if key not in ("tools", "output_format")}, target)
    except BadRequest:
        return
    check_responses_request(sent, **TARGETS[target][2])
