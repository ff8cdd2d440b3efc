"""The content of messages as Gemini's parts: text, and media as bytes or by address.

Kinds of media that Gemini answers with 400 "Unsupported MIME type" become a note in their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ...losses import Losses
from ...unified import Json, Part, parts_of
from ..content_notes import text_only, unknown
from ..phrases import note

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
_ENDINGS = {"png": "image/png", "webp": "image/webp", "heic": "image/heic", "heif": "image/heif", "gif": "image/gif"}
#: What may stand in a `functionResponse` (ai.google.dev function calling, multimodal responses).
_IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain"})


def to_parts(content: str | list[Part] | None, losses: Losses) -> list[Json]:
    """Every part of a user's content, in order."""
    return [wire for part in parts_of(content) if (wire := _to_part(part, losses)) is not None]


def to_texts(parts: Iterable[Part], losses: Losses) -> list[Json]:
    """The texts of parts where only text may stand; anything else becomes a note in its place."""
    return [text_part(text) for part in parts if (text := text_only(part, losses)["text"])]


def text_part(text: str) -> Json:
    """A text, of a message or of ours."""
    return {"text": text}


def fits_result(part: Json) -> bool:
    """Whether a part may stand in the `parts` of a function's response."""
    return "inlineData" in part and part["inlineData"]["mimeType"] in _IN_RESULTS


def _to_part(part: Any, losses: Losses) -> Json | None:
    if part["type"] == "text":
        return text_part(part["text"]) if part["text"] else None
    if part["type"] == "image_url":
        return _image(part["image_url"]["url"], losses)
    if part["type"] == "document":
        return _document(part, losses)
    return text_part(unknown(part, losses)["text"])


def _image(url: str, losses: Losses) -> Json:
    media_type, data = _split(url)
    if data is None:
        media_type = _ENDINGS.get(_ending(url), "image/jpeg")
    if media_type in _IMAGES:
        return _media(media_type, url, data)
    losses.add("image", "dropped", "Gemini sees PNG, JPEG, WebP, HEIC and HEIF only.")
    return _note(f"An image of type {media_type} was here. It is not shown, since this model cannot see such images.")


def _document(part: Any, losses: Losses) -> Json:
    url = part["url"]
    media_type, data = _split(url)
    media_type = media_type or _essence(part["media_type"])
    if media_type == "application/pdf" or media_type.startswith("text/"):
        return _media(media_type, url, data)
    losses.add("document", "dropped", "Gemini reads PDF and text only.")
    name = part.get("title") or "document"
    return _note(f"The file {name} of type {media_type} was here. It is not shown, since this model cannot read it.")


def _note(text: str) -> Json:
    return text_part(note(text))


def _media(media_type: str, url: str, data: str | None) -> Json:
    if data is None:
        return {"fileData": {"mimeType": media_type, "fileUri": url}}
    return {"inlineData": {"mimeType": media_type, "data": data}}


def _split(url: str) -> tuple[str, str | None]:
    """Media type and base64 of a `data:` URL; of any other URL nothing."""
    if not url.startswith("data:"):
        return "", None
    head, _, data = url[len("data:") :].partition(",")
    return _essence(head), data


def _essence(media_type: str) -> str:
    """The type without parameters; `image/jpg` is what many people call JPEG."""
    essence = media_type.partition(";")[0].strip().lower()
    return "image/jpeg" if essence == "image/jpg" else essence


def _ending(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:
        path = url
    return path.rpartition(".")[2].lower()


def texts_of(parts: Iterable[Json]) -> list[str]:
    """The texts among parts."""
    return [part["text"] for part in parts if "text" in part]
