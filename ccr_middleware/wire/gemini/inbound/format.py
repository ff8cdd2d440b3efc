"""Gemini's generateContent as a client's format. What reads and writes it is imported for the first such client."""

from __future__ import annotations

from ....losses import Losses
from ....unified import Json
from ...client import ClientFormat, ClientWriter, Inbound, WriterSettings
from .errors import error_body


def _read(body: Json, losses: Losses) -> Inbound:
    from .request import read_request

    return read_request(body, losses)


def _new_writer(settings: WriterSettings) -> ClientWriter:
    from .writer import GeminiWriter

    return GeminiWriter(settings)


#: Google's own clients take an empty line between events; a comment is to them a broken event.
GEMINI_CLIENT = ClientFormat("gemini", _read, _new_writer, error_body, waiting=b"\r\n")

#: A stream without `alt=sse` is one JSON array.
GEMINI_ARRAY_CLIENT = ClientFormat(
    "gemini", _read, _new_writer, error_body, content_type=b"application/json", waiting=b"\r\n"
)
