"""`POST /v1beta/models/{model}:{action}`: the gateway for clients of Gemini."""

from __future__ import annotations

from urllib.parse import unquote

from ..counting import count_as_routed
from ..errors import NotFound
from ..http import Request, send_json
from ..losses import Losses
from ..state import State
from ..targets import Snapshot
from ..unified import Json
from ..wire.gemini.inbound.format import GEMINI_ARRAY_CLIENT, GEMINI_CLIENT
from .answering import answer, make_call, parse_body


async def generate(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """Answer `generateContent`, `streamGenerateContent` and `countTokens`."""
    model, _, action = unquote(request.path.partition("/models/")[2]).rpartition(":")
    body = parse_body(await request.body(snapshot.config.max_body_bytes))
    if action == "countTokens":
        await _count_tokens(request, body, model, snapshot, state, request_id)
        return
    if action not in ("generateContent", "streamGenerateContent"):
        raise NotFound(f"{action} is not known; generateContent, streamGenerateContent and countTokens are")
    stream, alt = action == "streamGenerateContent", request.query.get("alt", "")
    client = GEMINI_ARRAY_CLIENT if stream and alt != "sse" else GEMINI_CLIENT
    body |= {"model": model, "stream": stream, "alt": alt}
    await answer(request, make_call(request.headers, b"", body, client, snapshot, state, request_id), state)


async def _count_tokens(
    request: Request, body: Json, model: str, snapshot: Snapshot, state: State, request_id: str
) -> None:
    """The size of `contents`, or of a whole request under `generateContentRequest`."""
    asked = body.get("generateContentRequest")
    asked = asked if isinstance(asked, dict) else body
    inbound = GEMINI_CLIENT.read({**asked, "model": model, "stream": False, "alt": ""}, Losses())
    tokens = await count_as_routed(inbound.body, request.headers, snapshot, state)
    await send_json(request, {"totalTokens": tokens}, {"request-id": request_id})
