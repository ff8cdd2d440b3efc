"""The content of items: text, images and documents in the form of the wire."""

from __future__ import annotations

from collections.abc import Iterable

from ...losses import Losses
from ...unified import Json, Part
from ..openai.content import taken_parts, taken_texts
from .dialect import ResponsesDialect


def to_input(parts: Iterable[Part], dialect: ResponsesDialect, losses: Losses) -> list[Json]:
    """Every part as an input part: `input_text`, `input_image`, `input_file`."""
    return [_to_input(part) for part in taken_parts(parts, dialect, losses)]


def to_texts(parts: Iterable[Part], dialect: ResponsesDialect, losses: Losses) -> list[str]:
    """The texts of parts where only text may stand; anything else becomes a note in its place."""
    return [part["text"] for part in taken_texts(parts, dialect, losses)]


def input_text(text: str) -> Json:
    """A text of the user or of a tool."""
    return {"type": "input_text", "text": text}


def plain(parts: list[Json]) -> str | list[Json]:
    """The parts as content: a single text as a string, which every endpoint takes."""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "input_text" else parts


def _to_input(part: Part) -> Json:
    """`detail` is what the schemas of some providers insist on."""
    if part["type"] == "text":
        return input_text(part["text"])
    if part["type"] == "image_url":
        return {"type": "input_image", "image_url": part["image_url"]["url"], "detail": "auto"}
    if not part["url"].startswith("data:"):
        return {"type": "input_file", "file_url": part["url"]}
    return {"type": "input_file", "filename": part["title"], "file_data": part["url"]}
