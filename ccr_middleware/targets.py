"""A provider and a model, made ready: everything about sending there that does not depend on the request.

A `Snapshot` is a configuration with its targets, compiled on first use. A call keeps the snapshot it began with, so a
reload changes nothing under its feet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from .config.schema import Config, Provider, Timeouts, TransformerUse, Vertex
from .errors import ConfigError, InternalError, NotFound
from .routing.models import Resolver
from .routing.ruleset import Ruleset
from .transformers.base import Transformer
from .transformers.registry import BrokenTransformer, Registry
from .upstream.base import PoolSettings
from .wire.format import Endpoint, WireFormat, WireName
from .wire.formats import wire_format
from .wire.platforms import PLATFORMS, Place, Platform, platform_for
from .wire.urls import endpoint_url, is_azure, wire_for

if TYPE_CHECKING:
    from .extensions.router import CustomRouter
    from .plugins.hooks import Hooks
    from .projects import Projects
    from .system_prompt import PromptFile

NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how to send.

    `format` and `dialect` are None for a target that speaks Anthropic, since nothing is translated for it. `headers`
    hold the credential; `unified_steps` and `wire_steps` are in request order. On a `platform` the URL and, for
    Vertex (`vertex`), the credential are known only when a request is sent.
    """

    provider: Provider
    model: str
    format: WireFormat[Any] | None
    dialect: Any
    headers: dict[str, str]
    unified_steps: tuple[Transformer[Any], ...]
    wire_steps: tuple[Transformer[Any], ...]
    timeouts: Timeouts
    platform: Platform | None = None
    vertex: Vertex | None = None
    _urls: dict[tuple[bool, Place], str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_claude(self) -> bool:
        """Whether a target that speaks Messages is Anthropic's own model, which checks signatures; others speak the
        format too, and want their unsigned thinking back."""
        host = urlsplit(self.provider.base_url).hostname or ""
        return self.platform is not None or host.endswith("anthropic.com") or "claude" in self.model.lower()

    def url(self, *, stream: bool, place: Place = NOWHERE) -> str:
        """Where to post. `{model}` in a configured URL is the model's name."""
        url = self._urls.get((stream, place))
        if url is None:
            url = self._urls[stream, place] = self._url(stream, place)
        return url

    def _url(self, stream: bool, place: Place) -> str:
        base_url = self.provider.base_url.replace("{model}", quote(self.model, safe="", errors="replace"))
        endpoint = Endpoint(base_url, self.model, stream)
        if self.platform is not None:
            return self.platform.url(endpoint, self.format.name if self.format else "messages", place)
        return self.format.url(endpoint) if self.format else endpoint_url(base_url, "messages")


class Snapshot:
    """A configuration in use, with what is derived from it.

    `registry`: the transformers that can be used. `broken`: why some targets cannot be, once `check` has looked. The
    rest helps to choose a model, each None where it is not configured: a router of the user's own, the routers of
    projects, the text of a system prompt. `agents`: who works on calls besides the model; `hooks`: what plugins do.
    """

    def __init__(
        self,
        config: Config,
        registry: Registry,
        *,
        custom_router: CustomRouter | None = None,
        projects: Projects | None = None,
        prompt_file: PromptFile | None = None,
        agents: Sequence[Any] = (),
        hooks: Hooks | None = None,
    ) -> None:
        self.config = config
        self.resolver = Resolver(config)
        self.rules = Ruleset(config)
        self.registry = registry
        self.custom_router = custom_router
        self.projects = projects
        self.prompt_file = prompt_file
        self.agents = agents
        self.hooks = hooks
        self.broken: list[BrokenTransformer] = []
        self._targets: dict[tuple[str, str, str | None], Target] = {}

    def target(self, provider_name: str, model: str, api_key: str | None = None) -> Target:
        """The target of that provider and model, with one of the provider's keys (None: the first).

        Raises `NotFound` for an unknown provider.
        """
        key = (provider_name, model, api_key)
        target = self._targets.get(key)
        if target is None:
            target = self._first(provider_name, model, api_key)
            if len(self._targets) < 10_000:  # any model name a client thinks of may be asked for
                self._targets[key] = target
        return target

    def _first(self, provider_name: str, model: str, api_key: str | None) -> Target:
        """A target asked for the first time: that of the provider's own key was made when the configuration was
        loaded."""
        provider = self.provider(provider_name)
        if api_key is not None and api_key != provider.api_key:
            return self._make(provider.model_copy(update={"api_key": api_key}), model)
        return self._targets.get((provider.name, model, None)) or self._make(provider, model)

    def check(self) -> None:
        """Make every target that is listed, so that what is wrong shows when the configuration is loaded.

        Raises `ConfigError` for options and dialects that cannot be. A transformer of the user's own that cannot be
        used breaks its own targets only: they answer with its error, and the configuration gets a warning.
        """
        warnings: list[str] = []
        for provider in self.config.providers:
            for model in provider.models or ("",):
                try:
                    self._targets[provider.name, model, None] = target = self._compile(provider, model)
                    warnings += self._unused(target)
                except BrokenTransformer as problem:
                    self.broken.append(problem)
                    warnings.append(problem.message)
        if warnings:
            told = tuple(dict.fromkeys((*self.config.warnings, *warnings)))
            self.config = self.config.model_copy(update={"warnings": told})

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
    def has_tokenizers(self) -> bool:
        """Whether any model is counted by something else than the standard counter."""
        return any(provider.tokenizer for provider in self.config.providers)

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

    def provider(self, name: str) -> Provider:
        """The provider of that name, in any case. Raises `NotFound`."""
        provider = self.config.provider(name)
        if provider is None:
            known = ", ".join(p.name for p in self.config.providers) or "none"
            raise NotFound(f'there is no provider "{name}"; configured: {known}')
        return provider

    def _make(self, provider: Provider, model: str) -> Target:
        try:
            return self._compile(provider, model)
        except ConfigError as problem:
            raise InternalError(f"the configuration cannot be used: {problem}") from None

    def _unused(self, target: Target) -> Iterator[str]:
        """A warning for each transformer of the user's own that edits nothing, since nothing is edited there."""
        for step in (*target.unified_steps, *target.wire_steps) if target.format is None else ():
            entry = self.registry.entry(step.name)
            if entry is not None and entry.loaded and entry.edits:
                yield (
                    f"provider {target.provider.name} speaks Anthropic Messages, where requests and answers pass as "
                    f'they are: the transformer "{step.name}" has no effect there'
                )

    def _compile(self, provider: Provider, model: str) -> Target:
        uses = (*provider.use, *provider.use_by_model.get(model, ()))
        steps = [step for use in uses if (step := self._step(provider, use)) is not None]
        try:
            return self._target(provider, model, steps)
        except (ConfigError, ValueError) as problem:
            name = next((step.name for step in steps if self._says_facts(step)), None)
            if name is None:
                raise
            text = " ".join(str(problem).split())
            raise BrokenTransformer(f'{text} (with what the transformer "{name}" says of it)', name) from None

    def _says_facts(self, step: Transformer[Any]) -> bool:
        """Whether a transformer of the user's own says something of the provider."""
        entry = self.registry.entry(step.name)
        return entry is not None and entry.loaded and bool(step.dialect or step.platform)

    def _target(self, provider: Provider, model: str, steps: list[Transformer[Any]]) -> Target:
        wire = _wire_of(provider, steps)
        form = None if wire == "messages" else wire_format(wire)
        platform = _platform_of(provider, steps)
        on_vertex = platform is not None and platform.name == "vertex"
        return Target(
            provider=provider,
            model=model,
            format=form,
            dialect=form and _dialect(form, provider, model, steps),
            headers=_headers(provider, form, platform, steps),
            unified_steps=tuple(step for step in steps if step.level == "unified"),
            wire_steps=tuple(step for step in steps if step.level == "wire"),
            timeouts=provider.timeouts or self.config.timeouts,
            platform=platform,
            vertex=_vertex_of(provider, steps) if on_vertex else None,
        )

    def _step(self, provider: Provider, use: TransformerUse) -> Transformer[Any] | None:
        if self.registry.entry(use.name) is None:
            return None  # reported as a warning when the configuration was loaded
        try:
            return self.registry.make(use.name, use.options, f"provider {provider.name}")
        except BrokenTransformer as problem:
            raise BrokenTransformer(self.mask(problem.message), problem.transformer) from problem


def _wire_of(provider: Provider, steps: Iterable[Transformer[Any]]) -> WireName:
    """The wire format: as configured, as the transformers say, or as the URL looks."""
    told = next((step.wire for step in steps if step.wire is not None), None)
    return provider.wire or told or wire_for(provider.base_url)


def _dialect(form: WireFormat[Any], provider: Provider, model: str, steps: Iterable[Transformer[Any]]) -> Any:
    """The dialect: what is known of the provider, what its transformers say of it, what is configured.

    Transformers state facts about chat completions; another format takes those that it knows as well.
    """
    limit = _limit_of(provider, model)
    known = {each.name for each in fields(form.dialect_for(provider.base_url, model, {}, None))}
    told = {key: value for step in steps for key, value in step.dialect.items() if form.name == "chat" or key in known}
    try:
        return form.dialect_for(provider.base_url, model, told | provider.dialect, limit)
    except ConfigError as problem:
        raise ConfigError(f"provider {provider.name}: {problem}") from None


def _platform_of(provider: Provider, steps: Iterable[Transformer[Any]]) -> Platform | None:
    """The platform: as the transformers or the settings say, or as the URL looks."""
    told = next((step.platform for step in steps if step.platform is not None), None)
    name = told or ("vertex" if provider.vertex is not None else platform_for(provider.base_url))
    return PLATFORMS[name] if name else None


def _vertex_of(provider: Provider, steps: Iterable[Transformer[Any]]) -> Vertex:
    """The provider's settings for Vertex, over the options of its transformer."""
    given: dict[str, Any] = {}
    for options in (step.options for step in steps if step.platform == "vertex"):
        given |= options.model_dump(exclude_none=True)
    if "client_email" in given and "private_key" in given:
        given.setdefault("credentials", {key: given[key] for key in ("client_email", "private_key")})
    own = provider.vertex.model_dump(exclude_defaults=True) if provider.vertex else {}
    return Vertex.model_validate({key: given[key] for key in Vertex.model_fields if key in given} | own)


def _limit_of(provider: Provider, model: str) -> int | None:
    limits = provider.max_output_tokens
    if isinstance(limits, dict):
        return limits.get(model, limits.get("*"))
    return limits


def _key_scheme(
    provider: Provider,
    form: WireFormat[Any] | None,
    platform: Platform | None,
    steps: Iterable[Transformer[Any]],
) -> str:
    """How the key is sent: `bearer`, `none`, or the name of a header."""
    if platform is not None and platform.name == "vertex":
        return "none"
    if provider.auth:
        return provider.auth
    if platform is not None or any(getattr(step.options, "use_bearer", False) for step in steps):
        return "bearer"
    if is_azure(provider.base_url):
        return "api-key"
    return form.auth if form else "x-api-key"


def _headers(
    provider: Provider,
    form: WireFormat[Any] | None,
    platform: Platform | None,
    steps: Iterable[Transformer[Any]],
) -> dict[str, str]:
    """Configured headers and exactly one credential (failure-modes F24); Vertex's is added when a request is sent."""
    scheme = _key_scheme(provider, form, platform, steps)
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
