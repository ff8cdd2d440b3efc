"""What a provider thought it gets back: signatures, encrypted reasoning and reasoning in plain text, as it gave them.

Each recorded answer goes through the translation to the client and comes back in the next request to its provider,
once with the thinking as it was, once from a client that drops it, where the gateway remembers it.
"""

import json
from typing import Any

import pytest

from ccr_middleware.unified import Remembered
from ccr_middleware.wire.earlier_thinking import SKIP_SIGNATURE

from .support import recorded, replay
from .test_recorded_chat import chunks_of as chat_chunks
from .test_recorded_chat import parts_of as chat_parts
from .test_recorded_gemini import STREAMED_ARGUMENTS, chunks_of, parts_of
from .test_recorded_responses import events_in

Json = dict[str, Any]


def sent_back(case: recorded.Case, *, drops: bool = False) -> tuple[Json, replay.Target]:
    """The next request to the provider of a recorded answer. `drops`: the client gives no thinking back."""
    home, answered = replay.home_of(case), replay.answer_of(case)
    message = answered.message
    if drops:
        kept = [block for block in message["content"] if "thinking" not in block["type"]]
        message = {**message, "content": kept}
    body, _ = replay.request_for(home, replay.next_request(message), answered.recall)
    replay.accept(home, body)
    return body, home


def has_calls(case: recorded.Case) -> bool:
    return replay.has_calls(replay.answer_of(case).message)


# -- chat ----------------------------------------------------------------------------------------------------


def deltas_of(case: recorded.Case) -> list[Json]:
    if not case.is_stream:
        return [case.json()["choices"][0]["message"]]
    return [choice["delta"] for chunk in chat_chunks(case.body) for choice in chunk.get("choices") or []]


def details_of(messages: list[Json]) -> list[Json]:
    """The reasoning details of deltas (or of a message), pieces of one text joined."""
    joined: list[Json] = []
    for detail in (detail for message in messages for detail in message.get("reasoning_details") or []):
        last = joined[-1] if joined else {}
        text = detail.get("text") or detail.get("summary") or ""
        if last and detail["type"] != "reasoning.encrypted" and "data" not in last and not last.get("signature"):
            last["text"] += text
            last["signature"] = detail.get("signature") or ""
        elif detail["type"] == "reasoning.encrypted":
            joined.append({key: detail.get(key) for key in ("data", "format", "id")})
        else:
            joined.append({"text": text, "signature": detail.get("signature") or ""})
    return joined


@pytest.mark.parametrize("drops", [False, True])
@pytest.mark.parametrize("case", replay.answers("chat"))
def test_c15_chat_reasoning_comes_back(case: recorded.Case, drops: bool) -> None:
    body, home = sent_back(case, drops=drops)
    dialect = home.dialect
    field = dialect.replay_field
    thought = "".join(chat_parts(delta)[1] for delta in deltas_of(case))
    turns = [message for message in body["messages"] if message["role"] == "assistant"]
    if field is None or field == "thought_signature" or not turns:
        assert not any(set(turn) - {"role", "content", "tool_calls"} for turn in turns)
        return
    turn = turns[0]
    if field == "reasoning_details":
        check_details(case, turn, dialect, drops=drops)
        return
    known = thought if has_calls(case) or (dialect.replay_always and not drops) else ""
    wanted = has_calls(case) or dialect.replay_always
    assert turn.get(field) == (known or (dialect.replay_placeholder if wanted else None))


def check_details(case: recorded.Case, turn: Json, dialect: Any, *, drops: bool) -> None:
    """All details in order, each signature with the text it signs; of a turn without calls nothing is remembered."""
    expected = [] if drops and not has_calls(case) else details_of(deltas_of(case))
    if not expected and dialect.replay_placeholder:
        expected = [{"text": dialect.replay_placeholder, "signature": ""}]
    found = turn.get("reasoning_details", [])
    assert details_of([{"reasoning_details": found}]) == expected
    formats = {detail.get("format") for delta in deltas_of(case) for detail in delta.get("reasoning_details") or []}
    assert {detail["format"] for detail in found if "signature" in detail or "data" in detail} <= formats


# -- Gemini --------------------------------------------------------------------------------------------------


def marks(parts: list[Json], *, hidden: bool) -> list[tuple[str, str | None]]:
    """The calls and all that is signed, in order. `hidden`: with parts of Google's own tools."""
    found = []
    for part in parts:
        kind = next((key for key in part if key not in ("thought", "thoughtSignature", "text")), "text")
        signature = part.get("thoughtSignature")
        if kind == "functionCall" or (signature and (kind == "text" or hidden)):
            found.append((kind, signature))
    return found


@pytest.mark.parametrize("case", replay.answers("gemini"))
def test_c18_gemini_signatures_come_back(case: recorded.Case) -> None:
    body, home = sent_back(case)
    dialect = home.dialect
    sent = [part for content in body["contents"] if content["role"] == "model" for part in content["parts"]]
    given = parts_of(chunks_of(case))
    expected = marks(given, hidden=dialect.mixed_tools and dialect.tool_invocations)
    if any("executableCode" in part for part in given):
        # Code that Google ran is told as text; what signed it is not needed again, and no other part has one here.
        assert {signature for _, signature in marks(sent, hidden=True)} <= {signature for _, signature in expected}
        return
    if case.name == STREAMED_ARGUMENTS:  # its calls come in many parts
        first = next(part["thoughtSignature"] for part in given if "thoughtSignature" in part)
        expected = [("functionCall", first)] + [("functionCall", None)] * 3
    first_call = next((n for n, (kind, _) in enumerate(expected) if kind == "functionCall"), None)
    if first_call is not None and expected[first_call][1] is None and dialect.skip_signature:
        expected[first_call] = ("functionCall", SKIP_SIGNATURE)
    assert marks(sent, hidden=True) == expected
    if dialect.call_ids:
        ids = [part["functionCall"]["id"] for part in sent if "functionCall" in part]
        theirs = [part["functionCall"].get("id") for part in given if part.get("functionCall", {}).get("name")]
        assert all(mine == given_id for mine, given_id in zip(ids, theirs, strict=True) if given_id)


