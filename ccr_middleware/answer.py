"""What the pipeline reads an answer with: the provider's bytes in, Anthropic events out. No I/O.

One `Answer` serves one attempt. Which kind it is depends on the wire format: `wire.answer.TranslatedAnswer` translates,
`anthropic.relay.RelayAnswer` lets the bytes pass and only listens.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from .errors import UpstreamBroken, UpstreamError
from .unified import Event, Remembered, Usage


class Output(NamedTuple):
    """What came of some bytes. `raw`: the provider's own bytes to pass on; then `events` is what was read in them."""

    events: list[Event]
    raw: bytes | None = None


class Outcome(NamedTuple):
    """What is remembered of a finished answer: its stop reason, its usage, and the reasoning that a later request may
    have to send back, by tool id or `text_key`.

    `skipped` counts the events of the stream that could not be read.
    """

    stop_reason: str | None
    usage: Usage
    remember: Mapping[str, Remembered] = MappingProxyType({})
    skipped: int = 0


class Answer(Protocol):
    """Reads one answer.

    - `error`: the provider reported a failure, or there was nothing; what `feed` returned before it still counts.
    - `ended`: the provider said that nothing follows. `finishing`: it said why it stopped; usage may follow.
    """

    @property
    def streams_arrays(self) -> bool:
        """Whether a body that begins with `[` is a stream."""

    @property
    def error(self) -> UpstreamError | None:
        """The failure, if there was one."""

    @property
    def ended(self) -> bool:
        """Whether nothing more has to be waited for."""

    @property
    def finishing(self) -> bool:
        """Whether the content is complete."""

    def start(self) -> list[Event]:
        """The events an answer can begin with before the provider has said anything."""

    def feed(self, data: bytes) -> Output:
        """A piece of a streamed answer."""

    def finish(self) -> Output:
        """Nothing more will come, of a stream or a document."""

    def whole(self, body: bytes) -> Output:
        """An answer that came as one JSON document. Raises `UpstreamBroken` when it is none."""

    def outcome(self) -> Outcome:
        """What to remember, after `finish` or `whole`."""


def is_document(first: bytes, *, streams_arrays: bool = False) -> bool:
    """Whether a body is one JSON document rather than a stream of events, told by its first bytes.

    Content types cannot be trusted here: providers answer a stream request with JSON and the other way round.
    Raises `UpstreamBroken` for a web page.
    """
    head = first.lstrip(b" \t\r\n\xef\xbb\xbf")[:1]
    if head == b"<":
        raise UpstreamBroken("the provider answered with a web page; check the URL of the provider")
    return head == b"{" or (head == b"[" and not streams_arrays)
