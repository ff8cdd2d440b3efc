"""Content blocks of a Messages request, made of what other formats have."""

from __future__ import annotations

from base64 import b64decode

from ...unified import Json

#: Asks for what a client may demand without a schema: that the answer is JSON.
JSON_ONLY = "Answer with one valid JSON object and nothing else: no code fence and no text around it."

#: Anthropic's web search, the tool that stands for everybody's.
WEB_SEARCH: Json = {"type": "web_search_20250305", "name": "web_search"}


def text_block(text: str) -> Json:
    """A block of text."""
    return {"type": "text", "text": text}


def media_block(media_type: str, data: str, title: str = "") -> Json:
    """The block for base64 data of a media type. Raises ValueError for text that is no base64 of UTF-8."""
    source = {"type": "base64", "media_type": media_type, "data": data}
    if media_type.startswith("image/"):
        return {"type": "image", "source": source}
    if media_type.startswith("text/") or media_type in ("application/json", "application/xml"):
        source = {"type": "text", "media_type": "text/plain", "data": b64decode(data).decode("utf-8")}
    return titled({"type": "document", "source": source}, title)


def titled(document: Json, title: str) -> Json:
    """A document with its title, if it has one."""
    return document | {"title": title} if title else document
