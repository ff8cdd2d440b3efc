"""One client request answered: from its body to the log line. The same for every client format."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping

from ..call import Call
from ..errors import BadRequest, GatewayError, InternalError
from ..http import ClientLeft, Request
from ..jsonio import dumps, loads
from ..patience import Presence
from ..permission import limited
from ..pipeline import run
from ..plugged import plug, tapped
from ..recording import Recording
from ..reply import EventReply, MessageReply, Reply
from ..routing.facts import facts_of
from ..state import State
from ..translate.client import open_writer, read_as
from ..unified import Json
from ..wire.client import ClientFormat
from .visit import Visit

log = logging.getLogger("ccr_middleware")


async def answer(request: Request, call: Call, state: State) -> None:
    """Answer a call, as a stream or as JSON.

    Raises `GatewayError` and `ClientLeft` as long as nothing was sent.
    """
    plug(call)
    recording = Recording(call, state)
    if recording.bodies is not None:
        request.on_body = recording.bodies.response
    reply = tapped(call, _reply_to(request, call))
    error: GatewayError | None = None
    left = False
    try:
        with Presence(request.receive) as presence, limited(call, state):
            await run(call, reply, presence, state)
    except GatewayError as problem:
        error = problem
        problem.headers.update(call.answer_headers())
        raise
    except ClientLeft:
        left = True
        log.info("%s the client left", call.id)
        if not reply.started:
            raise
    except Exception:
        log.exception("%s failed", call.id)
        error = InternalError("the gateway failed on this request; its log tells why")
        if not reply.started:
            raise error from None
        await reply.fail(error)
    finally:
        await recording.end(error or call.broken, left=left)


def _reply_to(request: Request, call: Call) -> Reply:
    if not call.streaming:
        return MessageReply(request, call.writer, call.answer_headers)
    streaming = call.snapshot.config.streaming
    return EventReply(request, call.client, call.writer, call.answer_headers, streaming)


def parse_body(raw: bytes) -> Json:
    """The JSON object of a body. Raises `BadRequest` that says what it is instead."""
    if not raw:
        raise BadRequest("the request has no body; a JSON object is expected")
    try:
        body = loads(raw)
    except ValueError as problem:
        raise BadRequest(f"the body is not JSON: {problem}") from None
    if not isinstance(body, dict):
        raise BadRequest("the body must be a JSON object")
    return body


def make_call(
    headers: Mapping[str, str],
    raw: bytes,
    body: Json,
    client: ClientFormat,
    visit: Visit,
) -> Call:
    """The call for a request in the client's format; `raw` are the bytes of `body`, header names are in lower case.

    Raises `BadRequest`.
    """
    asked = read_as(client, body, request_id=visit.id, created=int(time.time()), new_id=visit.state.new_id)
    facts = facts_of(asked.body, headers, translated=not client.relays, principal=visit.caller.id)
    return Call(
        id=visit.id,
        raw=raw if asked.body is body else dumps(asked.body),
        body=asked.body,
        headers=headers,
        snapshot=visit.snapshot,
        caller=visit.caller,
        facts=facts,
        streaming=asked.body.get("stream") is True,
        asked_model=asked.settings.model,
        client=client,
        writer=open_writer(asked, names_routed=visit.snapshot.config.response_model == "routed"),
        reading_losses=asked.losses,
        losses=asked.losses,
        strict=visit.snapshot.config.strict or headers.get("x-ccr-strict", "").lower() in ("1", "true"),
        session_id=facts.session_id,
    )
