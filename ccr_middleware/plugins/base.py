"""A plugin and what its hooks are given.

    class Polite(Plugin[PoliteOptions]):
        name = "polite"
        description = "Says please."
        Options = PoliteOptions

        def on_request(self, context, body):
            body["messages"][-1]["content"] += " Please."
            return body

One object serves all calls at once, and several event loops: what belongs to one call belongs into `context.store`,
never on `self`. Every hook may be written with or without `async`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from pydantic import BaseModel

from ..access.principal import Principal
from ..config.schema import SECRET_HEADER, Config
from ..errors import GatewayError
from ..transformers.base import NoOptions
from ..unified import Event, Json
from ..upstream.base import WireRequest

#: Sends a small HTTP request and reads the answer: status and body. Raises what a transport raises.
Fetch = Callable[[WireRequest], Awaitable[tuple[int, bytes]]]


class Route(NamedTuple):
    """The target that the rules chose, names as configured, and the scenario they chose it for."""

    provider: str
    model: str
    scenario: str


@dataclass(slots=True)
class UpstreamCall:
    """A request as it is about to leave for a provider, secrets included: `headers` with lower-case names, `body` in
    the provider's own format. It may be changed."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True, kw_only=True)
class HookContext:
    """One call as plugins see it.

    - `request_id`: the gateway's id of the call. `endpoint`: the client's format, `messages`, `chat`, `responses` or
      `gemini`. `streaming`: whether the client wants a stream. `asked_model`: as the client wrote it.
    - `caller`: who calls. `session`, `project`: those of Claude Code, "" when unknown.
    - `provider`, `model`, `scenario`: where the call goes and why, "" until that is known; each attempt sets them.
    - `began`: when the call did, by `time.perf_counter()`.
    - `headers`: of the client's request, lower-case names, without what holds secrets.
    - `store`: what plugins keep for this call. It is theirs together, so begin keys with the plugin's name.
    """

    request_id: str
    caller: Principal
    endpoint: str = "messages"
    streaming: bool = False
    asked_model: str = ""
    session: str = ""
    project: str = ""
    provider: str = ""
    model: str = ""
    scenario: str = ""
    began: float = field(default_factory=time.perf_counter)
    headers: Mapping[str, str] = field(default_factory=dict)
    store: dict[str, Any] = field(default_factory=dict)

    @property
    def target(self) -> str:
        """The target as it is written in a configuration: `provider,model`."""
        return f"{self.provider},{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayInfo:
    """The gateway that plugins are started for: its configuration, its version, whether it is the whole program, and
    `fetch`, which sends small requests over its connections."""

    config: Config
    version: str
    standalone: bool
    fetch: Fetch


OptionsT = TypeVar("OptionsT", bound=BaseModel)
Result = TypeVar("Result")

#: What a hook gives back, written with or without `async`.
Maybe: TypeAlias = Result | Awaitable[Result]


class Plugin(Generic[OptionsT]):
    """Base of all plugins: none of its hooks does anything, and what is not overridden costs nothing.

    `Options` is a pydantic model; what the configuration gives is validated on load. `blocking`: its hooks without
    `async` may wait (files, databases), so they run in a worker thread; otherwise they run on the event loop and must
    be quick. What a hook raises is logged and counted, and the call goes on as if it had returned None.
    """

    name: ClassVar[str]
    description: ClassVar[str] = ""
    Options: ClassVar[type[BaseModel]] = NoOptions
    blocking: ClassVar[bool] = False

    def __init__(self, options: OptionsT) -> None:
        self.options = options

    def on_request(self, context: HookContext, body: Json) -> Maybe[Json | None]:
        """A request has come in, as a Messages request whatever the client speaks. `body` is a copy of its own.
        Returns the request to go on with, None for the one that came. A `GatewayError` raised here refuses it."""
        return None

    def on_route(self, context: HookContext, target: Route) -> Maybe[str | None]:
        """The rules have chosen `target`. Returns another one, in any form a client may name it (`provider,model`, an
        alias), or None. A `GatewayError` raised here refuses the request."""
        return None

    def on_upstream_request(self, context: HookContext, request: UpstreamCall) -> Maybe[UpstreamCall | None]:
        """A request is about to be sent to `context.provider`; asked for every attempt. Change `request`, or return
        another."""
        return None

    def on_event(self, context: HookContext, event: Event) -> Maybe[None]:
        """An Anthropic event of the answer is about to be sent, whatever the client speaks; of an answer that is no
        stream too. Must not change it. Asked for every one of them, so it must be quick."""
        return None

    def on_response(self, context: HookContext, record: Mapping[str, Any]) -> Maybe[None]:
        """An answer is complete. `record`: the call as the request history has it (docs/history.md)."""
        return None

    def on_error(self, context: HookContext, error: GatewayError) -> Maybe[None]:
        """A call has failed: what the client was told."""
        return None

    def on_startup(self, gateway: GatewayInfo) -> Maybe[None]:
        """The plugin is about to be used for the first time; before any other hook."""
        return None

    def on_shutdown(self) -> Maybe[None]:
        """The gateway ends, or has another configuration. Calls that still run may ask other hooks afterwards."""
        return None


AnyPlugin = Plugin[Any]

#: The hooks, in the order in which a call meets them.
HOOKS = (
    "on_startup",
    "on_request",
    "on_route",
    "on_upstream_request",
    "on_event",
    "on_response",
    "on_error",
    "on_shutdown",
)


def hooks_of(plugin: AnyPlugin) -> tuple[str, ...]:
    """The names of the hooks that a plugin has of its own."""
    return tuple(name for name in HOOKS if _is_own(plugin, name))


def _is_own(plugin: AnyPlugin, name: str) -> bool:
    method = getattr(plugin, name)
    return callable(method) and getattr(method, "__func__", method) is not getattr(Plugin, name)


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of a request without those whose names speak of secrets."""
    return {name: value for name, value in headers.items() if not SECRET_HEADER.search(name)}
