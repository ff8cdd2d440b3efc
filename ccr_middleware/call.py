"""One client request, and all we know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .access.principal import OPEN, Principal
from .config.schema import Provider
from .errors import GatewayError
from .jsonio import loads
from .losses import Losses
from .plugins.base import HookContext
from .routing.decision import Decision
from .routing.facts import Facts
from .targets import Snapshot
from .unified import Json, Usage
from .wire.client import ClientFormat, ClientWriter


class Tried(NamedTuple):
    """One attempt of a call: at which target, how it ended (an HTTP status, and the error's text or ""), how long it
    took."""

    provider: str
    model: str
    status: int
    error: str
    seconds: float


@dataclass(slots=True)
class Call:
    """A Messages request on its way.

    `raw` is the request as it came (or as it was made of a request in the `client`'s format, with `reading_losses`),
    `body` the same parsed; neither is ever changed, since every attempt starts from
    them. `body` takes four times the memory and is let go while the provider is waited for; another attempt would
    parse `raw` again. That goes too once the answer has begun. `input_tokens` is the counted size of the prompt,
    None while nobody needed it. `edited` is what agents made of the request for the next round. `caller` is who asks,
    `plugged` what plugins know of the call, None without plugins. `tried` are the attempts so far, and
    `answered_at` is when the first content came (`time.perf_counter`), None before; `broken` is why an answer ended
    that had begun.
    """

    id: str
    raw: bytes
    body: Json
    headers: Mapping[str, str]
    snapshot: Snapshot
    facts: Facts
    streaming: bool
    asked_model: str
    client: ClientFormat
    writer: ClientWriter
    caller: Principal = OPEN
    strict: bool = False
    input_tokens: int | None = None
    decision: Decision | None = None
    reading_losses: Losses = field(default_factory=Losses)
    losses: Losses = field(default_factory=Losses)
    session_id: str = ""
    attempts: int = 0
    edited: Json | None = None
    may_use_agents: bool = True
    stop_reason: str | None = None
    usage: Usage = field(default_factory=Usage)
    plugged: HookContext | None = None
    tried: list[Tried] = field(default_factory=list)
    answered_at: float | None = None
    broken: GatewayError | None = None

    def let_go_of_body(self) -> None:
        """The request has been converted: keep only its bytes."""
        self.body = {}
        self.edited = None
        self.facts = self.facts._replace(body={})

    def replace_body(self, body: Json, raw: bytes) -> None:
        """Another request takes the place of the one that came, before anything was decided; every attempt starts
        from it. `raw` are its bytes."""
        self.body, self.raw, self.facts = body, raw, self.facts._replace(body=body)

    def pristine(self) -> Json:
        """The request, parsed again where it was let go: every attempt starts from it."""
        if not self.body:
            self.body = loads(self.raw)
        return self.body

    def go_to(self, provider: str, model: str) -> None:
        """The next attempt is at this target."""
        assert self.decision is not None
        self.decision = self.decision._replace(provider=provider, model=model)

    def provider(self) -> Provider:
        """The configured provider of the decision. Raises `NotFound`."""
        assert self.decision is not None
        return self.snapshot.provider(self.decision.provider)

    def release(self) -> None:
        """The answer has begun: nothing needs the request any more."""
        self.raw = b""

    def answer_headers(self) -> dict[str, str]:
        """What the client is told about how its answer came to be."""
        headers = {"request-id": self.id}
        if self.decision is not None:
            headers["x-ccr-provider"] = self.decision.provider
            headers["x-ccr-model"] = self.decision.model
            headers["x-ccr-scenario"] = self.decision.scenario
        if self.attempts:
            headers["x-ccr-attempts"] = str(self.attempts)
        if len(self.losses):
            headers["x-ccr-loss"] = self.losses.header()
        return headers
