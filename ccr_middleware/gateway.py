"""The gateway: an ASGI application that owns its state and nothing else."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope, Scope

from .auth import check_key
from .config import Config, load_config
from .demo import DEMO_SCHEME, DEMO_URL
from .endpoints.table import find_endpoint
from .errors import GatewayError, InternalError
from .extensions.transformers import load_transformers
from .http import ClientLeft, Request, send_bytes, send_error
from .state import State
from .targets import Snapshot, with_demo
from .transformers.builtin import builtin_registry
from .transformers.registry import Registry
from .upstream import Transport, preload
from .wire.messages import MESSAGES_CLIENT

log = logging.getLogger("ccr_middleware")

#: The status nginx logs for a client that closed the connection.
CLIENT_LEFT_STATUS = 499

ConfigSource = Config | Mapping[str, Any] | str | os.PathLike[str] | None


class Gateway:
    """A Claude Code gateway as an ASGI 3 application: mount it, wrap a host with it, or serve it alone.

        gateway = Gateway("config.json")
        app.mount("/ccr", gateway)

    `config`: a file, a mapping in the file's form, or a `Config`; None: no provider, and the built-in demo model
    answers. Raises `ConfigError` when it cannot be used. `transport` replaces the HTTP client (tests); `lazy` leaves
    importing it to the first request.

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
    ) -> None:
        self._lazy = lazy or transport is not None
        self._registry = registry or builtin_registry()
        self._env = env
        self._state = State(_new_id, transport, env)
        self._snapshot = self._load(config)

    @property
    def config(self) -> Config:
        """The configuration in use."""
        return self._snapshot.config

    def reload(self, config: ConfigSource) -> Config:
        """Use another configuration from the next request on. A bad one raises `ConfigError` and changes nothing."""
        self._snapshot = self._load(config)
        return self._snapshot.config

    async def aclose(self) -> None:
        """Close the connections to the providers. The gateway may be used again afterwards."""
        await self._state.transports.aclose()

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[Self]:
        """For hosts with a lifespan of their own: closes connections on the way out."""
        try:
            yield self
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
            await self._answer(request, self._snapshot, _new_id("req_"))

    async def _answer(self, request: Request, snapshot: Snapshot, request_id: str) -> None:
        client = MESSAGES_CLIENT
        try:
            endpoint = find_endpoint(request.method, request.path)
            client = endpoint.client
            if not endpoint.public:
                # A key in the URL ends in logs; only Google's clients cannot do otherwise.
                query = request.query if client.name == "gemini" else {}
                check_key(request.headers, query, snapshot.config.api_key)
            await endpoint.handler(request, snapshot, self._state, request_id)
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

    def _load(self, config: ConfigSource) -> Snapshot:
        loaded = load_config(config, env=self._env)
        registry, warnings = load_transformers(loaded, self._registry)
        if warnings:
            told = tuple(dict.fromkeys((*loaded.warnings, *warnings)))
            loaded = loaded.model_copy(update={"warnings": told})
        snapshot = Snapshot(with_demo(loaded, DEMO_URL), registry)
        snapshot.check()
        for warning in snapshot.config.warnings:
            log.warning("configuration: %s", warning)
        if loaded.providers and not self._lazy:
            preload()  # takes longer than anything else, and should not happen within the first request
        if any(provider.base_url.startswith(DEMO_SCHEME) for provider in snapshot.config.providers):
            _ = self._state.transports.demo
        return snapshot


def _new_id(prefix: str) -> str:
    """An id that is unique and says nothing."""
    return prefix + secrets.token_hex(12)
