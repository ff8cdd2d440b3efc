"""`/api/config` and what belongs to it: the configuration read, checked and saved while the gateway works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from anyio import to_thread

from ..config.document import parse_document
from ..config.interpolate import interpolate
from ..errors import BadRequest, ConfigError, GatewayError
from ..http import Request, send_bytes, send_json
from ..jsonio import dumps, dumps_str
from ..live import Saved
from .answering import parse_body
from .visit import Endpoint, Table, Visit

#: Content types of a configuration as text, comments and all.
_TEXTS = frozenset({"application/json5", "text/plain", "text/json5"})


async def read(request: Request, visit: Visit) -> None:
    """`GET /api/config`: the document as it was written, secrets masked. `view=resolved` fills its variables in,
    `view=text` gives the file's text with its comments."""
    view = request.query.get("view", "raw")
    if view not in _VIEWS:
        raise BadRequest(f'view: "{view}" is not known; {", ".join(_VIEWS)} are')
    live, config = visit.state.live, visit.snapshot.config
    text, revision = await live.text() if live.path is not None else (dumps_str(config.raw), "")
    shown = await to_thread.run_sync(_VIEWS[view], visit, text)
    if view == "text":
        shown = {"text": shown, "revision": revision}
    await send_json(request, shown, {"request-id": visit.id, "etag": f'"{revision}"', "cache-control": "no-store"})


def _raw(visit: Visit, text: str) -> Any:
    """The document of the file; the one in use when the file has become unreadable."""
    try:
        document = parse_document(text).value
    except ConfigError:
        document = visit.snapshot.config.raw
    return visit.state.live.masks.masked(document)


def _resolved(visit: Visit, text: str) -> Any:
    """The document in use, its variables filled in."""
    config = visit.snapshot.config
    resolved, _ = interpolate(config.raw, visit.state.env)
    return visit.state.live.masks.resolved(resolved, config.secrets())


def _text(visit: Visit, text: str) -> Any:
    return visit.state.live.masks.masked_text(text)


_VIEWS: Mapping[str, Callable[[Visit, str], Any]] = {"raw": _raw, "resolved": _resolved, "text": _text}


async def save(request: Request, visit: Visit) -> None:
    """`POST /api/config`: another document, or its text. Masks in it stand for what they hide."""
    wanted, if_match = await _document(request, visit), _if_match(request)
    live = visit.state.live
    saved = await (live.save_text(wanted, if_match) if isinstance(wanted, str) else live.save(wanted, if_match))
    await _send_saved(request, visit, saved)


async def change(request: Request, visit: Visit) -> None:
    """`PATCH /api/config`: a JSON merge patch (RFC 7396); null removes a key."""
    changes = parse_body(await request.body(visit.snapshot.config.max_body_bytes))
    await _send_saved(request, visit, await visit.state.live.merge(changes, _if_match(request)))


async def validate(request: Request, visit: Visit) -> None:
    """`POST /api/config/validate`: what is wrong with a document or a text. Nothing is saved."""
    wanted = await _document(request, visit)
    try:
        problems, warnings = await visit.state.live.problems(wanted)
    except ConfigError as problem:
        listed: list[Mapping[str, Any]] = [{"path": "", "message": str(problem), "line": None, "column": None}]
        warnings = []
    except GatewayError as error:
        listed = list((error.details or {}).get("problems", ())) or [
            {"path": "", "message": error.message, "line": None, "column": None}
        ]
        warnings = []
    else:
        listed = [problem._asdict() for problem in problems]
    answer = {"valid": not listed, "problems": listed, "warnings": list(warnings)}
    await send_json(request, answer, {"request-id": visit.id})


async def schema(request: Request, visit: Visit) -> None:
    """`GET /api/config/schema`: the JSON Schema of the file, for editors."""
    from ..config.json_schema import json_schema

    body = dumps(await to_thread.run_sync(json_schema))
    await send_bytes(request, 200, body, {"request-id": visit.id}, b"application/schema+json")


async def status(request: Request, visit: Visit) -> None:
    """`GET /api/config/status`: from where it is, whether it could be used, what it is warned about."""
    live, config = visit.state.live, visit.snapshot.config
    answer = {
        "source": config.source or live.path or "",
        "revision": await live.revision(),
        "loaded_at": datetime.fromtimestamp(live.loaded_at, UTC).isoformat(timespec="seconds"),
        "error": live.error,
        "warnings": list(config.warnings),
        "writable": await live.writable(),
        "custom_router": _router_report(visit),
    }
    await send_json(request, answer, {"request-id": visit.id})


def _router_report(visit: Visit) -> dict[str, Any] | None:
    """What came of the router of the user's own (C33), None without one."""
    router = visit.snapshot.custom_router
    return None if router is None else router.report.to_json()


async def restart(request: Request, visit: Visit) -> None:
    """`POST /api/restart`: the program begins anew; within a host, the configuration and what it names is loaded
    anew."""
    if visit.state.restart is not None:
        visit.state.restart()
    else:
        await visit.state.live.reload()
    answer = {"success": True, "message": "Service restart initiated"}
    await send_json(request, answer, {"request-id": visit.id})


async def _document(request: Request, visit: Visit) -> dict[str, Any] | str:
    """The body: a document, or a text by its content type. Raises `BadRequest`."""
    raw = await request.body(visit.snapshot.config.max_body_bytes)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in _TEXTS:
        return parse_body(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("the text is not UTF-8") from None


def _if_match(request: Request) -> str | None:
    """The revision that was read before, None when nobody cares."""
    value = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
    return value if value and value != "*" else None


async def _send_saved(request: Request, visit: Visit, saved: Saved) -> None:
    answer = {
        "success": True,
        "message": "Config saved successfully",
        "revision": saved.revision,
        "warnings": list(saved.warnings),
    }
    await send_json(request, answer, {"request-id": visit.id, "etag": f'"{saved.revision}"'})


ENDPOINTS: Table = {
    "/api/config": {
        "GET": Endpoint(read, "admin"),
        "POST": Endpoint(save, "admin"),
        "PATCH": Endpoint(change, "admin"),
    },
    "/api/config/validate": {"POST": Endpoint(validate, "admin")},
    "/api/config/schema": {"GET": Endpoint(schema, "admin")},
    "/api/config/status": {"GET": Endpoint(status, "admin")},
    "/api/restart": {"POST": Endpoint(restart, "admin")},
}
