"""Gemini's generateContent as a client's format."""

from __future__ import annotations

from ...client import ClientFormat
from .errors import error_body
from .request import read_request
from .writer import GeminiWriter

#: Google's own clients take an empty line between events; a comment is to them a broken event.
GEMINI_CLIENT = ClientFormat("gemini", read_request, GeminiWriter, error_body, waiting=b"\r\n")

#: A stream without `alt=sse` is one JSON array.
GEMINI_ARRAY_CLIENT = ClientFormat(
    "gemini", read_request, GeminiWriter, error_body, content_type=b"application/json", waiting=b"\r\n"
)
