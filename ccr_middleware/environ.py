"""A WSGI environ, seen as ASGI sees a request: a scope, and messages that carry the body."""

from __future__ import annotations

import logging
from collections.abc import Iterator, MutableMapping
from typing import Any
from wsgiref.types import WSGIEnvironment

Message = MutableMapping[str, Any]

logger = logging.getLogger(__name__)

#: Bytes read from `wsgi.input` at a time.
READ_BYTES = 64 * 1024


class RequestBody:
    """`wsgi.input` in pieces. Its end is known from the length, or from the server's `wsgi.input_terminated`.

    A chunked body from a server that does not say `wsgi.input_terminated` cannot be read and counts as empty.
    `broken`: the client left before its end.
    """

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._read = environ["wsgi.input"].read
        self._left: int | None = None
        if environ.get("CONTENT_LENGTH") or not environ.get("wsgi.input_terminated"):
            self._left = int(environ.get("CONTENT_LENGTH") or 0)
        self.broken = False

    def read(self) -> Message:
        """Block until there is a piece: `http.request`, or `http.disconnect` when no more will come."""
        if self._left == 0:
            return {"type": "http.request", "body": b"", "more_body": False}
        try:
            piece = self._read(READ_BYTES if self._left is None else min(READ_BYTES, self._left))
        except Exception:  # each server has its own
            logger.debug("reading the request body failed", exc_info=True)
            self.broken = True
            return {"type": "http.disconnect"}
        if self._left is None:
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}
        self._left -= len(piece)
        self.broken = not piece
        if self.broken:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": self._left > 0}


def to_scope(environ: WSGIEnvironment) -> dict[str, Any]:
    """The ASGI scope of a WSGI request.

    `path` is whole and begins with `root_path`, as ASGI has it. The environ itself is kept as the extension `wsgi`,
    for the identity that the host has put there.
    """
    root_path = _text(environ.get("SCRIPT_NAME", "")).rstrip("/")
    address = environ.get("REMOTE_ADDR")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": environ.get("SERVER_PROTOCOL", "HTTP/1.1").removeprefix("HTTP/"),
        "method": environ["REQUEST_METHOD"],
        "scheme": environ.get("wsgi.url_scheme", "http"),
        "root_path": root_path,
        "path": root_path + _text(environ.get("PATH_INFO", "")),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "headers": list(_headers(environ)),
        "client": (address, int(environ.get("REMOTE_PORT") or 0)) if address else None,
        "server": (environ["SERVER_NAME"], int(environ["SERVER_PORT"])),
        "extensions": {"wsgi": environ},
    }


def _text(value: str) -> str:
    """WSGI strings are bytes dressed up as latin-1 (PEP 3333); a path's bytes are UTF-8."""
    return value.encode("latin-1").decode("utf-8", "replace")


def _headers(environ: WSGIEnvironment) -> Iterator[tuple[bytes, bytes]]:
    for key in ("CONTENT_TYPE", "CONTENT_LENGTH"):  # these two never have the prefix
        if environ.get(key):
            yield _header_name(key), environ[key].encode("latin-1")
    for key, value in environ.items():
        if key.startswith("HTTP_") and key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
            yield _header_name(key.removeprefix("HTTP_")), value.encode("latin-1")


def _header_name(key: str) -> bytes:
    return key.replace("_", "-").lower().encode("latin-1")
