"""OpenAI Responses as a client's format. What reads and writes it is imported for the first such client."""

from __future__ import annotations

from ....losses import Losses
from ....unified import Json
from ...client import ClientFormat, ClientWriter, Inbound, WriterSettings
from ...openai.inbound.errors import error_body


def _read(body: Json, losses: Losses) -> Inbound:
    from .request import read_request

    return read_request(body, losses)


def _new_writer(settings: WriterSettings) -> ClientWriter:
    from .writer import ResponsesWriter

    return ResponsesWriter(settings)


RESPONSES_CLIENT = ClientFormat("responses", _read, _new_writer, error_body)
