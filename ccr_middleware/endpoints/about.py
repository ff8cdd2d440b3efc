"""The small endpoints: is it there, is it well."""

from __future__ import annotations

from .. import __version__
from ..http import Request, send_bytes, send_json
from ..unified import Json
from .visit import Visit

_CONFIG_ERROR = "the configuration file cannot be used as it is now; the configuration before it is in use"


async def root(request: Request, visit: Visit) -> None:
    """`GET|HEAD /`: name and version."""
    await send_json(request, {"message": "ccr_middleware", "version": __version__}, {"request-id": visit.id})


async def health(request: Request, visit: Visit) -> None:
    """`GET /health`: up, how many warnings the configuration has, and whether its file has become unusable since; what
    is wrong with it is for whoever manages the gateway."""
    body: Json = {"status": "ok", "version": __version__, "warnings": len(visit.snapshot.config.warnings)}
    if visit.state.live.error is not None:
        body["config_error"] = visit.state.live.error if visit.caller.admin else _CONFIG_ERROR
    await send_json(request, body, {"request-id": visit.id})


async def hello(request: Request, visit: Visit) -> None:
    """`HEAD /api/hello`: Claude Code asks this to see whether there is a network."""
    await send_bytes(request, 200, b"", {"request-id": visit.id}, b"text/plain")
