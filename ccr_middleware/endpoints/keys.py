"""`/api/keys`: the keys of clients, for whoever manages the gateway. They are kept in the configuration's file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from anyio import to_thread

from ..access import key_documents
from ..access.key_documents import MadeKey, describe
from ..config.document import parse_document
from ..config.operation import ClientKey
from ..errors import Conflict
from ..http import Request, send_json
from .answering import parse_body
from .visit import Endpoint, Table, Visit

#: So often a change is tried again that somebody else's came before.
_TRIES = 5


async def read_keys(request: Request, visit: Visit) -> None:
    """`GET /api/keys`: every key but the keys themselves."""
    used = visit.state.limiter.last_used
    shown = [_shown(key, used) for key in visit.snapshot.config.client_keys]
    await send_json(request, {"keys": shown}, _headers(visit))


async def add_key(request: Request, visit: Visit) -> None:
    """`POST /api/keys`: a new key, which is only told here. 201."""
    fields = await _body(request, visit)
    made = await _save(request, visit, lambda document: key_documents.add_key(document, fields, now=_now()))
    shown = _shown(ClientKey.model_validate(made.entry), {})
    await send_json(request, {"key": made.key, **shown}, _headers(visit), 201)


async def change_key(request: Request, visit: Visit) -> None:
    """`PATCH /api/keys/{id}`: some of its fields; null takes one away. Counts from the next request on."""
    key_id, changes = _key_id(request), await _body(request, visit)
    document = await _save(request, visit, lambda document: key_documents.change_key(document, key_id, changes))
    shown = _shown(key_documents.read_key(document, key_id), visit.state.limiter.last_used)
    await send_json(request, shown, _headers(visit))


async def remove_key(request: Request, visit: Visit) -> None:
    """`DELETE /api/keys/{id}`: refused from the next request on."""
    key_id = _key_id(request)
    await _save(request, visit, lambda document: key_documents.remove_key(document, key_id))
    await send_json(request, {"success": True}, _headers(visit))


Result = TypeVar("Result", MadeKey, dict[str, Any])


async def _save(request: Request, visit: Visit, edit: Callable[[Mapping[str, Any]], Result]) -> Result:
    """Change the file's document and save it. With `If-Match` only that revision of it, else whichever is there."""
    live = visit.state.live
    if_match = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    for attempt in range(_TRIES):
        text, revision = await live.text()
        result = edit((await to_thread.run_sync(parse_document, text)).value)
        try:
            await live.save(result.document if isinstance(result, MadeKey) else result, if_match or revision)
        except Conflict:
            if if_match or attempt == _TRIES - 1:
                raise
        else:
            return result
    raise AssertionError("the last attempt returns or raises")


async def _body(request: Request, visit: Visit) -> dict[str, Any]:
    return parse_body(await request.body(visit.snapshot.config.max_body_bytes))


def _key_id(request: Request) -> str:
    return request.path.rpartition("/")[2]


def _now() -> datetime:
    return datetime.now(UTC)


def _shown(key: ClientKey, used: Mapping[str, float]) -> dict[str, Any]:
    return describe(key, now=_now(), last_used_at=used.get(key.id))


def _headers(visit: Visit) -> dict[str, str]:
    return {"request-id": visit.id, "cache-control": "no-store"}


ENDPOINTS: Table = {
    "/api/keys": {"GET": Endpoint(read_keys, access="admin"), "POST": Endpoint(add_key, access="admin")},
    "/api/keys/{id}": {"PATCH": Endpoint(change_key, access="admin"), "DELETE": Endpoint(remove_key, access="admin")},
}
