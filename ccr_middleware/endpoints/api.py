"""The endpoints for programs that manage the gateway."""

from __future__ import annotations

from functools import partial

from anyio import to_thread

from .. import explain as explaining
from ..extensions.listing import list_transformers
from ..http import Request, send_json
from ..wire.messages import MESSAGES_CLIENT
from .answering import make_call, parse_body
from .visit import Endpoint, Table, Visit


async def transformers(request: Request, visit: Visit) -> None:
    """`GET /api/transformers`: which there are, with their options, and what is wrong with one's own."""
    snapshot = visit.snapshot
    listed = await to_thread.run_sync(
        partial(list_transformers, snapshot.config, snapshot.registry, snapshot.broken, snapshot.mask)
    )
    await send_json(request, {"transformers": listed}, {"request-id": visit.id})


async def explain(request: Request, visit: Visit) -> None:
    """`POST /api/explain`: what would become of a Messages request. Nobody is asked for an answer."""
    raw = await request.body(visit.snapshot.config.max_body_bytes)
    call = make_call(request.headers, raw, parse_body(raw), MESSAGES_CLIENT, visit)
    await send_json(request, await explaining.explain(call, visit.state), {"request-id": visit.id})


async def target_health(request: Request, visit: Visit) -> None:
    """`GET /api/health/targets`: how every target is."""
    targets = visit.state.resilience.snapshot(visit.snapshot.config)
    await send_json(request, {"targets": targets}, {"request-id": visit.id})


ENDPOINTS: Table = {
    "/api/explain": {"POST": Endpoint(explain, "admin")},
    "/api/health/targets": {"GET": Endpoint(target_health, "admin")},
    "/api/transformers": {"GET": Endpoint(transformers, "admin")},
}
