"""Images and files of a client's message, in the forms that chat completions and Responses have in common."""

from __future__ import annotations

from binascii import Error as Base64Error

from ....errors import BadRequest
from ....fields import at, read_name, read_text
from ....losses import Losses
from ....unified import Json
from ...inbound.blocks import media_block, titled


def image_block(url: str, where: str, detail: object, losses: Losses) -> Json:
    """An image, by its `data:` URL or by an http(s) URL. Raises BadRequest naming the place."""
    if detail not in (None, "auto"):
        losses.add("image.detail", "dropped", "The model chooses the detail of an image itself.")
    if url.startswith(("http://", "https://")):
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, data = _data_url(url, where)
    return {"type": "image", "source": {"type": "base64", "media_type": media_type or "image/png", "data": data}}


def file_block(file: Json, place: str) -> Json:
    """A file as a document, document of text, or image, by its media type, or by its URL. Raises BadRequest naming the
    place, also for one that was uploaded: only OpenAI can read it."""
    refuse_upload(file, place, "file_data")
    title = read_text(file, "filename", place)
    if url := read_text(file, "file_url", place):
        return titled({"type": "document", "source": {"type": "url", "url": url}}, title)
    data, where = read_name(file, "file_data", place), at(place, "file_data")
    media_type = ""
    if data.startswith("data:"):
        media_type, data = _data_url(data, where)
    try:
        return media_block(media_type or _type_of(title), data, title)
    except (Base64Error, ValueError):
        raise BadRequest(f"{where}: must be base64, of UTF-8 text unless a media type says otherwise") from None


def refuse_upload(holder: Json, place: str, instead: str) -> None:
    """Raise BadRequest for what was uploaded. `instead`: the field to use."""
    if holder.get("file_id"):
        raise BadRequest(f"{place}.file_id: files uploaded to OpenAI cannot be read here; send {instead}")


def cache_mark(holder: Json) -> Json | None:
    """The `cache_control` of a part or message: gateways in front of Anthropic take it as it is, and OpenAI's
    `prompt_cache_breakpoint` means the same."""
    mark = holder.get("cache_control")
    if isinstance(mark, dict):
        return mark
    return {"type": "ephemeral"} if isinstance(holder.get("prompt_cache_breakpoint"), dict) else None


def _data_url(url: str, where: str) -> tuple[str, str]:
    """Media type (`""` when it names none) and base64 text of a `data:` URL."""
    head, comma, data = url.partition(",")
    media_type, *parameters = head.removeprefix("data:").split(";")
    if not head.startswith("data:") or not comma or "base64" not in parameters:
        raise BadRequest(f"{where}: must begin with https://, http:// or data:<type>;base64,")
    return media_type, data


def _type_of(filename: str) -> str:
    """The media type of a file that came without one. PDF is what the API was made for."""
    return "text/plain" if filename and not filename.lower().endswith(".pdf") else "application/pdf"
