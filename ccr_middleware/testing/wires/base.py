"""What writing an answer in a wire format consists of."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

from ..answers import Answer, Finish

Json = dict[str, Any]


def data_event(event: Json) -> bytes:
    """A server-sent event with nothing but data."""
    return b"data: " + json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


class Writer(ABC):
    """Writes one answer; made anew for each. `begin` is asked before `end`. `last`: what follows the last event."""

    last: ClassVar[bytes] = b""

    def __init__(self, answer: Answer, model: str) -> None:
        self.answer = answer
        self.model = model

    @abstractmethod
    def begin(self) -> Iterator[Json]:
        """The events of the content."""

    @abstractmethod
    def end(self) -> Iterator[Json]:
        """The events that close the answer: finish and usage."""

    @abstractmethod
    def whole(self) -> Json:
        """The answer as one document."""

    @abstractmethod
    def failure(self) -> Json:
        """The body of the HTTP error."""

    def failure_event(self) -> Json:
        """The error as an event of the stream."""
        return self.failure()

    def frame(self, event: Json) -> bytes:
        """An event as it is sent."""
        return data_event(event)

    @property
    def status(self) -> int:
        """The status of the failure."""
        return self.answer.error or 500

    @property
    def unfinished(self) -> bool:
        """Whether the content breaks off: it is cut, or an error follows."""
        return self.answer.then is not None or self.answer.error is not None

    @property
    def finish(self) -> Finish | None:
        """Why the answer ended."""
        return self.answer.stop_reason
