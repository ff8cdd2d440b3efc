"""Chat completions, as a wire format."""

from __future__ import annotations

from ..format import Endpoint, WireFormat
from ..urls import endpoint_url
from .chunks import ChatChunks
from .dialect import ChatDialect, dialect_for
from .reader import ChatReader
from .request import build_chat_body


def _url(endpoint: Endpoint) -> str:
    return endpoint_url(endpoint.base_url, "chat")


CHAT: WireFormat[ChatDialect] = WireFormat(
    name="chat",
    url=_url,
    dialect_for=dialect_for,
    build=build_chat_body,
    new_decoder=ChatChunks,
    new_reader=ChatReader,
)
