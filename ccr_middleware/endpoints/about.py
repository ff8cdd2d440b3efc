"""The small endpoints: is it there, is it well, which models has it."""

from __future__ import annotations

from .. import __version__
from ..errors import BadRequest, NotFound
from ..http import Request, send_bytes, send_json
from ..routing.catalogue import find_model, list_models, page_of
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


async def models(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /v1/models`: what can be asked for, in pages."""
    page = page_of(
        list_models(snapshot.config),
        _limit(request.query.get("limit")),
        request.query.get("after_id"),
        request.query.get("before_id"),
    )
    await send_json(request, page, {"request-id": request_id})


async def model(request: Request, snapshot: Snapshot, state: State, request_id: str) -> None:
    """`GET /v1/models/{id}`: one of them."""
    name = request.path.removeprefix("/v1/models/")
    found = find_model(snapshot.config, name)
    if found is None:
        raise NotFound(f'there is no model "{name}"; GET /v1/models lists them')
    await send_json(request, found, {"request-id": request_id})


def _limit(text: str | None) -> int | None:
    """How many models on a page, None when nobody said."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < 1:
        raise BadRequest("limit: must be a positive number")
    return int(text)
