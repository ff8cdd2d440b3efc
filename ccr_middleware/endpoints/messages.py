"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from ..counting import count_as_routed
from ..http import Request, send_json
from ..state import State
from ..targets import Snapshot
from ..translate.client import check_messages
from ..wire.messages import MESSAGES_CLIENT
from .answering import answer, make_call, parse_body


async def messages(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """Answer a Messages request, as a stream or as JSON."""
    raw = await request.body(snapshot.config.max_body_bytes)
    call = make_call(request.headers, raw, parse_body(raw), MESSAGES_CLIENT, snapshot, state, request_id)
    await answer(request, call, state)


async def count_tokens(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """How many tokens a request has, for the model it would go to. Answers for any model."""
    body = parse_body(await request.body(snapshot.config.max_body_bytes))
    check_messages(body)
    tokens = await count_as_routed(body, request.headers, snapshot, state)
    await send_json(request, {"input_tokens": tokens}, {"request-id": request_id})
