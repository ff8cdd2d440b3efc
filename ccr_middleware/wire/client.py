"""What a client's format consists of: requests in it are read into Messages requests, and answers written from
Anthropic events. No I/O.

Inside the gateway every request is a Messages request, so that routing, fallback, keys and agents exist once. The
formats of other clients live beside the provider's side, in `wire/<format>/inbound/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ..errors import GatewayError
from ..losses import Losses
from ..unified import Event, Json


class Inbound(NamedTuple):
    """A request as a Messages body (with `stream` true or false), and what its answer has to say of it again
    (`echo`; its form belongs to the format)."""

    body: Json
    echo: Json


class WriterSettings(NamedTuple):
    """What the writer of an answer must be told.

    - `request_id`: `req_…`; ids of the format are made from it by replacing the prefix.
    - `model`: as the client asked for it; "": the one that answers is named. `created`: unix time in seconds.
    - `echo`: from `Inbound`.
    - `new_id`: makes a unique id with the prefix given.
    """

    request_id: str
    model: str
    created: int
    echo: Json
    new_id: Callable[[str], str]


class ClientWriter(Protocol):
    """Writes one answer, as a stream of bytes or as one document. The events given are complete and in order."""

    def feed(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events; empty when they say nothing in this format. Pings are turned into something
        harmless that keeps the connection alive."""

    def finish(self) -> bytes:
        """What closes a stream after `message_stop`."""

    def fail(self, error: GatewayError) -> bytes:
        """What ends a stream that broke off, instead of `finish`."""

    def whole(self, message: Json) -> Json:
        """The document for a whole Anthropic message."""


@dataclass(frozen=True, slots=True)
class ClientFormat:
    """One client format.

    - `read(body, losses)` raises `BadRequest` that names the place; what Messages cannot say is reported to `losses`.
    - `error_body(error, request_id)` is what an HTTP error answer holds.
    - `content_type`: of a streamed answer. `waiting`: what keeps it alive before it has begun.
    - `relays`: the format is Anthropic's own, so the bytes of an Anthropic provider may pass as they are.
    """

    name: str
    read: Callable[[Json, Losses], Inbound]
    new_writer: Callable[[WriterSettings], ClientWriter]
    error_body: Callable[[GatewayError, str | None], Json]
    content_type: bytes = b"text/event-stream; charset=utf-8"
    waiting: bytes = b": waiting for the provider\n\n"
    relays: bool = False