@pytest.mark.parametrize("case", replay.answers("gemini", where=replay.has_calls))
def test_c18_a_client_that_drops_thinking_does_not_lose_the_signature_of_a_call(case: recorded.Case) -> None:
    body, _ = sent_back(case, drops=True)
    calls = [part for content in body["contents"] for part in content["parts"] if "functionCall" in part]
    given = [part["thoughtSignature"] for part in parts_of(chunks_of(case)) if "thoughtSignature" in part]
    assert calls[0].get("thoughtSignature") == (given[0] if given else None)


# -- Responses -----------------------------------------------------------------------------------------------


def items_given(case: recorded.Case) -> list[Json]:
    """The items as each was when it was done: at the end of the stream they may be encrypted anew. In their order,
    which is not always the one in which they end."""
    if not case.is_stream:
        return case.json()["output"]
    done = [event for event in events_in(case.body) if event["type"] == "response.output_item.done"]
    return [event["item"] for event in sorted(done, key=lambda event: event["output_index"])]


def outline(items: list[Json]) -> list[tuple[str, ...]]:
    """Reasoning, messages and calls in order, each with what tells it from others. Reasoning that holds nothing
    but an id cannot be sent where nothing is stored."""
    found: list[tuple[str, ...]] = []
    for item in items:
        kind = item["type"]
        if kind == "reasoning" and (seal := item.get("encrypted_content")):
            found.append((kind, seal, "".join(part["text"] for part in item["summary"])))
        elif kind == "reasoning" and item.get("content"):
            found.append((kind, "".join(part["text"] for part in item["content"])))
        elif kind == "function_call":
            found.append((kind, item["call_id"], item["name"], json.dumps(json.loads(item["arguments"] or "{}"))))
        elif kind == "message" and item["role"] == "assistant":
            content = item["content"]
            texts = [content] if isinstance(content, str) else [part["text"] for part in content]
            found.append((kind, "".join(texts)))
    return found


@pytest.mark.parametrize("case", replay.answers("responses"))
def test_c15_responses_items_come_back_in_order(case: recorded.Case) -> None:
    body, home = sent_back(case)
    dialect = home.dialect
    expected = outline(items_given(case))
    if dialect.replay != "text":
        expected = [one for one in expected if one[0] != "reasoning" or len(one) == 3]
    sent = outline(body["input"])
    if any(item["type"] in ("shell_call", "local_shell_call", "apply_patch_call") for item in items_given(case)):
        assert sent[-1][0] == "message"  # what nobody can run is told in words
        return
    placeholder = ("reasoning", dialect.replay_placeholder)
    assert [one for one in sent if one != placeholder] == without_trailing_reasoning(expected)
    ids = {item["id"] for item in items_given(case) if item["type"] == "reasoning"}
    for item in body["input"]:
        if item["type"] == "reasoning":
            assert ("id" in item) == dialect.reasoning_ids
            assert "encrypted_content" not in item or item.get("id", next(iter(ids))) in ids


def without_trailing_reasoning(items: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """It would be refused: "provided without its required following item" (fact 45)."""
    while items and items[-1][0] == "reasoning":
        items = items[:-1]
    return items


@pytest.mark.parametrize("case", replay.answers("responses", where=replay.has_calls))
def test_c15_a_client_that_drops_thinking_does_not_lose_the_reasoning_of_a_call(case: recorded.Case) -> None:
    body, home = sent_back(case, drops=True)
    given = [one for one in outline(items_given(case)) if one[0] == "reasoning"]
    if home.dialect.replay != "text":
        given = [one for one in given if len(one) == 3]
    assert [one for one in outline(body["input"]) if one[0] == "reasoning"] == given[-1:]


# -- what is remembered, without a recording -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "remembered", "details"),
    [
        (
            "anthropic/claude-sonnet-4.6",
            Remembered("hm", '{"signature":"c2ln","format":"anthropic-claude-v1"}', "openrouter"),
            [{"type": "reasoning.text", "text": "hm", "signature": "c2ln", "format": "anthropic-claude-v1"}],
        ),
        (
            "openai/gpt-5-mini",
            Remembered("hm", '{"data":"gAAA","format":"openai-responses-v1","id":"rs_1"}', "openrouter"),
            [
                {"type": "reasoning.text", "text": "hm"},
                {"type": "reasoning.encrypted", "data": "gAAA", "format": "openai-responses-v1", "id": "rs_1"},
            ],
        ),
        ("z-ai/glm-5", Remembered("hm", "", "zai"), [{"type": "reasoning.text", "text": "hm"}]),
        # It verifies what it signed, and would refuse the thoughts of others.
        ("anthropic/claude-sonnet-4.6", Remembered("hm", "", "zai"), None),
    ],
)
def test_c15_remembered_reasoning_goes_back_with_its_seal(
    model: str, remembered: Remembered, details: list[Json] | None
) -> None:
    target = replay.Target("chat", "https://openrouter.ai/api/v1", model)
    asked = replay.next_request({"content": [{"type": "tool_use", "id": "t", "name": "Read", "input": {}}]})
    body, _ = replay.request_for(target, asked, {"t": remembered}.get)
    replay.accept(target, body)
    turn = next(message for message in body["messages"] if message["role"] == "assistant")
    assert turn.get("reasoning_details") == details
