"""Gemini's `generateContent`, as a wire format (Google AI Studio and Vertex)."""

from __future__ import annotations

from ..format import WireFormat
from .chunks import GeminiChunks
from .dialect import GeminiDialect, dialect_for
from .reader import GeminiReader
from .request import build_gemini_body
from .url import endpoint_url

GEMINI: WireFormat[GeminiDialect] = WireFormat(
    name="gemini",
    url=endpoint_url,
    dialect_for=dialect_for,
    build=build_gemini_body,
    new_decoder=GeminiChunks,
    new_reader=GeminiReader,
    streams_arrays=True,
    auth="x-goog-api-key",
)
