"""Content of messages and of tool outputs: the parts of Responses as content blocks of Messages.

| part                                    | block                                                                  |
|-----------------------------------------|------------------------------------------------------------------------|
| `input_text`, `output_text`, `text`     | text; annotations are the client's to show, the model never saw them   |
| `refusal`                               | text                                                                   |
| `input_image` with `image_url`          | image, from base64 or from its URL                                     |
| `input_file` with `file_data`           | document or image by media type, see `media_block`                     |
| `input_file` with `file_url`            | document, from its URL                                                 |
| any `file_id`                           | refused: the file is with OpenAI                                       |
| anything else                           | refused: an answer that passes over it would be wrong                  |

Empty texts are left out: Anthropic refuses them. `prompt_cache_breakpoint` becomes a cache mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....errors import BadRequest
from ....lenient import as_list, text_of
from ....losses import Losses
from ....unified import Json
from ...chat.inbound.fields import at, entries, read_name, read_text
from ...chat.inbound.parts import media_block, text_block


def read_parts(content: Any, path: str, losses: Losses) -> list[Json]:
    """The blocks of a content that is a string, a list of parts, or null. Raises BadRequest naming the place."""
    if content is None or isinstance(content, str):
        return [text_block(content)] if content else []
    if not isinstance(content, list):
        raise BadRequest(f"{path}: must be a string or a list of parts")
    blocks = []
    for place, part in entries(content, path):
        if (block := _read_part(part, place, losses)) is not None:
            if isinstance(part.get("prompt_cache_breakpoint"), dict):
                block["cache_control"] = {"type": "ephemeral"}
            blocks.append(block)
    return blocks


def is_parts(value: Any) -> bool:
    """Whether a value is a list of parts that `read_parts` knows."""
    kinds = [text_of(part.get("type")) if isinstance(part, dict) else "" for part in as_list(value)]
    return isinstance(value, list) and all(kind in _READERS for kind in kinds)


def _read_part(part: Json, place: str, losses: Losses) -> Json | None:
    reader = _READERS.get(read_text(part, "type", place))
    if reader is None:
        raise BadRequest(f"{place}.type: must be one of {', '.join(_READERS)}")
    return reader(part, place, losses)


def _text(part: Json, place: str, losses: Losses) -> Json | None:
    text = read_text(part, "text", place)
    return text_block(text) if text else None


def _refusal(part: Json, place: str, losses: Losses) -> Json | None:
    text = read_text(part, "refusal", place)
    return text_block(text) if text else None


def _image(part: Json, place: str, losses: Losses) -> Json:
    _refuse_file_id(part, place, "image_url")
    url, where = read_name(part, "image_url", place), at(place, "image_url")
    if part.get("detail") not in (None, "auto"):
        losses.add("image.detail", "dropped", "The model chooses the detail of an image itself.")
    if not url.startswith("data:"):
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, data = _split_data_url(url, where)
    return {"type": "image", "source": {"type": "base64", "media_type": media_type, "data": data}}


def _file(part: Json, place: str, losses: Losses) -> Json:
    _refuse_file_id(part, place, "file_data or file_url")
    title = read_text(part, "filename", place)
    if url := read_text(part, "file_url", place):
        block: Json = {"type": "document", "source": {"type": "url", "url": url}}
        return block | {"title": title} if title else block
    data, where = read_name(part, "file_data", place), at(place, "file_data")
    media_type = "application/pdf"  # what a file is that does not say
    if data.startswith("data:"):
        media_type, data = _split_data_url(data, where)
    elif title and not title.lower().endswith(".pdf"):
        media_type = "text/plain"
    try:
        return media_block(media_type, data, title)
    except ValueError:
        raise BadRequest(f"{where}: must be base64 of UTF-8 text, or of a PDF with its media type") from None


def _refuse_file_id(part: Json, place: str, instead: str) -> None:
    if part.get("file_id"):
        raise BadRequest(f"{place}.file_id: files uploaded to OpenAI cannot be read here; send {instead}")


def _split_data_url(url: str, where: str) -> tuple[str, str]:
    """Media type without parameters, and the base64 text."""
    head, comma, data = url.removeprefix("data:").partition(",")
    media_type, *parameters = head.split(";")
    if not comma or not media_type or "base64" not in parameters:
        raise BadRequest(f"{where}: must be a URL, or begin with data:<type>;base64,")
    return media_type, data


_READERS: dict[str, Callable[[Json, str, Losses], Json | None]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
}
