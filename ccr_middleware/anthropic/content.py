"""Content blocks to unified parts: text, images, documents, and everything else as text.

What a block says is never dropped silently and never a reason to refuse: a kind nobody knows becomes bounded JSON
text (failure-modes F6, F9f). Refused (`Malformed`) is only what cannot mean anything, such as an image whose source
is a number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..lenient import as_dict, dicts, text_of
from ..losses import Losses
from ..unified import DocumentPart, ImagePart, Json, Part, TextPart
from .server_blocks import bounded_json, describe


class Malformed(Exception):
    """A block that is not what it must be. Whoever loops over blocks adds the position on the way out."""

    def __init__(self, problem: str, *path: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def inside(self, *outer: str | int) -> None:
        """Put the path of the surrounding value in front."""
        self.path = (*outer, *self.path)

    def at(self, *outer: str | int) -> str:
        """`messages.3.content.0.text: must be a string`."""
        return f"{'.'.join(str(step) for step in (*outer, *self.path))}: {self.problem}"


def to_parts(blocks: list[Any], losses: Losses) -> list[Part]:
    """The parts of a list of blocks, in order. Raises Malformed."""
    parts: list[Part] = []
    for position, block in enumerate(blocks):
        try:
            add_parts(block, parts, losses)
        except Malformed as error:
            error.inside(position)
            raise
    return parts


def add_parts(block: Any, parts: list[Part], losses: Losses) -> None:
    """Append the parts of one block. Empty text gives none. Raises Malformed."""
    kind = kind_of(block)
    if kind == "text":
        if text := string(block, "text"):
            parts.append(text_part(text, block))
        return
    convert = _CONVERTERS.get(kind)
    if convert is not None:
        convert(block, parts, losses)
    else:
        _tell(block, kind, parts, losses)


def kind_of(block: Any) -> str:
    """The type of a block, `""` when it has none."""
    if not isinstance(block, dict):
        raise Malformed("must be an object with a type")
    kind = block.get("type")
    return kind if isinstance(kind, str) else ""


def string(block: Json, key: str) -> str:
    """A string member; absent and null are empty."""
    value = block.get(key)
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    raise Malformed("must be a string", key)


def text_part(text: str, block: Json) -> TextPart:
    """A text part with the cache mark of the block it comes from."""
    part: TextPart = {"type": "text", "text": text}
    if "cache_control" in block and isinstance(cache := block["cache_control"], dict):
        part["cache_control"] = cache
    return part


def mark_cache(parts: Sequence[Part], block: Json) -> None:
    """Put the cache mark of a block on the last of its parts."""
    cache = block.get("cache_control")
    if parts and isinstance(cache, dict):
        parts[-1]["cache_control"] = cache


def _source(block: Json) -> Json:
    source = block.get("source")
    if not isinstance(source, dict):
        raise Malformed("must be an object with a type", "source")
    return source


def _data_url(source: Json) -> str:
    """A `data:` URL; clients that already send one in `data` keep theirs."""
    data, media_type = source.get("data"), source.get("media_type")
    if not isinstance(data, str) or not data:
        raise Malformed("must be base64 text", "source", "data")
    if data.startswith("data:"):
        return data
    if not isinstance(media_type, str) or not media_type:
        raise Malformed("must be a media type like image/png", "source", "media_type")
    return f"data:{media_type};base64,{data}"


def _url(source: Json) -> str:
    url = source.get("url")
    if not isinstance(url, str) or not url:
        raise Malformed("must be a URL", "source", "url")
    return url


def _image(block: Json, parts: list[Part], losses: Losses) -> None:
    source = _source(block)
    kind = source.get("type")
    if kind == "base64" or kind == "url":
        part: ImagePart = {"type": "image_url", "image_url": {"url": (_data_url if kind == "base64" else _url)(source)}}
        parts.append(part)
        mark_cache(parts, block)
    else:
        _unreachable_file("image", source, block, parts, losses)


def _unreachable_file(what: str, source: Json, block: Json, parts: list[Part], losses: Losses) -> None:
    """A file kept in Anthropic's Files API: nobody else can read it, so the model is told that it is missing."""
    losses.add(f"{what}.file", "dropped", f"The {what} was uploaded to Anthropic, where no other provider can read it.")
    identifier = text_of(source.get("file_id"))
    name = f" {identifier}" if identifier else ""
    parts.append(text_part(f"[{what}{name}: this file is not available here]", block))


