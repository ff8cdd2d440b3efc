"""Put the gateway into a host application: requests under a prefix are the gateway's, all others the host's.

    app.add_middleware(CCRMiddleware, prefix="/ccr")                      # Starlette, FastAPI
    application = CCRMiddleware(get_asgi_application(), prefix="/ccr")    # Django, ASGI or WSGI
    app.wsgi_app = CCRMiddleware(app.wsgi_app, prefix="/ccr")             # Flask

Servers look at an application to find out which interface it speaks, so the constructor makes one of two classes:
one with an `async __call__(scope, receive, send)`, one with a plain `__call__(environ, start_response)`.
"""

from __future__ import annotations

import functools
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Literal
from urllib.parse import quote
from wsgiref.types import StartResponse, WSGIEnvironment

from asgiref.sync import iscoroutinefunction
from asgiref.typing import HTTPScope

from .config.load import ConfigSource
from .gateway import Gateway
from .http import as_http_scope
from .wsgi import WSGIBridge

Interface = Literal["asgi", "wsgi"]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]

logger = logging.getLogger(__name__)

_PREFIX = re.compile(r"(/[^/?#%\s]+)+")


class CCRMiddleware:
    """A host application with the gateway under `prefix`.

    - `app`: the host, ASGI 3 or WSGI.
    - `prefix`: paths equal to it or below it are the gateway's: `/ccr` and `/ccr/v1/messages`, not `/ccrx`.
    - `config`: what `Gateway` takes: a path, a dict, a `Config`; None serves the built-in demo model.
    - `gateway`: a gateway made elsewhere, instead of `config`.
    - `interface`: `asgi` or `wsgi` when the host cannot be recognised.

    Raises ValueError for an unusable prefix, TypeError when the host's interface cannot be told.
    """

    __call__: Callable[..., Any]

    def __new__(
        cls,
        app: Any,
        prefix: str = "/ccr",
        config: ConfigSource = None,
        *,
        gateway: Gateway | None = None,
        interface: Interface | Literal["auto"] = "auto",
    ) -> CCRMiddleware:
        """Choose the class for the host's interface."""
        if cls is not CCRMiddleware:
            return super().__new__(cls)
        found = detect_interface(app) if interface == "auto" else interface
        if found not in _CLASSES:
            raise ValueError(f'interface="{found}" is unknown: use "asgi", "wsgi" or "auto"')
        return super().__new__(_CLASSES[found])

    def __init__(
        self,
        app: Any,
        prefix: str = "/ccr",
        config: ConfigSource = None,
        *,
        gateway: Gateway | None = None,
        interface: Interface | Literal["auto"] = "auto",
    ) -> None:
        if gateway is not None and config is not None:
            raise ValueError("CCRMiddleware got both config and gateway: give the config to the Gateway")
        self.app = app
        self.prefix = check_prefix(prefix)
        self.gateway = Gateway(config) if gateway is None else gateway

    def owns(self, path: str) -> bool:
        """Whether a path (without the host's own mount point) is the gateway's."""
        return path.startswith(self.prefix) and path[len(self.prefix) : len(self.prefix) + 1] in ("", "/")


class ASGIMiddleware(CCRMiddleware):
    """`CCRMiddleware` around an ASGI host. WebSockets and everything outside the prefix reach the host untouched."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection. When the host says that its lifespan is over, the gateway is closed too."""
        if scope["type"] == "http":
            root_path, path = split_root_path(scope)
            if self.owns(path):
                await self.gateway(self._below_prefix(scope, root_path, path), receive, send)
                return
        elif scope["type"] == "lifespan":
            send = self._closing(send)
        await self.app(scope, receive, send)

    def _below_prefix(self, scope: Scope, root_path: str, path: str) -> HTTPScope:
        """The gateway's scope: `root_path` grows by the prefix, `path` is whole and begins with it."""
        child = {**scope, "root_path": root_path + self.prefix, "path": root_path + path}
        raw_path = scope.get("raw_path")
        if raw_path and child["path"] != scope["path"]:  # the server left the root path out
            child["raw_path"] = quote(root_path).encode("ascii") + raw_path
        return as_http_scope(child)

    def _closing(self, send: Send) -> Send:
        async def send_after_closing(message: MutableMapping[str, Any]) -> None:
            if message["type"] in ("lifespan.shutdown.complete", "lifespan.shutdown.failed"):
                try:
                    await self.gateway.aclose()
                except Exception:  # the host's own shutdown must not fail for it
                    logger.exception("closing the gateway failed")
            await send(message)

        return send_after_closing


