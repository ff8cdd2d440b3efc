"""Anthropic Messages, as a client's format: what everything inside is made for, so there is nothing to convert."""

from __future__ import annotations

from collections.abc import Iterable

from ..anthropic.events import frame
from ..errors import GatewayError
from ..jsonio import dumps
from ..losses import Losses
from ..unified import Event, Json
from .client import ClientFormat, Inbound, WriterSettings


def error_body(error: GatewayError, request_id: str | None) -> Json:
    """An error the way Anthropic tells it."""
    body: Json = {"type": "error", "error": {"type": error.type, "message": error.message}}
    if error.details:
        body["error"]["details"] = dict(error.details)
    if request_id:
        body["request_id"] = request_id
    return body


class MessagesWriter:
    """Frames events; a whole answer is the message."""

    __slots__ = ("_request_id",)

    def __init__(self, settings: WriterSettings) -> None:
        self._request_id = settings.request_id

    def feed(self, events: Iterable[Event]) -> bytes:
        """Events as they are sent."""
        return frame(events)

    def finish(self) -> bytes:
        """Nothing: the stream ends on `message_stop`."""
        return b""

    def fail(self, error: GatewayError) -> bytes:
        """An honest end: an error event, and no message_stop."""
        return b"event: error\ndata: " + dumps(error_body(error, self._request_id)) + b"\n\n"

    def whole(self, message: Json) -> Json:
        """The message."""
        return message


def _read(body: Json, losses: Losses) -> Inbound:
    return Inbound(body, {})


MESSAGES_CLIENT = ClientFormat(
    name="messages", read=_read, new_writer=MessagesWriter, error_body=error_body, relays=True
)
