"""How a provider is asked to think, and the items in which earlier reasoning goes back to it (F1, F10, C16).

A signature or opaque block of our own holds what sealed an item as a JSON object of `id` and `encrypted_content`
(`output_item.seal`). Nothing is stored at the provider, so an item is worth sending only with its encrypted content, or
where plain text is taken.
"""

from __future__ import annotations

from hashlib import sha256

from ...lenient import text_of
from ...losses import Losses
from ...unified import Json, Reasoning, Remembered, ThinkingBlock
from ..earlier_thinking import drop_redacted, omit_thinking, unpack
from ..efforts import nearest, report_unsaid, told_effort
from .dialect import ResponsesDialect

_ENCRYPTED = "reasoning.encrypted_content"


def to_wire_reasoning(wish: Reasoning | None, dialect: ResponsesDialect, losses: Losses, *, searches: bool) -> Json:
    """`reasoning` and `include`. `searches`: the provider is to search the web, which excludes the effort `minimal`.

    Thinking switched off is said only to models with a word for it; for others `reasoning` is left out.
    """
    wish = wish or {}
    reasoning: Json = {}
    effort = _effort(wish, dialect, losses)
    if effort == "minimal" and searches:
        effort = nearest("low", tuple(word for word in dialect.efforts if word != "minimal"))
    if effort:
        reasoning["effort"] = effort
    if wish.get("enabled") and dialect.summary != "none":
        reasoning["summary"] = dialect.summary
    fields: Json = {"reasoning": reasoning} if reasoning else {}
    if dialect.encrypted_reasoning:
        fields["include"] = [_ENCRYPTED]
    return fields


def _effort(wish: Reasoning, dialect: ResponsesDialect, losses: Losses) -> str | None:
    """The word for the depth; None leaves it to the model."""
    off = wish.get("enabled") is False
    if off and dialect.off_effort:
        return dialect.off_effort
    if off or not dialect.efforts or not (wish.get("enabled") or wish.get("effort")):
        report_unsaid(wish, losses)
        return None
    return told_effort(wish, dialect.efforts, losses) or nearest("medium", dialect.efforts)


def to_item(block: ThinkingBlock, dialect: ResponsesDialect, losses: Losses) -> Json | None:
    """The item of a thinking block; None when it cannot go back to this provider.

    Thinking of others is left out, as everywhere, and no answer depends on it; an opaque block is a loss, since nobody
    else can know what was in it.
    """
    own = block.get("issuer") == dialect.name
    payload = block.get("redacted") or block.get("signature") or ""
    item = _item(payload if own else "", block["text"], dialect, own)
    if item is None and "redacted" in block:
        drop_redacted(losses)
    elif item is None:
        omit_thinking(block, losses)
    return item


def remembered_item(remembered: Remembered, dialect: ResponsesDialect) -> Json | None:
    """The item of reasoning that the gateway remembers and the history does not have."""
    own = remembered.issuer == dialect.name
    return _item(remembered.signature if own else "", remembered.text, dialect, own)


def text_item(text: str) -> Json:
    """Reasoning as it was thought, in plain text; also what stands for reasoning that is not known any more."""
    return {"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": text}]}


def _item(payload: str, text: str, dialect: ResponsesDialect, own: bool) -> Json | None:
    """Encrypted reasoning with its text as the summary, or reasoning whose text is all there is."""
    held = unpack(payload)
    encrypted = text_of(held.get("encrypted_content"))
    if dialect.replay != "none" and encrypted:
        summary = [{"type": "summary_text", "text": text}] if text else []
        item: Json = {"type": "reasoning", "summary": summary, "encrypted_content": encrypted}
    elif dialect.replay == "text" and text and (own or dialect.replay_unsigned):
        item = text_item(text)
    else:
        return None
    if dialect.reasoning_ids:
        item["id"] = text_of(held.get("id")) or _made_id(encrypted or text)
    return item


def _made_id(text: str) -> str:
    """An id for an item that came without one, the same in every request."""
    return "rs_" + sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:48]
