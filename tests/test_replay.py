"""Every recorded answer goes on at every provider: what Claude Code sends next is taken there, and says all it said."""

import json
from typing import Any

import pytest

from ccr_middleware.anthropic.server_blocks import describe
from ccr_middleware.anthropic.signature import read_signature

from .support import recorded, replay
from .support.spoken import Call, Entry, calls, media, results, spoken, texts

Json = dict[str, Any]

#: Encrypted reasoning cannot be given to others, nor the places in documents that a text cites. All else that is lost
#: would be a fault.
MAY_BE_LOST = {"thinking.redacted", "document.citations"}
PICTURE_URL = f"data:image/png;base64,{replay.PICTURE['source']['data']}"


def targets_after(case: recorded.Case) -> dict[str, replay.Target]:
    """All providers, and the one that answered where it is translated to."""
    home = replay.home_of(case)
    return replay.TARGETS if home.form == "messages" else {**replay.TARGETS, "home": home}


def seals_in(message: Json) -> set[str]:
    """What only the issuer of a message's thinking may see: signatures and encrypted reasoning."""
    found = [block.get("signature") or block.get("data") for block in message["content"]]
    held = [read_signature(seal) for seal in found if isinstance(seal, str)]
    ours = {member for one in held if one for member in _long_strings(one.payload)}
    return ours | {seal for seal in found if isinstance(seal, str) and read_signature(seal) is None and seal}


def _long_strings(payload: str) -> list[str]:
    try:
        held = json.loads(payload)
    except ValueError:
        return [payload] if payload else []
    return [value for value in held.values() if isinstance(value, str) and len(value) > 40]


def in_order(pieces: list[str], told: str) -> None:
    """Each piece is in the text, behind the one before."""
    place = 0
    for piece in pieces:
        found = told.find(piece, place)
        assert found >= 0, f"{piece!r} is missing"
        place = found + len(piece)


def check_said(message: Json, entries: list[Entry], *, images: bool) -> None:
    """A request with this message in it says what it said, and what followed."""
    blocks = message["content"]
    made = [Call(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]
    assert calls(entries) == made
    assert list(results(entries)) == list(range(len(made)))
    for number, told in results(entries).items():
        assert replay.result_text(number) in told
    said = [block["text"].strip() for block in blocks if block["type"] == "text"]
    shown = [told for block in blocks if (told := describe(block))]
    in_order(said, texts(entries, "assistant"))
    in_order(shown, texts(entries, "assistant"))
    in_order([replay.ASKED, replay.REMINDER if made else "Go on."], texts(entries, "user"))
    assert "You are Claude Code." in texts(entries, "system")
    assert media(entries) == [PICTURE_URL] * (len(made) // 3 if images else 0)


@pytest.mark.parametrize("case", replay.answers())
def test_every_answer_goes_on_at_every_provider(case: recorded.Case) -> None:
    message = replay.answer_of(case).message
    asked = replay.next_request(message)
    before = json.dumps(asked)
    for name, target in targets_after(case).items():
        body, losses = replay.request_for(target, asked)
        replay.accept(target, body)
        dialect = target.dialect
        images = getattr(dialect, "images", True)
        check_said(message, spoken(target.form, body), images=images)
        cannot = {what for what, can in (("tools", dialect.tools), ("image", images)) if not can}
        assert {loss.feature for loss in losses.dropped()} <= MAY_BE_LOST | cannot, name
    assert json.dumps(asked) == before, "the conversation was changed"


@recorded.needs_recorded
@pytest.mark.parametrize("name", replay.TARGETS)
def test_a_failed_tool_is_told_as_such(name: str) -> None:
    message = replay.answer_of(
        recorded.case("huggingface/pai-tool-choice-matrix-tools-plus-output-huggingface")
    ).message
    target = replay.TARGETS[name]
    body, _ = replay.request_for(target, replay.next_request(message))
    good, failed = results(spoken(target.form, body)).values()
    assert good == replay.result_text(0)
    if target.form == "gemini":
        assert f'"response": {{"error": "{failed}"}}' in json.dumps(body)
    else:
        assert failed == f"Error: {replay.result_text(1)}"


@pytest.mark.parametrize("case", replay.answers())
def test_nothing_of_one_provider_reaches_another(case: recorded.Case) -> None:
    message = replay.answer_of(case, searching=True).message
    issuer = "anthropic" if replay.home_of(case).form == "messages" else replay.home_of(case).dialect.name
    for name, target in replay.TARGETS.items():
        sent = json.dumps(replay.request_for(target, replay.next_request(message))[0], ensure_ascii=False)
        assert "ccr1." not in sent
        assert "cc_version" not in sent
        assert "cache_control" not in sent or target.dialect.cache_control
        if target.dialect.name != issuer:
            assert not [seal for seal in seals_in(message) if seal in sent], name


@recorded.needs_recorded
@pytest.mark.parametrize("remembers", [True, False])
@pytest.mark.parametrize("name", replay.TARGETS)
def test_a_session_over_all_providers_goes_on_at_each(name: str, remembers: bool) -> None:
    """One conversation in which every recorded answer is a turn, some of them with the ids of earlier ones."""
    answered = [replay.answer_of(param.values[0]) for param in replay.answers()]
    messages = [one.message for one in answered if one.message["content"]]
    remembered = {key: held for one in answered for key, held in one.remembered.items()}
    asked = replay.next_request(*messages)
    target = replay.TARGETS[name]
    body, _ = replay.request_for(target, asked, remembered.get if remembers else replay.recall_nothing)
    replay.accept(target, body)
    entries = spoken(target.form, body)
    made = [block for message in messages for block in message["content"] if block["type"] == "tool_use"]
    assert calls(entries) == [Call(block["name"], block["input"]) for block in made]
    assert list(results(entries)) == list(range(len(made)))
    said = [block["text"].strip() for message in messages for block in message["content"] if block["type"] == "text"]
    in_order([text for text in said if text], texts(entries, "assistant"))
