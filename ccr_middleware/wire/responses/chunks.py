"""The bytes of a Responses stream to its parsed events.

With or without `event:` lines, with comments between, with or without `[DONE]` at the end (fixtures fact 2).
"""

from __future__ import annotations

from ...jsonio import loads
from ...lenient import text_of
from ...sse import SSEDecoder, SSEEvent
from ...unified import Json

#: After one of these nothing follows (facts 2 and 47). `response.done` is Codex's older word for `completed`.
TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "response.done"})


class ResponsesChunks:
    """A stage from bytes to chunks: the objects of the events, each with its `type`.

    `done`: the response has ended, or the provider said `[DONE]`. `malformed`: how many events were no JSON objects;
    they are skipped.
    """

    __slots__ = ("_decoder", "done", "malformed")
    cut = False

    def __init__(self) -> None:
        self.done = False
        self.malformed = 0
        self._decoder = SSEDecoder()

    def feed(self, data: bytes) -> list[Json]:
        """The events completed by these bytes. Raises ValueError when one grows beyond all limits."""
        return self._parse(self._decoder.feed(data))

    def finish(self) -> list[Json]:
        """The stream has ended; an event without its blank line still counts."""
        return self._parse(self._decoder.finish())

    def _parse(self, events: list[SSEEvent]) -> list[Json]:
        chunks: list[Json] = []
        for name, data in events:
            if data.strip() == b"[DONE]":
                self.done = True
                continue
            try:
                chunk = loads(data)
            except ValueError:
                chunk = None
            if not isinstance(chunk, dict):
                self.malformed += 1
                continue
            if name and not chunk.get("type"):
                chunk["type"] = name
            chunks.append(chunk)
            self.done = self.done or text_of(chunk.get("type")) in TERMINAL
        return chunks
