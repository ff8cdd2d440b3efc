"""The content of items: text, images and documents in the form of the wire.

What a provider takes, and what stands in the place of the rest, is the same as in chat completions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...losses import Losses
from ...unified import Json, Part
from ..chat.dialect import ChatDialect
from ..chat.parts import to_wire_parts, to_wire_text


def parts_of(content: str | list[Part] | None) -> list[Part]:
    """A message's content as parts."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return content or []


def to_input(parts: Iterable[Any], rules: ChatDialect, losses: Losses) -> list[Json]:
    """Every part as an input part: `input_text`, `input_image`, `input_file`."""
    return [_spelled(piece) for piece in to_wire_parts(parts, rules, losses)]


def to_texts(parts: Iterable[Any], rules: ChatDialect, losses: Losses) -> list[str]:
    """The texts of parts where only text may stand; anything else becomes a note in its place."""
    return [piece["text"] for piece in to_wire_text(parts, rules, losses)]


def input_text(text: str) -> Json:
    """A text of the user or of a tool."""
    return {"type": "input_text", "text": text}


def plain(parts: list[Json]) -> str | list[Json]:
    """The parts as content: a single text as a string, which every endpoint takes."""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "input_text" else parts


def _spelled(piece: Json) -> Json:
    """A chat part in this format's spelling. `detail` is what the schemas of some providers insist on."""
    if piece["type"] == "image_url":
        return {"type": "input_image", "image_url": piece["image_url"]["url"], "detail": "auto"}
    if piece["type"] == "file":
        file = piece["file"]
        if not file["file_data"].startswith("data:"):
            return {"type": "input_file", "file_url": file["file_data"]}
        return {"type": "input_file", "filename": file["filename"], "file_data": file["file_data"]}
    return input_text(piece["text"])
