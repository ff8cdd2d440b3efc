"""The gateway: an ASGI application that owns its state and nothing else."""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope, Scope

from . import __version__
from .access.door import Authenticate, Door
from .access.keys import KeyRing
from .access.principal import Principal
from .agents.asking import fetching
from .agents.base import Agent
from .config import Config
from .config.document import Document
from .config.load import ConfigSource
from .demo import DEMO_SCHEME
from .endpoints.answering import make_call
from .endpoints.table import find_endpoint
from .endpoints.visit import Visit
from .errors import GatewayError, InternalError
from .explain import explain
from .http import CLIENT_LEFT_STATUS, ClientLeft, Request, send_bytes, send_error
from .jsonio import dumps
from .live import LiveConfig
from .loading import Loader
from .logs.folder import LogFolder
from .namespaces import Namespaces, split
from .plugins.base import GatewayInfo
from .plugins.hooks import Hooks
from .state import State
from .targets import Snapshot
from .transformers.builtin import builtin_registry
from .transformers.registry import Registry
from .translate.client import new_id
from .upstream import Transport, preload
from .wire.messages import MESSAGES_CLIENT

log = logging.getLogger("ccr_middleware")


class _Current(NamedTuple):
    """What requests that come in now are served with."""

    snapshot: Snapshot
    door: Door
    hooks: Hooks


