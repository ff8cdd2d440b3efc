"""OpenAI Responses, as a client's format."""

from __future__ import annotations

from ...chat.inbound.errors import error_body
from ...client import ClientFormat
from .request import read
from .writer import ResponsesWriter

RESPONSES_CLIENT = ClientFormat(name="responses", read=read, new_writer=ResponsesWriter, error_body=error_body)
