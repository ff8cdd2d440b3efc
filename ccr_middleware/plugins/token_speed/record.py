"""What is told of an answer: the record of CCR v2, and the same as text."""

from __future__ import annotations

from dataclasses import dataclass

from ...jsonio import dumps
from ...unified import Json
from .options import OutputOptions


@dataclass(frozen=True, slots=True)
class SpeedRecord:
    """The speed of one answer. `final`: it is complete. `at`: when this was measured, in seconds since 1970.

    `session_…`: of all answers of the session, this one included once it is complete.
    """

    request_id: str
    session: str
    target: str
    stream: bool
    final: bool
    tokens: int
    tokens_per_second: float
    first_token_seconds: float | None
    seconds: float
    at: float
    session_calls: int = 0
    session_tokens: int = 0
    session_tokens_per_second: float = 0

    def to_json(self) -> Json:
        """In the fields of CCR v2, whose times are texts; the last ones are ours, and numbers."""
        first = self.first_token_seconds
        return {
            "requestId": self.request_id.removeprefix("req_")[:8],
            "sessionId": self.session,
            "stream": self.stream,
            "tokenCount": self.tokens,
            "tokensPerSecond": self.tokens_per_second,
            "timeToFirstToken": "N/A" if first is None else f"{round(first * 1000)}ms",
            "duration": f"{self.seconds:.2f}s",
            "timestamp": round(self.at * 1000),
            "timeToFirstTokenMs": None if first is None else round(first * 1000),
            "durationMs": round(self.seconds * 1000),
            "final": self.final,
            "target": self.target,
            "sessionCalls": self.session_calls,
            "sessionTokens": self.session_tokens,
            "sessionTokensPerSecond": self.session_tokens_per_second,
        }


def written(record: SpeedRecord, options: OutputOptions) -> str:
    """A record as the log has it, on one line unless it is Markdown."""
    data = record.to_json()
    prefix = options.prefix or "token speed"
    if options.format == "json":
        return f"{prefix} {dumps(data | options.metadata).decode()}"
    told = {
        "tokens": data["tokenCount"],
        "tokens/s": data["tokensPerSecond"],
        "first token": data["timeToFirstToken"],
        "duration": data["duration"],
        "target": data["target"],
        "session": data["sessionId"],
        **options.metadata,
    }
    if options.format == "markdown":
        return "\n".join([f"**{prefix}**", "", *(f"- {name}: `{value}`" for name, value in told.items())])
    return f"{prefix} " + ", ".join(f"{name} {value}" for name, value in told.items())