def _document(block: Json, parts: list[Part], losses: Losses) -> None:
    source = _source(block)
    if as_dict(block.get("citations")).get("enabled") is True:
        losses.add("document.citations", "dropped", "The answer will not cite the document.")
    kind = source.get("type")
    if kind == "base64" or kind == "url":
        _binary_document(block, source, parts)
    elif kind == "text" or kind == "content":
        losses.add("document.text", "emulated", "The document is sent as text.")
        _text_document(block, source, parts, losses)
    else:
        _unreachable_file("document", source, block, parts, losses)


def _binary_document(block: Json, source: Json, parts: list[Part]) -> None:
    part: DocumentPart = {
        "type": "document",
        "url": (_data_url if source.get("type") == "base64" else _url)(source),
        "media_type": text_of(source.get("media_type")) or "application/pdf",
    }
    if title := string(block, "title"):
        part["title"] = title
    if context := string(block, "context"):
        parts.append({"type": "text", "text": context})
    parts.append(part)
    mark_cache(parts, block)


def _text_document(block: Json, source: Json, parts: list[Part], losses: Losses) -> None:
    """A document that is text: what heads it, then its content, which may hold images."""
    title, context = string(block, "title"), string(block, "context")
    heading = "\n".join([f"[document: {title}]" if title else "[document]", *([context] if context else [])])
    key = "data" if source.get("type") == "text" else "content"
    content = source.get(key)
    if isinstance(content, str):
        parts.append(text_part(f"{heading}\n{content}", block))
        return
    if not isinstance(content, list):
        raise Malformed("must be a string or a list", "source", key)
    parts.append({"type": "text", "text": heading})
    try:
        parts.extend(to_parts(content, losses))
    except Malformed as error:
        error.inside("source", key)
        raise
    mark_cache(parts, block)


def _search_result(block: Json, parts: list[Part], losses: Losses) -> None:
    losses.add("search_result", "emulated", "The search result is sent as text.")
    texts = [text for item in dicts(block.get("content")) if (text := text_of(item.get("text")))]
    heading = f"[search result: {string(block, 'title')}]\n{string(block, 'source')}"
    parts.append(text_part("\n".join([heading, *texts]), block))


def _tool_reference(block: Json, parts: list[Part], losses: Losses) -> None:
    """Claude Code's ToolSearch answers with references; the tools themselves are in `tools` from then on (R4)."""
    losses.add("tool_reference", "emulated", "Loaded tools are named in text.")
    parts.append(text_part(f"Tool loaded: {string(block, 'tool_name')}", block))


def _web_fetch_result(block: Json, parts: list[Part], losses: Losses) -> None:
    _tell(block, "web_fetch_tool_result", parts, losses)
    document = as_dict(block.get("content")).get("content")
    if isinstance(document, dict):
        try:
            add_parts(document, parts, losses)
        except Malformed as error:
            error.inside("content", "content")
            raise


def _container_upload(block: Json, parts: list[Part], losses: Losses) -> None:
    losses.add("container_upload", "dropped", "There is no code execution container to put the file into.")
    parts.append(text_part(describe(block) or "", block))


def _tell(block: Json, kind: str, parts: list[Part], losses: Losses) -> None:
    """A server tool's block in words, any other as JSON."""
    text = describe(block)
    if text is None:
        losses.add("block.unknown", "emulated", f"A block of type {kind[:40]!a} is sent as JSON text.")
        text = bounded_json(block)
    elif text:
        losses.add(f"block.{kind}", "emulated", "What a server tool did is told in text.")
    if text:
        parts.append(text_part(text, block))


_CONVERTERS: dict[str, Callable[[Json, list[Part], Losses], None]] = {
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "tool_reference": _tool_reference,
    "web_fetch_tool_result": _web_fetch_result,
    "container_upload": _container_upload,
}
