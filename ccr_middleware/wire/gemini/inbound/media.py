"""`inlineData` and `fileData` to content blocks: images, PDF, text."""

from __future__ import annotations

from binascii import Error as Base64Error

from ....errors import BadRequest
from ....fields import at, read_name, read_text
from ....unified import Json
from ...inbound.blocks import media_block
from .proto import camel
from .thoughts import standard_base64

_SUPPORTED = ("image/", "text/", "application/pdf", "application/json", "application/xml")


def inline_block(data: Json, path: str) -> Json:
    """The block for bytes in the request."""
    data = camel(data)
    media_type = _media_type(data, path)
    try:
        encoded = standard_base64(read_name(data, "data", path))
        return media_block(media_type, encoded, read_text(data, "displayName", path))
    except (Base64Error, ValueError):
        raise BadRequest(f"{at(path, 'data')}: must be base64 of UTF-8 text for this media type") from None


def file_block(data: Json, path: str) -> Json:
    """The block for a file on the web. What was uploaded to Google, only Google can read."""
    data = camel(data)
    media_type, uri = _media_type(data, path), read_name(data, "fileUri", path)
    if not uri.startswith(("https://", "http://")) or "generativelanguage.googleapis.com" in uri:
        raise BadRequest(f"{at(path, 'fileUri')}: only files on the open web can be read here; send inlineData")
    source = {"type": "url", "url": uri}
    if media_type.startswith("image/"):
        return {"type": "image", "source": source}
    if media_type == "application/pdf":
        return {"type": "document", "source": source}
    raise BadRequest(f"{at(path, 'mimeType')}: a file on the web must be an image or a PDF; send inlineData")


def _media_type(data: Json, path: str) -> str:
    media_type = read_name(data, "mimeType", path)
    if media_type.startswith(_SUPPORTED):
        return media_type
    raise BadRequest(
        f"{at(path, 'mimeType')}: {media_type[:60]!a} cannot be given to the models behind this gateway; "
        "send images, PDF or text"
    )
