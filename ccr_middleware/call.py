"""One client request, and all we know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .losses import Losses
from .routing.decision import Decision
from .routing.facts import Facts, facts_of
from .targets import Snapshot
from .unified import Json, Usage
from .wire.client import ClientFormat, ClientWriter

#: What is known of a request that was let go.
NO_FACTS = facts_of({}, {})


@dataclass(slots=True)
class Call:
    """A Messages request on its way.

    `raw` is the request as it came (or as it was made of a request in the `client`'s format, with `reading_losses`),
    `body` the same parsed; neither is ever changed, since every attempt starts from
    them. `body` takes four times the memory and is let go while the provider is waited for; another attempt would
    parse `raw` again. That goes too once the answer has begun. `input_tokens` is the counted size of the prompt,
    None while nobody needed it.
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
    strict: bool = False
    input_tokens: int | None = None
    decision: Decision | None = None
    reading_losses: Losses = field(default_factory=Losses)
    losses: Losses = field(default_factory=Losses)
    session_id: str = ""
    attempts: int = 0
    stop_reason: str | None = None
    usage: Usage = field(default_factory=Usage)

    def let_go_of_body(self) -> None:
        """The request has been converted: keep only its bytes."""
        self.body = {}
        self.facts = NO_FACTS

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
        if len(self.losses):
            headers["x-ccr-loss"] = self.losses.header()
        return headers
