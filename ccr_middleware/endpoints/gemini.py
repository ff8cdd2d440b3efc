"""`POST /v1beta/models/{model}:{action}`: the gateway for clients of Gemini."""

from __future__ import annotations

from urllib.parse import unquote

from ..counting import count_as_routed
from ..errors import NotFound
from ..http import Request, send_json
from ..losses import Losses
from ..unified import Json
from ..wire.gemini.inbound.format import GEMINI_ARRAY_CLIENT, GEMINI_CLIENT
from .answering import answer, make_call, parse_body
from .visit import Visit


async def generate(request: Request, visit: Visit) -> None:
    """Answer `generateContent`, `streamGenerateContent` and `countTokens`."""
    model, _, action = unquote(request.path.partition("/models/")[2]).rpartition(":")
    body = parse_body(await request.body(visit.snapshot.config.max_body_bytes))
    if action == "countTokens":
        await _count_tokens(request, body, model, visit)
        return
    if action not in ("generateContent", "streamGenerateContent"):
        raise NotFound(f"{action} is not known; generateContent, streamGenerateContent and countTokens are")
    stream, alt = action == "streamGenerateContent", request.query.get("alt", "")
    client = GEMINI_ARRAY_CLIENT if stream and alt != "sse" else GEMINI_CLIENT
    body |= {"model": model, "stream": stream, "alt": alt}
    await answer(request, make_call(request.headers, b"", body, client, visit), visit.state)


async def _count_tokens(request: Request, body: Json, model: str, visit: Visit) -> None:
    """The size of `contents`, or of a whole request under `generateContentRequest`."""
    asked = body.get("generateContentRequest")
    asked = asked if isinstance(asked, dict) else body
    inbound = GEMINI_CLIENT.read({**asked, "model": model, "stream": False, "alt": ""}, Losses())
    tokens = await count_as_routed(inbound.body, request.headers, visit.snapshot, visit.state)
    await send_json(request, {"totalTokens": tokens}, {"request-id": visit.id})
