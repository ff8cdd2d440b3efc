"""`POST /v1/chat/completions` and `POST /v1/responses`: the gateway for clients of OpenAI."""

from __future__ import annotations

from ..http import Request
from ..wire.chat.inbound.format import CHAT_CLIENT
from ..wire.client import ClientFormat
from ..wire.responses.inbound.format import RESPONSES_CLIENT
from .answering import answer, make_call, parse_body
from .visit import Visit


async def chat_completions(request: Request, visit: Visit) -> None:
    """Answer a chat completions request, as a stream or as JSON."""
    await _answer(CHAT_CLIENT, request, visit)


async def responses(request: Request, visit: Visit) -> None:
    """Answer a Responses request, as a stream or as JSON. Nothing is stored."""
    await _answer(RESPONSES_CLIENT, request, visit)


async def _answer(client: ClientFormat, request: Request, visit: Visit) -> None:
    raw = await request.body(visit.snapshot.config.max_body_bytes)
    await answer(request, make_call(request.headers, raw, parse_body(raw), client, visit), visit.state)
