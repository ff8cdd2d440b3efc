"""The client's side: requests of other formats to Messages requests, Anthropic's answers to theirs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

from ..errors import BadRequest, GatewayError
from ..losses import Losses
from ..unified import Json
from ..wire.client import ClientFormat, ClientWriter, WriterSettings
from ..wire.messages import MESSAGES_CLIENT

#: The formats a client can speak.
ClientName = Literal["messages", "chat", "responses", "gemini"]


def new_id(prefix: str) -> str:
    """A unique id, `prefix` in front."""
    return prefix + secrets.token_hex(12)


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """A client's request as a Messages body.

    `losses`: what Messages cannot say of it. `client` and `settings` are what answers to it are written with.
    """

    body: Json
    losses: Losses
    client: ClientFormat
    settings: WriterSettings


def read_request(
    body: Json,
    client: ClientName,
    *,
    created: int | None = None,
    new_id: Callable[[str], str] = new_id,
) -> ClientRequest:
    """A request in the client's format, as a Messages request. It is not changed.

    Gemini's clients say some things in the URL; these belong into the body: `model`, `stream` (true for
    `streamGenerateContent`) and `alt`. `created`: unix time in seconds that answers show, None: now. Raises
    BadRequest naming the place.
    """
    if not isinstance(body, dict):
        raise BadRequest("the request must be a JSON object")
    created = int(time.time()) if created is None else created
    return read_as(client_format(client), body, request_id=new_id("req_"), created=created, new_id=new_id)


def read_as(
    client: ClientFormat, body: Json, *, request_id: str, created: int, new_id: Callable[[str], str]
) -> ClientRequest:
    """`read_request` for a format that is known already."""
    losses = Losses()
    inbound = client.read(body, losses)
    check_messages(inbound.body)
    model = inbound.body.get("model")
    if model is not None and not isinstance(model, str):
        raise BadRequest("model: must be a string")
    return ClientRequest(
        inbound.body, losses, client, WriterSettings(request_id, model or "", created, inbound.echo, new_id)
    )


def check_messages(body: Json) -> None:
    """Raise BadRequest when there is nothing to answer."""
    if not isinstance(body.get("messages"), list):
        raise BadRequest("messages: is missing" if "messages" not in body else "messages: must be a list")


def write_answer(message: Json, request: ClientRequest) -> Json:
    """A whole Anthropic message as the document this client waits for."""
    return request.client.new_writer(request.settings).whole(message)


def open_writer(request: ClientRequest, *, names_routed: bool = False) -> ClientWriter:
    """The writer of one streamed answer: `feed` events, then `finish`, or `fail` with the error that ended it.

    `names_routed`: the answer names the model that the events name, not the one that was asked for.
    """
    settings = request.settings
    return request.client.new_writer(settings._replace(model="") if names_routed else settings)


def write_error(error: GatewayError, request: ClientRequest) -> Json:
    """The body of an HTTP error answer to this client; the status is `error.status`."""
    return request.client.error_body(error, request.settings.request_id)


def client_format(name: ClientName) -> ClientFormat:
    """The format of that name, imported when it is first needed. Raises ValueError for any other."""
    if name == "messages":
        return MESSAGES_CLIENT
    if name == "chat":
        from ..wire.chat.inbound.format import CHAT_CLIENT

        return CHAT_CLIENT
    if name == "responses":
        from ..wire.responses.inbound.format import RESPONSES_CLIENT

        return RESPONSES_CLIENT
    if name == "gemini":
        from ..wire.gemini.inbound.format import GEMINI_CLIENT

        return GEMINI_CLIENT
    raise ValueError(f"there is no client format {name!r}; there are {', '.join(get_args(ClientName))}")
