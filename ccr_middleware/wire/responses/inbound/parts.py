"""Content of messages and of tool outputs: the parts of Responses as content blocks of Messages.

| part                                    | block                                                                  |
|-----------------------------------------|------------------------------------------------------------------------|
| `input_text`, `output_text`, `text`     | text; annotations are the client's to show, the model never saw them   |
| `refusal`                               | text                                                                   |
| `input_image` with `image_url`          | image, from base64 or from its URL                                     |
| `input_file` with `file_data`           | document or image by media type, see `file_block`                      |
| `input_file` with `file_url`            | document, from its URL                                                 |
| any `file_id`                           | refused: the file is with OpenAI                                       |
| anything else                           | refused: an answer that passes over it would be wrong                  |

Empty texts are left out: Anthropic refuses them. `prompt_cache_breakpoint` becomes a cache mark.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....errors import BadRequest
from ....fields import at, entries, read_name, read_text
from ....lenient import as_list, text_of
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import text_block
from ...openai.inbound.media import cache_mark, file_block, image_block, refuse_upload


def read_parts(content: Any, path: str, losses: Losses) -> list[Json]:
    """The blocks of a content that is a string, a list of parts, or null. Raises BadRequest naming the place."""
    if content is None or isinstance(content, str):
        return [text_block(content)] if content else []
    if not isinstance(content, list):
        raise BadRequest(f"{path}: must be a string or a list of parts")
    blocks = []
    for place, part in entries(content, path):
        if (block := _read_part(part, place, losses)) is not None:
            if mark := cache_mark(part):
                block["cache_control"] = mark
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
    refuse_upload(part, place, "image_url")
    return image_block(read_name(part, "image_url", place), at(place, "image_url"), part.get("detail"), losses)


def _file(part: Json, place: str, losses: Losses) -> Json:
    return file_block(part, place)


_READERS: dict[str, Callable[[Json, str, Losses], Json | None]] = {
    "input_text": _text,
    "output_text": _text,
    "text": _text,
    "refusal": _refusal,
    "input_image": _image,
    "input_file": _file,
}
