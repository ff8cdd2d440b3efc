"""Earlier reasoning, sent back in the form its provider wants (failure-modes F1, F5; acceptance C15).

Sources, first come first served: the thinking of the turn itself; what the gateway remembers by the id of a tool
call (`recall`), for clients that drop thinking; the dialect's placeholder, for providers that insist on something.

A provider that does not want reasoning back gets none, and no answer depends on that (`omitted`): it would refuse it,
and Anthropic's own API leaves the thinking of earlier turns out as well. An opaque block is another matter, for nobody
else can ever know what was in it; it is reported wherever it cannot go back to who made it.

What a signature holds is agreed with `answer_reasoning`: for `reasoning_details` a JSON object with `signature` and
`format`, for an opaque block one with `data`, `format` and `id`.
"""

from __future__ import annotations

from ...losses import Losses
from ...unified import Json, ThinkingBlock, UnifiedMessage
from ..earlier_thinking import SKIP_SIGNATURE, drop_redacted, unpack
from ..format import Recall
from .dialect import ChatDialect


def add_reasoning(wire: Json, message: UnifiedMessage, dialect: ChatDialect, recall: Recall, losses: Losses) -> None:
    """Put the reasoning of an assistant message on its wire form."""
    blocks = message.get("thinking", [])
    field = dialect.replay_field
    for block in blocks:
        if "redacted" in block and not (field == "reasoning_details" and _is_own(block, dialect)):
            drop_redacted(losses)
    if field is None:
        return
    wanted = dialect.replay_always or "tool_calls" in message
    if field == "thought_signature":
        _sign_call(wire, message, dialect, recall)
    elif field == "reasoning_details":
        found = _details(blocks, dialect, unsigned=wanted and dialect.replay_unsigned)
        if not found and wanted:
            found = _details(_remembered(message, recall), dialect, unsigned=dialect.replay_unsigned)
        if not found and wanted and (text := _placeholder(dialect, losses)):
            found = [{"type": "reasoning.text", "text": text}]
        if found:
            wire[field] = found
    elif wanted:
        known = _text(blocks, dialect) or _text(_remembered(message, recall), dialect)
        if told := known or _placeholder(dialect, losses):
            wire[field] = told


def is_replayed(wire: Json, message: UnifiedMessage, dialect: ChatDialect) -> bool:
    """Whether the thinking of a message is on its wire form, as text or in the signature of a call."""
    if dialect.replay_field != "thought_signature":
        return dialect.replay_field in wire
    return "tool_calls" in wire and any(_is_own(block, dialect) for block in message.get("thinking", ()))


def _is_own(block: ThinkingBlock, dialect: ChatDialect) -> bool:
    return block.get("issuer") == dialect.name


def _text(blocks: list[ThinkingBlock], dialect: ChatDialect) -> str:
    """The text that may go to this provider, in one piece."""
    return "".join(block["text"] for block in blocks if dialect.replay_unsigned or _is_own(block, dialect))


def _remembered(message: UnifiedMessage, recall: Recall) -> list[ThinkingBlock]:
    """The reasoning before the first call that is remembered, as the blocks the client had of it."""
    found = (recall(call["id"]) for call in message.get("tool_calls", ()))
    remembered = next((one for one in found if one is not None), None)
    if remembered is None:
        return []
    block: ThinkingBlock = {"text": remembered.text, "issuer": remembered.issuer}
    if "data" in _members(remembered.signature, "signature", "data"):
        return [block, {"text": "", "redacted": remembered.signature, "issuer": remembered.issuer}]
    if remembered.signature:
        block["signature"] = remembered.signature
    return [block]


def _placeholder(dialect: ChatDialect, losses: Losses) -> str | None:
    """What stands for reasoning that nobody knows any more, where the provider insists on some."""
    if dialect.replay_placeholder:
        losses.add("thinking.history", "emulated", "A placeholder stands for reasoning that is not known any more.")
    return dialect.replay_placeholder


def _details(blocks: list[ThinkingBlock], dialect: ChatDialect, *, unsigned: bool) -> list[Json]:
    """The blocks as `reasoning_details` (facts 29 to 31), in order. A signature is kept with the text it signs."""
    found: list[Json] = []
    for block in blocks:
        own = _is_own(block, dialect)
        if own and "redacted" in block:
            found.append({"type": "reasoning.encrypted", **_members(block["redacted"], "data", "format", "id")})
        elif own and "signature" in block:
            signed = _members(block["signature"], "signature", "format")
            found.append({"type": "reasoning.text", "text": block["text"], **signed})
        elif block["text"] and (own or unsigned):
            found.append({"type": "reasoning.text", "text": block["text"]})
    return found


def _members(payload: str, first: str, *others: str) -> Json:
    """The members of a signature that are known; a bare one is the first of them."""
    unpacked = unpack(payload, first)
    return {key: unpacked[key] for key in (first, *others) if isinstance(unpacked.get(key), str)}


def _sign_call(wire: Json, message: UnifiedMessage, dialect: ChatDialect, recall: Recall) -> None:
    """Gemini's signature stands on the first call of a turn (fact 34)."""
    calls = wire.get("tool_calls")
    if not calls:
        return
    blocks = message.get("thinking", ())
    own = next((block["signature"] for block in blocks if _is_own(block, dialect) and "signature" in block), None)
    if own is None and (remembered := recall(message["tool_calls"][0]["id"])) and remembered.issuer == dialect.name:
        own = remembered.signature
    calls[0]["extra_content"] = {"google": {"thought_signature": own or SKIP_SIGNATURE}}
