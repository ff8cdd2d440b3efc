"""A provider and a model, made ready: everything about sending there that does not depend on the request.

A `Snapshot` is a configuration with its targets, compiled on first use. A call keeps the snapshot it began with, so a
reload changes nothing under its feet.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from .config.schema import Config, Provider, Timeouts, TransformerUse
from .errors import ConfigError, InternalError, NotFound
from .routing.models import Resolver
from .transformers.base import Transformer
from .transformers.registry import Registry
from .upstream.base import PoolSettings
from .wire.chat.dialect import ChatDialect
from .wire.chat.dialects import dialect_for
from .wire.urls import endpoint_url, wire_for

Wire = Literal["chat", "messages"]

#: Transformers of CCR v2 that stand for wire formats which are not spoken here.
FOREIGN_WIRES = frozenset({"gemini", "vertex-gemini", "vertex-claude", "vertex-openai", "openai-responses"})


class ForeignWire(ConfigError):
    """A provider whose wire format is not spoken."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how to send. `headers` hold the credential; `unified_steps` and `wire_steps` are in request order."""

    provider: Provider
    model: str
    wire: Wire
    url: str
    headers: dict[str, str]
    dialect: ChatDialect
    unified_steps: tuple[Transformer[Any], ...]
    wire_steps: tuple[Transformer[Any], ...]
    timeouts: Timeouts


class Snapshot:
    """A configuration in use, with what is derived from it."""

    def __init__(self, config: Config, registry: Registry) -> None:
        self.config = config
        self.resolver = Resolver(config)
        self._registry = registry
        self._targets: dict[tuple[str, str], Target] = {}

    def target(self, provider_name: str, model: str) -> Target:
        """The target of that provider and model. Raises `NotFound` for an unknown provider."""
        key = (provider_name, model)
        target = self._targets.get(key)
        if target is None:
            target = self._make(provider_name, model)
            if len(self._targets) < 10_000:  # any model name a client thinks of may be asked for
                self._targets[key] = target
        return target

    def check(self) -> list[str]:
        """Make every target that is listed, so that what is wrong shows when the configuration is loaded.

        Raises `ConfigError` for options and dialects that cannot be; gives a warning for each provider whose wire
        format is not spoken, since the others can still be used.
        """
        warnings = []
        for provider in self.config.providers:
            for model in provider.models or ("",):
                try:
                    self._targets[provider.name, model] = self._compile(provider, model)
                except ForeignWire as problem:
                    warnings.append(str(problem))
        return list(dict.fromkeys(warnings))

    @cached_property
    def pool(self) -> PoolSettings:
        """The configured limits of connections, in the transports' words."""
        pool = self.config.pool
        return PoolSettings(
            max_connections=pool.max_connections,
            max_keep_alive=pool.max_keep_alive,
            keep_alive_seconds=pool.keep_alive_seconds,
            proxy_url=self.config.proxy_url,
        )

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown, longest first so that no part of one is left."""
        return tuple(sorted(self.config.secrets(), key=len, reverse=True))

    def mask(self, text: str) -> str:
        """A text without any key in it."""
        for secret in self.secrets:
            if secret in text:
                text = text.replace(secret, "***")
        return text

    def _make(self, provider_name: str, model: str) -> Target:
        provider = self.config.provider(provider_name)
        if provider is None:
            known = ", ".join(p.name for p in self.config.providers) or "none"
            raise NotFound(f'there is no provider "{provider_name}"; configured: {known}')
        try:
            return self._compile(provider, model)
        except ConfigError as problem:
            raise InternalError(f"the configuration cannot be used: {problem}") from None

    def _compile(self, provider: Provider, model: str) -> Target:
        uses = (*provider.use, *provider.use_by_model.get(model, ()))
        steps = [step for use in uses if (step := self._step(provider, use)) is not None]
        wire = _wire_of(provider, steps)
        overrides = {key: value for step in steps for key, value in step.dialect.items()} | provider.dialect
        try:
            dialect = dialect_for(provider.base_url, model, overrides, max_output_tokens=_limit_of(provider, model))
        except ConfigError as problem:
            raise ConfigError(f"provider {provider.name}: {problem}") from None
        return Target(
            provider=provider,
            model=model,
            wire=wire,
            url=endpoint_url(provider.base_url, wire),
            headers=_headers(provider, wire, steps),
            dialect=dialect,
            unified_steps=tuple(step for step in steps if step.level == "unified"),
            wire_steps=tuple(step for step in steps if step.level == "wire"),
            timeouts=provider.timeouts or self.config.timeouts,
        )

    def _step(self, provider: Provider, use: TransformerUse) -> Transformer[Any] | None:
        if use.name.lower() in FOREIGN_WIRES:
            raise ForeignWire(f'provider {provider.name}: the wire format of transformer "{use.name}" is not spoken')
        if self._registry.find(use.name) is None:
            return None  # reported as a warning when the configuration was loaded
        return self._registry.make(use.name, use.options, f"provider {provider.name}")


def _wire_of(provider: Provider, steps: list[Transformer[Any]]) -> Wire:
    """The wire format: as configured, as the transformers say, or as the URL looks."""
    told = next((step.wire for step in steps if step.wire is not None), None)
    return provider.wire or told or wire_for(provider.base_url)


def _limit_of(provider: Provider, model: str) -> int | None:
    limits = provider.max_output_tokens
    if isinstance(limits, dict):
        return limits.get(model, limits.get("*"))
    return limits


def _headers(provider: Provider, wire: Wire, steps: list[Transformer[Any]]) -> dict[str, str]:
    """Configured headers and exactly one credential (failure-modes F24)."""
    bearer = any(getattr(step.options, "use_bearer", False) for step in steps)
    scheme = provider.auth or ("bearer" if wire == "chat" or bearer else "x-api-key")
    headers = {"content-type": "application/json"}
    if provider.api_key and scheme != "none":
        if scheme == "bearer":
            headers["authorization"] = f"Bearer {provider.api_key}"
        else:
            headers[scheme.lower()] = provider.api_key
    headers.update((name.lower(), value) for name, value in provider.headers.items())
    return headers


def with_demo(config: Config, url: str) -> Config:
    """The configuration with the built-in demo provider, when it has no provider of its own."""
    if config.providers:
        return config
    demo = Provider(name="demo", base_url=url, models=("demo", "demo-thinking"))
    router = config.router.model_copy(update={"default": "demo,demo"})
    return config.model_copy(update={"providers": (demo,), "router": router})
