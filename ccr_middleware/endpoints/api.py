"""The endpoints for programs that manage the gateway."""

from __future__ import annotations

from functools import partial

from anyio import to_thread

from .. import explain as explaining
from ..extensions.listing import list_transformers
from ..http import Request, send_json
from ..state import State
from ..targets import Snapshot
from ..wire.messages import MESSAGES_CLIENT
from .answering import make_call, parse_body


async def transformers(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /api/transformers`: which there are, with their options, and what is wrong with one's own."""
    listed = await to_thread.run_sync(
        partial(list_transformers, snapshot.config, snapshot.registry, snapshot.broken, snapshot.mask)
    )
    await send_json(request, {"transformers": listed}, {"request-id": request_id})


async def explain(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`POST /api/explain`: what would become of a Messages request. Nobody is asked for an answer."""
    raw = await request.body(snapshot.config.max_body_bytes)
    call = make_call(request.headers, raw, parse_body(raw), MESSAGES_CLIENT, snapshot, state, request_id)
    await send_json(request, await explaining.explain(call, state), {"request-id": request_id})


async def target_health(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /api/health/targets`: how every target is."""
    await send_json(request, {"targets": state.resilience.snapshot(snapshot.config)}, {"request-id": request_id})
