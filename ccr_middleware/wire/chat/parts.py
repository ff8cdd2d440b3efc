"""The content of messages: text, images and documents in the form of the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ...losses import Losses
from ...unified import Json, Part
from .dialect import ChatDialect
from .tools import cache_mark

#: Between the texts of a message where they are sent as one string.
PARAGRAPH = "\n\n"


def to_wire_parts(parts: Iterable[Any], dialect: ChatDialect, losses: Losses) -> list[Json]:
    """Every part in the form of the wire; what the provider does not take becomes a note in its place."""
    wire: list[Json] = []
    for part in parts:
        if part["type"] == "text":
            if not part["text"]:
                continue
            piece: Json = {"type": "text", "text": part["text"]}
        elif part["type"] == "image_url":
            piece = _image(part["image_url"]["url"], dialect, losses)
        elif part["type"] == "document":
            piece = _document(part, dialect, losses)
        else:
            piece = _unknown(part, losses)
        if dialect.cache_control and (mark := part.get("cache_control")):
            piece["cache_control"] = cache_mark(mark, dialect)
        wire.append(piece)
    return wire


def plain_text(content: str | list[Part] | None, dialect: ChatDialect) -> str | None:
    """The content when it is one piece of text and may be sent as a string, which nearly all of it is."""
    if isinstance(content, str):
        return content
    if content and len(content) == 1 and content[0]["type"] == "text" and not dialect.cache_control:
        return content[0]["text"]
    return None


def to_wire_text(parts: Iterable[Any], dialect: ChatDialect, losses: Losses) -> list[Json]:
    """Like `to_wire_parts` where only text may stand: in system and assistant messages."""
    wire = to_wire_parts(parts, dialect, losses)
    for position, piece in enumerate(wire):
        if piece["type"] != "text":
            losses.add("content.misplaced", "dropped", "Only user messages may hold images and documents.")
            wire[position] = note("An image or document is not shown here: this message can hold text only.")
    return wire


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
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def note(text: str) -> Json:
    """A remark of ours to the model."""
    return {"type": "text", "text": f"[{text}]"}


def _image(url: str, dialect: ChatDialect, losses: Losses) -> Json:
    if dialect.images:
        return {"type": "image_url", "image_url": {"url": url}}
    losses.add("image", "dropped", "This model cannot see images.")
    return note("An image was here. It is not shown, since this model cannot see images.")


def _document(part: Any, dialect: ChatDialect, losses: Losses) -> Json:
    name = _file_name(part.get("title") or "", part["media_type"])
    url = part["url"]
    if dialect.documents == "file" and (dialect.document_urls or url.startswith("data:")):
        return {"type": "file", "file": {"filename": name, "file_data": url}}
    losses.add("document", "dropped", "This provider does not take documents.")
    place = "" if url.startswith("data:") else f" from {url}"
    return note(f"The document {name}{place} was here. It is not shown, since this model cannot read documents.")


def _file_name(title: str, media_type: str) -> str:
    """A file name with the ending of its type: OpenAI goes by it."""
    name = re.sub(r"[\x00-\x1f/\\]+", " ", title).strip()[:100] or "document"
    ending = "." + media_type.partition(";")[0].rpartition("/")[2].rpartition(".")[2].rpartition("+")[2]
    return name if name.lower().endswith(ending.lower()) else name + ending


def _unknown(part: Any, losses: Losses) -> Json:
    kind = re.sub(r"[^A-Za-z0-9_.-]+", "_", str(part.get("type")))[:60]
    losses.add(f"content.{kind}", "dropped", "The wire format has no such content.")
    return note(f"Content of type {kind} is not shown here.")
