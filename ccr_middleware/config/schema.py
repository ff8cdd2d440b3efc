"""The configuration as types. A `Config` is an immutable snapshot: a call keeps the one it began with.

Python names are canonical; the spellings of the file are translated by `config.spelling` before validation, so that
every error can name the place in the document as it was written. Unknown keys are kept (`model_extra`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, NonNegativeInt, PositiveInt

from .agents import AgentUses, Search
from .conditions import Scenario as Scenario
from .operation import ClientKey, History, Logs, PluginUses, Price
from .resilience import FALLBACK_ON, ApiKey, Health, Retry, Trigger
from .rules import Fallback, Parameters, Rule, Target
from .section import Section as Section
from .tokenizer import Tokenizer, Tokenizers

#: The scenarios `Router` has a target for.
ROUTED_SCENARIOS: tuple[Scenario, ...] = ("default", "background", "think", "long_context", "web_search", "image")

#: A header with a name like this carries a secret.
SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)


def _level_name(value: object) -> object:
    """Log levels in any case, and under the names Python's `logging` gives them."""
    if not isinstance(value, str):
        return value
    level = value.strip().lower()
    return {"warning": "warn", "critical": "fatal"}.get(level, level)


#: What the URL of the built-in demo model begins with; it has no host and needs no key.
DEMO_SCHEME = "demo:"


class Timeouts(Section):
    """How long to wait for a provider, in seconds: for the connection, for the first byte of the answer, between two
    pieces of it, and for the whole.

    `API_TIMEOUT_MS` is how long a silent provider is waited for: it sets `first_byte_seconds` and `idle_seconds` where
    `timeouts` does not give them itself. A long answer that keeps coming is no reason to end it, so `total_seconds` is
    only ever raised by it.
    """

    connect_seconds: float = Field(default=10.0, gt=0)
    first_byte_seconds: float = Field(default=600.0, gt=0)
    idle_seconds: float = Field(default=300.0, gt=0)
    total_seconds: float = Field(default=3600.0, gt=0)


class Streaming(Section):
    """How streams are kept alive, in seconds.

    - `commit_seconds`: after so long without anything from the provider the answer begins anyway (status 200,
      message_start, pings), since clients wait a limited time for headers.
    - `ping_seconds`: silence after which the client gets a ping.
    - `grace_seconds`: how long to wait for usage after the provider said it had finished.
    """

    commit_seconds: float = Field(default=5.0, gt=0)
    ping_seconds: float = Field(default=10.0, gt=0)
    grace_seconds: float = Field(default=2.5, gt=0)


class Pool(Section):
    """Connections kept to the providers."""

    max_connections: PositiveInt = 1000
    max_keep_alive: PositiveInt = 100
    keep_alive_seconds: float = Field(default=30.0, gt=0)


