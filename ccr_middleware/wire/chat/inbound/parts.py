"""Content parts of chat messages to content blocks: text, images, files.

| part                               | block                                                                |
|------------------------------------|----------------------------------------------------------------------|
| `text`                             | text; an empty one is left out                                       |
| `image_url`                        | image, by its `data:` URL or by an http(s) URL                       |
| `file` with `file_data`            | document (PDF and others), document of text, or image, by media type |
| `file` with `file_id`              | refused: only OpenAI can read what was uploaded there                |
| `input_audio` and any other        | refused: an answer that passes over it would be wrong                |

Parts of the Responses API (`input_text`, `input_image`) are taken too: clients mix them up. `cache_control`, as
gateways in front of Anthropic take it, stays; OpenAI's `prompt_cache_breakpoint` becomes one.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Callable
from typing import Any

from ....errors import BadRequest
from ....lenient import text_of
from ....losses import Losses
from ....unified import Json
from .fields import at, entries, read_name, read_text

_TEXTS = frozenset({"text", "input_text", "output_text"})


def read_content(holder: Json, path: str, losses: Losses, *, only_text: bool = False) -> list[Json]:
    """The blocks of a message's `content`: a string, a list of parts, or null."""
    content = holder.get("content")
    if content is None or isinstance(content, str):
        blocks = [text_block(content)] if content else []
    elif isinstance(content, list):
        blocks = _blocks(content, at(path, "content"), losses, only_text)
    else:
        raise BadRequest(f"{at(path, 'content')}: must be a string or a list of parts")
    if blocks and (mark := _cache_mark(holder)):
        blocks[-1]["cache_control"] = mark
    return blocks


def text_block(text: str) -> Json:
    """A block of text."""
    return {"type": "text", "text": text}


def _blocks(parts: list[Any], path: str, losses: Losses, only_text: bool) -> list[Json]:
    blocks: list[Json] = []
    for place, part in entries(parts, path):
        kind = text_of(part.get("type")) or ("text" if "text" in part else "")
        if kind in _TEXTS:
            text = read_text(part, "text", place)
            block = text_block(text) if text else None
        elif kind == "refusal":
            text = read_text(part, "refusal", place)
            block = text_block(text) if text else None
        elif only_text or kind not in _MEDIA:
            raise BadRequest(_unknown(kind, place, only_text))
        else:
            block = _MEDIA[kind](part, place, losses)
        if block is not None:
            if mark := _cache_mark(part):
                block["cache_control"] = mark
            blocks.append(block)
    return blocks


def _unknown(kind: str, place: str, only_text: bool) -> str:
    if kind == "input_audio" and not only_text:
        return f"{place}.input_audio: audio cannot be given to the models behind this gateway; send a transcript"
    allowed = "text" if only_text else "text, image_url or file"
    return f"{place}.type: must be {allowed}"


def _cache_mark(holder: Json) -> Json | None:
    mark = holder.get("cache_control")
    if isinstance(mark, dict):
        return mark
    return {"type": "ephemeral"} if isinstance(holder.get("prompt_cache_breakpoint"), dict) else None


# -- images and files ----------------------------------------------------------------------------------------


def media_block(media_type: str, data: str, title: str = "") -> Json:
    """The block for base64 data of a media type. Raises ValueError for text that is no base64 of UTF-8."""
    source = {"type": "base64", "media_type": media_type, "data": data}
    if media_type.startswith("image/"):
        return {"type": "image", "source": source}
    if media_type.startswith("text/") or media_type in ("application/json", "application/xml"):
        source = {"type": "text", "media_type": "text/plain", "data": b64decode(data).decode("utf-8")}
    document: Json = {"type": "document", "source": source}
    return document | {"title": title} if title else document


def _image(part: Json, place: str, losses: Losses) -> Json:
    image = part.get("image_url")
    url, where = image, at(place, "image_url")
    if isinstance(image, dict):
        url, where = image.get("url"), f"{where}.url"
    detail = image.get("detail") if isinstance(image, dict) else part.get("detail")
    if detail not in (None, "auto"):
        losses.add("image_url.detail", "dropped", "The model chooses the detail of an image itself.")
    if not isinstance(url, str) or not url:
        raise BadRequest(f"{where}: must be a URL")
    if url.startswith(("http://", "https://")):
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, data = _data_url(url, where)
    return {"type": "image", "source": {"type": "base64", "media_type": media_type or "image/png", "data": data}}


def _data_url(url: str, where: str) -> tuple[str, str]:
    """Media type (`""` when it names none) and base64 text of a `data:` URL."""
    head, comma, data = url.partition(",")
    if not head.startswith("data:") or not comma or not head.endswith(";base64"):
        raise BadRequest(f"{where}: must begin with https://, http:// or data:<type>;base64,")
    return head[len("data:") :].partition(";")[0], data


def _file(part: Json, place: str, losses: Losses) -> Json:
    file = part.get("file")
    where = f"{place}.file"
    if not isinstance(file, dict):
        file, where = part, place  # the form of the Responses API
    if file.get("file_id"):
        raise BadRequest(f"{where}.file_id: files uploaded to OpenAI cannot be read here; send file_data")
    data, title = read_name(file, "file_data", where), read_text(file, "filename", where)
    media_type = ""
    if data.startswith("data:"):
        media_type, data = _data_url(data, f"{where}.file_data")
    try:
        return media_block(media_type or _type_of(title), data, title)
    except (Base64Error, ValueError):
        raise BadRequest(f"{where}.file_data: must be base64 of UTF-8 text for this media type") from None


def _type_of(filename: str) -> str:
    """The media type of a file that came without one. PDF is what the API was made for."""
    return "text/plain" if filename.endswith((".txt", ".md", ".csv", ".json", ".html", ".xml")) else "application/pdf"


_MEDIA: dict[str, Callable[[Json, str, Losses], Json]] = {
    "image_url": _image,
    "input_image": _image,
    "file": _file,
    "input_file": _file,
}
