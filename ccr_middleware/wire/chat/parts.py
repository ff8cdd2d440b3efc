"""The content of messages: text, images and documents in the form of the wire."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...losses import Losses
from ...unified import Json, Part
from ..openai.content import taken_parts, taken_texts
from ..phrases import PARAGRAPH
from .dialect import ChatDialect


def to_wire_parts(parts: Iterable[Part], dialect: ChatDialect, losses: Losses) -> list[Json]:
    """Every part in the form of the wire; what the provider does not take becomes a note in its place."""
    return [_to_wire(part, dialect) for part in taken_parts(parts, dialect, losses)]


def to_wire_text(parts: Iterable[Part], dialect: ChatDialect, losses: Losses) -> list[Json]:
    """Like `to_wire_parts` where only text may stand: in system and assistant messages."""
    return [_to_wire(part, dialect) for part in taken_texts(parts, dialect, losses)]


def plain_text(content: str | list[Part] | None, dialect: ChatDialect) -> str | None:
    """The content when it is one piece of text and may be sent as a string, which nearly all of it is."""
    if isinstance(content, str):
        return content
    if content and len(content) == 1 and content[0]["type"] == "text" and not dialect.cache_control:
        return content[0]["text"]
    return None


def collapse(parts: Sequence[Json], dialect: ChatDialect) -> str | list[Json]:
    """The parts as content: one string when they are all text, which is what every endpoint takes.

    Where cache marks matter they stay parts: the mark moves on with every turn, and the form of a message must not
    change with it, or the provider would not find the prefix in its cache.
    """
    if dialect.cache_control:
        return list(parts)
    texts = [part["text"] for part in parts if part["type"] == "text"]
    return PARAGRAPH.join(texts) if len(texts) == len(parts) else list(parts)


def as_parts(content: str | list[Json]) -> list[Json]:
    """The other way round."""
    return [text_part(content)] if isinstance(content, str) else content


def text_part(text: str) -> Json:
    """A text of ours."""
    return {"type": "text", "text": text}


def cache_mark(mark: Json, dialect: ChatDialect) -> Json:
    """A `cache_control` as the provider takes it; a `ttl` only where that is known (failure-modes F6)."""
    return mark if dialect.cache_ttl else {key: value for key, value in mark.items() if key != "ttl"}


def _to_wire(part: Part, dialect: ChatDialect) -> Json:
    if part["type"] == "text":
        wire = text_part(part["text"])
    elif part["type"] == "image_url":
        wire = {"type": "image_url", "image_url": {"url": part["image_url"]["url"]}}
    else:
        wire = {"type": "file", "file": {"filename": part["title"], "file_data": part["url"]}}
    if dialect.cache_control and (mark := part.get("cache_control")):
        wire["cache_control"] = cache_mark(mark, dialect)
    return wire
