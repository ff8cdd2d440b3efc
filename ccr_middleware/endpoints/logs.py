"""`/api/logs`: the log files, by their ids. Nothing here takes a path."""

from __future__ import annotations

from contextlib import closing
from functools import partial

from anyio import to_thread

from ..errors import BadRequest, NotFound
from ..http import Request, header_list, send_bytes, send_json
from ..jsonio import dumps
from ..logs.entries import Wanted
from ..logs.files import LogFiles
from ..logs.levels import PINO_LEVELS
from ..patience import Presence
from .query import choice, number
from .visit import Endpoint, Table, Visit

#: How many lines are given when nobody says, and at most.
USUAL_LINES = 1000
MOST_LINES = 20_000

_CHUNK_BYTES = 262_144
_YES = {"1": True, "true": True, "0": False, "false": False}


async def files(request: Request, visit: Visit) -> None:
    """`GET /api/logs/files`: which files there are, the newest first; none where none are written."""
    found = visit.state.log_files
    listed = await to_thread.run_sync(found.list) if found is not None else []
    await send_bytes(request, 200, dumps([one.to_json() for one in listed]), _headers(visit))


async def lines(request: Request, visit: Visit) -> None:
    """`GET /api/logs`: lines of a file, the newest file if none is named, and of it the end."""
    wanted = Wanted(
        level=_level(request),
        request_id=request.query.get("request_id", ""),
        since_ms=number(request, "since", 0, 0, 10**15),
    )
    limit = number(request, "limit", USUAL_LINES, 1, MOST_LINES)
    tail = _YES[choice(request, "tail", "1", _YES)]
    read = partial(_files(visit).read, request.query.get("file") or None, wanted, limit, tail=tail)
    await send_bytes(request, 200, dumps(await to_thread.run_sync(read)), _headers(visit))


async def download(request: Request, visit: Visit) -> None:
    """`GET /api/logs/files/{id}`: a whole file, as it is."""
    name = request.path.rpartition("/")[2]
    file = await to_thread.run_sync(_files(visit).open, name)
    headers = {**_headers(visit), "content-disposition": f'attachment; filename="{name}"'}
    head = [(b"content-type", b"text/plain; charset=utf-8"), *header_list(headers)]
    with closing(file), Presence(request.receive) as presence, presence.waiting():
        await request.send({"type": "http.response.start", "status": 200, "headers": head, "trailers": False})
        # Without a length: a file that is written to, or emptied, has none.
        while request.method != "HEAD" and (data := await to_thread.run_sync(file.read, _CHUNK_BYTES)):
            await request.send({"type": "http.response.body", "body": data, "more_body": True})
        await request.send({"type": "http.response.body", "body": b"", "more_body": False})


async def clear(request: Request, visit: Visit) -> None:
    """`DELETE /api/logs`: empty a file."""
    name = request.query.get("file")
    if not name:
        raise BadRequest("file: must be the id of a log file; GET /api/logs/files lists them")
    await to_thread.run_sync(_files(visit).clear, name)
    await send_json(request, {"success": True, "message": "Logs cleared successfully"}, _headers(visit))


def _files(visit: Visit) -> LogFiles:
    found = visit.state.log_files
    if found is None:
        raise NotFound("no log files are written here; set logs.dir in the configuration to a folder for them")
    return found


def _level(request: Request) -> int:
    """The lowest level wanted, by pino's name or number; 0: all. Raises `BadRequest`."""
    text = request.query.get("level", "").strip().lower()
    if text in PINO_LEVELS:
        return PINO_LEVELS[text]
    if text and not (text.isascii() and text.isdigit() and len(text) <= 3):
        raise BadRequest(f"level: must be one of {', '.join(PINO_LEVELS)}, or a number from 10 to 60")
    return int(text or 0)


def _headers(visit: Visit) -> dict[str, str]:
    return {"request-id": visit.id, "cache-control": "no-store", "x-content-type-options": "nosniff"}


ENDPOINTS: Table = {
    "/api/logs": {"GET": Endpoint(lines, "admin"), "DELETE": Endpoint(clear, "admin")},
    "/api/logs/files": {"GET": Endpoint(files, "admin")},
    "/api/logs/files/{id}": {"GET": Endpoint(download, "admin")},
}
