"""The wire formats as a provider writes them: a `Writer` for whole answers, and builders for odd ones, per format.

from ccr_middleware.testing.wires import chat
chat.sse(chat.text("Hel"), chat.text("lo"), chat.finish("stop"))        # bytes of a stream
"""

from __future__ import annotations

from collections.abc import Mapping

from ...wire.format import WireName
from .base import Writer
from .chat import ChatWriter
from .gemini import GeminiWriter
from .messages import MessagesWriter
from .responses import ResponsesWriter

#: The writer of each wire format.
WRITERS: Mapping[WireName, type[Writer]] = {
    "chat": ChatWriter,
    "messages": MessagesWriter,
    "responses": ResponsesWriter,
    "gemini": GeminiWriter,
}
