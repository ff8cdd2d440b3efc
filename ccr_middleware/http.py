"""Our small ASGI toolkit: a request to read, answers to send. Everything above it is free of ASGI messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import cast
from urllib.parse import parse_qs

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, ASGISendEvent, HTTPScope

from .errors import GatewayError, RequestTooLarge
from .jsonio import dumps
from .unified import Json

#: Headers of every streamed answer. Proxies must neither hold back nor change it (nginx reads `x-accel-buffering`).
STREAM_HEADERS = (
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)

#: The status nginx logs for a client that closed the connection.
CLIENT_LEFT_STATUS = 499

#: What no header may hold; some servers close the connection rather than send it.
_CONTROLS = dict.fromkeys([*range(32), 127], " ")


class ClientLeft(Exception):
    """The client closed the connection."""


class Request:
    """One HTTP request: method, path below the mount point, headers, query, and the body on demand.

    `on_body` is told every piece of the answer's body that was sent.
    """

    def __init__(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        self.scope = scope
        self.receive = receive
        self._send = send
        self.on_body: Callable[[bytes], None] | None = None
        self.method = scope["method"]
        self.path = route_path(scope["path"], scope.get("root_path", ""))

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message. Raises `ClientLeft` where a server tells by an OSError (ASGI 2.4); most say nothing."""
        try:
            await self._send(message)
        except OSError:
            raise ClientLeft from None
        if self.on_body is not None and message["type"] == "http.response.body":
            self.on_body(message["body"])

    @cached_property
    def headers(self) -> dict[str, str]:
        """Headers with lower-case names; of equal ones the last, except that lists are joined."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in self.scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name in headers and name == "anthropic-beta":
                value = f"{headers[name]},{value}"
            headers[name] = value
        return headers

    @cached_property
    def query(self) -> dict[str, str]:
        """Query parameters, the last of equals."""
        text = self.scope["query_string"].decode("latin-1")
        return {name: values[-1] for name, values in parse_qs(text).items()}

    async def body(self, limit: int) -> bytes:
        """The whole body. Raises `RequestTooLarge` over `limit` bytes, `ClientLeft` when it ends half-sent."""
        declared = self.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and (len(declared) > 18 or int(declared) > limit):
            raise _too_large(limit)
        message = await self.receive()
        parts: list[bytes] = []
        size = 0
        while True:
            if message["type"] != "http.request":
                raise ClientLeft
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            if not message.get("more_body", False):
                return b"".join([*parts, part]) if parts else part
            parts.append(part)
            message = await self.receive()


def _too_large(limit: int) -> RequestTooLarge:
    size = f"{limit / 1_048_576:g} MB" if limit >= 1_048_576 else f"{limit} bytes"
    return RequestTooLarge(f"the request is larger than {size}; raise max_body_bytes in the configuration to allow it")


def route_path(path: str, root_path: str) -> str:
    """The path below the mount point.

    Some hosts leave the prefix in the path and some cut it off; behind a proxy that strips a prefix of its own, the
    path has only the last part of the root.
    """
    root = root_path.rstrip("/")
    while root:
        if path == root or path.startswith(root + "/"):
            path = path[len(root) :]
            break
        _, slash, rest = root[1:].partition("/")
        root = slash + rest
    return path.rstrip("/") or "/"


def header_list(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI wants them. What latin-1 cannot say goes as UTF-8; control characters never pass."""
    encoded = []
    for name, value in headers.items():
        clean = value.translate(_CONTROLS).strip()
        try:
            raw = clean.encode("latin-1")
        except UnicodeEncodeError:
            raw = clean.encode("utf-8", "replace")
        encoded.append((name.encode("latin-1"), raw))
    return encoded


async def send_bytes(
    request: Request, status: int, body: bytes, headers: Mapping[str, str], content_type: bytes = b"application/json"
) -> None:
    """Send a whole answer. A HEAD request gets the headers of it."""
    head = [(b"content-type", content_type), (b"content-length", b"%d" % len(body)), *header_list(headers)]
    await request.send({"type": "http.response.start", "status": status, "headers": head, "trailers": False})
    await request.send(
        {"type": "http.response.body", "body": b"" if request.method == "HEAD" else body, "more_body": False}
    )


async def send_json(request: Request, value: Json, headers: Mapping[str, str], status: int = 200) -> None:
    """Send a JSON answer."""
    await send_bytes(request, status, dumps(value), headers)


async def send_error(request: Request, error: GatewayError, body: Json, headers: Mapping[str, str]) -> None:
    """Send an error with its status; `body` is what the client's format makes of it."""
    extra = dict(error.headers)
    if error.should_retry is not None:
        extra["x-should-retry"] = "true" if error.should_retry else "false"
    await send_bytes(request, error.status, dumps(body), {**headers, **extra})


def as_http_scope(scope: Mapping[str, object]) -> HTTPScope:
    """Narrow a scope whose type was checked by the caller."""
    return cast(HTTPScope, scope)
