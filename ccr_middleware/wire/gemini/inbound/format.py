"""Gemini's generateContent as a client's format."""

from __future__ import annotations

from ...client import ClientFormat
from .errors import error_body
from .request import read_request
from .writer import GeminiWriter

#: A stream without `alt=sse` is `application/json` instead.
GEMINI_CLIENT = ClientFormat("gemini", read_request, GeminiWriter, error_body)
