"""The small endpoints: is it there, is it well."""

from __future__ import annotations

from .. import __version__
from ..http import Request, send_bytes, send_json
from ..state import State
from ..targets import Snapshot


async def root(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET|HEAD /`: name and version."""
    await send_json(request, {"message": "ccr_middleware", "version": __version__}, {"request-id": request_id})


async def health(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /health`: up, and what the configuration was warned about."""
    body = {"status": "ok", "version": __version__, "warnings": len(snapshot.config.warnings)}
    await send_json(request, body, {"request-id": request_id})


async def hello(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`HEAD /api/hello`: Claude Code asks this to see whether there is a network."""
    await send_bytes(request, 200, b"", {"request-id": request_id}, b"text/plain")
