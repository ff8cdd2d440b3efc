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
from ..pipeline import run
from ..reply import EventReply, MessageReply, Reply
from ..routing.facts import facts_of
from ..state import State
from ..targets import Snapshot
from ..translate.client import open_writer, read_as
from ..unified import Json
from ..wire.client import ClientFormat

log = logging.getLogger("ccr_middleware")


async def answer(request: Request, call: Call, state: State) -> None:
    """Answer a call, as a stream or as JSON.

    Raises `GatewayError` and `ClientLeft` as long as nothing was sent.
    """
    reply: Reply
    if call.streaming:
        streaming = call.snapshot.config.streaming
        reply = EventReply(request, call.client, call.writer, call.answer_headers, streaming)
    else:
        reply = MessageReply(request, call.writer, call.answer_headers)
    began = time.perf_counter()
    error: GatewayError | None = None
    with Presence(request.receive) as presence:
        try:
            await run(call, reply, presence, state)
        except GatewayError as problem:
            error = problem
            problem.headers.update(call.answer_headers())
            raise
        except ClientLeft:
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
            if log.isEnabledFor(logging.INFO):
                _log_call(call, time.perf_counter() - began, error)


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
    snapshot: Snapshot,
    state: State,
    request_id: str,
) -> Call:
    """The call for a request in the client's format; `raw` are the bytes of `body`, header names are in lower case.

    Raises `BadRequest`.
    """
    asked = read_as(client, body, request_id=request_id, created=int(time.time()), new_id=state.new_id)
    facts = facts_of(asked.body, headers, translated=not client.relays)
    return Call(
        id=request_id,
        raw=raw if asked.body is body else dumps(asked.body),
        body=asked.body,
        headers=headers,
        snapshot=snapshot,
        facts=facts,
        streaming=asked.body.get("stream") is True,
        asked_model=asked.settings.model,
        client=client,
        writer=open_writer(asked),
        reading_losses=asked.losses,
        losses=asked.losses,
        strict=snapshot.config.strict or headers.get("x-ccr-strict", "").lower() in ("1", "true"),
        session_id=facts.session_id,
    )


def _log_call(call: Call, seconds: float, error: GatewayError | None) -> None:
    """One line per call: what was asked, who answered and why, how it ended, what was lost on the way."""
    decision = call.decision
    target = f"{decision.provider},{decision.model} ({decision.scenario})" if decision else "nowhere"
    ending = f"{error.status} {error.message}" if error else call.stop_reason or "unfinished"
    usage = f"in {call.usage.get('input', 0)} out {call.usage.get('output', 0)}"
    losses = f", losses {call.losses.header()}" if len(call.losses) else ""
    log.info("%s %s -> %s: %s, %s, %.3f s%s", call.id, call.asked_model, target, ending, usage, seconds, losses)
    for loss in call.losses:
        log.debug("%s %s was %s: %s", call.id, *loss)