class Gateway:
    """A Claude Code gateway as an ASGI 3 application: mount it, wrap a host with it, or serve it alone.

        gateway = Gateway("config.json")
        app.mount("/ccr", gateway)

    `config`: a file, a mapping in the file's form, or a `Config`; None: no provider, and the built-in demo model
    answers. Raises `ConfigError` when it cannot be used. A file that changes is used anew, without a restart.

    What the host adds: `authenticate` tells who calls, from the ASGI scope (docs/access.md); `router` is a custom
    router (a callable, or where to find one), `agents` and `plugins` are the host's own. `transport` replaces the HTTP
    client (tests); `lazy` leaves importing it to the first request.

    What a program of its own adds: `home`, its folder, below which it keeps what a host has no place for; `local`:
    nobody but this machine can reach it, so that it may be managed without a key; `adjust` changes every configuration
    that was read; `restart` begins the program anew.

    Everything starts on first use, so no lifespan event is needed; `aclose()` or `async with gateway.lifespan()` ends
    connections early. All mutable state: the configuration snapshot (`reload` swaps it; running calls keep theirs)
    and what `state.State` lists. Two gateways in one process do not see each other.
    """

    def __init__(
        self,
        config: ConfigSource = None,
        *,
        transport: Transport | None = None,
        registry: Registry | None = None,
        env: Mapping[str, str] | None = None,
        lazy: bool = False,
        router: Callable[..., Any] | str | None = None,
        agents: Iterable[Agent[Any]] = (),
        plugins: Iterable[Any] = (),
        authenticate: Authenticate | None = None,
        adjust: Callable[[Config], Config] | None = None,
        home: str | None = None,
        local: bool = False,
        restart: Callable[[], None] | None = None,
    ) -> None:
        self._lazy = lazy or transport is not None
        self._authenticate = authenticate
        self._local = local
        self._loader = Loader(
            registry or builtin_registry(), env, router=router, agents=agents, plugins=plugins, adjust=adjust, home=home
        )
        self._namespaces = Namespaces(self._loader)
        self._state = State(new_id, transport, env, home=home)
        self._state.restart = restart
        self._log_folder = LogFolder()
        weakref.finalize(self, self._log_folder.close)
        self._retired: list[Hooks] = []
        self._current = self._use(self._loader.load(config))
        self._follow()

    @property
    def config(self) -> Config:
        """The configuration in use."""
        return self._current.snapshot.config

    def reload(self, config: ConfigSource) -> Config:
        """Use another configuration from the next request on. A bad one raises `ConfigError` and changes nothing."""
        self._replace(self._loader.load(config))
        self._follow()
        return self.config

    async def aclose(self) -> None:
        """End plugins, close files and the connections to the providers. The gateway may be used again afterwards."""
        for hooks in (self._current.hooks, *self._retired):
            await hooks.on_shutdown()
        self._retired.clear()
        await self._state.aclose()

    async def explain(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What would become of a Messages request with these headers, as docs/explain.md describes it: who would
        answer and why, what would be sent, what would be lost. Nobody is asked. Raises `BadRequest`."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        asked = dict(body)
        visit = Visit(new_id("req_"), self._current.snapshot, self._state, Principal("host"))
        return await explain(make_call(lowered, dumps(asked), asked, MESSAGES_CLIENT, visit), self._state)

    def end_streams(self) -> None:
        """End what follows the gateway and would never end by itself. For servers that are about to stop, and wait for
        running requests. May be called from signal handlers and any thread."""
        self._state.history.end_feeds()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:
        """For hosts with a lifespan: closes connections on the way out. `FastAPI(lifespan=gateway.lifespan)`, or
        `async with gateway.lifespan():` within a lifespan of the host's own; `app` is what such hosts call it with."""
        try:
            yield
        finally:
            await self.aclose()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """The ASGI entry."""
        if scope["type"] == "http":
            await self._serve(Request(scope, receive, send))
        elif scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": "no websockets here"})

    async def _serve(self, request: Request) -> None:
        with suppress(ClientLeft):  # as it may while it is told an error
            if self._state.live.due:
                await self._state.live.look()
            current = self._current
            if current.hooks.must_start or self._retired:
                await self._start_plugins(current)
            await self._answer(request, current, new_id("req_"))

    async def _answer(self, request: Request, current: _Current, request_id: str) -> None:
        client = MESSAGES_CLIENT
        try:
            preset, request.path = split(request.path)
            endpoint = find_endpoint(request.method, request.path, request.headers)
            client = endpoint.client
            # A key in the URL ends in logs; only Google's clients cannot do otherwise.
            query = request.query if client.name == "gemini" else {}
            caller = await current.door.admit(request.scope, request.headers, query, request.method, endpoint.access)
            snapshot = current.snapshot
            if preset:  # only now: whoever has no key must not even learn which presets there are
                snapshot = await self._namespaces.find(preset, self._state.presets, snapshot)
            await endpoint.handler(request, Visit(request_id, snapshot, self._state, caller))
        except GatewayError as error:
            await send_error(request, error, client.error_body(error, request_id), {"request-id": request_id})
        except ClientLeft:
            # Nobody reads it, but hosts expect an answer of some kind and complain when there is none.
            await send_bytes(request, CLIENT_LEFT_STATUS, b"", {"request-id": request_id})
        except Exception:
            log.exception("%s failed", request_id)
            problem = InternalError("the gateway failed on this request; its log tells why")
            await send_error(request, problem, client.error_body(problem, request_id), {"request-id": request_id})

    async def _live(self, scope: LifespanScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.aclose()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _use(self, snapshot: Snapshot) -> _Current:
        """A snapshot with all that belongs to it; the state takes over what is new in it."""
        config = snapshot.config
        if config.providers and not self._lazy:
            preload()  # takes longer than anything else, and should not happen within the first request
        if any(provider.base_url.startswith(DEMO_SCHEME) for provider in config.providers):
            _ = self._state.transports.demo
        keys = KeyRing.of(config)
        self._state.session_secret = keys.session_secret
        self._state.configure(config)
        self._log_folder.follow(config, self._state.folder(config.logs.dir, "logs"))
        for warning in config.warnings:
            log.warning("configuration: %s", warning)
        door = Door(
            keys,
            self._state.sessions,
            authenticate=self._authenticate,
            local=self._local,
            allowed_hosts=config.allowed_hosts,
        )
        return _Current(snapshot, door, snapshot.hooks or Hooks())

    def _follow(self) -> None:
        """Watch the file that the configuration came from, or the one that would be in the home folder."""
        home = self._state.home
        path = self.config.source or (os.path.join(home, "config.json") if home else None)
        self._state.live = LiveConfig(
            path, self.config, self._use_document, self._state.env, self._state.session_secret
        )

    def _use_document(self, document: Document) -> Config:
        return self._replace(self._loader.load(document))

    def _replace(self, snapshot: Snapshot) -> Config:
        retired, self._current = self._current, self._use(snapshot)
        if retired.hooks.shutdown:
            self._retired.append(retired.hooks)
        return self.config

    async def _start_plugins(self, current: _Current) -> None:
        """Start what has not been started, and end what another configuration has replaced."""
        while self._retired:
            await self._retired.pop().on_shutdown(current.hooks)
        info = GatewayInfo(
            config=current.snapshot.config,
            version=__version__,
            standalone=self._state.home is not None,
            fetch=fetching(lambda url: self._state.transports.get(url, current.snapshot.pool)),
        )
        await current.hooks.on_startup(info)
