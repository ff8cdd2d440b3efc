"""The web interface: the files of `ui_static/`, under `/ui/`.

What is asked for is looked up in a table of the files that are there, made once; no path is ever built from a request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from ..errors import NotFound
from ..http import Request, send_bytes
from ..threads import Threads
from .visit import Endpoint, Visit

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

#: The page may load only what lies beside it, and talk only to the gateway it came from.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

#: Sent with every file. Files are asked for again each time, and answered with 304 while they are the same.
HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-cache",
    "vary": "accept-encoding",
}

_TYPES = {
    ".html": b"text/html; charset=utf-8",
    ".js": b"text/javascript; charset=utf-8",
    ".css": b"text/css; charset=utf-8",
    ".json": b"application/json",
    ".svg": b"image/svg+xml",
    ".txt": b"text/plain; charset=utf-8",
}

#: Reads the files, once. One thread, so that a browser's twenty first requests wait for one reading.
_THREADS = Threads("ccr-ui", 1)


class File(NamedTuple):
    """A file as it is sent: plain and compressed. `tag` is its ETag, without quotes."""

    content: bytes
    compressed: bytes
    content_type: bytes
    tag: str


def read_files() -> dict[str, File]:
    """All files by their path below `/ui/` (`js/core/api.js`); the start page by the empty path too. Blocks."""
    from importlib import resources  # here and below: a gateway may never be asked for a page

    root = resources.files(__package__.partition(".")[0]) / "ui_static"
    files = {path: _file(path, file.read_bytes()) for path, file in _walk(root, "")}
    return {**files, "": files["index.html"]}


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        elif _suffix(path) in _TYPES:
            yield path, entry


def _file(path: str, content: bytes) -> File:
    from gzip import compress

    return File(content, compress(content, 6, mtime=0), _TYPES[_suffix(path)], sha256(content).hexdigest()[:20])


def _suffix(path: str) -> str:
    return path[path.rfind(".") :]


class Files:
    """The files, read when the first of them is asked for."""

    def __init__(self) -> None:
        self._files: Mapping[str, File] | None = None

    async def get(self, path: str) -> File | None:
        """The file of a path, or None."""
        if self._files is None:
            self._files = await _THREADS.run(self._read)
        return self._files.get(path)

    def _read(self) -> Mapping[str, File]:
        return read_files() if self._files is None else self._files


_FILES = Files()


async def serve(request: Request, visit: Visit) -> None:
    """`GET|HEAD /ui/…`: a file. `/ui` itself is sent on to `/ui/`, which the addresses in the page are relative to.

    Raises NotFound.
    """
    await send_file(request, await _FILES.get(request.path.removeprefix("/ui").removeprefix("/")), visit.id)


async def send_file(request: Request, file: File | None, request_id: str) -> None:
    """Answer with a file; None is one that is not there, which raises NotFound."""
    headers = {**HEADERS, "request-id": request_id}
    if request.path == "/ui" and not request.scope["path"].endswith("/"):
        await send_bytes(request, 307, b"", {**headers, "location": "ui/"}, b"text/plain")
        return
    if file is None:
        raise NotFound(f"the web interface has no file {request.path}; it begins at /ui/")
    is_compressed = _takes_gzip(request.headers.get("accept-encoding", ""))
    headers["etag"] = f'"{file.tag}-gzip"' if is_compressed else f'"{file.tag}"'
    if file.tag in request.headers.get("if-none-match", ""):
        await send_bytes(request, 304, b"", headers, file.content_type)
        return
    if is_compressed:
        headers["content-encoding"] = "gzip"
    await send_bytes(request, 200, file.compressed if is_compressed else file.content, headers, file.content_type)


def _takes_gzip(accepted: str) -> bool:
    choices = [one.replace(" ", "").lower() for one in accepted.split(",")]
    return any(one.partition(";")[0] == "gzip" and not one.endswith((";q=0", ";q=0.0")) for one in choices)


#: One endpoint for every path at and below `/ui`.
_ENDPOINT: Mapping[str, Endpoint] = {"GET": Endpoint(serve, access="public")}


def find(path: str) -> Mapping[str, Endpoint] | None:
    """The methods of a path of the web interface; None for any other path."""
    return _ENDPOINT if path == "/ui" or path.startswith("/ui/") else None
