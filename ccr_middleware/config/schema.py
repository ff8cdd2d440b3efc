"""The configuration as types. A `Config` is an immutable snapshot: a call keeps the one it began with.

Python names are canonical; the spellings of the file are translated by `config.spelling` before validation, so that
every error can name the place in the document as it was written. Unknown keys are kept (`model_extra`).
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt

from .section import Section as Section
from .tokenizer import Tokenizer, Tokenizers

#: Why a model was chosen. `explicit` and `subagent` name a model themselves, the others use `Router.<scenario>`.
Scenario = Literal["default", "background", "think", "long_context", "web_search", "image", "explicit", "subagent"]

#: The scenarios `Router` has a target for.
ROUTED_SCENARIOS: tuple[Scenario, ...] = ("default", "background", "think", "long_context", "web_search", "image")

#: A header with a name like this carries a secret.
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie", re.IGNORECASE)


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
    - `dialect`: fields of the wire format's dialect that differ from what is known of this provider.
    - `drop_fields`: body fields not sent on the Anthropic lane; `allowed_betas`: the `anthropic-beta` values that
      are, None: all.
    - `vertex`: for a provider on Google's Vertex AI.
    - `timeouts`: what differs from `Config.timeouts`; after loading it is complete.
    - `tokenizer`: how the tokens of its models are counted, None: as everywhere else.
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
    dialect: dict[str, Any] = Field(default_factory=dict)
    drop_fields: tuple[str, ...] = ()
    allowed_betas: tuple[str, ...] | None = None
    vertex: Vertex | None = None
    timeouts: Timeouts | None = None
    tokenizer: Tokenizers | None = None


class Router(Section):
    """Which model for which scenario: `"provider,model"` each; None: the scenario is not routed apart.

    `think_when`: `auto` (high effort, plan mode, or a thinking budget without effort) or `always` (the field is there).
    """

    default: str | None = None
    background: str | None = None
    think: str | None = None
    long_context: str | None = None
    web_search: str | None = None
    image: str | None = None
    long_context_threshold: PositiveInt = 60_000
    think_when: Literal["auto", "always"] = "auto"

    def target(self, scenario: Scenario) -> str | None:
        """The configured target of a scenario, as written."""
        value: str | None = getattr(self, scenario, None)
        return value


class Config(Section):
    """The whole configuration, resolved (placeholders filled in).

    - `raw` is the document as written, for saving and showing; it holds no resolved secret.
    - `source` is the file's path, "" when there is none; `warnings` are what `load_config` found odd, one line each.
    - `strict`: an unhandled loss is a 400. `max_body_bytes`: the largest request taken.
    - `proxy_url`: the proxy for requests to providers.
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
    strict: bool = False
    max_body_bytes: PositiveInt = 64 * 1024 * 1024
    providers: tuple[Provider, ...] = ()
    router: Router = Field(default_factory=Router)
    timeouts: Timeouts = Field(default_factory=Timeouts)
    streaming: Streaming = Field(default_factory=Streaming)
    pool: Pool = Field(default_factory=Pool)
    raw: dict[str, Any] = Field(default_factory=dict, repr=False)
    source: str = ""
    warnings: tuple[str, ...] = ()

    def provider(self, name: str) -> Provider | None:
        """The provider of that name, in any case."""
        wanted = name.strip().lower()
        return next((p for p in self.providers if p.name.lower() == wanted), None)

    def secrets(self) -> frozenset[str]:
        """Every key in use, for masking; of header values (`Bearer sk-…`) the last word too."""
        keys = {self.api_key, *(p.api_key for p in self.providers)}
        tokenizers = [tokenizer for p in self.providers if p.tokenizer for tokenizer in p.tokenizer.all()]
        keys.update(tokenizer.api_key for tokenizer in tokenizers)
        sections: list[Provider | Tokenizer] = [*self.providers, *tokenizers]
        for section in sections:
            secret_values = (value for name, value in section.headers.items() if _SECRET_HEADER.search(name))
            keys.update(part for value in secret_values for part in (value, value.split(" ")[-1]))
        return frozenset(key for key in keys if len(key) >= 6)
