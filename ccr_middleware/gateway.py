"""The gateway: an ASGI application that owns its state and nothing else."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Self

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, LifespanScope, Scope

from .agents.base import Agent
from .agents.loading import load_agents
from .auth import check_key
from .config import Config, load_config
from .demo import DEMO_SCHEME, DEMO_URL
from .endpoints.answering import make_call
from .endpoints.table import find_endpoint
from .errors import GatewayError, InternalError
from .explain import explain
from .extensions.router import load_router
from .extensions.transformers import load_transformers
from .http import ClientLeft, Request, send_bytes, send_error
from .jsonio import dumps
from .projects import open_projects
from .state import State
from .system_prompt import PromptFile
from .targets import Snapshot, with_demo
from .transformers.builtin import builtin_registry
from .transformers.registry import Registry
from .translate.client import new_id
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
    importing it to the first request. `router` is a custom
    router (a callable, or where to find one), `agents` are agents of the host's; `standalone`: the gateway is the whole
    program, so that projects are looked up in the user's home.

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
        standalone: bool = False,
    ) -> None:
        self._lazy = lazy or transport is not None
        self._registry = registry or builtin_registry()
        self._env = env
        self._router = router
        self._agents = tuple(agents)
        self._standalone = standalone
        self._state = State(new_id, transport, env)
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

    async def explain(self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """What would become of a Messages request with these headers, as docs/explain.md describes it: who would
        answer and why, what would be sent, what would be lost. Nobody is asked. Raises `BadRequest`."""
        lowered = {name.lower(): value for name, value in (headers or {}).items()}
        asked = dict(body)
        call = make_call(lowered, dumps(asked), asked, MESSAGES_CLIENT, self._snapshot, self._state, new_id("req_"))
        return await explain(call, self._state)

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
            await self._answer(request, self._snapshot, new_id("req_"))

    async def _answer(self, request: Request, snapshot: Snapshot, request_id: str) -> None:
        client = MESSAGES_CLIENT
        try:
            endpoint = find_endpoint(request.method, request.path, request.headers)
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
        custom = load_router(loaded, router=self._router, env=self._env)
        if custom is not None and custom.report.last_error:
            warnings = [*warnings, f"custom router: {custom.report.last_error}"]
        agents, said = load_agents(loaded, self._agents)
        if warnings := [*warnings, *said]:
            told = tuple(dict.fromkeys((*loaded.warnings, *warnings)))
            loaded = loaded.model_copy(update={"warnings": told})
        prompt = loaded.rewrite_system_prompt
        snapshot = Snapshot(
            with_demo(loaded, DEMO_URL),
            registry,
            custom_router=custom,
            projects=open_projects(loaded, os.environ if self._env is None else self._env, standalone=self._standalone),
            agents=agents,
            prompt_file=PromptFile(prompt, os.path.dirname(loaded.source)) if prompt else None,
        )
        snapshot.check()
        for warning in snapshot.config.warnings:
            log.warning("configuration: %s", warning)
        if loaded.providers and not self._lazy:
            preload()  # takes longer than anything else, and should not happen within the first request
        if any(provider.base_url.startswith(DEMO_SCHEME) for provider in snapshot.config.providers):
            _ = self._state.transports.demo
        return snapshot