class TransformerUse(Section):
    """One entry of a `use` list: a transformer's name as written, and its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class Vertex(Section):
    """Where on Google's Vertex AI, and with whose credentials. What is left empty comes from the URL, from
    `GOOGLE_CLOUD_PROJECT` and `GOOGLE_CLOUD_LOCATION`, from the credentials.

    - `credentials`: a key file, as its path or as the object in it; empty: `GOOGLE_APPLICATION_CREDENTIALS`, else what
      the machine offers.
    """

    project: str = ""
    location: str = ""
    credentials: str | dict[str, Any] = Field(default="", repr=False)


class Provider(Section):
    """An upstream.

    - `wire`: the wire format; None: found from the transformers and the URL.
    - `auth`: how the key is sent: `bearer`, `x-api-key`, `none`, or a header name; None: what the wire format uses.
    - `headers`: added to every request.
    - `use`, `use_by_model`: transformers for all models and for single ones.
    - `max_output_tokens`: the limit of a model's answer, for all models or by model name (`"*"` for the rest).
    - `context_window`: how many tokens a model takes, in the same form; only told to clients.
    - `dialect`: fields of the wire format's dialect that differ from what is known of this provider.
    - `drop_fields`: body fields not sent on the Anthropic lane; `allowed_betas`: the `anthropic-beta` values that
      are, None: all.
    - `vertex`: for a provider on Google's Vertex AI.
    - `timeouts`: what differs from `Config.timeouts`; after loading it is complete.
    - `tokenizer`: how the tokens of its models are counted, None: as everywhere else.
    - `api_keys`: several keys, beside `api_key` if that is set too (see `all_keys`).
    - `max_parallel`: the most requests to it at once, None: no limit; then `queue_size` wait in line, for at most
      `queue_seconds`.
    """

    name: str = Field(min_length=1)
    base_url: str = Field(min_length=1)
    api_key: str = Field(default="", repr=False)
    models: tuple[str, ...] = ()
    wire: Literal["chat", "messages", "responses", "gemini"] | None = None
    auth: str | None = None
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    use: tuple[TransformerUse, ...] = ()
    use_by_model: dict[str, tuple[TransformerUse, ...]] = Field(default_factory=dict)
    max_output_tokens: PositiveInt | dict[str, PositiveInt] | None = None
    context_window: PositiveInt | dict[str, PositiveInt] | None = None
    dialect: dict[str, Any] = Field(default_factory=dict)
    drop_fields: tuple[str, ...] = ()
    allowed_betas: tuple[str, ...] | None = None
    vertex: Vertex | None = None
    timeouts: Timeouts | None = None
    tokenizer: Tokenizers | None = None
    api_keys: tuple[ApiKey, ...] = Field(default=(), repr=False)
    max_parallel: PositiveInt | None = None
    queue_size: NonNegativeInt = 100
    queue_seconds: float = Field(default=30.0, gt=0)

    @property
    def all_keys(self) -> tuple[ApiKey, ...]:
        """Every key once, the earlier entry of two: `api_key`, unless it is one of the others too, then `api_keys`."""
        listed = {one.key: one for one in reversed(self.api_keys)}
        own = (ApiKey(key=self.api_key),) if self.api_key and self.api_key not in listed else ()
        return (*own, *reversed(listed.values()))

    def lists(self, model: str) -> bool:
        """Whether it lists a model, in any case."""
        return any(model.strip().lower() == listed.lower() for listed in self.models)


class Router(Section):
    """Which model for which scenario: `"provider,model"` each, or a pool of them; None: it is not routed apart.

    `think_when`: `auto` (high effort, plan mode, or a thinking budget without effort) or `always` (the field is there).
    """

    default: Target | None = None
    background: Target | None = None
    think: Target | None = None
    long_context: Target | None = None
    web_search: Target | None = None
    image: Target | None = None
    long_context_threshold: PositiveInt = 60_000
    think_when: Literal["auto", "always"] = "auto"

    def target(self, scenario: Scenario) -> Target | None:
        """The configured target of a scenario, as written."""
        value: Target | None = getattr(self, scenario, None)
        return value


class Config(Section):
    """The whole configuration, resolved (placeholders filled in).

    - `raw` is the document as written, for saving and showing; it holds no resolved secret.
    - `source` is the file's path, "" when there is none; `warnings` are what `load_config` found odd, one line each.
    - `strict`: an unhandled loss is a 400. `max_body_bytes`: the largest request taken.
    - `proxy_url`: the proxy for requests to providers.
    - `custom_router`: the file, `module:function` or entry point that may choose before the rules do, and how long it
      may take. `project_routing`: whether projects may have a `Router` of their own; None: only when the gateway runs
      as a program. `rewrite_system_prompt`: the file whose text replaces the beginning of Claude Code's prompt.
    - `agent_rounds`: how often one answer may use the tools of agents; `force_use_image_agent`: for new images too.
    - `rules`: asked in order before the built-in ones. `aliases`: names for targets, by name or pattern.
    - `parameters`: fields of the body set by scenario. `response_model`: which model an answer names.
    - `fallback`: the targets tried when one fails. `fallback_on`: the failures after which the next target is asked.
    - `client_keys`: keys of clients beside `api_key`, which may do everything unless there is an `admin_key`.
      `allowed_hosts`: names besides the machine's own under which the pages for managing it may be opened.
      `allow_code_from_api`: whether a request may name code to be run.
    - `data_dir`: the folder for what is to outlive a restart, None: nothing is. `presets_dir`: where presets are.
    - `prices`: what models cost, by `provider,model`, model or pattern. `status_line`, `claude_path`,
      `non_interactive_mode`: for the commands `statusline` and `code`.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=3456, ge=0, le=65535)
    api_key: str = Field(default="", repr=False)
    log: bool = True
    log_level: Annotated[Literal["fatal", "error", "warn", "info", "debug", "trace"], BeforeValidator(_level_name)] = (
        "info"
    )
    api_timeout_ms: PositiveInt | None = None
    proxy_url: str | None = None
    custom_router: str | None = None
    custom_router_timeout_seconds: float = Field(default=5.0, gt=0)
    project_routing: bool | None = None
    rewrite_system_prompt: str | None = None
    strict: bool = False
    max_body_bytes: PositiveInt = 64 * 1024 * 1024
    providers: tuple[Provider, ...] = ()
    router: Router = Field(default_factory=Router)
    timeouts: Timeouts = Field(default_factory=Timeouts)
    streaming: Streaming = Field(default_factory=Streaming)
    pool: Pool = Field(default_factory=Pool)
    rules: tuple[Rule, ...] = ()
    aliases: dict[str, Target] = Field(default_factory=dict)
    parameters: Parameters = Field(default_factory=Parameters)
    response_model: Literal["requested", "routed"] = "requested"
    fallback: Fallback = Field(default_factory=Fallback)
    retry: Retry = Field(default_factory=Retry)
    fallback_on: tuple[Trigger, ...] = FALLBACK_ON
    health: Health = Field(default_factory=Health)
    agents: AgentUses = ()
    agent_rounds: PositiveInt = 8
    force_use_image_agent: bool = False
    search: Search | None = None
    admin_key: str = Field(default="", repr=False)
    client_keys: tuple[ClientKey, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    allow_code_from_api: bool = False
    data_dir: str | None = None
    presets_dir: str | None = None
    history: History = Field(default_factory=History)
    prices: dict[str, Price] = Field(default_factory=dict)
    logs: Logs = Field(default_factory=Logs)
    plugins: PluginUses = ()
    status_line: dict[str, Any] = Field(default_factory=dict)
    claude_path: str | None = None
    non_interactive_mode: bool = False
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)
    source: str = ""
    warnings: tuple[str, ...] = ()

    def provider(self, name: str) -> Provider | None:
        """The provider of that name, in any case."""
        wanted = name.strip().lower()
        return next((p for p in self.providers if p.name.lower() == wanted), None)

    def secrets(self) -> frozenset[str]:
        """Every key in use, for masking; of header values (`Bearer sk-…`) the last word too."""
        keys = {self.api_key, self.admin_key, *(one.key for p in self.providers for one in p.all_keys)}
        keys.update([self.search.api_key] if self.search else [])
        tokenizers = [tokenizer for p in self.providers if p.tokenizer for tokenizer in p.tokenizer.all()]
        keys.update(tokenizer.api_key for tokenizer in tokenizers)
        sections: list[Provider | Tokenizer] = [*self.providers, *tokenizers]
        for section in sections:
            secret_values = (value for name, value in section.headers.items() if SECRET_HEADER.search(name))
            keys.update(part for value in secret_values for part in (value, value.split(" ")[-1]))
        return frozenset(key for key in keys if len(key) >= 6)
