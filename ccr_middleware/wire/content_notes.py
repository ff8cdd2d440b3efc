"""Content that a format or a message has no place for, and the texts that stand in its place."""

from __future__ import annotations

import re
from typing import Any

from ..losses import Losses
from ..unified import Part, TextPart
from .phrases import note


def text_only(part: Part, losses: Losses) -> TextPart:
    """A part where only text may stand: in system and assistant messages."""
    if part["type"] == "text":
        return part
    losses.add("content.misplaced", "dropped", "Only user messages may hold images and documents.")
    return in_place_of(part, "An image or document is not shown here: this message can hold text only.")


def unknown(part: Any, losses: Losses) -> TextPart:
    """A part of a kind that only a transformer can have made."""
    kind = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(part.get("type")))[:60]
    losses.add(f"content.{kind}", "dropped", "The wire format has no such content.")
    return in_place_of(part, f"Content of type {kind} is not shown here.")


def in_place_of(part: Any, text: str) -> TextPart:
    """A remark instead of a part, with its cache mark."""
    told: TextPart = {"type": "text", "text": note(text)}
    if mark := part.get("cache_control"):
        told["cache_control"] = mark
    return told
