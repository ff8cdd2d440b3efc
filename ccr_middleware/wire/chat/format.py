"""Chat completions, as a wire format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..format import Endpoint, WireFormat
from ..urls import endpoint_url
from .chunks import ChatChunks
from .dialect import ChatDialect
from .dialects import dialect_for
from .request import build_chat_body
from .stream import ChatReader


def _url(endpoint: Endpoint) -> str:
    return endpoint_url(endpoint.base_url, "chat")


def _dialect(base_url: str, model: str, overrides: Mapping[str, Any], max_output_tokens: int | None) -> ChatDialect:
    return dialect_for(base_url, model, overrides, max_output_tokens=max_output_tokens)


CHAT: WireFormat[ChatDialect] = WireFormat(
    name="chat",
    url=_url,
    dialect_for=_dialect,
    build=build_chat_body,
    new_decoder=ChatChunks,
    new_reader=ChatReader,
)
