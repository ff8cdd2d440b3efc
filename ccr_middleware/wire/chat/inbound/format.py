"""OpenAI chat completions as a client's format."""

from __future__ import annotations

from ...client import ClientFormat
from .errors import error_body
from .request import read_request
from .writer import ChatWriter

CHAT_CLIENT = ClientFormat("chat", read_request, ChatWriter, error_body)
