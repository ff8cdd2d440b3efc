"""`/api/requests` and `/api/usage`: what became of the calls, and the live feed of them."""

from __future__ import annotations

from typing import cast

from anyio import move_on_after

from ..errors import BadRequest, NotFound
from ..history.feed import Feed, FeedEvent
from ..history.filters import Filters
from ..history.record import CallRecord
from ..history.usage import GROUPINGS, By
from ..http import STREAM_HEADERS, Request, header_list, send_json
from ..jsonio import dumps
from ..patience import Presence
from .query import choice, instant, number
from .visit import Endpoint, Table, Visit

#: Seconds of silence after which the live feed shows that it is alive; proxies cut after 30 or 60.
PING_SECONDS = 15.0

_MOST_AT_ONCE = 1000


async def requests(request: Request, visit: Visit) -> None:
    """`GET /api/requests`: finished calls, the newest first, in pages."""
    limit = number(request, "limit", 50, 1, _MOST_AT_ONCE)
    records, following = await visit.state.history.page(_filters(request), limit, request.query.get("before") or None)
    answer = {"requests": [record.to_json() for record in records], "next": following}
    await send_json(request, answer, _headers(visit))


async def one_request(request: Request, visit: Visit) -> None:
    """`GET /api/requests/{id}`: one of them, with its bodies when they were kept."""
    wanted = request.path.rpartition("/")[2]
    record = await visit.state.history.get(wanted)
    if record is None:
        raise NotFound(f"there is no request {wanted} in the history; it may be too long ago, or still under way")
    await send_json(request, record.to_json(bodies=True), _headers(visit))


async def usage(request: Request, visit: Visit) -> None:
    """`GET /api/usage`: calls, tokens, cost and time by day, hour, model, provider or caller."""
    by = cast(By, choice(request, "by", "day", GROUPINGS))
    since, until = instant(request, "since"), instant(request, "until", ends_day=True)
    offset = number(request, "utc_offset", 0, -1440, 1440)
    await send_json(request, await visit.state.history.usage(by, since, until, offset), _headers(visit))


async def stream(request: Request, visit: Visit) -> None:
    """`GET /api/requests/stream`: calls as they begin and end, as server-sent events."""
    head = [(b"content-type", b"text/event-stream; charset=utf-8"), *STREAM_HEADERS, *header_list(_id(visit))]
    with visit.state.history.subscribe() as feed, Presence(request.receive) as presence, presence.waiting():
        await request.send({"type": "http.response.start", "status": 200, "headers": head, "trailers": False})
        if request.method != "HEAD":
            await _follow(request, feed)
        await request.send({"type": "http.response.body", "body": b"", "more_body": False})


async def _follow(request: Request, feed: Feed) -> None:
    """Send events until the feed ends; whoever goes cancels this."""
    data = b"retry: 2000\n\n"  # milliseconds until a browser comes back
    while data:
        await request.send({"type": "http.response.body", "body": data, "more_body": True})
        data = b": ping\n\n"
        with move_on_after(PING_SECONDS):
            data = b"".join([_event(event) for event in await feed.take()])


def _event(event: FeedEvent) -> bytes:
    data = event.data.to_json() if isinstance(event.data, CallRecord) else event.data
    return b"event: %s\ndata: %s\n\n" % (event.kind.encode(), dumps(data))


def _filters(request: Request) -> Filters:
    """The filters of a query. Raises `BadRequest`."""
    query = request.query
    status = query.get("status", "")
    if status not in ("", "ok", "error") and not (status.isascii() and status.isdigit() and len(status) == 3):
        raise BadRequest("status: must be ok, error, or an HTTP status such as 429")
    return Filters(
        model=query.get("model", ""),
        provider=query.get("provider", ""),
        status=status,
        session=query.get("session", ""),
        caller=query.get("caller", ""),
        since=instant(request, "since"),
        until=instant(request, "until", ends_day=True),
        q=query.get("q", ""),
    )


def _id(visit: Visit) -> dict[str, str]:
    return {"request-id": visit.id}


def _headers(visit: Visit) -> dict[str, str]:
    return {**_id(visit), "cache-control": "no-store"}


ENDPOINTS: Table = {
    "/api/requests": {"GET": Endpoint(requests, "admin")},
    "/api/requests/stream": {"GET": Endpoint(stream, "admin")},
    "/api/requests/{id}": {"GET": Endpoint(one_request, "admin")},
    "/api/usage": {"GET": Endpoint(usage, "admin")},
}
