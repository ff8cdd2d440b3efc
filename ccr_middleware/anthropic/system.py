"""The top-level `system` prompt."""

from __future__ import annotations

from typing import Any

from ..errors import BadRequest
from ..losses import Losses
from ..unified import UnifiedMessage
from .content import Malformed, text_part, to_parts

#: Claude Code's attribution line. It changes with the conversation, so in front of a prompt it would spoil every
#: provider's prefix cache (failure-modes F9b, R7); only Anthropic has a use for it.
BILLING_HEADER = "x-anthropic-billing-header:"


def to_system(system: Any, losses: Losses) -> UnifiedMessage | None:
    """The first unified message, without the billing line; None when nothing is left to say. Raises BadRequest."""
    if system is None:
        return None
    if isinstance(system, str):
        text = strip_billing(system)
        return {"role": "system", "content": text} if text else None
    if not isinstance(system, list):
        raise BadRequest("system: must be a string or a list of text blocks")
    try:
        parts = to_parts(system, losses)
    except Malformed as error:
        raise BadRequest(error.at("system")) from None
    for position, part in enumerate(parts):
        if part["type"] == "text" and part["text"].startswith(BILLING_HEADER):
            parts[position] = text_part(strip_billing(part["text"]), dict(part))
    parts = [part for part in parts if part["type"] != "text" or part["text"]]
    return {"role": "system", "content": parts} if parts else None


def strip_billing(text: str) -> str:
    """A system text without the billing line it begins with, if it does."""
    if not text.startswith(BILLING_HEADER):
        return text
    return text.partition("\n")[2].lstrip("\n")
