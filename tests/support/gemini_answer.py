"""Runs a Gemini answer through decoder, reader and writer alone: bytes in, checked events out.

checked = stream(sse(chunk(text("Hello")), chunk(finish="STOP")), feeding="bytes")
signatures(checked) == [{"s": "…", "on": "call"}]
"""

from typing import Any

from ccr_middleware.anthropic.events import frame
from ccr_middleware.anthropic.signature import read_signature
from ccr_middleware.errors import UpstreamError
from ccr_middleware.jsonio import loads
from ccr_middleware.testing import Checked, check_stream
from ccr_middleware.testing.script import feed
from ccr_middleware.testing.wires.gemini import sse
from ccr_middleware.wire.gemini.chunks import GeminiChunks
from ccr_middleware.wire.gemini.reader import GeminiReader
from ccr_middleware.wire.provider_errors import error_from_chunk

from .translate import new_message

Json = dict[str, Any]


class Run:
    """One answer: its events, its error, and what the decoder counted. `done` after the last byte, before the end."""

    def __init__(self, **settings: Any) -> None:
        self.decoder = GeminiChunks()
        self.reader = GeminiReader(_read_error)
        self.message = new_message(**{"issuer": "gemini", **settings})
        self.events: list[Json] = []
        self.done = False

    @property
    def error(self) -> UpstreamError | None:
        return self.message.error

    def stream(self, reads: list[bytes]) -> "Run":
        """A streamed answer in these network reads."""
        for data in reads:
            self.read(self.decoder.feed(data))
        self.done = self.decoder.done
        self.read(self.decoder.finish())
        return self.end()

    def chunks(self, chunks: list[Json]) -> "Run":
        """A streamed answer that is decoded already."""
        self.read(chunks)
        return self.end()

    def end(self) -> "Run":
        """Nothing more comes."""
        self.write(self.reader.finish())
        self.events += self.message.finish()
        return self

    def whole(self, document: Json) -> "Run":
        """A JSON answer."""
        self.write(self.reader.read_whole(document))
        self.events += self.message.finish()
        return self

    def checked(self) -> Checked:
        """What a strict client has; fails when the provider reported an error."""
        assert self.error is None, self.error
        return check_stream(frame(self.events))

    def read(self, chunks: list[Json]) -> None:
        """Chunks through reader and writer."""
        for one in chunks:
            self.write(self.reader.feed(one))

    def write(self, chunks: list[Any]) -> None:
        """Unified chunks through the writer."""
        for one in chunks:
            self.events += self.message.feed(one)


def _read_error(error: Any) -> UpstreamError:
    return error_from_chunk(error, provider="google", model="m")


def stream(data: bytes, feeding: str = "whole", **settings: Any) -> Checked:
    """A streamed answer through the strict checker."""
    return Run(**settings).stream(feed(data, feeding)).checked()


def whole(document: Json, **settings: Any) -> Checked:
    """A JSON answer, as the stream it becomes, through the strict checker."""
    return Run(**settings).whole(document).checked()


def failure(*chunks: Json) -> tuple[list[str], UpstreamError]:
    """The types of the events before a failure, and the failure."""
    run = Run().stream([sse(*chunks)])
    assert run.error is not None
    return [event["type"] for event in run.events], run.error


def signatures(checked: Checked) -> list[Json]:
    """What the signatures of the thinking blocks hold, in order; those of unsigned thinking left out."""
    signed = (read_signature(block["signature"]) for block in checked.blocks if block["type"] == "thinking")
    return [loads(one.payload) for one in signed if one is not None and one.payload]
