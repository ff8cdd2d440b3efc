"""`POST /v1/messages` and `POST /v1/messages/count_tokens`."""

from __future__ import annotations

from ..counting import count_as_routed
from ..http import Request, send_json
from ..translate.client import check_messages
from ..wire.messages import MESSAGES_CLIENT
from .answering import answer, make_call, parse_body
from .visit import Visit


async def messages(request: Request, visit: Visit) -> None:
    """Answer a Messages request, as a stream or as JSON."""
    raw = await request.body(visit.snapshot.config.max_body_bytes)
    call = make_call(request.headers, raw, parse_body(raw), MESSAGES_CLIENT, visit)
    await answer(request, call, visit.state)


async def count_tokens(request: Request, visit: Visit) -> None:
    """How many tokens a request has, for the model it would go to. Answers for any model."""
    body = parse_body(await request.body(visit.snapshot.config.max_body_bytes))
    check_messages(body)
    tokens = await count_as_routed(body, request.headers, visit.snapshot, visit.state)
    await send_json(request, {"input_tokens": tokens}, {"request-id": visit.id})
