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

from typing import Any

from ....errors import BadRequest
from ....fields import at, entries, read_text
from ....lenient import as_dict, text_of
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import text_block
from ...openai.inbound.media import cache_mark, file_block, image_block

#: Type of a part of text -> its field.
_TEXTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}


def read_content(holder: Json, path: str, losses: Losses, *, only_text: bool = False) -> list[Json]:
    """The blocks of a message's `content`: a string, a list of parts, or null."""
    content = holder.get("content")
    if content is None or isinstance(content, str):
        blocks = [text_block(content)] if content else []
    elif isinstance(content, list):
        blocks = _blocks(content, at(path, "content"), losses, only_text)
    else:
        raise BadRequest(f"{at(path, 'content')}: must be a string or a list of parts")
    if blocks and (mark := cache_mark(holder)):
        blocks[-1]["cache_control"] = mark
    return blocks


def _blocks(parts: list[Any], path: str, losses: Losses, only_text: bool) -> list[Json]:
    blocks: list[Json] = []
    for place, part in entries(parts, path):
        kind = text_of(part.get("type")) or ("text" if "text" in part else "")
        if kind in _TEXTS:
            text = read_text(part, _TEXTS[kind], place)
            block = text_block(text) if text else None
        elif kind in ("image_url", "input_image") and not only_text:
            block = _image(part, place, losses)
        elif kind in ("file", "input_file") and not only_text:
            file = part.get("file")  # the form of the Responses API has none
            block = file_block(file, f"{place}.file") if isinstance(file, dict) else file_block(part, place)
        else:
            raise BadRequest(_unknown(kind, place, only_text))
        if block is not None:
            if mark := cache_mark(part):
                block["cache_control"] = mark
            blocks.append(block)
    return blocks


def _unknown(kind: str, place: str, only_text: bool) -> str:
    if kind == "input_audio" and not only_text:
        return f"{place}.input_audio: audio cannot be given to the models behind this gateway; send a transcript"
    allowed = "text" if only_text else "text, image_url or file"
    return f"{place}.type: must be {allowed}"


def _image(part: Json, place: str, losses: Losses) -> Json:
    """By its URL, which is a string, or an object beside which `detail` stands (Responses has it in the part)."""
    image, where = part.get("image_url"), at(place, "image_url")
    url, where = (image.get("url"), f"{where}.url") if isinstance(image, dict) else (image, where)
    if not isinstance(url, str) or not url:
        raise BadRequest(f"{where}: must be a URL")
    return image_block(url, where, (as_dict(image) or part).get("detail"), losses)