class WSGIMiddleware(CCRMiddleware):
    """`CCRMiddleware` around a WSGI host. The gateway runs on its own event loop in a thread, see `wsgi.py`."""

    def __init__(self, app: Any, *args: Any, **options: Any) -> None:
        super().__init__(app, *args, **options)
        self._bridge = WSGIBridge(self.gateway)
        # PATH_INFO holds UTF-8 bytes dressed up as latin-1 (PEP 3333).
        self._script_name = self.prefix.encode().decode("latin-1")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request; the part of its path that the prefix matched moves to SCRIPT_NAME."""
        path = environ.get("PATH_INFO", "")
        if not self.owns(path.encode("latin-1").decode("utf-8", "replace")):
            response: Iterable[bytes] = self.app(environ, start_response)
            return response
        script_name = environ.get("SCRIPT_NAME", "").rstrip("/") + self._script_name
        path = path[len(self._script_name) :]
        return self._bridge({**environ, "SCRIPT_NAME": script_name, "PATH_INFO": path}, start_response)

    def close(self) -> None:
        """Close the gateway and end its thread in this process. Happens by itself when the process exits."""
        self._bridge.close()


_CLASSES: dict[str, type[CCRMiddleware]] = {"asgi": ASGIMiddleware, "wsgi": WSGIMiddleware}


def check_prefix(prefix: str) -> str:
    """The prefix, if it can be one; otherwise a ValueError that says what to write."""
    if prefix in ("", "/"):
        raise ValueError(f"prefix={prefix!r} leaves no path to the host: serve the Gateway itself, or use a path")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(
            f'prefix={prefix!r} must begin with "/", not end with it, and be written plainly: prefix="/ccr"'
        )
    return prefix


def split_root_path(scope: Scope) -> tuple[str, str]:
    """The mount point of the host and the path below it.

    ASGI has `path` contain `root_path`; behind servers and proxies that do not do so it is taken as it is.
    """
    root_path: str = scope.get("root_path", "").rstrip("/")
    path: str = scope["path"]
    if path.startswith(root_path + "/") or path == root_path:
        return root_path, path[len(root_path) :]
    return root_path, path


def detect_interface(app: Any) -> Interface:
    """The interface an application speaks, from its signature. Raises TypeError with the fix when it does not tell."""
    target = app
    while isinstance(target, functools.partial):
        target = target.func
    if not callable(target):
        raise TypeError(f"the host {app!r} is not callable: give an ASGI or a WSGI application")
    if not inspect.isclass(target) and (iscoroutinefunction(target) or iscoroutinefunction(target.__call__)):
        return "asgi"
    found = _interface_by_parameters(app)
    if inspect.isclass(target) and found != "wsgi":
        raise TypeError(f"the host {target.__name__} is a class: give an instance of it")
    if found is None:
        raise TypeError(
            f'cannot tell whether the host {app!r} is ASGI or WSGI: pass interface="asgi" or interface="wsgi"'
        )
    return found


def _interface_by_parameters(app: Any) -> Interface | None:
    """Three for (scope, receive, send), two for (environ, start_response); None when both fit, or neither."""
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return None
    asgi, wsgi = _takes(signature, 3), _takes(signature, 2)
    if asgi == wsgi:
        return None
    return "asgi" if asgi else "wsgi"


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True
