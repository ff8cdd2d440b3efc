"""OpenAI Responses, as a wire format."""

from __future__ import annotations

from ..format import WireFormat
from .chunks import ResponsesChunks
from .dialect import ResponsesDialect, dialect_for
from .reader import ResponsesReader
from .request import build_responses_body
from .url import endpoint_url

RESPONSES: WireFormat[ResponsesDialect] = WireFormat(
    name="responses",
    url=endpoint_url,
    dialect_for=dialect_for,
    build=build_responses_body,
    new_decoder=ResponsesChunks,
    new_reader=ResponsesReader,
)
