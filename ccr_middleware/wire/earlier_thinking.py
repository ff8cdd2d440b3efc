"""Thinking of earlier turns on its way back: what a provider's own signature holds, and what cannot go back.

A signature or opaque block of a provider is kept as the reader of its answers packed it: the bare signature, or a JSON
object whose members the format knows.
"""

from __future__ import annotations

from ..jsonio import loads
from ..losses import Losses
from ..unified import Json, ThinkingBlock

#: Accepted by Gemini instead of a signature for calls it did not make (ai.google.dev thought signatures).
SKIP_SIGNATURE = "skip_thought_signature_validator"


def unpack(payload: str, bare: str | None = None) -> Json:
    """What a signature holds. A bare one is the member of that name (None: worth nothing), a damaged one nothing."""
    if not payload.startswith("{"):
        return {bare: payload} if bare and payload else {}
    try:
        unpacked = loads(payload)
    except ValueError:
        return {}
    return unpacked if isinstance(unpacked, dict) else {}


def omit_thinking(block: ThinkingBlock, losses: Losses) -> None:
    """Report earlier reasoning that does not go back: a provider takes none at all, or none but its own. Anthropic's
    own API leaves the thinking of earlier turns out as well."""
    if block["text"]:
        losses.add("thinking.history", "omitted", "The provider does not take this earlier reasoning back.")


def drop_redacted(losses: Losses) -> None:
    """Report an opaque block that does not go back: nobody else can ever know what was in it."""
    losses.add("thinking.redacted", "dropped", "Encrypted reasoning can be read by its maker only.")
