"""The endpoints for programs that manage the gateway."""

from __future__ import annotations

from functools import partial

from anyio import to_thread

from ..extensions.listing import list_transformers
from ..http import Request, send_json
from ..state import State
from ..targets import Snapshot


async def transformers(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /api/transformers`: which there are, with their options, and what is wrong with one's own."""
    listed = await to_thread.run_sync(
        partial(list_transformers, snapshot.config, snapshot.registry, snapshot.broken, snapshot.mask)
    )
    await send_json(request, {"transformers": listed}, {"request-id": request_id})
