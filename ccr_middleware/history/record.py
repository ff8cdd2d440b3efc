"""One finished call as the history keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from ..losses import Loss
from ..unified import Json

#: Answers that came in less than this are no measure of a speed: they were made elsewhere, or cut.
_SHORTEST_SECONDS = 0.001


class Attempt(NamedTuple):
    """One try at one target. `status`: what the provider said, or the status of the failure; `error`: None when it
    answered. `seconds`: from sending the request to the end of the answer or the failure."""

    provider: str
    model: str
    status: int
    error: str | None
    seconds: float


@dataclass(slots=True)
class CallRecord:
    """What was asked, who answered and why, how it ended, how long it took and what it cost.

    - `time`: when the request came, in seconds since 1970. `endpoint`: the client's format, `messages`, `chat`,
      `responses` or `gemini`.
    - `caller`, `caller_name`: whose key; `session`, `project`: of Claude Code, "" where unknown.
    - `provider`, `model`: the target that answered, or was asked last; `scenario`, `reason`: of the decision.
    - `status`: of the answer to the client; `error`: what it was told, also when a stream broke off after status 200.
    - tokens have Anthropic's meaning: `input_tokens` are those neither read from a cache nor written to one.
    - `first_token_seconds`: None for an answer that came whole. `cost`: None without a price.
    - `request_body`, `response_body`: None unless they are kept (see `bodies`).
    """

    id: str
    time: float
    endpoint: str
    asked_model: str
    status: int
    total_seconds: float
    caller: str = ""
    caller_name: str = ""
    session: str = ""
    project: str = ""
    provider: str = ""
    model: str = ""
    scenario: str = ""
    reason: str = ""
    attempts: tuple[Attempt, ...] = ()
    stop_reason: str | None = None
    stream: bool = False
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    first_token_seconds: float | None = None
    losses: tuple[Loss, ...] = ()
    error: str | None = None
    cost: float | None = None
    request_body: str | None = None
    response_body: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the client got an error, be it in the middle of a stream."""
        return self.status >= 400 or self.error is not None

    @property
    def tokens_per_second(self) -> float | None:
        """How fast the answer came once it had begun; of one that came whole, in all the time it took."""
        seconds = self.total_seconds - (self.first_token_seconds or 0.0)
        return round(self.output_tokens / seconds, 2) if self.output_tokens and seconds > _SHORTEST_SECONDS else None

    def to_json(self, *, bodies: bool = False) -> Json:
        """As the API shows it. Without `bodies` both are None."""
        return {
            "id": self.id,
            "time": self.time,
            "endpoint": self.endpoint,
            "caller": self.caller,
            "caller_name": self.caller_name,
            "session": self.session,
            "project": self.project,
            "asked_model": self.asked_model,
            "provider": self.provider,
            "model": self.model,
            "scenario": self.scenario,
            "reason": self.reason,
            "attempts": [one._asdict() for one in self.attempts],
            "status": self.status,
            "stop_reason": self.stop_reason,
            "stream": self.stream,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "first_token_seconds": self.first_token_seconds,
            "total_seconds": self.total_seconds,
            "tokens_per_second": self.tokens_per_second,
            "losses": [one._asdict() for one in self.losses],
            "error": self.error,
            "cost": self.cost,
            "request_body": self.request_body if bodies else None,
            "response_body": self.response_body if bodies else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CallRecord:
        """The record that `to_json` made this of. Fields of other versions are left out or empty. Raises KeyError,
        TypeError."""
        known = {name: value[name] for name in _FIELDS if name in value}
        known["attempts"] = tuple(Attempt(**one) for one in value.get("attempts", ()))
        known["losses"] = tuple(Loss(**one) for one in value.get("losses", ()))
        return cls(**known)


_FIELDS = tuple(field.name for field in fields(CallRecord))
