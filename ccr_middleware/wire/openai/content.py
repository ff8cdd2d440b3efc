"""What of a message's content an endpoint takes. What it does not take becomes a note in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ...losses import Losses
from ...unified import DocumentPart, Part, TextPart
from ..content_notes import in_place_of, text_only, unknown
from .dialect import OpenAIDialect


def taken_parts(parts: Iterable[Any], dialect: OpenAIDialect, losses: Losses) -> Iterator[Part]:
    """The parts that can be sent, without empty texts. Documents have the name of a file as their `title`."""
    for part in parts:
        if part["type"] == "text":
            if part["text"]:
                yield part
        elif part["type"] == "image_url":
            yield part if dialect.images else _unseen(part, losses)
        elif part["type"] == "document":
            yield _document(part, dialect, losses)
        else:  # what a transformer made
            yield unknown(part, losses)


def taken_texts(parts: Iterable[Part], dialect: OpenAIDialect, losses: Losses) -> Iterator[TextPart]:
    """Like `taken_parts` where only text may stand: in system and assistant messages."""
    return (text_only(part, losses) for part in taken_parts(parts, dialect, losses))


def _unseen(part: Part, losses: Losses) -> TextPart:
    losses.add("image", "dropped", "This model cannot see images.")
    return in_place_of(part, "An image was here. It is not shown, since this model cannot see images.")


def _document(part: DocumentPart, dialect: OpenAIDialect, losses: Losses) -> Part:
    name, url = _file_name(part.get("title") or "", part["media_type"]), part["url"]
    inline = url.startswith("data:")
    if dialect.documents == "file" and (dialect.document_urls or inline):
        return {**part, "title": name}
    losses.add("document", "dropped", "This provider does not take documents.")
    place = "" if inline else f" from {url}"
    text = f"The document {name}{place} was here. It is not shown, since this model cannot read documents."
    return in_place_of(part, text)


def _file_name(title: str, media_type: str) -> str:
    """A file name with the ending of its type: OpenAI goes by it."""
    name = re.sub(r"[\x00-\x1f/\\]+", " ", title).strip()[:100] or "document"
    ending = "." + media_type.partition(";")[0].rpartition("/")[2].rpartition(".")[2].rpartition("+")[2]
    return name if name.lower().endswith(ending.lower()) else name + ending
