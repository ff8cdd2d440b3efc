"""Thinking as reasoning items, and back.

A client without a server-side memory sends reasoning items back as it got them, and only `encrypted_content` is sure
to survive: Codex leaves the item's id out. So a thinking block's signature travels there behind a mark that tells it
from what OpenAI itself would have put there, and a redacted block behind another one.

| Anthropic block                     | reasoning item                                               |
|-------------------------------------|--------------------------------------------------------------|
| `thinking`, signed                  | one summary part, `encrypted_content: ccr.thinking:<sig>`    |
| `thinking`, signed, without text    | no summary part, the same                                    |
| `thinking`, unsigned                | one summary part, `encrypted_content: null`                  |
| `redacted_thinking`                 | no summary part, `encrypted_content: ccr.redacted:<data>`    |
"""

from __future__ import annotations

from ....lenient import dicts, text_of
from ....losses import Losses
from ....unified import Json

#: No signature of Anthropic's or of ours, and nothing OpenAI encrypted, has a colon in it.
_THINKING = "ccr.thinking:"
_REDACTED = "ccr.redacted:"


def seal_thinking(signature: str) -> str | None:
    """`encrypted_content` of a thinking block; None for an unsigned one."""
    return _THINKING + signature if signature else None


def seal_redacted(data: str) -> str:
    """`encrypted_content` of a redacted block."""
    return _REDACTED + data


def to_block(item: Json, losses: Losses) -> Json | None:
    """The thinking block a reasoning item was made of; None when it says nothing to anybody but its issuer.

    Reasoning encrypted by somebody else keeps its text and has no signature, so that nobody is shown one that is not
    theirs (failure-modes F10).
    """
    sealed = text_of(item.get("encrypted_content"))
    if sealed.startswith(_REDACTED):
        return {"type": "redacted_thinking", "data": sealed.removeprefix(_REDACTED)}
    signature = sealed.removeprefix(_THINKING) if sealed.startswith(_THINKING) else ""
    text = _text(item)
    if sealed and not signature:
        losses.add("reasoning.foreign", "dropped", "Reasoning encrypted by another provider cannot be read here.")
    if not text and not signature:
        return None
    return {"type": "thinking", "thinking": text, "signature": signature}


def _text(item: Json) -> str:
    """The summary, else the reasoning text; parts of other providers come without separators (fixtures fact 44)."""
    for field in ("summary", "content"):
        if texts := [text for part in dicts(item.get(field)) if (text := text_of(part.get("text")))]:
            return "\n\n".join(texts)
    return ""
